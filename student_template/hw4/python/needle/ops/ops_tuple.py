"""Operators that make tuples of tensors, and take them apart."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import Any

from ..autograd import NDArray, Tensor, TensorOp, TensorTuple, TensorTupleOp, Value, lazily
from ..backend_selection import device_of


class MakeTensorTuple(TensorTupleOp):
    """Join tensors to a tuple."""

    def compute(self, *args: Any) -> tuple[Any, ...]:
        return args

    def gradient(self, out_grad: TensorTuple, node: TensorTuple) -> tuple[Tensor, ...]:
        return out_grad.tuple()


def make_tuple(*args: Tensor) -> TensorTuple:
    return MakeTensorTuple()(*args)


class TupleGetItem(TensorOp):
    """Take one tensor out of a tuple."""

    def __init__(self, index: int) -> None:
        self.index = index

    def __call__(self, a: TensorTuple, fold_const: bool = True) -> Tensor:
        assert isinstance(a, TensorTuple), f"cannot take an item of a {type(a).__name__}"
        if fold_const and isinstance(a.op, MakeTensorTuple):
            return a.inputs[self.index]
        self.index = range(len(a))[self.index]  # counts from the front; IndexError beyond the end
        return Tensor.make_from_op(self, [a])

    def compute(self, a: tuple[Any, ...]) -> Any:
        return a[self.index]

    def gradient(self, out_grad: Tensor, node: Tensor) -> TensorTuple:
        return lazily(PlaceInTuple(self.index, node.inputs[0]), out_grad)


def tuple_get_item(value: TensorTuple, index: int) -> Tensor:
    return TupleGetItem(index)(value)


class PlaceInTuple(TensorTupleOp):
    """The inverse of `TupleGetItem`: a tensor at its place in a tuple of zeros.

    A tuple of n tensors gets n of these as adjoints, if all tensors are used. They are made lazily,
    and `sum_tuples` never asks for their zeros.

    Args:
        index: the place
        like: a tuple with the shapes of the zeros
    """

    def __init__(self, index: int, like: Value) -> None:
        self.index = index
        self.like = like

    def compute(self, a: NDArray) -> tuple[NDArray, ...]:
        items = self.like.realize_cached_data()
        return tuple(a if i == self.index else _zeros(item) for i, item in enumerate(items))

    def gradient(self, out_grad: TensorTuple, node: TensorTuple) -> Tensor:
        return tuple_get_item(out_grad, self.index)


def _zeros(like: NDArray) -> NDArray:
    return device_of(like).full(like.shape, 0, dtype=like.dtype)


def sum_tuples(tuples: Sequence[TensorTuple]) -> TensorTuple:
    """Add tuples up, place by place, from left to right."""
    placed: dict[int, list[Tensor]] = {}
    for value in tuples:
        if not isinstance(value.op, PlaceInTuple):
            return reduce(add, tuples)
        placed.setdefault(value.op.index, []).extend(value.inputs)
        like = value.op.like
    items = enumerate(like.realize_cached_data())
    return make_tuple(
        *(
            reduce(add, placed[i]) if i in placed else Tensor.make_const(_zeros(item))
            for i, item in items
        )
    )


class FusedAddScalars(TensorTupleOp):
    """Add two numbers to one tensor: (a + c0, a + c1)."""

    def __init__(self, c0: float, c1: float) -> None:
        self.c0 = c0
        self.c1 = c1

    def compute(self, a: NDArray) -> tuple[NDArray, ...]:
        return a + self.c0, a + self.c1

    def gradient(self, out_grad: TensorTuple, node: TensorTuple) -> Tensor:
        return out_grad[0] + out_grad[1]


def fused_add_scalars(x: Tensor, c0: float, c1: float) -> TensorTuple:
    return FusedAddScalars(c0, c1)(x)
