"""Views: another shape, other strides, the same memory. This needs no compiled code of yours."""

import views


def test_reshape_to_fewer_axes(rng):
    """`reshape` joins axes; the elements stay in order."""
    views.check(rng, (3, 4, 2), ("reshape", (12, 2)))


def test_reshape_to_more_axes(rng):
    """`reshape` splits an axis."""
    views.check(rng, (12,), ("reshape", (2, 1, 6)))


def test_reshape_shares_memory(rng):
    """`reshape` copies nothing: the view sees what is written to the array."""
    views.check_memory(rng, (4, 6), ("reshape", (3, 8)))


def test_reshape_to_another_size_is_refused():
    """`reshape` raises ValueError when the number of elements would change."""
    views.check_refused((3, 4), "reshape", (3, 5), "ValueError")


def test_permute_two_axes(rng):
    """`permute((1, 0))` transposes."""
    views.check(rng, (3, 5), ("permute", (1, 0)))


def test_permute_three_axes(rng):
    """`permute` puts axis `axes[i]` in place i."""
    views.check(rng, (2, 3, 4), ("permute", (2, 0, 1)))


def test_permute_shares_memory(rng):
    """`permute` changes the order of shape and strides and nothing else."""
    views.check_memory(rng, (2, 3, 4), ("permute", (1, 2, 0)))


def test_broadcast_to_stretches_an_axis(rng):
    """`broadcast_to` repeats along an axis of size 1."""
    views.check(rng, (3, 1), ("broadcast_to", (3, 4)))


def test_broadcast_to_shares_memory(rng):
    """The stride of a repeated axis is 0; no element is copied."""
    views.check_memory(rng, (1, 3, 1), ("broadcast_to", (2, 3, 5)))


def test_broadcast_to_an_impossible_shape_is_refused():
    """`broadcast_to` raises AssertionError when an axis that is not 1 would change its size."""
    views.check_refused((3, 2), "broadcast_to", (3, 4), "AssertionError")


def test_getitem_of_a_slice(rng):
    """An index takes a range of each axis."""
    views.check(rng, (5, 6), ("getitem", ((1, 4, 1), (2, 6, 1))))


def test_getitem_with_steps(rng):
    """A step greater than 1 skips elements; the size is rounded up."""
    views.check(rng, (7, 8), ("getitem", ((0, 7, 3), (1, 8, 2))))


def test_getitem_of_a_number_keeps_its_axis(rng):
    """A number k takes what k:k+1 takes: the axis stays, with size 1."""
    views.check(rng, (4, 5), ("getitem", (2, (0, 5, 1))))


def test_getitem_shares_memory(rng):
    """A slice is a view: it has an offset and the strides of the array times the steps."""
    views.check_memory(rng, (6, 9), ("getitem", ((2, 6, 2), (1, 8, 3))))


def test_views_of_views(rng):
    """Slices of permuted and broadcast arrays add up their offsets and multiply their strides."""
    views.check_memory(
        rng,
        (4, 6, 5),
        ("permute", (2, 0, 1)),
        ("getitem", ((1, 5, 2), (0, 4, 1), 3)),
        ("broadcast_to", (2, 4, 3)),
        ("getitem", (1, (1, 4, 2), (0, 3, 1))),
    )
