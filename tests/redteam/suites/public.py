"""Public tests of the red team's small course, written as course tests usually are."""

import needle as ndl
import numpy as np
from needle import Tensor


def test_add():
    a, b = np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]])
    np.testing.assert_allclose(ndl.add(ndl.Tensor(a), ndl.Tensor(b)).numpy(), a + b)


def test_divide():
    a, b = np.array([[6.0, 2.0], [1.0, 4.0]]), np.array([[2.0, 4.0], [8.0, 1.0]])
    expected = a / b
    actual = ndl.divide(ndl.Tensor(a), ndl.Tensor(b)).numpy()
    np.testing.assert_allclose(actual, expected, rtol=1e-5)


def test_exp():
    a = np.linspace(-1, 1, 6).reshape(3, 2)
    expected = np.exp(a)
    np.testing.assert_allclose(ndl.exp(Tensor(a)).numpy(), expected)


def test_matmul():
    a, b = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(3, 4)
    np.testing.assert_allclose((ndl.Tensor(a) @ ndl.Tensor(b)).numpy(), a @ b)
