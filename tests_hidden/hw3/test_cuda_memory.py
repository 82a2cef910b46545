"""The CUDA backend: memory, with more axes, other strides and offsets."""

import numpy as np
import strided


def place(rng, axes, spare=3):
    """Return a place whose strides are those of a larger array with its axes permuted."""
    shape = rng.integers(1, 5, axes)
    around = shape + rng.integers(0, spare, axes)
    strides = np.append(np.cumprod(around[::-1])[-2::-1], 1) if axes else np.ones(0, int)
    order = rng.permutation(axes)
    offset = int(rng.integers(0, 7))
    reach = int(((shape - 1) * strides).sum()) if axes else 0
    return (
        offset + reach + 1 + int(rng.integers(0, 3)),
        tuple(int(n) for n in shape[order]),
        tuple(int(n) for n in strides[order]),
        offset,
    )


def places(rng, axes, count=4):
    """Return several places with so many axes."""
    return [place(rng, axes) for _ in range(count)]


def test_compact_of_one_axis(rng):
    """`compact` of every so many elements of a row."""
    strided.check_compact(rng, "cuda", (30, (6,), (4,), 5), (3, (3,), (1,), 0), (9, (1,), (1,), 8))


def test_compact_of_two_axes(rng):
    """`compact` of parts of matrices, transposed or not."""
    strided.check_compact(rng, "cuda", *places(rng, 2, 6))


def test_compact_of_three_axes(rng):
    """`compact` of parts of arrays of three axes, in any order."""
    strided.check_compact(rng, "cuda", *places(rng, 3, 6))


def test_compact_of_six_axes(rng):
    """`compact` of arrays with six axes."""
    strided.check_compact(rng, "cuda", *places(rng, 6, 2))


def test_compact_of_a_single_element(rng):
    """`compact` of one element, also of an array without axes."""
    strided.check_compact(rng, "cuda", (9, (1, 1), (3, 1), 4), (1, (), (), 0), (5, (), (), 3))


def test_compact_of_repeated_elements(rng):
    """`compact` of broadcast arrays: strides of 0 in any place."""
    strided.check_compact(
        rng,
        "cuda",
        (4, (3, 4), (0, 1), 0),
        (7, (4, 3, 2), (1, 0, 1), 2),
        (2, (3, 5), (0, 0), 1),
        (12, (2, 3, 2, 2), (0, 2, 1, 0), 6),
    )


def test_compact_backwards(rng):
    """`compact` of reversed axes: strides may be negative."""
    strided.check_compact(
        rng, "cuda", (5, (5,), (-1,), 4), (12, (3, 4), (4, -1), 3), (12, (3, 4), (-4, -1), 11)
    )


def test_compact_of_large_arrays(rng):
    """`compact` of more elements than one block of threads, or one line of cache, has."""
    n, m = (2 * int(each) + 1 for each in rng.integers(20, 35, 2))
    strided.check_compact(
        rng, "cuda", (n * m, (m, n), (1, m), 0), (2 * n * m, (n, m), (2 * m, 2), 1)
    )


def test_compact_of_a_slice_that_looks_compact(rng):
    """A view with the strides of a compact array, but of a larger memory, is copied."""
    strided.check_compact(rng, "cuda", (20, (2, 5), (5, 1), 0), (20, (2, 5), (5, 1), 10))


def test_setitem_with_arrays_of_one_axis(rng):
    """`ewise_setitem` to every so many elements of a row."""
    strided.check_write(rng, "cuda", (30, (6,), (4,), 5), (9, (1,), (1,), 8), (4, (4,), (1,), 0))


def test_setitem_with_arrays_of_two_axes(rng):
    """`ewise_setitem` to parts of matrices, transposed or not."""
    strided.check_write(rng, "cuda", *places(rng, 2, 6))


def test_setitem_with_arrays_of_many_axes(rng):
    """`ewise_setitem` to views of three to six axes."""
    for axes in (3, 4, 6):
        strided.check_write(rng, "cuda", *places(rng, axes, 2))


def test_setitem_with_a_number_in_two_axes(rng):
    """`scalar_setitem` to parts of matrices."""
    strided.check_write(rng, "cuda", *places(rng, 2, 6), number=rng.normal())


def test_setitem_with_a_number_in_many_axes(rng):
    """`scalar_setitem` to views of one, three and five axes."""
    for axes in (1, 3, 5):
        strided.check_write(rng, "cuda", *places(rng, axes, 2), number=rng.normal())


def test_setitem_of_a_single_element(rng):
    """Writing one element, also to an array without axes."""
    cells = ((9, (1, 1), (3, 1), 4), (5, (), (), 3))
    strided.check_write(rng, "cuda", *cells)
    strided.check_write(rng, "cuda", *cells, number=-7)


def test_setitem_of_large_views(rng):
    """Writing to more elements than one block of threads has, and to no others."""
    n, m = (2 * int(each) + 1 for each in rng.integers(20, 35, 2))
    large = ((2 * n * m, (n, m), (2 * m, 2), 1), (n * m, (m, n), (1, m), 0))
    strided.check_write(rng, "cuda", *large)
    strided.check_write(rng, "cuda", *large, number=0.5)


def test_assignment_of_arrays(rng):
    """`array[index] = other` for ranges, steps and numbers; sizes count, not the number of axes."""
    strided.check_assign(rng, "cuda", (6, 7), ((0, 6, 2), (1, 7, 3)), (3, 2))
    strided.check_assign(rng, "cuda", (6, 7), (2, (0, 7, 1)), (7, 1))
    strided.check_assign(rng, "cuda", (4, 3, 5), ((1, 4, 1), 2, (4, 5, 1)), (3, 1, 1))


def test_assignment_of_numbers(rng):
    """`array[index] = number` for whole arrays, single elements and ranges."""
    strided.check_assign(rng, "cuda", (5, 4), ((0, 5, 1), (0, 4, 1)), 3.25)
    strided.check_assign(rng, "cuda", (5, 4), (4, 3), -1.0)
    strided.check_assign(rng, "cuda", (3, 5, 4), ((0, 3, 2), (1, 5, 2), 1), 0.0)
