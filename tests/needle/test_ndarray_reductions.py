"""Sums and maxima along axes, against NumPy in double precision."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from ndarray_kit import expect

SHAPES = (
    *[(1,), (5,), (100,), (3, 4), (70, 3), (3, 70), (300, 17), (2, 3, 4), (9, 1, 33)],
    *[(4, 6, 5, 3), (2, 3, 2, 3, 2), (20_000,), (3, 9000), (9000, 3), (9000, 2, 5), (40, 100, 40)],
)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("keepdims", [False, True])
def test_axes(nd, device, shape, keepdims):
    data = np.random.default_rng(0).standard_normal(shape).astype("float32")
    array = nd.array(data, device=device)
    rank = len(shape)
    tuples = [t for n in range(1, rank + 1) for t in itertools.combinations(range(rank), n)]
    for axis in [*range(-rank, rank), *tuples]:
        total = data.sum(axis=axis, keepdims=keepdims, dtype="float64")
        expect(array.sum(axis, keepdims), total, rtol=1e-6, atol=2e-4)
        expect(array.max(axis, keepdims), data.max(axis=axis, keepdims=keepdims))


@pytest.mark.parametrize("shape", [(), (1,), (5, 7), (40, 50, 60)])
def test_everything_has_the_shape_of_one_element(nd, device, shape):
    data = np.random.default_rng(0).standard_normal(shape).astype("float32")
    array = nd.array(data, device=device)
    expect(array.sum(), [data.sum(dtype="float64")], rtol=1e-6, atol=1e-3)
    expect(array.max(), [data.max()])
    expect(array.sum(keepdims=True), array.sum().numpy())


def test_views(nd, device):
    data = np.random.default_rng(0).standard_normal((6, 5, 8)).astype("float32")
    view, shown = nd.array(data, device=device)[1:5, ::2, 3:].permute((2, 0, 1)), data[1:5, ::2, 3:]
    for axis in (0, 1, 2, (0, 2)):
        expect(view.sum(axis), shown.transpose(2, 0, 1).sum(axis), rtol=1e-5, atol=1e-5)
        expect(nd.amax(view, axis), shown.transpose(2, 0, 1).max(axis))


def test_maxima_of_negative_numbers_and_of_none(nd, device):
    data = -np.random.default_rng(0).uniform(1, 2, (40, 50)).astype("float32")
    data[3, 4] = np.nan
    data[5] = -np.inf
    for axis in (0, 1):
        expect(nd.array(data, device=device).max(axis), data.max(axis))


@pytest.mark.parametrize("shape", [(3_000_001,), (3000, 1000), (1000, 3000)])
@pytest.mark.parametrize("axis", [0, -1])
def test_errors_do_not_grow_with_the_number_of_elements(nd, device, shape, axis):
    data = np.random.default_rng(0).random(shape, dtype="float32")
    total = nd.array(data, device=device).sum(axis)
    expect(total, data.sum(axis, dtype="float64"), rtol=2e-6)


def test_no_axis_twice_and_none_that_is_not_there(nd, device):
    array = nd.array(np.zeros((2, 3)), device=device)
    with pytest.raises(ValueError, match="empty"):
        array.sum(())
    with pytest.raises(AssertionError, match="twice"):
        array.sum((0, -2))
    with pytest.raises(AssertionError, match=r"\(2, 3\) has no axis 2"):
        array.max(2)
