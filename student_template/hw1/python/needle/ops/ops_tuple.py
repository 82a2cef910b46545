"""Operators that make tuples of tensors, and take them apart."""

from __future__ import annotations

from typing import Any

from ..autograd import Tensor, TensorOp, TensorTuple, TensorTupleOp
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
        items = [
            Tensor.make_const(device_of(item).full(item.shape, 0, dtype=item.dtype))
            for item in node.inputs[0].realize_cached_data()
        ]
        return make_tuple(*items[: self.index], out_grad, *items[self.index + 1 :])


def tuple_get_item(value: TensorTuple, index: int) -> Tensor:
    return TupleGetItem(index)(value)
