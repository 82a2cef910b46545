"""NDArray.flip and NDArray.pad."""

import places
from padding import check


def test_flip_one_axis(rng):
    """flip reverses the order along one axis, and its result is compact."""
    a = rng.normal(size=(3, 4))
    check("flip", a, (0,))
    check("flip", a, (1,))


def test_flip_several_axes(rng):
    """flip reverses several axes at once."""
    check("flip", rng.normal(size=(2, 3, 4)), (0, 2))


def test_pad(rng):
    """pad puts zeros around the array, and leaves the array as it is."""
    check("pad", rng.normal(size=(3, 4)), ((1, 1), (2, 2)))


def test_pad_unequally(rng):
    """pad has a number before and one after for every axis, which may be zero."""
    check("pad", rng.normal(size=(2, 3)), ((0, 2), (1, 0)))


def test_other_devices(rng):
    """flip and pad stay on the device of the array."""
    for device in places.others():
        check("flip", rng.normal(size=(2, 3)), (0, 1), device=device)
        check("pad", rng.normal(size=(2, 3)), ((1, 1), (0, 2)), device=device)
