"""ResNet9: its parameters, and its logits in training and evaluation."""

import convolutions
import numpy as np
import places


def test_evaluation(rng):
    """The logits of several images in evaluation."""
    convolutions.check_resnet9(rng, 5, "eval")


def test_one_image(rng):
    """The logits of a single image in evaluation."""
    convolutions.check_resnet9(rng, 1, "eval")


def test_training(rng):
    """The logits of batches in training, each normalized by itself."""
    convolutions.check_resnet9(rng, 4, "train")


def test_parameters(rng):
    """Shapes and number of all parameters, those of batch normalization included."""
    facts = convolutions.check_resnet9(rng, 2, "eval")
    shapes = sorted(shape for shape, _, _ in facts)
    assert shapes == convolutions.resnet9_shapes(), f"the shapes are {shapes}"
    count = sum(int(np.prod(shape)) for shape in shapes)
    assert count == 431946, f"{count} numbers in all parameters"


def test_first_parameter(rng):
    """The first parameter is the kernel of the first layer, the last ones those of the output."""
    facts = convolutions.check_resnet9(rng, 2, "train")
    shapes = [shape for shape, _, _ in facts]
    assert shapes[0] == (7, 7, 3, 16), f"the first parameter has shape {shapes[0]}"
    assert shapes[-2:] == [(128, 10), (1, 10)], f"the last have shapes {shapes[-2:]}"


def test_gradients(rng):
    """Every parameter takes part: it has a gradient of its shape."""
    x = rng.normal(size=(3, 3, 32, 32)).astype(np.float32)
    for shape, gradient in convolutions.resnet9_gradients(x, int(rng.integers(1000))):
        assert gradient is not None, f"a parameter of shape {shape} has no gradient"
        assert gradient.shape == shape, f"gradient of shape {gradient.shape}, not {shape}"
        assert np.isfinite(gradient).all()
        assert len(shape) == 1 or gradient.any(), f"the gradient of shape {shape} is zero"


def test_other_devices(rng):
    """Device and dtype reach every layer."""
    for device in places.others():
        convolutions.check_resnet9(rng, 1, "eval", device)
