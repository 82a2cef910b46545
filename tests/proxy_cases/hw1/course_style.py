"""Written as a course's own homework-1 file would be: element by element, through public names only."""

import sys

sys.path.append("./python")
sys.path.append("./apps")
import mugrade
import numpy as np
import pytest
from simple_ml import *

import needle as ndl


def gradient_check(f, *args, tol=1e-6, backward=False, **kwargs):
    eps = 1e-4
    numerical_grads = [np.zeros(a.shape) for a in args]
    for i in range(len(args)):
        for j in range(args[i].realize_cached_data().size):
            args[i].realize_cached_data().flat[j] += eps
            f1 = float(f(*args, **kwargs).numpy().sum())
            args[i].realize_cached_data().flat[j] -= 2 * eps
            f2 = float(f(*args, **kwargs).numpy().sum())
            args[i].realize_cached_data().flat[j] += eps
            numerical_grads[i].flat[j] = (f1 - f2) / (2 * eps)
    if not backward:
        out = f(*args, **kwargs)
        computed_grads = [
            x.numpy() for x in out.op.gradient_as_tuple(ndl.Tensor(np.ones(out.shape)), out)
        ]
    else:
        out = f(*args, **kwargs).sum()
        out.backward()
        computed_grads = [a.grad.numpy() for a in args]
    error = sum(np.linalg.norm(computed_grads[i] - numerical_grads[i]) for i in range(len(args)))
    assert error < tol
    return computed_grads


def T(*shape):
    return ndl.Tensor(np.random.randn(*shape))


def test_divide_forward():
    np.testing.assert_allclose(
        ndl.divide(
            ndl.Tensor([[3.3, 4.35, 1.0]]), ndl.Tensor([[4.6, 4.35, 2.0]])
        ).numpy(),
        np.array([[0.717391304348, 1.0, 0.5]]),
    )
    np.testing.assert_allclose(ndl.divide_scalar(ndl.Tensor([[1.7, 1.45]]), scalar=12).numpy(), np.array([[1.7, 1.45]]) / 12)


@pytest.mark.parametrize("axes", [None, (0, 1), (1, 2), (0, 2)])
def test_transpose(axes):
    x = np.random.randn(3, 4, 5)
    expected = np.swapaxes(x, *(axes or (-2, -1)))
    np.testing.assert_allclose(ndl.transpose(ndl.Tensor(x), axes=axes).numpy(), expected)
    gradient_check(ndl.transpose, ndl.Tensor(x), axes=axes)


def test_matmul_backward():
    gradient_check(ndl.matmul, T(5, 4), T(4, 3))
    gradient_check(ndl.matmul, T(2, 3, 4), T(4, 2))
    gradient_check(ndl.matmul, T(3, 4), T(2, 4, 2))


def test_divide_backward():
    gradient_check(ndl.divide, T(5, 4), ndl.Tensor(5 + np.random.randn(5, 4)))
    gradient_check(ndl.divide_scalar, T(5, 4), scalar=np.random.randn(1))


def test_broadcast_to_backward():
    gradient_check(ndl.broadcast_to, T(3, 1), shape=(3, 3))
    gradient_check(ndl.broadcast_to, T(1, 3), shape=(3, 3))
    gradient_check(ndl.broadcast_to, T(1), shape=(3, 3, 3))
    gradient_check(ndl.broadcast_to, ndl.Tensor(np.random.randn()), shape=(3, 3))
    gradient_check(ndl.broadcast_to, T(5, 4, 1), shape=(5, 4, 3))


def test_summation_backward():
    gradient_check(ndl.summation, T(5, 4), axes=(1,))
    gradient_check(ndl.summation, T(5, 4), axes=(0,))
    gradient_check(ndl.summation, T(5, 4, 1), axes=(0, 1))


def test_small_ones():
    gradient_check(ndl.negate, T(5, 4))
    gradient_check(ndl.reshape, T(5, 4), shape=(4, 5))
    gradient_check(ndl.power_scalar, T(5, 4), scalar=np.random.randint(1))
    gradient_check(ndl.exp, T(3, 3))
    gradient_check(ndl.log, ndl.Tensor(1 + np.random.rand(3, 3)))


def test_topo_sort():
    a1, b1 = ndl.Tensor(np.asarray([[0.88282157]])), ndl.Tensor(np.asarray([[0.90170084]]))
    c1 = 3 * a1 * a1 + 4 * b1 * a1 - a1
    soln = np.array(
        [
            np.array([[0.88282157]]),
            np.array([[2.64846471]]),
            np.array([[2.33812177]]),
            np.array([[0.90170084]]),
            np.array([[3.60680336]]),
            np.array([[3.1841638]]),
            np.array([[5.52228558]]),
            np.array([[-0.88282157]]),
            np.array([[4.63946401]]),
        ]
    )
    topo_order = np.array([x.numpy() for x in ndl.autograd.find_topo_sort([c1])])
    assert len(soln) == len(topo_order)
    np.testing.assert_allclose(topo_order, soln, rtol=1e-06, atol=1e-06)


def test_compute_gradient():
    gradient_check(
        lambda A, B, C: ndl.summation((A @ B + C) * (A @ B), axes=None), T(10, 9), T(9, 8), T(10, 8), backward=True
    )
    gradient_check(lambda A, B: ndl.summation(ndl.broadcast_to(A, shape=(10, 9)) * B), T(10, 1), T(10, 9), backward=True)
    x2 = ndl.Tensor([6])
    x3 = ndl.Tensor([0])
    y = x2 * x2 + x2 * x3
    y.backward()
    grad_x2 = x2.grad
    grad_x3 = x3.grad
    grad_x2.backward()
    assert x2.grad.numpy() == 2
    assert x3.grad.numpy() == 1
    assert grad_x3.numpy() == 6


def test_softmax_loss_ndl():
    np.random.seed(0)
    Z = ndl.Tensor(np.zeros((8, 10)).astype(np.float32))
    y = np.zeros((8, 10))
    y[np.arange(8), np.random.randint(0, 10, 8)] = 1
    np.testing.assert_allclose(softmax_loss(Z, ndl.Tensor(y)).numpy(), 2.3025850, rtol=1e-6, atol=1e-6)
    Zsmall = ndl.Tensor(np.random.randn(4, 10).astype(np.float64))
    gradient_check(softmax_loss, Zsmall, ndl.Tensor(y[:4]), tol=0.01, backward=True)


def test_nn_epoch_ndl():
    np.random.seed(0)
    X = np.random.randn(50, 5).astype(np.float32)
    y = np.random.randint(3, size=(50,)).astype(np.uint8)
    W1 = ndl.Tensor(np.random.randn(5, 10).astype(np.float32) / np.sqrt(10))
    W2 = ndl.Tensor(np.random.randn(10, 3).astype(np.float32) / np.sqrt(3))
    before = W1.numpy()
    W1, W2 = nn_epoch(X, y, W1, W2, lr=1.0, batch=50)
    assert isinstance(W1, ndl.Tensor)
    assert W1.shape == (5, 10)
    assert not np.allclose(before, W1.numpy())
    assert np.linalg.norm(W2.numpy()) > 0


def submit_forward():
    mugrade.submit(ndl.log(ndl.Tensor([[4.0], [4.55]])).numpy())


def test_submit():
    submit_forward()


def test_broken_expectation():
    np.testing.assert_allclose(ndl.negate(ndl.Tensor([1.0])).numpy(), [1.0])
