"""Operators that arrange elements anew: stack tensors, split one, reverse axes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..autograd import NDArray, Tensor, TensorOp, TensorTuple, TensorTupleOp
from ..backend_selection import array_api
from .ops_tuple import make_tuple


class Stack(TensorOp):
    """Join tensors of the same shape along a new axis.

    The input is one `TensorTuple` of n tensors. The result has one axis more than they have, of
    size n, at the position `axis` (0 to the number of their axes): two tensors (3, 4), stacked
    along the axis 1, have the shape (3, 2, 4).
    """

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def compute(self, args: tuple[NDArray, ...]) -> NDArray:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION

    def gradient(self, out_grad: Tensor, node: Tensor) -> TensorTuple:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION


def stack(args: Iterable[Tensor], axis: int) -> Tensor:
    return Stack(axis)(make_tuple(*args))


class Split(TensorTupleOp):
    """Take a tensor apart along one axis: the inverse of `Stack`.

    The result is a `TensorTuple` with one tensor for each index of the axis. The tensors do not
    have that axis any more: (3, 2, 4), split along the axis 1, makes two tensors (3, 4).
    """

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def compute(self, A: NDArray) -> tuple[NDArray, ...]:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION

    def gradient(self, out_grad: TensorTuple, node: TensorTuple) -> Tensor:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION


def split(a: Tensor, axis: int) -> TensorTuple:
    return Split(axis)(a)


class Flip(TensorOp):
    """Reverse the order of the elements along the given axes, by default along all.

    The shape stays. With n the size of the axis, the element i goes to n - 1 - i.
    """

    def __init__(self, axes: int | tuple[int, ...] | None = None) -> None:
        self.axes = axes

    def compute(self, a: NDArray) -> NDArray:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION

    def gradient(self, out_grad: Tensor, node: Tensor) -> Tensor:
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION


def flip(a: Tensor, axes: Any = None) -> Tensor:
    return Flip(axes)(a)
