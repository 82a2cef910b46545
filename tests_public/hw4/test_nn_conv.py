"""nn.Conv: convolution as a module, images (N, C, H, W)."""

import places
from convolutions import check_conv


def test_values(rng):
    """A convolution keeps the size of the images, and adds its bias."""
    check_conv(rng, (2, 4, 5), (3, 2), 3, gradients=False)


def test_stride(rng):
    """With a stride, the images become smaller."""
    check_conv(rng, (2, 6, 6), (3, 2), 3, stride=2, gradients=False)


def test_without_bias(rng):
    """A convolution may have no bias."""
    check_conv(rng, (2, 4, 4), (3, 2), 3, bias=False, gradients=False)


def test_larger_kernel(rng):
    """The padding is half the kernel's size, rounded down."""
    check_conv(rng, (1, 7, 7), (2, 3), 5, gradients=False)


def test_gradients(rng):
    """The gradients of images, weight and bias."""
    check_conv(rng, (2, 4, 4), (2, 3), 3)


def test_other_devices(rng):
    """Parameters, values and gradients are on the device that is asked for."""
    for device in places.others():
        check_conv(rng, (1, 4, 4), (2, 2), 3, device=device)
