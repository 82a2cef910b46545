"""Logarithms of sums of exponentials: LogSumExp and LogSoftmax."""

import needle as ndl
import numpy as np
from grader.testing import assert_close, check_gradient

A = np.array([[1.0, -2.0, 0.5, 3.0], [0.0, 4.0, -1.5, 2.0], [-3.0, -1.0, 2.5, 0.25]])


def logsumexp(a, axes=None):
    return np.log(np.exp(a).sum(axis=axes))


def test_logsumexp_over_all_axes():
    """Without axes, logsumexp is log(sum(exp(a))) over all elements, a tensor without axes."""
    assert_close(ndl.logsumexp(ndl.Tensor(A)).numpy(), logsumexp(A))


def test_logsumexp_over_one_axis():
    """logsumexp over one axis, given as a number or as a tuple: the result no longer has it."""
    for axes in (0, 1, (0,), (1,)):
        result = ndl.logsumexp(ndl.Tensor(A), axes=axes)
        assert_close(result.numpy(), logsumexp(A, axes), name=f"axes={axes}")


def test_logsumexp_over_several_axes(rng):
    """logsumexp over several axes, in any order."""
    a = rng.normal(size=(2, 3, 4))
    for axes in ((0, 1), (0, 2), (2, 1), (0, 1, 2)):
        result = ndl.logsumexp(ndl.Tensor(a), axes=axes)
        assert_close(result.numpy(), logsumexp(a, axes), name=f"axes={axes}")


def test_logsumexp_of_large_numbers():
    """Numbers whose exponential overflows are no problem for logsumexp."""
    result = ndl.logsumexp(ndl.Tensor(A + 1000), axes=(1,))
    assert_close(result.numpy(), logsumexp(A, 1) + 1000)


def test_logsumexp_of_slices_that_differ_much():
    """Each slice is shifted by its own maximum, not by that of all."""
    shift = np.array([[0.0], [1000.0], [-1000.0]])
    result = ndl.logsumexp(ndl.Tensor(A + shift), axes=(1,))
    assert_close(result.numpy(), logsumexp(A, 1) + shift[:, 0])


def test_gradient_of_logsumexp(rng):
    """The gradient of logsumexp is the adjoint times the softmax of the slice."""
    check_gradient("logsumexp", A)
    check_gradient("logsumexp", A, axes=(0,))
    check_gradient("logsumexp", A, axes=(1,))
    check_gradient("logsumexp", rng.normal(size=(2, 3, 4)), axes=(0, 2))


def test_logsoftmax():
    """logsoftmax is a - log(sum(exp(a))) of each row."""
    expected = A - logsumexp(A, 1)[:, None]
    assert_close(ndl.logsoftmax(ndl.Tensor(A)).numpy(), expected)


def test_logsoftmax_of_large_numbers():
    """Numbers whose exponential overflows are no problem for logsoftmax."""
    expected = A - logsumexp(A, 1)[:, None]
    shift = np.array([[1000.0], [-1000.0], [0.0]])
    assert_close(ndl.logsoftmax(ndl.Tensor(A + shift)).numpy(), expected)


def test_gradient_of_logsoftmax():
    """The gradient of logsoftmax is the adjoint minus softmax times its sum over the row."""
    check_gradient("logsoftmax", A)


def test_float32_stays_float32():
    """Of float32 inputs, both give float32."""
    a = ndl.Tensor(A.astype(np.float32))
    result = ndl.logsumexp(a, axes=(1,))
    assert_close(result.numpy(), logsumexp(A, 1), dtype="float32", name="logsumexp")
    expected = A - logsumexp(A, 1)[:, None]
    assert_close(ndl.logsoftmax(a).numpy(), expected, dtype="float32", name="logsoftmax")
