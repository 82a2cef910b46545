"""The network ResNet9."""

import convolutions
import places


def test_evaluation(rng):
    """The logits in evaluation, where batch normalization uses its running statistics."""
    convolutions.check_resnet9(rng, 2, "eval")


def test_training(rng):
    """The logits in training, where each batch is normalized by itself."""
    convolutions.check_resnet9(rng, 3, "train")


def test_parameters(rng):
    """The parameters have the shapes of the layers that the class names."""
    facts = convolutions.check_resnet9(rng, 1, "eval")
    shapes = sorted(shape for shape, _, _ in facts)
    assert shapes == convolutions.resnet9_shapes()


def test_other_devices(rng):
    """Device and dtype reach every layer."""
    for device in places.others():
        convolutions.check_resnet9(rng, 1, "eval", device)
