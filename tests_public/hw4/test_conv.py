"""The operator conv: images (N, H, W, C), kernels (K, K, C_in, C_out)."""

import places
from images import case, check_conv, check_values


def test_values(rng):
    """conv multiplies each window of the images by the kernel."""
    check_values([case(rng, (2, 5, 5), (3, 2), 3, stride=1, padding=0)])


def test_values_with_padding(rng):
    """With padding, there are zeros around the images; the default is one row and column."""
    check_values([case(rng, (2, 4, 4), (2, 3), 3, stride=1, padding=2)])
    check_values([case(rng, (2, 4, 4), (2, 3), 3)])


def test_values_with_stride(rng):
    """With a stride, the kernel moves by more than one pixel."""
    check_values([case(rng, (2, 6, 6), (2, 3), 3, stride=2, padding=1)])


def test_gradients(rng):
    """The gradients with respect to images and kernel."""
    check_conv([case(rng, (2, 4, 4), (2, 2), 3, stride=1, padding=0)])


def test_gradients_with_padding(rng):
    """The gradients for images with zeros around them."""
    check_conv([case(rng, (1, 4, 4), (2, 2), 3, stride=1, padding=1)])


def test_gradients_with_stride(rng):
    """The gradients where the kernel moves by two pixels."""
    check_conv([case(rng, (1, 6, 6), (1, 2), 3, stride=2, padding=1)])


def test_other_devices(rng):
    """Values and gradients are on the device of the images."""
    for device in places.others():
        check_conv([case(rng, (1, 5, 5), (2, 2), 3, stride=1, padding=1)], device)
