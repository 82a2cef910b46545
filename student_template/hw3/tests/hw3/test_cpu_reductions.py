"""The C++ backend: sums and maxima."""

import reductions


def test_sum_over_each_axis(rng):
    """The sum over one axis, which the result no longer has."""
    data = rng.normal(size=(4, 5, 6))
    for axis in range(3):
        reductions.check("cpu", "sum", data, axis)


def test_sum_of_all_elements(rng):
    """The sum over everything is an array of one element."""
    reductions.check("cpu", "sum", rng.normal(size=(3, 7)))


def test_maximum_over_each_axis(rng):
    """The maximum over one axis."""
    data = rng.normal(size=(4, 5, 6))
    for axis in range(3):
        reductions.check("cpu", "max", data, axis)


def test_maximum_of_negative_numbers(rng):
    """A maximum may be negative."""
    reductions.check("cpu", "max", rng.uniform(-3, -1, (4, 5)), 1)
    reductions.check("cpu", "max", rng.uniform(-3, -1, (4, 5)))


def test_axes_that_are_kept(rng):
    """With `keepdims`, the axis stays, with size 1."""
    data = rng.normal(size=(4, 5))
    reductions.check("cpu", "sum", data, 0, keepdims=True)
    reductions.check("cpu", "max", data, 1, keepdims=True)


def test_blocks_of_neighbours(rng):
    """The backend's functions reduce so many neighbours at a time."""
    data = rng.normal(size=60)
    for size in (1, 4, 60):
        reductions.check_blocks("cpu", "sum", data, size)
        reductions.check_blocks("cpu", "max", data, size)
