"""Logarithms of sums of exponentials, computed so that no exponential overflows.

Both operators subtract the largest number first: log(sum(exp(a))) = m + log(sum(exp(a - m))) for
every m, and with m = max(a) no exponent is above 0. See "Deep Learning" by Goodfellow, Bengio and
Courville, section 4.1 (https://www.deeplearningbook.org).
"""

from __future__ import annotations

from ..autograd import NDArray, Tensor, TensorOp
from ..backend_selection import array_api
from .ops_mathematic import broadcast_to, exp, reshape, summation


class LogSoftmax(TensorOp):
    """The logarithm of the softmax of each row: a - log(sum(exp(a))), for `a` with two axes."""

    def compute(self, Z: NDArray) -> NDArray:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION

    def gradient(self, out_grad: Tensor, node: Tensor) -> Tensor:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION


def logsoftmax(a: Tensor) -> Tensor:
    return LogSoftmax()(a)


def _kept_shape(shape: tuple[int, ...], axes: int | tuple[int, ...] | None) -> tuple[int, ...]:
    """The shape of what a reduction over `axes` leaves, had it kept them, with size 1.

    A helper for LogSumExp. You may use it or do without.
    """
    ### BEGIN YOUR SOLUTION
    raise NotImplementedError()
    ### END YOUR SOLUTION


class LogSumExp(TensorOp):
    """log(sum(exp(a))) over the given axes, which the result no longer has; all by default.

    The axes are one number or a tuple of numbers, in any order. The largest number is that of each
    slice, not of the whole tensor: slices may differ by more than exp can bear.
    """

    def __init__(self, axes: int | tuple[int, ...] | None = None) -> None:
        self.axes = axes

    def compute(self, Z: NDArray) -> NDArray:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION

    def gradient(self, out_grad: Tensor, node: Tensor) -> Tensor:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION


def logsumexp(a: Tensor, axes: int | tuple[int, ...] | None = None) -> Tensor:
    return LogSumExp(axes)(a)
