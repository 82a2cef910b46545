"""Views with other shapes, other axes and other steps."""

import numpy as np
import views


def draw(rng, count, low=1, high=6):
    """Return a shape of `count` axes."""
    return tuple(int(n) for n in rng.integers(low, high, count))


def test_reshape_to_a_single_axis(rng):
    """`reshape` of any number of axes to one."""
    shape = draw(rng, 4)
    views.check(rng, shape, ("reshape", (int(np.prod(shape)),)))


def test_reshape_with_axes_of_size_one(rng):
    """`reshape` may add and remove axes of size 1 anywhere."""
    n, m = draw(rng, 2, 2, 7)
    views.check_memory(rng, (n, m), ("reshape", (1, n, 1, m, 1)))
    views.check_memory(rng, (1, n, 1, m), ("reshape", (n, m)))


def test_reshape_to_the_same_shape(rng):
    """`reshape` to the shape that is there."""
    shape = draw(rng, 3)
    views.check_memory(rng, shape, ("reshape", shape))


def test_reshape_shares_memory(rng):
    """`reshape` copies nothing."""
    n = draw(rng, 1, 2, 7)[0]
    views.check_memory(rng, (n, 6), ("reshape", (2, n, 3)))
    views.check_memory(rng, (n, 4, 3), ("reshape", (n * 12,)))
    views.check_memory(rng, (n, 10), ("reshape", (5, 2 * n)))


def test_reshape_to_more_or_fewer_elements_is_refused():
    """`reshape` raises ValueError when the number of elements differs."""
    views.check_refused((3, 4), "reshape", (12, 2), "ValueError")
    views.check_refused((3, 4), "reshape", (4,), "ValueError")


def test_reshape_of_a_permuted_array_is_refused():
    """`reshape` raises ValueError for an array that is not compact: it would have to copy."""
    views.check_refused((3, 4), "reshape of a permuted array", (12,), "ValueError")


def test_permute_in_any_order(rng):
    """`permute` with every kind of order of four axes."""
    for axes in ((3, 2, 1, 0), (1, 0, 3, 2), (0, 2, 1, 3), (1, 2, 3, 0), (3, 0, 1, 2)):
        views.check(rng, draw(rng, 4, 2, 5), ("permute", axes))


def test_permute_without_change(rng):
    """`permute` that keeps the order."""
    views.check_memory(rng, draw(rng, 3), ("permute", (0, 1, 2)))


def test_permute_twice(rng):
    """Two cycles of three axes, one after the other."""
    views.check_memory(rng, (2, 3, 4), ("permute", (1, 2, 0)), ("permute", (1, 2, 0)))


def test_permute_shares_memory(rng):
    """`permute` copies nothing, and moves strides with their axes."""
    views.check_memory(rng, draw(rng, 5, 2, 4), ("permute", (4, 0, 3, 1, 2)))


def test_permute_of_a_slice(rng):
    """`permute` keeps the offset."""
    views.check_memory(
        rng, (5, 6, 4), ("getitem", ((2, 5, 1), (1, 6, 2), (3, 4, 1))), ("permute", (2, 1, 0))
    )


def test_broadcast_to_in_several_axes(rng):
    """`broadcast_to` along the first, a middle and the last axis."""
    n = draw(rng, 1, 2, 6)[0]
    views.check_memory(rng, (1, n, 1, 2, 1), ("broadcast_to", (3, n, 2, 2, 4)))


def test_broadcast_to_the_same_shape(rng):
    """`broadcast_to` that changes nothing."""
    shape = draw(rng, 3, 2, 5)
    views.check_memory(rng, shape, ("broadcast_to", shape))


def test_broadcast_to_of_a_permuted_array(rng):
    """`broadcast_to` starts from the strides of the array, not from those of a compact one."""
    views.check_memory(rng, (4, 1, 3), ("permute", (2, 0, 1)), ("broadcast_to", (3, 4, 5)))


def test_broadcast_to_of_a_slice(rng):
    """`broadcast_to` keeps the offset."""
    views.check_memory(rng, (6, 5), ("getitem", ((4, 5, 1), (1, 5, 3))), ("broadcast_to", (7, 2)))


def test_broadcast_to_an_impossible_shape_is_refused():
    """`broadcast_to` raises AssertionError: only axes of size 1 can be repeated."""
    views.check_refused((2, 3), "broadcast_to", (4, 3), "AssertionError")
    views.check_refused((3, 1), "broadcast_to", (1, 4), "AssertionError")


def test_getitem_at_both_ends(rng):
    """Slices that start at 0, and slices that reach the end."""
    n, m = draw(rng, 2, 4, 8)
    views.check_memory(rng, (n, m), ("getitem", ((0, 2, 1), (m - 2, m, 1))))
    views.check_memory(rng, (n, m), ("getitem", ((n - 1, n, 1), (0, 1, 1))))


def test_getitem_rounds_sizes_up(rng):
    """The size of a slice with a step counts the last element that fits, too."""
    for stop, step in ((9, 2), (8, 2), (9, 4), (7, 3), (9, 9), (9, 11)):
        views.check_memory(rng, (9, 3), ("getitem", ((0, stop, step), (0, 3, 2))))


def test_getitem_of_numbers(rng):
    """Numbers in every place of an index; every axis stays."""
    shape = draw(rng, 3, 3, 6)
    views.check_memory(rng, shape, ("getitem", (0, shape[1] - 1, 1)))
    views.check_memory(rng, shape, ("getitem", ((1, 3, 1), 2, (0, 3, 2))))


def test_getitem_of_a_slice(rng):
    """Offsets of slices of slices add up, and their steps multiply."""
    views.check_memory(
        rng,
        (20, 18),
        ("getitem", ((2, 20, 3), (1, 17, 2))),
        ("getitem", ((1, 6, 2), (3, 8, 4))),
        ("getitem", (1, (0, 2, 1))),
    )


def test_getitem_of_a_permuted_array(rng):
    """The strides of a slice are those of the view that it is taken from."""
    views.check_memory(
        rng, (4, 5, 6), ("permute", (2, 0, 1)), ("getitem", ((1, 6, 2), 3, (0, 5, 4)))
    )


def test_getitem_of_a_broadcast_array(rng):
    """A slice of an axis whose stride is 0 keeps that stride, and no offset comes from it."""
    views.check_memory(rng, (3, 1), ("broadcast_to", (3, 8)), ("getitem", ((1, 3, 1), (2, 8, 3))))


def test_getitem_of_one_axis(rng):
    """An array with a single axis."""
    views.check_memory(rng, (11,), ("getitem", ((3, 10, 3),)))
    views.check_memory(rng, (11,), ("getitem", (7,)))


def test_many_axes(rng):
    """Views of an array of six axes."""
    views.check_memory(
        rng,
        (2, 3, 1, 4, 2, 3),
        ("permute", (5, 0, 2, 4, 1, 3)),
        ("broadcast_to", (3, 2, 2, 2, 3, 4)),
        ("getitem", ((0, 3, 2), 1, (0, 2, 1), (0, 2, 1), (1, 3, 1), (0, 4, 3))),
    )
