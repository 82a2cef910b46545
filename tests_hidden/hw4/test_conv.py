"""The operator conv for kernels, strides, paddings and images of all sizes."""

import images
import numpy as np
import places
from grader.testing import assert_close, check_gradient
from images import case, check_conv, check_values


def test_values_of_kernels(rng):
    """Kernels of one to five pixels, without padding."""
    for kernel in (1, 2, 3, 5):
        check_values([case(rng, (2, 6, 6), (3, 4), kernel, stride=1, padding=0)])


def test_values_of_paddings(rng):
    """Zeros around the images, also more than the kernel needs."""
    for padding in (1, 2, 3):
        check_values([case(rng, (2, 5, 5), (2, 3), 3, stride=1, padding=padding)])


def test_values_of_strides(rng):
    """Strides of two and more, where the last windows fit and where they do not."""
    sizes = (8, 3, 2, 1), (7, 3, 2, 0), (8, 3, 3, 0), (9, 2, 4, 1), (6, 1, 2, 0)
    for size, kernel, stride, padding in sizes:
        check_values([case(rng, (1, size, size), (2, 2), kernel, stride=stride, padding=padding)])


def test_values_of_images_that_are_not_square(rng):
    """Images whose height and width differ, in both ways."""
    check_values([case(rng, (2, 4, 7), (2, 3), 3, stride=1, padding=1)])
    check_values([case(rng, (2, 9, 5), (2, 3), 3, stride=2, padding=0)])


def test_values_of_one_channel(rng):
    """One image, one channel in, one channel out, and a kernel as large as the image."""
    check_values([case(rng, (1, 4, 4), (1, 3), 3, stride=1, padding=0)])
    check_values([case(rng, (1, 4, 4), (3, 1), 3, stride=1, padding=0)])
    check_values([case(rng, (1, 3, 3), (1, 1), 3, stride=1, padding=0)])


def test_default_settings(rng):
    """By default the stride is 1 and the padding 1."""
    check_values([case(rng, (1, 4, 5), (2, 2), 3)])


def test_gradients_without_padding(rng):
    """The gradients of images and kernel, for kernels of one to three pixels."""
    for kernel in (1, 2, 3):
        check_conv([case(rng, (2, 4, 5), (2, 3), kernel, stride=1, padding=0)])


def test_gradients_with_padding(rng):
    """The gradients for images with zeros around them."""
    for kernel, padding in ((3, 1), (3, 2), (5, 2), (2, 1)):
        check_conv([case(rng, (2, 4, 3), (2, 2), kernel, stride=1, padding=padding)])


def test_gradients_with_stride(rng):
    """The gradients where the stride is two or more, and the last windows end with the images."""
    check_conv([case(rng, (2, 6, 6), (2, 2), 3, stride=2, padding=1)])
    check_conv([case(rng, (1, 8, 8), (2, 3), 3, stride=2, padding=1)])
    check_conv([case(rng, (1, 8, 8), (1, 2), 3, stride=3, padding=0)])


def test_gradients_where_windows_do_not_fit(rng):
    """The gradients where some rows and columns at the end are in no window."""
    check_conv([case(rng, (2, 5, 5), (2, 2), 3, stride=2, padding=0)])
    check_conv([case(rng, (1, 7, 6), (2, 2), 2, stride=3, padding=0)])
    check_conv([case(rng, (1, 7, 7), (1, 2), 3, stride=2, padding=1)])


def test_gradients_of_images_that_are_not_square(rng):
    """The gradients where height and width differ, with and without a stride."""
    check_conv([case(rng, (2, 3, 6), (2, 2), 3, stride=1, padding=1)])
    check_conv([case(rng, (1, 8, 4), (2, 2), 3, stride=2, padding=1)])


def test_gradients_with_much_padding(rng):
    """The gradients where the padding is as large as the kernel, or larger."""
    check_conv([case(rng, (1, 3, 3), (2, 2), 1, stride=1, padding=1)])
    check_conv([case(rng, (1, 3, 4), (1, 2), 2, stride=1, padding=2)])
    check_conv([case(rng, (1, 4, 4), (2, 1), 1, stride=2, padding=1)])


def test_pixels_outside_all_windows(rng):
    """Pixels that no window contains have the gradient zero, in an array as large as the images."""
    a, b = rng.normal(size=(1, 6, 6, 1)), np.ones((2, 2, 1, 1))
    expected = np.zeros((1, 6, 6, 1))
    for y in (0, 3):
        for x in (0, 3):
            expected[0, y : y + 2, x : x + 2] = 1
    found = images.image_gradient(a.astype(np.float32), b.astype(np.float32), 3, 0)
    assert_close(found, expected, dtype="float32", name="gradient of the images")


def network(ndl, a, b, c):
    x = ndl.relu(ndl.conv(a, b, stride=2, padding=1) + 3)
    return ndl.conv(ndl.transpose(x, (1, 2)), ndl.transpose(c, (2, 3)), stride=1, padding=0)


def test_two_convolutions(rng):
    """The gradients through two convolutions, the second of transposed images and kernels."""
    shapes = (2, 5, 7, 2), (3, 3, 2, 3), (2, 2, 2, 3)
    arrays = [rng.uniform(-0.5, 0.5, shape) for shape in shapes]
    check_gradient(network, *arrays, dtype="float32")


def test_other_devices(rng):
    """Values and gradients are on the device of the images."""
    for device in places.others():
        check_conv([case(rng, (1, 4, 4), (2, 2), 3, stride=1, padding=1)], device)
        check_conv([case(rng, (1, 5, 4), (1, 2), 2, stride=2, padding=1)], device)
