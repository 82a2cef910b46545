"""The C++ backend: operations on every element by itself."""

import elementwise
import numpy as np


def test_multiply(rng):
    """`a * b`, for two arrays and for an array and a number."""
    a, b = rng.normal(size=(2, 7, 9))
    elementwise.check("cpu", ["a * b", "a * s"], a, b, s=-1.75)


def test_divide(rng):
    """`a / b`, for two arrays and for an array and a number."""
    a, b = rng.normal(size=(7, 9)), rng.uniform(0.5, 2, (7, 9))
    elementwise.check("cpu", ["a / b", "a / s"], a, b, s=3)


def test_subtract(rng):
    """`a - b` and `-a` are made of sums and products."""
    a, b = rng.normal(size=(2, 7, 9))
    elementwise.check("cpu", ["a - b", "a - s", "s - a", "-a"], a, b, s=0.7)


def test_power_of_a_number(rng):
    """`a ** s`, for whole, negative and fractional numbers."""
    a = rng.uniform(0.5, 2, (7, 9))
    for s in (2, -1, 0.5, 0):
        elementwise.check("cpu", ["a ** s"], a, s=s)


def test_maximum(rng):
    """The larger one of two elements, or of an element and a number."""
    a, b = rng.normal(size=(2, 7, 9))
    elementwise.check("cpu", ["a.maximum(b)", "a.maximum(s)"], a, b, s=0.25)


def test_equal(rng):
    """`a == b` is 1.0 where both are equal, and 0.0 elsewhere."""
    a, b = rng.integers(0, 3, (2, 7, 9))
    elementwise.check("cpu", ["a == b", "a == s", "a != b"], a, b, s=1)


def test_greater_or_equal(rng):
    """`a >= b` is 1.0 or 0.0; the other comparisons follow from it."""
    a, b = rng.integers(0, 3, (2, 7, 9))
    elementwise.check("cpu", ["a >= b", "a >= s", "a > b", "a < b", "a <= b"], a, b, s=1)


def test_logarithm_and_exponential(rng):
    """`log` and `exp` of every element."""
    elementwise.check("cpu", ["a.log()", "a.exp()"], rng.uniform(0.1, 5, (7, 9)))


def test_hyperbolic_tangent(rng):
    """`tanh` of every element."""
    elementwise.check("cpu", ["a.tanh()"], rng.uniform(-3, 3, (7, 9)))


def test_operands_that_are_not_compact(rng):
    """Views are made compact before their elements are used."""
    a, b = rng.uniform(0.5, 2, (2, 7, 9))
    elementwise.check("cpu", ["a * b", "a / s", "a.exp()"], a, b, s=2, transposed=True)


def test_many_elements(rng):
    """Arrays of any size, also of a size that is a multiple of nothing."""
    for size in (1, 2, 257, 1021):
        elementwise.check("cpu", ["a * b", "a.maximum(s)"], *rng.normal(size=(2, size)), s=0.0)
    elementwise.check("cpu", ["a == b"], np.zeros(300), np.zeros(300))
