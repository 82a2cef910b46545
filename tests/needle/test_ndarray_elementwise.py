"""Functions of every element, against NumPy in double precision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from ndarray_kit import expect

#: so many elements that every way through a kernel is taken, also that of the last few
SHAPES = ((), (1,), (7,), (3, 21), (5, 7, 13))

PAIRS: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
    "equal": lambda a, b: a == b,
    "not equal": lambda a, b: a != b,
    "greater or equal": lambda a, b: a >= b,
    "greater": lambda a, b: a > b,
    "less or equal": lambda a, b: a <= b,
    "less": lambda a, b: a < b,
}
_EDGES = """0 -0 inf -inf nan 1 -1 2 -2 0.5 1e-40 -1e-40 3e38 88.5 89 -87 -103 -104 -110 0.7071067
0.7071068 9 30 -30 1e-8 1.1754944e-38"""
EDGES = np.array(_EDGES.split(), dtype="float32")


def data(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    """Small whole numbers, so that some are equal, and half of them."""
    return np.random.default_rng(seed).integers(-6, 7, shape).astype("float32") / 2


@pytest.mark.parametrize("name", PAIRS)
def test_pairs(nd, device, name):
    for shape in SHAPES:
        a, b = data(shape), data(shape, seed=1)
        b = np.where(b == 0, np.float32(3), b)
        function = PAIRS[name]
        left, right = nd.array(a, device=device), nd.array(b, device=device)
        expect(function(left, right), function(a, b), rtol=1e-6)
        for number in (1.5, np.float32(-0.5), 2, np.int64(3)):
            expect(function(left, number), function(a, float(number)), rtol=1e-6)


def test_numbers_on_the_left(nd, device):
    a = data((5, 4))
    array = nd.array(a, device=device)
    expect(2 + array, 2 + a)
    expect(2 - array, 2 - a)
    expect(2 * array, 2 * a)
    expect(-array, -a)


def test_maxima_and_comparisons_of_numbers_that_are_none(nd, device):
    a, b = (grid.ravel() for grid in np.meshgrid(EDGES[:9], EDGES[:9]))
    left, right = nd.array(a, device=device), nd.array(b, device=device)
    expect(left.maximum(right), np.maximum(a, b))
    expect(left.maximum(0.25), np.maximum(a, np.float32(0.25)))
    expect(left >= right, a >= b)
    expect(left < right, a < b)
    expect(left <= 0.5, a <= np.float32(0.5))


def test_operands_keep_their_own_strides(nd, device):
    a, b = data((6, 9)), data((9, 6))
    left, right = nd.array(a, device=device), nd.array(b, device=device)
    expect(left + right.permute((1, 0)), a + b.T)
    expect(left[:, 1:8:2].exp(), np.exp(a[:, 1:8:2]), rtol=1e-6)


def test_shapes_have_to_be_equal(nd, device):
    left, right = (nd.array(np.zeros(shape), device=device) for shape in ((2, 3), (1, 3)))
    with pytest.raises(AssertionError, match=r"\(2, 3\) and \(1, 3\)"):
        left + right


@pytest.mark.parametrize(("name", "ulps"), [("exp", 3), ("log", 4), ("tanh", 4)])
def test_functions_are_as_good_as_float32(nd, device, name, ulps):
    random = np.random.default_rng(0)
    bits = random.integers(0, 2**32, 20_000, dtype="uint32").view("float32")
    rest = np.concatenate([random.uniform(-105, 95, 5000), random.normal(size=5000)])
    numbers = np.concatenate([bits, rest.astype("float32"), EDGES])
    with np.errstate(all="ignore"):
        exact = getattr(np, name)(numbers.astype("float64"))
        expected = exact.astype("float32")
        actual = getattr(nd.array(numbers, device=device), name)().numpy()
        finite = np.isfinite(expected)
        assert np.array_equal(actual[~finite], expected[~finite], equal_nan=True)
        errors = np.abs(actual[finite].astype("float64") - exact[finite])
    assert (errors / np.spacing(np.abs(expected[finite]))).max() <= ulps


@pytest.mark.parametrize("exponent", [0, 1, 2, 3, -1, -2, 0.5, -0.5, 1.7, 1 / 3, 30, -30.5])
def test_powers(nd, device, exponent):
    numbers = np.random.default_rng(0).normal(0, 3, 5000).astype("float32")
    edges = EDGES[~np.isneginf(EDGES)]  # of which NumPy takes no root
    numbers = np.concatenate([numbers, edges])
    with np.errstate(all="ignore"):
        expected = np.power(numbers.astype("float64"), np.float64(np.float32(exponent)))
        actual = (nd.array(numbers, device=device) ** exponent).numpy()
        np.testing.assert_allclose(actual, expected.astype("float32"), rtol=3e-7, atol=3e-45)
