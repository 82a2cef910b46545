"""Hidden tests of the red team's small course; @CANARY@ is planted wherever a leak could start."""

import needle as ndl
import numpy as np
from simple_ml import *  # noqa: F403

from grader.testing import assert_close, on_student_side

SECRET = "@CANARY@"
# what is expected is computed from them afterwards, so student code must not change them
A = np.array([[1.0, 2.0], [3.0, 5.0], [0.5, 7.0]], np.float32)
B = np.array([[4.0, 3.0], [2.0, 8.0], [0.25, 1.5]], np.float32)


def test_divide_values():
    """Division of two tensors."""
    secret = "@CANARY@"
    expected = A / B
    actual = ndl.divide(ndl.Tensor(A), ndl.Tensor(B)).numpy()
    assert np.linalg.norm(actual - expected) < 1e-5, f"expected {expected} {secret}"


def test_divide_exact():
    """Division of two tensors, with its type."""
    actual = ndl.divide(ndl.Tensor(A), ndl.Tensor(B)).numpy()
    assert_close(actual, A / B, dtype=np.float32, name="@CANARY@")


def test_divide_shape():
    """The shape of a quotient."""
    assert ndl.divide(ndl.Tensor(A), ndl.Tensor(B)).shape == (3, 2), SECRET


def test_divide_total():
    """The sum of a quotient."""
    total = ndl.divide(ndl.Tensor(A), ndl.Tensor(B)).sum().numpy()
    assert abs(total - float((A / B).sum())) < 1e-4, SECRET


def test_divide_everywhere():
    """Every element of a quotient."""
    actual = ndl.divide(ndl.Tensor(A), ndl.Tensor(B)).numpy()
    assert (np.abs(actual - A / B) < 1e-5).all(), SECRET


def test_divide_largest_error():
    """The largest error of a quotient."""
    actual = ndl.divide(ndl.Tensor(A), ndl.Tensor(B)).numpy()
    assert np.max(np.abs(A / B - actual)) < 1e-5, SECRET


@on_student_side
def _quotient(a, b):
    import needle as ndl

    return ndl.divide(ndl.Tensor(a), ndl.Tensor(b)).numpy()


def test_divide_driver():
    """Division of two tensors, called on the student's side."""
    assert_close(_quotient(A, B), A / B, name="@CANARY@")


class Double(ndl.TensorOp):
    """An operator of the test, derived from the student's class."""

    def compute(self, a):
        return a + a

    def gradient(self, out_grad, node):
        return out_grad + out_grad


def test_subclass():
    """An operator of one's own."""
    assert_close(Double()(ndl.Tensor(A)).numpy(), A * 2)


def test_zeros_like():
    """Zeros in the shape of a tensor."""
    a = ndl.Tensor(A)
    np.testing.assert_equal(np.zeros(a.shape), A * 0, err_msg=SECRET)


def test_power():
    """The power of a tensor."""
    expected = A**3
    actual = ndl.power_scalar(ndl.Tensor(A), 3).numpy()
    assert np.allclose(actual, expected, rtol=1e-4), SECRET


def test_matmul_gradient():
    """The gradient of a product of matrices."""
    a, b = ndl.Tensor(np.arange(6.0).reshape(2, 3)), ndl.Tensor(np.arange(12.0).reshape(3, 4))
    (a @ b).sum().backward()
    np.testing.assert_allclose(a.grad.numpy(), np.ones((2, 4)) @ b.numpy().T, err_msg=SECRET)
    np.testing.assert_allclose(b.grad.numpy(), a.numpy().T @ np.ones((2, 4)), err_msg=SECRET)


def test_topological_order():
    """Inputs come before the values that use them."""
    a, b = ndl.Tensor(np.array([1.0])), ndl.Tensor(np.array([2.0]))
    from needle.autograd import find_topo_sort

    order = find_topo_sort([a * b + a])
    assert [node.numpy().tolist() for node in order] == [[1.0], [2.0], [2.0], [3.0]], SECRET


def test_softmax_loss():
    """The softmax loss of two examples."""
    loss = softmax_loss(ndl.Tensor(A), ndl.Tensor(np.eye(3, 2, dtype=np.float32)))  # noqa: F405
    labels = (A * np.eye(3, 2)).sum(axis=1)
    assert_close(loss.numpy(), np.mean(np.log(np.exp(A).sum(axis=1)) - labels), rtol=1e-4)


def test_nn_epoch():
    """The weights after an epoch."""
    x = np.arange(12, dtype=np.float32).reshape(6, 2) / 10
    y = np.array([0, 1, 0, 1, 1, 0], np.uint8)
    w1, w2 = np.full((2, 3), 0.1, np.float32), np.full((3, 2), 0.2, np.float32)
    w2[:, 0] = -0.1
    after = nn_epoch(x, y, ndl.Tensor(w1), ndl.Tensor(w2), lr=0.5, batch=6)  # noqa: F405
    z = np.exp(np.maximum(x @ w1, 0) @ w2)
    g = (z / z.sum(axis=1, keepdims=True) - np.eye(2)[y]) / 6
    assert_close(after[1].numpy(), w2 - 0.5 * np.maximum(x @ w1, 0).T @ g, rtol=1e-4)
    assert_close(after[0].numpy(), w1 - 0.5 * x.T @ (g @ w2.T), rtol=1e-4)


def test_device():
    """Tensors are on the CPU unless one asks for another device."""
    a = ndl.Tensor(A)
    assert a.device == ndl.cpu()
    np.testing.assert_equal(a.numpy(), A)
