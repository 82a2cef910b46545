"""The CUDA backend: operations on every element, with unusual numbers and many sizes."""

import elementwise
import numpy as np
import pytest


def pair(rng, *shape):
    """Return two arrays."""
    return rng.normal(size=(2, *shape))


def test_multiply(rng):
    """Products of two arrays."""
    elementwise.check("cuda", ["a * b"], *pair(rng, 5, 13))


def test_multiply_by_a_number(rng):
    """Products with positive and negative numbers, and with zero."""
    for s in (3.5, -0.25, 0, 1):
        elementwise.check("cuda", ["a * s"], rng.normal(size=(5, 13)), s=s)


def test_divide(rng):
    """Quotients of two arrays: the first by the second."""
    a, b = pair(rng, 5, 13)
    elementwise.check("cuda", ["a / b"], a, b + 3 * np.sign(b))


def test_divide_by_a_number(rng):
    """Quotients by positive and negative numbers."""
    for s in (3, -0.3):
        elementwise.check("cuda", ["a / s"], rng.normal(size=(5, 13)), s=s)


def test_divide_by_zero():
    """Division by zero gives what floating-point numbers say: infinities and NaN."""
    a, b = [1.0, -1.0, 0.0, 2.0], [0.0, 0.0, 0.0, 4.0]
    elementwise.check("cuda", ["a / b"], a, b)


def test_add_a_number(rng):
    """Sums and differences with a number, on either side."""
    elementwise.check("cuda", ["a + s", "a - s", "s - a"], rng.normal(size=(5, 13)), s=-2.125)


@pytest.mark.parametrize("s", [0, 1, 2, 3, -1, -2, 0.5, -0.5])
def test_powers_of_positive_numbers(rng, s):
    """Powers of positive numbers: whole, fractional, negative, and zero."""
    elementwise.check("cuda", ["a ** s"], rng.uniform(0.4, 2.5, (5, 13)), s=s)


def test_powers_of_negative_numbers(rng):
    """Whole powers of negative numbers keep their sign; fractional ones are NaN."""
    for s in (2, 3, 0.5):
        elementwise.check("cuda", ["a ** s"], rng.uniform(-2.5, -0.4, (5, 13)), s=s)


def test_maximum(rng):
    """The larger of two elements, where both are negative, too."""
    a, b = pair(rng, 5, 13)
    elementwise.check("cuda", ["a.maximum(b)"], a - 3, b - 3)
    elementwise.check("cuda", ["a.maximum(b)"], a, -a)


def test_maximum_with_a_number(rng):
    """The larger of an element and a number of either sign."""
    for s in (-0.5, 0, 0.75):
        elementwise.check("cuda", ["a.maximum(s)"], rng.normal(size=(5, 13)), s=s)


def test_equal(rng):
    """Equality of two arrays is 1.0 or 0.0."""
    a, b = rng.integers(-1, 2, (2, 5, 13))
    elementwise.check("cuda", ["a == b", "a != b"], a, b)


def test_equal_to_a_number(rng):
    """Equality with a number, which is rounded to float32 before."""
    a = rng.choice([0.1, 0.2, 0.3], (5, 13))
    for s in (0.1, 0.3, 1):
        elementwise.check("cuda", ["a == s"], a, s=s)


def test_order(rng):
    """Comparisons of two arrays, with equal elements among them."""
    a, b = rng.integers(-1, 2, (2, 5, 13))
    elementwise.check("cuda", ["a >= b", "a > b", "a < b", "a <= b"], a, b)


def test_order_with_a_number(rng):
    """Comparisons with a number, with equal elements among them."""
    a = rng.integers(-2, 3, (5, 13))
    for s in (-1, 0, 2):
        elementwise.check("cuda", ["a >= s"], a, s=s)


def test_logarithm(rng):
    """The natural logarithm of small and large numbers, of zero and of negative ones."""
    a = 10.0 ** rng.uniform(-30, 30, (5, 13))
    a[0, :3] = 1, 0, -2
    elementwise.check("cuda", ["a.log()"], a, rtol=1e-5, atol=1e-5)


def test_exponential(rng):
    """The exponential function from nearly zero to nearly the largest number."""
    elementwise.check("cuda", ["a.exp()"], rng.uniform(-80, 80, (5, 13)), rtol=2e-5, atol=0)
    elementwise.check("cuda", ["a.exp()"], rng.uniform(-1e-3, 1e-3, (5, 13)), rtol=1e-6, atol=0)


def test_hyperbolic_tangent(rng):
    """The hyperbolic tangent near zero, and where it is nearly 1."""
    a = np.concatenate([rng.uniform(-1e-3, 1e-3, 9), rng.uniform(-4, 4, 9), [-60, 60, 100]])
    elementwise.check("cuda", ["a.tanh()"], a, rtol=1e-5, atol=1e-7)


def test_operands_that_are_not_compact(rng):
    """Operations of views, in either place."""
    a, b = rng.uniform(0.5, 2, (2, 9, 4))
    expressions = ["a + b", "a / b", "a >= b", "a.maximum(b)", "a ** s", "a.log()", "a.tanh()"]
    elementwise.check("cuda", expressions, a, b, s=1.5, transposed=True)


def test_arrays_of_any_size(rng):
    """Sizes around those of vectors and blocks, and beyond one block."""
    for size in (1, 3, 15, 17, 255, 256, 257, 5003):
        a, b = pair(rng, size)
        elementwise.check("cuda", ["a * b", "a.maximum(s)", "a.exp()"], a, b, s=0.1)


def test_arrays_of_many_axes(rng):
    """Arrays of five axes, and of none."""
    elementwise.check("cuda", ["a * b", "-a"], *pair(rng, 2, 3, 1, 4, 3))
    elementwise.check("cuda", ["a / s", "a.exp()"], np.float32(1.25), s=3)
