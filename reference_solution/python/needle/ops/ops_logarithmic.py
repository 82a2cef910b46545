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

    def compute(self, Z: NDArray) -> NDArray:  # noqa: N803
        ### BEGIN YOUR SOLUTION
        largest = array_api.amax(Z, axis=1, keepdims=True)
        shifted = Z - array_api.broadcast_to(largest, Z.shape)
        total = array_api.sum(array_api.exp(shifted), axis=1, keepdims=True)
        return shifted - array_api.broadcast_to(array_api.log(total), Z.shape)
        ### END YOUR SOLUTION

    def gradient(self, out_grad: Tensor, node: Tensor) -> Tensor:
        ### BEGIN YOUR SOLUTION
        rows, _ = node.shape
        total = reshape(summation(out_grad, 1), (rows, 1))
        return out_grad - exp(node) * broadcast_to(total, node.shape)
        ### END YOUR SOLUTION


def logsoftmax(a: Tensor) -> Tensor:
    return LogSoftmax()(a)


class LogSumExp(TensorOp):
    """log(sum(exp(a))) over the given axes, which the result no longer has; all by default.

    The axes are one number or a tuple of numbers, in any order. The largest number is that of each
    slice, not of the whole tensor: slices may differ by more than exp can bear.
    """

    def __init__(self, axes: int | tuple[int, ...] | None = None) -> None:
        self.axes = axes

    def compute(self, Z: NDArray) -> NDArray:  # noqa: N803
        ### BEGIN YOUR SOLUTION
        largest = array_api.amax(Z, axis=self.axes, keepdims=True)
        shifted = Z - array_api.broadcast_to(largest, Z.shape)
        log_sum = array_api.log(array_api.exp(shifted).sum(axis=self.axes))
        return log_sum + array_api.reshape(largest, log_sum.shape)
        ### END YOUR SOLUTION

    def gradient(self, out_grad: Tensor, node: Tensor) -> Tensor:
        ### BEGIN YOUR SOLUTION
        (a,) = node.inputs
        kept = [1] * len(a.shape) if self.axes is None else list(a.shape)
        for axis in (self.axes,) if isinstance(self.axes, int) else self.axes or ():
            kept[axis] = 1

        def spread(x: Tensor) -> Tensor:
            return broadcast_to(reshape(x, tuple(kept)), a.shape)

        return spread(out_grad) * exp(a - spread(node))
        ### END YOUR SOLUTION


def logsumexp(a: Tensor, axes: int | tuple[int, ...] | None = None) -> Tensor:
    return LogSumExp(axes)(a)
