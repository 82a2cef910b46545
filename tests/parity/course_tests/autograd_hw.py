"""A homework-1 file as courses write them: public names only, gradients element by element."""

import sys

sys.path.append("./python")
sys.path.append("./apps")

import mugrade
import needle as ndl
import numdifftools as nd
import numpy as np
from simple_ml import *

np.random.seed(17)


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


# forward


def test_power_scalar_forward():
    np.testing.assert_allclose(
        ndl.power_scalar(ndl.Tensor([[0.25, 1.5, 4.0]]), scalar=3).numpy(),
        np.array([[0.015625, 3.375, 64.0]]),
    )


def test_ewisepow_forward():
    A = ndl.Tensor([[1.5, 2.0], [3.0, 0.5]])
    B = ndl.Tensor([[2.0, 3.0], [1.0, -2.0]])
    np.testing.assert_allclose((A**B).numpy(), [[2.25, 8.0], [3.0, 4.0]])
    np.testing.assert_allclose(ndl.power(A, B).numpy(), [[2.25, 8.0], [3.0, 4.0]])


def test_divide_forward():
    np.testing.assert_allclose(
        ndl.divide(
            ndl.Tensor([[3.0, 4.5, 1.0], [0.75, 2.0, 9.0]]),
            ndl.Tensor([[1.5, 4.5, 8.0], [3.0, 0.5, 10.0]]),
        ).numpy(),
        np.array([[2.0, 1.0, 0.125], [0.25, 4.0, 0.9]]),
    )


def test_divide_scalar_forward():
    np.testing.assert_allclose(
        ndl.divide_scalar(ndl.Tensor([[1.8, 2.4]]), scalar=12).numpy(), np.array([[0.15, 0.2]])
    )


def test_matmul_forward():
    a = np.arange(12.0).reshape(4, 3) / 7
    b = np.arange(6.0).reshape(3, 2) - 2.5
    np.testing.assert_allclose(ndl.matmul(ndl.Tensor(a), ndl.Tensor(b)).numpy(), a @ b)
    np.testing.assert_allclose((ndl.Tensor(a) @ ndl.Tensor(b)).numpy(), a.dot(b))


def test_summation_forward():
    x = np.array([[2.2, 4.35, 1.4, 0.3], [2.2, 1.35, 0.5, 8.3]])
    np.testing.assert_allclose(ndl.summation(ndl.Tensor(x)).numpy(), x.sum())
    np.testing.assert_allclose(ndl.summation(ndl.Tensor(x), axes=1).numpy(), x.sum(1))
    np.testing.assert_allclose(ndl.summation(ndl.Tensor(x), axes=(0,)).numpy(), x.sum(0))
    np.testing.assert_allclose(ndl.summation(ndl.Tensor(x), axes=(0, 1)).numpy(), x.sum())


def test_broadcast_to_forward():
    np.testing.assert_allclose(
        ndl.broadcast_to(ndl.Tensor([[1.85, 0.85, 0.6]]), shape=(3, 3, 3)).numpy(),
        np.broadcast_to([[1.85, 0.85, 0.6]], (3, 3, 3)),
    )


def test_reshape_forward():
    x = np.random.randn(5, 3)
    np.testing.assert_allclose(ndl.reshape(ndl.Tensor(x), shape=(15,)).numpy(), x.reshape(15))
    np.testing.assert_allclose(ndl.reshape(ndl.Tensor(x), shape=(3, 5)).numpy(), x.reshape(3, 5))


def test_negate_forward():
    np.testing.assert_allclose(ndl.negate(ndl.Tensor([[1.45, -0.55]])).numpy(), [[-1.45, 0.55]])


def test_transpose_forward():
    x = np.random.randn(2, 3, 4)
    np.testing.assert_allclose(ndl.transpose(ndl.Tensor(x), axes=(1, 2)).numpy(), x.swapaxes(1, 2))
    np.testing.assert_allclose(ndl.transpose(ndl.Tensor(x), axes=(0, 1)).numpy(), x.swapaxes(0, 1))
    np.testing.assert_allclose(ndl.transpose(ndl.Tensor(x)).numpy(), x.swapaxes(-1, -2))


def test_log_forward():
    np.testing.assert_allclose(
        ndl.log(ndl.Tensor([[1.0, 2.0], [0.5, 10.0]])).numpy(),
        [[0.0, 0.6931471805599453], [-0.6931471805599453, 2.302585092994046]],
        rtol=1e-6,
        atol=1e-6,
    )


def test_exp_forward():
    np.testing.assert_allclose(
        ndl.exp(ndl.Tensor([[0.0, 1.0], [-1.0, 2.0]])).numpy(),
        [[1.0, 2.718281828459045], [0.36787944117144233, 7.38905609893065]],
        rtol=1e-6,
        atol=1e-6,
    )


# backward


def test_power_scalar_backward():
    gradient_check(ndl.power_scalar, ndl.Tensor(np.random.randn(5, 4)), scalar=np.random.randint(1))
    gradient_check(ndl.power_scalar, ndl.Tensor(np.random.randn(3, 2)), scalar=3)


def test_ewisepow_backward():
    gradient_check(
        ndl.power, ndl.Tensor(1 + np.random.rand(4, 3)), ndl.Tensor(np.random.randn(4, 3)), tol=1e-5
    )


def test_divide_backward():
    gradient_check(
        ndl.divide, ndl.Tensor(np.random.randn(5, 4)), ndl.Tensor(5 + np.random.randn(5, 4))
    )


def test_divide_scalar_backward():
    gradient_check(ndl.divide_scalar, ndl.Tensor(np.random.randn(5, 4)), scalar=np.random.randn(1))


def test_matmul_simple_backward():
    gradient_check(ndl.matmul, ndl.Tensor(np.random.randn(5, 4)), ndl.Tensor(np.random.randn(4, 5)))
    gradient_check(ndl.matmul, ndl.Tensor(np.random.randn(2, 3)), ndl.Tensor(np.random.randn(3, 5)))


def test_matmul_batched_backward():
    rand = np.random.randn
    gradient_check(ndl.matmul, ndl.Tensor(rand(2, 3, 5, 4)), ndl.Tensor(rand(2, 3, 4, 3)))
    gradient_check(ndl.matmul, ndl.Tensor(rand(2, 3, 5, 4)), ndl.Tensor(rand(4, 3)))
    gradient_check(ndl.matmul, ndl.Tensor(rand(5, 4)), ndl.Tensor(rand(2, 3, 4, 3)))


def test_reshape_backward():
    gradient_check(ndl.reshape, ndl.Tensor(np.random.randn(5, 4)), shape=(4, 5))


def test_negate_backward():
    gradient_check(ndl.negate, ndl.Tensor(np.random.randn(5, 4)))


def test_transpose_backward():
    gradient_check(ndl.transpose, ndl.Tensor(np.random.randn(3, 5, 4)), axes=(1, 2))
    gradient_check(ndl.transpose, ndl.Tensor(np.random.randn(3, 5, 4)), axes=(0, 1))
    gradient_check(ndl.transpose, ndl.Tensor(np.random.randn(3, 5, 4)))


def test_broadcast_to_backward():
    gradient_check(ndl.broadcast_to, ndl.Tensor(np.random.randn(3, 1)), shape=(3, 3))
    gradient_check(ndl.broadcast_to, ndl.Tensor(np.random.randn(1, 3)), shape=(3, 3))
    gradient_check(ndl.broadcast_to, ndl.Tensor(np.random.randn(1)), shape=(3, 3, 3))
    gradient_check(ndl.broadcast_to, ndl.Tensor(np.random.randn()), shape=(3, 3, 3))
    gradient_check(ndl.broadcast_to, ndl.Tensor(np.random.randn(5, 4, 1)), shape=(5, 4, 3))


def test_summation_backward():
    gradient_check(ndl.summation, ndl.Tensor(np.random.randn(5, 4)), axes=(1,))
    gradient_check(ndl.summation, ndl.Tensor(np.random.randn(5, 4)), axes=(0,))
    gradient_check(ndl.summation, ndl.Tensor(np.random.randn(5, 4)), axes=(0, 1))
    gradient_check(ndl.summation, ndl.Tensor(np.random.randn(5, 4, 1)), axes=(0, 1))


def test_log_exp_backward():
    gradient_check(ndl.log, ndl.Tensor(1 + np.random.rand(5, 4)))
    gradient_check(ndl.exp, ndl.Tensor(np.random.randn(5, 4)), tol=1e-5)


# order


def test_topo_sort():
    a1, b1 = ndl.Tensor(np.asarray([[0.5]])), ndl.Tensor(np.asarray([[0.25]]))
    c1 = 3 * a1 * a1 + 4 * b1 * a1 - a1
    soln = np.array(
        [
            np.array([[0.5]]),
            np.array([[1.5]]),
            np.array([[0.75]]),
            np.array([[0.25]]),
            np.array([[1.0]]),
            np.array([[0.5]]),
            np.array([[1.25]]),
            np.array([[-0.5]]),
            np.array([[0.75]]),
        ]
    )
    topo_order = np.array([x.numpy() for x in ndl.autograd.find_topo_sort([c1])])
    assert len(soln) == len(topo_order)
    np.testing.assert_allclose(topo_order, soln, rtol=1e-06, atol=1e-06)

    a1 = ndl.Tensor(np.array([[1.0, 2.0], [-1.0, 0.5]]))
    b1 = ndl.Tensor(np.array([[0.5, 1.0], [2.0, -3.0]]))
    c1 = (a1 @ b1 + b1) * (a1 @ b1)
    A, B = a1.numpy(), b1.numpy()
    soln = [A, B, A @ B, A @ B + B, A @ B, (A @ B + B) * (A @ B)]
    topo_order = [x.numpy() for x in ndl.autograd.find_topo_sort([c1])]
    assert len(soln) == len(topo_order)
    np.testing.assert_allclose(topo_order, soln, rtol=1e-06, atol=1e-06)

    a = ndl.Tensor(np.asarray([[2.0, 3.0]]))
    b = ndl.Tensor(np.asarray([[4.0, 5.0]]))
    e = (a + b) * (a + 1)
    topo_order = np.array([x.numpy() for x in ndl.autograd.find_topo_sort([e])])
    expected = np.array([[[2, 3]], [[4, 5]], [[6, 8]], [[3, 4]], [[18, 32]]])
    assert len(expected) == len(topo_order)
    np.testing.assert_allclose(topo_order, expected, rtol=1e-06, atol=1e-06)


# reverse mode


def test_compute_gradient():
    rand = np.random.randn
    gradient_check(
        lambda A, B, C: ndl.summation((A @ B + C) * (A @ B), axes=None),
        ndl.Tensor(rand(5, 4)),
        ndl.Tensor(rand(4, 6)),
        ndl.Tensor(rand(5, 6)),
        backward=True,
    )
    gradient_check(
        lambda A, B: ndl.summation(ndl.broadcast_to(A, shape=(10, 9)) * B, axes=None),
        ndl.Tensor(rand(10, 1)),
        ndl.Tensor(rand(10, 9)),
        backward=True,
    )
    gradient_check(
        lambda A, B, C: ndl.summation(ndl.reshape(A, shape=(6, 5)) @ B / 5 + C, axes=None),
        ndl.Tensor(rand(30)),
        ndl.Tensor(rand(5, 4)),
        ndl.Tensor(rand(6, 4)),
        backward=True,
    )


def test_gradient_of_gradient():
    x2 = ndl.Tensor([6])
    x3 = ndl.Tensor([0])
    y = x2 * x2 + x2 * x3
    y.backward()
    grad_x2 = x2.grad
    grad_x3 = x3.grad
    assert grad_x2.numpy() == 12
    grad_x2.backward()
    grad_x2_x2 = x2.grad
    grad_x2_x3 = x3.grad
    x2_val = x2.numpy()
    x3_val = x3.numpy()
    assert y.numpy() == x2_val * x2_val + x2_val * x3_val
    assert grad_x2.numpy() == 2 * x2_val + x3_val
    assert grad_x3.numpy() == x2_val
    assert grad_x2_x2.numpy() == 2
    assert grad_x2_x3.numpy() == 1


def test_third_derivative():
    x = ndl.Tensor(np.array([1.5, -2.0]))
    (x * x * x * x).sum().backward()
    first = x.grad
    first.sum().backward()
    second = x.grad
    second.sum().backward()
    np.testing.assert_allclose(first.numpy(), 4 * x.numpy() ** 3)
    np.testing.assert_allclose(second.numpy(), 12 * x.numpy() ** 2)
    np.testing.assert_allclose(x.grad.numpy(), 24 * x.numpy())


# softmax


def test_softmax_loss_ndl():
    np.testing.assert_allclose(
        ndl.log(ndl.Tensor([[4.0], [4.55]])).numpy(),
        np.array([[1.38629436112], [1.515127232963]]),
    )
    gradient_check(ndl.log, ndl.Tensor(1 + np.random.rand(5, 4)))
    np.random.seed(0)
    labels = np.random.randint(0, 10, size=200).astype(np.uint8)
    Z = ndl.Tensor(np.zeros((labels.shape[0], 10)).astype(np.float32))
    y_one_hot = np.zeros((labels.shape[0], 10))
    y_one_hot[np.arange(labels.size), labels] = 1
    y = ndl.Tensor(y_one_hot)
    np.testing.assert_allclose(softmax_loss(Z, y).numpy(), 2.3025850, rtol=1e-6, atol=1e-6)
    Z = ndl.Tensor(np.random.randn(labels.shape[0], 10).astype(np.float32))
    values = Z.numpy()
    expected = np.mean(np.log(np.exp(values).sum(1)) - values[np.arange(200), labels])
    np.testing.assert_allclose(softmax_loss(Z, y).numpy(), expected, rtol=1e-5, atol=1e-5)
    Zsmall = ndl.Tensor(np.random.randn(6, 10).astype(np.float32))
    ysmall = ndl.Tensor(y_one_hot[:6])
    gradient_check(softmax_loss, Zsmall, ysmall, tol=0.01, backward=True)


# training


def test_nn_epoch_ndl():
    np.testing.assert_allclose(
        ndl.relu(ndl.Tensor([[-4.6, 0.9, 0.0], [2.5, -1.0, 3.25]])).numpy(),
        np.array([[0.0, 0.9, 0.0], [2.5, 0.0, 3.25]]),
    )
    gradient_check(ndl.relu, ndl.Tensor(np.random.randn(5, 4)))

    np.random.seed(0)
    X = np.random.randn(50, 5).astype(np.float32)
    y = np.random.randint(3, size=(50,)).astype(np.uint8)
    W1 = np.random.randn(5, 4).astype(np.float32) / np.sqrt(4)
    W2 = np.random.randn(4, 3).astype(np.float32) / np.sqrt(3)
    W1_0, W2_0 = W1.copy(), W2.copy()
    W1 = ndl.Tensor(W1)
    W2 = ndl.Tensor(W2)
    X_ = ndl.Tensor(X)
    y_one_hot = np.zeros((y.shape[0], 3))
    y_one_hot[np.arange(y.size), y] = 1
    y_ = ndl.Tensor(y_one_hot)
    dW1 = nd.Gradient(
        lambda W1_: softmax_loss(ndl.relu(X_ @ ndl.Tensor(W1_).reshape((5, 4))) @ W2, y_).numpy()
    )(W1.numpy())
    dW2 = nd.Gradient(
        lambda W2_: softmax_loss(ndl.relu(X_ @ W1) @ ndl.Tensor(W2_).reshape((4, 3)), y_).numpy()
    )(W2.numpy())
    W1, W2 = nn_epoch(X, y, W1, W2, lr=1.0, batch=50)
    np.testing.assert_allclose(dW1.reshape(5, 4), W1_0 - W1.numpy(), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(dW2.reshape(4, 3), W2_0 - W2.numpy(), rtol=1e-4, atol=1e-4)


def test_nn_epoch_learns():
    rng = np.random.RandomState(3)
    y = rng.randint(0, 4, 400).astype(np.uint8)
    X = (rng.randn(400, 12) + 2 * np.eye(12)[y]).astype(np.float32)
    np.random.seed(0)
    W1 = ndl.Tensor(np.random.randn(X.shape[1], 16).astype(np.float32) / np.sqrt(16))
    W2 = ndl.Tensor(np.random.randn(16, 4).astype(np.float32) / np.sqrt(4))
    before, error_before = loss_err(ndl.relu(ndl.Tensor(X) @ W1) @ W2, y)
    for _ in range(3):
        W1, W2 = nn_epoch(X, y, W1, W2, lr=0.2, batch=100)
    after, error_after = loss_err(ndl.relu(ndl.Tensor(X) @ W1) @ W2, y)
    assert after < before and error_after < error_before
    np.testing.assert_allclose(np.linalg.norm(W1.numpy()), 3.2, rtol=0.5)
    np.testing.assert_allclose(
        loss_err(ndl.relu(ndl.Tensor(X) @ W1) @ W2, y), (after, error_after), rtol=1e-4, atol=1e-4
    )


def submit_forward():
    mugrade.submit(ndl.divide(ndl.Tensor([[3.4]]), ndl.Tensor([[5.6]])).numpy())
    mugrade.submit(ndl.matmul(ndl.Tensor([[1.0]]), ndl.Tensor([[2.0]])).numpy())


def submit_nn_epoch_ndl():
    mugrade.submit(gradient_check(ndl.relu, ndl.Tensor(np.random.randn(5, 5))))


def test_submit_functions_run():
    submit_forward()
    submit_nn_epoch_ndl()
