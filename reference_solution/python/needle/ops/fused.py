"""Operators that do the work of many, for programs whose graphs would have thousands of nodes.

A fused operator computes with arrays, forward and backward, as by hand. It also knows its program
in Needle's operators. That is not run for values and gradients. It is differentiated when somebody
wants the gradient of a gradient, so that fused operators can be differentiated as often as others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..autograd import (
    NDArray,
    Tensor,
    TensorTuple,
    TensorTupleOp,
    Value,
    sum_node_list,
    topo_sort_dfs,
)
from ..backend_selection import device_of
from .ops_tuple import make_tuple


class Fused(TensorTupleOp):
    """An operator from tensors to a tuple of tensors, with three programs for its subclass."""

    def run(self, *arrays: Any, **_: Any) -> tuple[tuple[NDArray, ...], Any]:
        """Compute the output arrays, and anything that `run_backward` wants to know."""
        raise NotImplementedError()

    def run_backward(
        self, out_grads: tuple[NDArray, ...], known: Any, *arrays: Any, **_: Any
    ) -> tuple[NDArray, ...]:
        """Compute the adjoints of all inputs from those of all outputs."""
        raise NotImplementedError()

    def program(self, *inputs: Any, **_: Any) -> tuple[Tensor, ...]:
        """Compute the outputs by Needle's operators."""
        raise NotImplementedError()

    def compute(self, *arrays: NDArray) -> tuple[NDArray, ...]:
        outputs, self.known = self.run(*arrays)
        return outputs

    def gradient(self, out_grad: TensorTuple, node: TensorTuple) -> tuple[Tensor, ...]:
        out_grads = out_grad.tuple()
        return FusedAdjoint(self, len(out_grads))(*out_grads, *node.inputs).tuple()


class FusedAdjoint(TensorTupleOp):
    """The adjoints of a fused operator's inputs, from those of its outputs and the inputs.

    Args:
        fused: the operator
        outputs: how many outputs it has
    """

    def __init__(self, fused: Fused, outputs: int) -> None:
        self.fused = fused
        self.outputs = outputs

    def compute(self, *arrays: NDArray) -> tuple[NDArray, ...]:
        out_grads, inputs = arrays[: self.outputs], arrays[self.outputs :]
        return self.fused.run_backward(out_grads, self.fused.known, *inputs)

    def gradient(self, out_grad: TensorTuple, node: TensorTuple) -> tuple[Tensor, ...]:
        out_grads, inputs = node.inputs[: self.outputs], node.inputs[self.outputs :]
        outputs = make_tuple(*self.fused.program(*inputs))
        adjoints = make_tuple(*pull_back(outputs, make_tuple(*out_grads), inputs))
        return pull_back(adjoints, out_grad, node.inputs)


def pull_back(output: Value, out_grad: Value, inputs: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """The adjoints of `inputs`, from the adjoint of what has been computed from them.

    As `compute_gradient_of_variables`, but it goes no further than the inputs, and stores nothing.
    An input that stands there twice gets all of its adjoint the first time.
    """
    nodes: list[Any] = []
    topo_sort_dfs(output, set(inputs), nodes)
    adjoints: dict[Value, list[Any]] = {output: [out_grad]}
    for node in reversed(nodes):
        if node.op is None:
            continue
        adjoint = sum_node_list(adjoints.pop(node))
        for x, part in zip(node.inputs, node.op.gradient_as_tuple(adjoint, node), strict=True):
            adjoints.setdefault(x, []).append(part)
    return tuple(
        sum_node_list(adjoints.pop(x)) if x in adjoints else Tensor.make_const(_zeros_like(x))
        for x in inputs
    )


def _zeros_like(x: Tensor) -> NDArray:
    array = x.realize_cached_data()
    return device_of(array).full(array.shape, 0, dtype=array.dtype)
