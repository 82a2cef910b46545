"""nn.Conv for kernels, strides and images of all sizes, and how its parameters are drawn."""

import draws
import numpy as np
import places
from convolutions import check_conv
from grader.testing import assert_close, check_module, on_student_side
from layers import CLOSE


@on_student_side
def drawn(name, fans, shape, seed, count):
    """Return numbers that an initialiser draws, its dtype, and numbers that come next."""
    import needle as ndl

    np.random.seed(seed)
    found = [getattr(ndl.init, name)(*fans, shape=shape) for _ in range(count)]
    return [t.numpy() for t in found], str(found[0].dtype), np.random.rand(3)


@on_student_side
def attributes(arguments, options):
    """Return the settings of a convolution, whether its parameters are Parameters, and shapes."""
    from needle import nn

    module = nn.Conv(*arguments, **options)
    settings = [module.in_channels, module.out_channels, module.kernel_size, module.stride]
    kinds = [type(module.weight).__name__, type(module.bias).__name__]
    return settings, kinds, [tuple(p.shape) for p in module.parameters()]


def test_kernels(rng):
    """Kernels of one, three, five and seven pixels."""
    for kernel in (1, 3, 5, 7):
        check_conv(rng, (2, 7, 7), (3, 4), kernel, gradients=False)


def test_even_kernels(rng):
    """Kernels of an even size: the padding is rounded down, and images grow by one pixel."""
    for kernel in (2, 4):
        check_conv(rng, (1, 6, 6), (2, 3), kernel, gradients=False)


def test_strides(rng):
    """Strides of two, three and four, for images of even and odd sizes."""
    for size, kernel, stride in ((8, 3, 2), (9, 3, 2), (9, 3, 3), (8, 7, 4), (6, 1, 2)):
        check_conv(rng, (2, size, size), (2, 3), kernel, stride, gradients=False)


def test_images_that_are_not_square(rng):
    """Images whose height and width differ."""
    check_conv(rng, (2, 4, 7), (3, 2), 3, gradients=False)
    check_conv(rng, (1, 9, 4), (2, 5), 5, 2, gradients=False)


def test_without_bias(rng):
    """Without a bias, the kernel is the only parameter."""
    check_conv(rng, (2, 4, 4), (3, 2), 3, bias=False)
    check_conv(rng, (1, 5, 5), (2, 2), 3, 2, bias=False, gradients=False)


def test_gradients(rng):
    """The gradients of images, weight and bias."""
    check_conv(rng, (2, 4, 3), (3, 2), 3)
    check_conv(rng, (1, 4, 4), (2, 3), 1)


def test_gradients_with_stride(rng):
    """The gradients where the stride is two or three, for images of even and odd sizes."""
    for size, stride in ((6, 2), (5, 2), (6, 3)):
        check_conv(rng, (2, size, size), (2, 2), 3, stride)


def test_settings_in_tuples():
    """Of kernel size and stride as tuples, the first number counts for both axes."""
    settings, kinds, shapes = attributes((3, 4, (5, 5)), {"stride": (2, 2)})
    assert settings == [3, 4, 5, 2], f"settings {settings}"
    assert kinds == ["Parameter", "Parameter"], f"weight and bias are of type {kinds}"
    assert shapes == [(5, 5, 3, 4), (4,)], f"shapes {shapes}"
    _, kinds, shapes = attributes((3, 4, 3), {"bias": False})
    assert kinds == ["Parameter", "NoneType"], f"weight and bias are of type {kinds}"
    assert shapes == [(3, 3, 3, 4)], f"shapes {shapes}"


def test_kaiming_with_a_shape(rng):
    """kaiming_uniform with a shape draws once, and its bound is that of the fan-in given."""
    for fans, shape in (((27, 36), (3, 3, 3, 4)), ((8, 20), (2, 2, 2, 5)), ((6, 7), None)):
        seed = int(rng.integers(1000))
        (found,), dtype, after = drawn("kaiming_uniform", fans, shape, seed, 1)
        random = np.random.RandomState(seed)
        expected = draws.kaiming(random, fans[0], shape or fans)
        assert_close(found, expected, name=f"numbers of shape {shape}", **CLOSE)
        assert dtype == "float32"
        assert_close(after, random.rand(3), name="what is drawn afterwards")


def test_distribution_of_weights(rng):
    """Weights are uniform: bound, mean, variance and share of every part of the range."""
    shape, bound = (3, 3, 8, 16), np.sqrt(6 / 72)
    found, _, _ = drawn("kaiming_uniform", (72, 144), shape, int(rng.integers(1000)), 12)
    numbers = np.concatenate([x.ravel() for x in found]) / bound
    n = numbers.size
    assert np.abs(numbers).max() <= 1 + 1e-5
    assert np.abs(numbers).max() > 1 - 20 / n
    assert abs(numbers.mean()) < 5 / np.sqrt(3 * n)
    assert abs((numbers**2).mean() - 1 / 3) < 5 * np.sqrt(4 / 45 / n)
    counts, _ = np.histogram(numbers, bins=8, range=(-1.0001, 1.0001))
    assert np.abs(counts - n / 8).max() < 5 * np.sqrt(n * 7 / 64)


def build(ndl, device=None):
    nn = ndl.nn
    return nn.Sequential(
        nn.Conv(2, 3, 3, stride=2, device=device),
        nn.BatchNorm2d(3, device=device),
        nn.Conv(3, 2, 1, device=device),
        nn.Flatten(),
    )


def test_with_batch_norm(rng):
    """The gradients of two convolutions with batch normalization between them."""
    check_module(build, rng.normal(size=(2, 2, 5, 4)), dtype="float32", device="cpu")


def test_other_devices(rng):
    """Parameters, values and gradients are on the device that is asked for."""
    for device in places.others():
        check_conv(rng, (1, 4, 4), (2, 3), 3, device=device)
        check_conv(rng, (1, 5, 4), (1, 2), 3, 2, bias=False, device=device)
