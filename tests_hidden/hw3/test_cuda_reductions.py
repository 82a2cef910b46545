"""The CUDA backend: sums and maxima over axes of any size."""

import numpy as np
import reductions


def test_sums_over_each_axis(rng):
    """Sums over each axis of arrays whose axes all differ in size."""
    data = rng.normal(size=(3, 7, 2, 5))
    for axis in range(4):
        reductions.check("cuda", "sum", data, axis)


def test_maxima_over_each_axis(rng):
    """Maxima over each axis of arrays whose axes all differ in size."""
    data = rng.normal(size=(3, 7, 2, 5))
    for axis in range(4):
        reductions.check("cuda", "max", data, axis)


def test_sum_of_all_elements(rng):
    """The sum over everything keeps one axis of size 1, whatever the array's axes."""
    for shape in ((17,), (3, 5), (2, 3, 4, 5), (1, 1)):
        reductions.check("cuda", "sum", rng.normal(size=shape))


def test_maximum_of_all_elements(rng):
    """The maximum over everything, wherever it stands."""
    for at in (0, 7, 19):
        data = rng.uniform(-9, -5, 20)
        data[at] = -1
        reductions.check("cuda", "max", data.reshape(4, 5))


def test_maxima_of_negative_numbers(rng):
    """Maxima of elements that all are far below zero."""
    for axis in (0, 1):
        reductions.check("cuda", "max", rng.uniform(-1e6, -1e5, (6, 5)), axis)


def test_axes_of_size_one(rng):
    """Reducing an axis of size 1 changes nothing but the shape."""
    data = rng.normal(size=(1, 4, 1))
    for axis in (0, 2):
        reductions.check("cuda", "sum", data, axis)
        reductions.check("cuda", "max", data, axis)


def test_sums_with_the_axis_kept(rng):
    """With `keepdims`, the reduced axis stays with size 1, in its place."""
    data = rng.normal(size=(3, 4, 5))
    for axis in range(3):
        reductions.check("cuda", "sum", data, axis, keepdims=True)


def test_maxima_with_the_axis_kept(rng):
    """With `keepdims`, the reduced axis stays with size 1, in its place."""
    data = rng.normal(size=(3, 4, 5))
    for axis in range(3):
        reductions.check("cuda", "max", data, axis, keepdims=True)


def test_an_array_of_one_axis(rng):
    """Reducing the only axis leaves an array without axes."""
    reductions.check("cuda", "sum", rng.normal(size=9), 0)
    reductions.check("cuda", "max", rng.normal(size=9), 0)


def test_arrays_that_are_not_compact(rng):
    """Reductions of views."""
    data = rng.normal(size=(6, 11))
    for axis in (0, 1):
        reductions.check("cuda", "sum", data, axis, transposed=True)
        reductions.check("cuda", "max", data, axis, transposed=True)


def test_long_axes(rng):
    """Axes longer than a block of threads, and more results than one block has."""
    reductions.check("cuda", "sum", rng.normal(size=(3, 1501)), 1)
    reductions.check("cuda", "max", rng.normal(size=(3, 1501)), 1)
    reductions.check("cuda", "sum", rng.normal(size=(1501, 3)), 1)
    reductions.check("cuda", "max", rng.normal(size=(1501, 3)), 1)


def test_blocks_of_neighbours(rng):
    """The backend's functions, called with sizes that are no powers of two."""
    data = rng.normal(size=210)
    for size in (1, 3, 7, 35, 210):
        reductions.check_blocks("cuda", "sum", data, size)
        reductions.check_blocks("cuda", "max", data, size)


def test_numbers_that_are_whole(rng):
    """Sums of whole numbers are exact."""
    reductions.check("cuda", "sum", rng.integers(-50, 50, (8, 33)), 1, rtol=0)


def test_infinities():
    """A maximum over infinities is one of them."""
    reductions.check_blocks("cuda", "max", [-np.inf, 2.0, -np.inf, -np.inf, np.inf, 1.0], 2)
