"""The C++ backend: reading views into compact memory, and writing to views."""

import strided


def test_compact_of_a_transposed_matrix(rng):
    """`compact` writes the elements of a view one after the other."""
    strided.check_compact(rng, "cpu", (12, (3, 4), (1, 3), 0))


def test_compact_of_a_slice(rng):
    """`compact` starts at the offset and skips what the strides skip."""
    strided.check_compact(rng, "cpu", (40, (3, 2), (10, 3), 11))


def test_compact_of_a_broadcast_array(rng):
    """`compact` repeats elements along an axis of stride 0."""
    strided.check_compact(rng, "cpu", (5, (4, 5), (0, 1), 0), (5, (5, 3), (1, 0), 0))


def test_compact_of_four_axes(rng):
    """`compact` counts through any number of axes, the last one fastest."""
    strided.check_compact(rng, "cpu", (120, (2, 5, 3, 4), (60, 1, 20, 5), 0))


def test_setitem_with_an_array(rng):
    """`ewise_setitem` writes the elements of a compact array to a view, and leaves the others."""
    strided.check_write(rng, "cpu", (40, (3, 2), (10, 3), 11), (24, (2, 3, 4), (12, 1, 3), 0))


def test_setitem_with_a_number(rng):
    """`scalar_setitem` writes one number to all elements of a view."""
    strided.check_write(rng, "cpu", (40, (3, 2), (10, 3), 11), number=2.5)


def test_assignment_to_a_slice(rng):
    """`array[index] = other` changes the array in place."""
    strided.check_assign(rng, "cpu", (5, 6), ((1, 4, 2), (0, 6, 3)), (2, 2))
    strided.check_assign(rng, "cpu", (5, 6), (3, (0, 6, 1)), -1.5)
