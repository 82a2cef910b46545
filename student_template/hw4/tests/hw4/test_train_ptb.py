"""Training and evaluating language models."""

import photographs
import places
import reading


def test_evaluation(rng):
    """Accuracy and loss are averages over all words; the state goes from chunk to chunk."""
    seen = reading.check(rng, "evaluate_ptb", "RNN", (9, 2), 4)
    photographs.check_mode(seen, training=False)


def test_one_epoch_of_training(rng):
    """Every chunk is a step; gradients do not go back into earlier chunks."""
    seen = reading.check(rng, "epoch_general_ptb", "RNN", (9, 2), 4, lr=0.5)
    photographs.check_mode(seen, training=True)


def test_short_last_chunk(rng):
    """The last chunk is used, too, and counts by its number of words."""
    reading.check(rng, "evaluate_ptb", "LSTM", (8, 2), 3)


def test_training(rng):
    """train_ptb trains for some epochs, and returns the results of the last."""
    reading.check(rng, "train_ptb", "LSTM", (7, 2), 3, lr=0.5, epochs=2, sizes=(2, 4, 2))


def test_other_devices(rng):
    """Words and targets are put on the device of the model."""
    for device in places.others():
        reading.check(rng, "train_ptb", "LSTM", (5, 2), 2, lr=0.5, sizes=(2, 4, 2), device=device)
