"""Training on images: what is returned, what is changed, and what is learned."""

import photographs
import places
from photographs import check


def test_evaluation(rng):
    """Evaluation averages over images, and leaves the model as it was."""
    for samples, size in ((12, 4), (9, 9), (6, 1)):
        photographs.check_mode(check(rng, "evaluate_cifar10", samples, size), training=False)


def test_short_last_batch(rng):
    """A short last batch counts by its number of images, in evaluation and in training."""
    check(rng, "evaluate_cifar10", 9, 8)
    check(rng, "epoch_general_cifar10", 10, 7, lr=0.3)
    check(rng, "epoch_general_cifar10", 5, 50)


def test_epoch_with_optimizer(rng):
    """With an optimizer, the model is in training, and every batch is a step."""
    seen = check(rng, "epoch_general_cifar10", 12, 4, lr=0.4)
    photographs.check_mode(seen, training=True)


def test_epoch_without_optimizer(rng):
    """Without an optimizer, the model is in evaluation and does not change."""
    photographs.check_mode(check(rng, "epoch_general_cifar10", 12, 5), training=False)


def test_last_epoch_is_returned(rng):
    """The results are those of the last epoch of several."""
    for epochs in (1, 3):
        check(rng, "train_cifar10", 10, 4, lr=0.3, epochs=epochs)


def test_settings_of_the_optimizer(rng):
    """Step size and weight decay reach the optimizer, which is made once."""
    seen = check(rng, "train_cifar10", 8, 4, lr=0.2, weight_decay=0.3, epochs=2)
    assert len(seen["made with"]) == 1, f"{len(seen['made with'])} optimizers were made"


def test_shuffled_batches(rng):
    """Every epoch starts by seeding with 4, so that batches are always the same."""
    check(rng, "train_cifar10", 8, 4, lr=0.3, epochs=2, shuffle=True)


def test_old_batches_are_forgotten(rng):
    """The number of live tensors does not grow from batch to batch."""
    photographs.check_memory(check(rng, "epoch_general_cifar10", 24, 4, lr=0.1))
    photographs.check_memory(check(rng, "evaluate_cifar10", 24, 4))


def test_model_on_another_device(rng):
    """Batches are moved to the device of the model."""
    for device in places.others():
        check(rng, "train_cifar10", 6, 4, lr=0.2, device=device)
        check(rng, "evaluate_cifar10", 5, 4, device=device)


def test_learning_colours(rng):
    """ResNet9 learns within a few steps which colour images have."""
    X, y = photographs.coloured(rng, 36)
    unseen, labels = photographs.coloured(rng, 9)
    results = photographs.train_resnet9(X, y, unseen, labels, 7, 6, epochs=2, lr=0.003)
    accuracy, loss, _, _ = results
    assert accuracy > 0.8, f"accuracy {accuracy:.0%} in the second epoch"
    assert loss < 1, f"loss {loss:.2f} in the second epoch"
