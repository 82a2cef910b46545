"""What each operator computes."""

import needle as ndl
import numpy as np
from grader.testing import assert_close

A = np.array([[1.0, -2.0, 0.5], [3.0, 4.0, -1.5]])
B = np.array([[2.0, 4.0, 0.25], [-1.0, 5.0, 3.0]])


def test_powers():
    """power takes an exponent for each element, power_scalar one number for all."""
    base, exponent = np.array([1.0, 2.0, 3.0]), np.array([3.0, 0.5, -2.0])
    result = ndl.power(ndl.Tensor(base), ndl.Tensor(exponent))
    assert_close(result.numpy(), [1.0, 2.0**0.5, 1 / 9], name="power")
    assert_close(ndl.power_scalar(ndl.Tensor(A), scalar=2).numpy(), A * A, name="power_scalar")
    assert_close((ndl.Tensor(A) ** 3).numpy(), A * A * A, name="power_scalar")


def test_quotients():
    """divide divides by a tensor, element by element, and divide_scalar by one number."""
    assert_close(ndl.divide(ndl.Tensor(A), ndl.Tensor(B)).numpy(), A / B, name="divide")
    assert_close(ndl.divide_scalar(ndl.Tensor(A), scalar=4).numpy(), A / 4, name="divide_scalar")


def test_matmul():
    """matmul multiplies matrices, also a batch of them."""
    assert_close(ndl.matmul(ndl.Tensor(A), ndl.Tensor(B.T)).numpy(), A @ B.T)
    batch = np.stack([B.T, 2 * B.T, B.T - 1])
    assert_close((ndl.Tensor(A) @ ndl.Tensor(batch)).numpy(), np.matmul(A, batch))


def test_summation():
    """summation sums over all axes, or over the given ones."""
    assert_close(ndl.summation(ndl.Tensor(A)).numpy(), A.sum())
    assert_close(ndl.summation(ndl.Tensor(A), axes=0).numpy(), A.sum(axis=0))
    assert_close(ndl.summation(ndl.Tensor(A), axes=(1,)).numpy(), A.sum(axis=1))


def test_broadcast_to():
    """broadcast_to repeats a tensor along axes that are new or have size 1."""
    row, column = np.array([1.0, 2.0, 3.0]), np.array([[1.0], [2.0]])
    expected = [[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]]
    assert_close(ndl.broadcast_to(ndl.Tensor(row), (2, 3)).numpy(), expected)
    expected = [[1.0, 1.0, 1.0], [2.0, 2.0, 2.0]]
    assert_close(ndl.broadcast_to(ndl.Tensor(column), (2, 3)).numpy(), expected)


def test_reshape_and_transpose():
    """reshape keeps the elements in order; transpose swaps two axes, by default the last two."""
    result = ndl.reshape(ndl.Tensor(A), (3, 2))
    assert_close(result.numpy(), [[1.0, -2.0], [0.5, 3.0], [4.0, -1.5]], name="reshape")
    cube = np.arange(24.0).reshape(2, 3, 4)
    result = ndl.transpose(ndl.Tensor(cube))
    assert_close(result.numpy(), cube.transpose(0, 2, 1), name="transpose")
    result = ndl.transpose(ndl.Tensor(cube), axes=(0, 1))
    assert_close(result.numpy(), cube.transpose(1, 0, 2), name="transpose")


def test_elementwise_functions():
    """negate, log, exp and relu are applied to each element."""
    assert_close(ndl.negate(ndl.Tensor(A)).numpy(), -A, name="negate")
    assert_close(ndl.log(ndl.Tensor(np.abs(B))).numpy(), np.log(np.abs(B)), name="log")
    assert_close(ndl.exp(ndl.Tensor(A)).numpy(), np.exp(A), name="exp")
    expected = [[1.0, 0.0, 0.5], [3.0, 4.0, 0.0]]
    assert_close(ndl.relu(ndl.Tensor(A)).numpy(), expected, name="relu")
