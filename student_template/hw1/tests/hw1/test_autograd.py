"""Reverse mode: backward() through a whole graph. Only operators that were given are used."""

import needle as ndl
import numpy as np
from grader.testing import assert_close, check_gradient

X = np.array([1.0, -2.0, 0.5])
Y = np.array([3.0, 0.25, -1.0])


def product_and_sum(ndl, x, y):
    return x * y + x * 3 + 1


def reused(ndl, x):
    twice = x + x
    return twice * twice * x


def test_products_and_sums():
    """The gradient of a tensor is the sum over all places where it is used."""
    check_gradient(product_and_sum, X, Y)
    check_gradient(reused, X)


def test_start_from_a_given_adjoint():
    """backward starts from the adjoint that it is given, and from ones without any."""
    x, y = ndl.Tensor(X), ndl.Tensor(Y)
    (x * y).backward(ndl.Tensor([1.0, 10.0, 100.0]))
    assert_close(x.grad.numpy(), Y * [1, 10, 100], name="x.grad")
    assert_close(y.grad.numpy(), X * [1, 10, 100], name="y.grad")
    (x * y).backward()
    assert_close(x.grad.numpy(), Y, name="x.grad")


def test_gradient_of_a_gradient():
    """A gradient is a tensor with a graph of its own and can be differentiated again."""
    x = ndl.Tensor(X)
    (x * x * x).backward()
    first = x.grad
    assert_close(first.numpy(), 3 * X**2, name="first derivative")
    first.backward()
    assert_close(x.grad.numpy(), 6 * X, name="second derivative")
