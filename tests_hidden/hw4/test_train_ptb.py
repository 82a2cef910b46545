"""Training language models: every parameter is compared with gradient descent by differences."""

import photographs
import places
from reading import check


def test_evaluation(rng):
    """Evaluation averages over words, carries the state on, and leaves the model as it was."""
    for kind in ("RNN", "LSTM"):
        photographs.check_mode(check(rng, "evaluate_ptb", kind, (9, 2), 4), training=False)


def test_state_is_carried_on(rng):
    """The state after a chunk is the state before the next, also with several layers."""
    check(rng, "evaluate_ptb", "RNN", (13, 1), 2, layers=2)
    check(rng, "evaluate_ptb", "LSTM", (9, 2), 1)


def test_short_last_chunk(rng):
    """The last chunk may be short, down to one row, and counts by its number of words."""
    check(rng, "evaluate_ptb", "RNN", (8, 2), 6)
    check(rng, "evaluate_ptb", "RNN", (10, 3), 4)
    check(rng, "epoch_general_ptb", "RNN", (6, 2), 3, lr=0.5, sizes=(2, 4, 2))


def test_chunks_longer_than_the_text(rng):
    """A text that is shorter than a chunk is one chunk."""
    check(rng, "evaluate_ptb", "LSTM", (4, 2), 40)
    check(rng, "epoch_general_ptb", "RNN", (4, 2), 40, lr=0.5, sizes=(2, 4, 2))


def test_gradients_end_with_the_chunk(rng):
    """Steps of training depend on the chunk alone: its state at first is a constant."""
    seen = check(rng, "epoch_general_ptb", "RNN", (9, 2), 2, lr=1.0, sizes=(2, 4, 2))
    photographs.check_mode(seen, training=True)
    check(rng, "epoch_general_ptb", "LSTM", (7, 1), 2, lr=1.0, sizes=(2, 4, 2))


def test_last_epoch_is_returned(rng):
    """The results are those of the last epoch, each of which starts without a state."""
    check(rng, "train_ptb", "RNN", (7, 2), 3, lr=0.5, epochs=3, sizes=(2, 4, 2))


def test_settings_of_the_optimizer(rng):
    """Step size and weight decay reach the optimizer, which is made once."""
    seen = check(
        rng, "train_ptb", "RNN", (6, 2), 3, lr=0.3, weight_decay=0.2, epochs=2, sizes=(2, 4, 2)
    )
    assert len(seen["made with"]) == 1, f"{len(seen['made with'])} optimizers were made"


def test_clipping(rng):
    """The bound for gradients is passed to the optimizer before every step, if there is one."""
    seen = check(rng, "train_ptb", "RNN", (7, 2), 3, lr=0.3, clip=0.5, sizes=(2, 4, 2))
    assert seen["clip"] == [0.5, 0.5], f"clip_grad_norm was called with {seen['clip']}"
    seen = check(rng, "train_ptb", "RNN", (4, 2), 3, lr=0.3, sizes=(2, 4, 2))
    assert not seen["clip"], "gradients were clipped without a bound"


def test_old_chunks_are_forgotten(rng):
    """The number of live tensors does not grow from chunk to chunk."""
    for kind in ("RNN", "LSTM"):
        seen = check(rng, "evaluate_ptb", kind, (13, 1), 2)
        photographs.check_memory(seen)
    seen = check(rng, "epoch_general_ptb", "RNN", (11, 1), 2, lr=0.1, sizes=(1, 3, 2))
    photographs.check_memory(seen)


def test_other_devices(rng):
    """Words and targets are put on the device of the model."""
    for device in places.others():
        check(rng, "train_ptb", "RNN", (5, 2), 2, lr=0.3, sizes=(2, 4, 2), device=device)
        check(rng, "evaluate_ptb", "LSTM", (5, 1), 2, device=device)
