"""Training and evaluating on images."""

import photographs
import places


def test_evaluation(rng):
    """Accuracy and loss of a model are averages over all images; nothing is trained."""
    seen = photographs.check(rng, "evaluate_cifar10", 12, 4)
    photographs.check_mode(seen, training=False)


def test_one_epoch_of_training(rng):
    """Accuracy and loss are computed before the step of each batch."""
    seen = photographs.check(rng, "epoch_general_cifar10", 12, 4, lr=0.2)
    photographs.check_mode(seen, training=True)


def test_short_last_batch(rng):
    """A short last batch counts less than the others."""
    photographs.check(rng, "evaluate_cifar10", 11, 4)


def test_training(rng):
    """train_cifar10 trains for some epochs, and returns the results of the last."""
    photographs.check(rng, "train_cifar10", 8, 4, lr=0.2, epochs=2)


def test_model_on_another_device(rng):
    """Batches are moved to the device of the model."""
    for device in places.others():
        photographs.check(rng, "train_cifar10", 5, 3, lr=0.2, device=device)
