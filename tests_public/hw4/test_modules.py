"""The modules, losses and optimizers of homework 2 on NDArrays."""

import layers
import places


def test_linear(rng):
    """A linear layer, made with the numbers that it has to draw."""
    layers.check_linear(rng, (4, 3), 5)


def test_softmax_loss(rng):
    """The softmax loss of a batch and the gradient of the logits."""
    layers.check_loss(rng, 5, 3)


def test_batch_norm_of_images(rng):
    """BatchNorm2d normalizes each channel over the batch, height and width."""
    layers.check_norm(rng, "BatchNorm2d", (3, 2, 4, 5), axes=(0, 2, 3))


def test_layer_norm(rng):
    """LayerNorm1d normalizes each row."""
    layers.check_norm(rng, "LayerNorm1d", (3, 5), axes=(1,))


def test_sgd(rng):
    """Steps of SGD with momentum and weight decay."""
    layers.check_optimizer(rng, "SGD", lr=0.1, momentum=0.8, weight_decay=0.01)


def test_adam(rng):
    """Steps of Adam with weight decay."""
    layers.check_optimizer(rng, "Adam", lr=0.1, weight_decay=0.01)


def test_other_devices(rng):
    """Modules and optimizers work on the device that they are given."""
    for device in places.others():
        layers.check_linear(rng, (2, 3), 4, device=device)
        layers.check_norm(rng, "BatchNorm2d", (2, 2, 2, 3), axes=(0, 2, 3), device=device)
        layers.check_optimizer(rng, "Adam", device, lr=0.1, weight_decay=0.01)
