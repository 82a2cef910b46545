"""NDArray.flip and NDArray.pad for views, and for any number of axes."""

import numpy as np
import places
from padding import check


def test_flip_every_axis(rng):
    """flip along each axis of arrays with one to four axes."""
    for shape in ((5,), (3, 4), (2, 3, 4), (2, 3, 2, 3)):
        for axis in range(len(shape)):
            check("flip", rng.normal(size=shape), (axis,))


def test_flip_several_axes(rng):
    """flip along several axes in any order, and along all."""
    for axes in ((0, 1), (1, 2), (2, 0), (0, 1, 2)):
        check("flip", rng.normal(size=(2, 3, 4)), axes)


def test_flip_views(rng):
    """flip of transposed arrays, and of slices that start in the middle of their memory."""
    for view in ("transposed", "slice"):
        check("flip", rng.normal(size=(3, 4)), (0,), view)
        check("flip", rng.normal(size=(2, 3, 4)), (1, 2), view)


def test_flip_axes_of_one_element(rng):
    """flip along an axis of size 1 changes nothing, but makes a new array."""
    check("flip", rng.normal(size=(1, 4)), (0,))
    check("flip", rng.normal(size=(3, 1)), (0, 1))


def test_pad_every_axis(rng):
    """pad with different numbers of zeros before and after, for one to four axes."""
    check("pad", rng.normal(size=5), ((2, 1),))
    check("pad", rng.normal(size=(3, 4)), ((0, 3), (1, 0)))
    check("pad", rng.normal(size=(2, 3, 4)), ((1, 0), (0, 2), (3, 1)))
    check("pad", rng.normal(size=(2, 3, 2, 3)), ((0, 0), (2, 1), (1, 2), (0, 0)))


def test_pad_nothing(rng):
    """pad with no zeros at all makes a copy."""
    check("pad", rng.normal(size=(3, 4)), ((0, 0), (0, 0)))


def test_pad_views(rng):
    """pad of transposed arrays, and of slices."""
    for view in ("transposed", "slice"):
        check("pad", rng.normal(size=(3, 4)), ((1, 2), (0, 1)), view)


def test_zeros_are_zeros(rng):
    """The zeros around an array do not depend on what its elements are."""
    check("pad", np.full((2, 2), 3e38), ((1, 1), (1, 1)))


def test_other_devices(rng):
    """flip and pad stay on the device of the array."""
    for device in places.others():
        check("flip", rng.normal(size=(3, 4)), (0, 1), device=device)
        check("pad", rng.normal(size=(3, 4)), ((1, 0), (2, 1)), device=device)
