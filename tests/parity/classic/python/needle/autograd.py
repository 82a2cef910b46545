"""Values and their graph, with the traits of older hand-outs.

This module imports its own package, a leaf's inputs are a list, `numpy()` gives the stored array
itself, nothing is checked, and a wrong `__rsub__` is there.
"""

import numpy
import numpy as array_api
import needle
from needle import init

from .backend_numpy import Device, all_devices, cpu

NDArray = numpy.ndarray
LAZY_MODE = False
TENSOR_COUNTER = 0


class Op:
    def __call__(self, *args):
        raise NotImplementedError()

    def compute(self, *args):
        raise NotImplementedError()

    def gradient(self, out_grad, node):
        raise NotImplementedError()

    def gradient_as_tuple(self, out_grad, node):
        adjoints = self.gradient(out_grad, node)
        if isinstance(adjoints, list):
            adjoints = tuple(adjoints)
        return adjoints if isinstance(adjoints, tuple) else (adjoints,)


class TensorOp(Op):
    def __call__(self, *args):
        return Tensor.make_from_op(self, args)


class TensorTupleOp(Op):
    def __call__(self, *args):
        return TensorTuple.make_from_op(self, args)


class Value:
    def _init(self, op, inputs, *, num_outputs=1, cached_data=None, requires_grad=None):
        global TENSOR_COUNTER
        TENSOR_COUNTER += 1
        self.op, self.inputs, self.num_outputs = op, inputs, num_outputs
        self.cached_data = cached_data
        if requires_grad is None:
            requires_grad = True in [i.requires_grad for i in inputs]
        self.requires_grad = requires_grad

    def __del__(self):
        global TENSOR_COUNTER
        TENSOR_COUNTER -= 1

    def is_leaf(self):
        return self.op is None

    def realize_cached_data(self):
        if self.cached_data is None:
            arrays = [i.realize_cached_data() for i in self.inputs]
            self.cached_data = self.op.compute(*arrays)
        return self.cached_data

    @classmethod
    def make_const(cls, data, *, requires_grad=False):
        new = cls.__new__(cls)
        new._init(None, [], cached_data=data, requires_grad=requires_grad)
        return new

    @classmethod
    def make_from_op(cls, op, inputs):
        new = cls.__new__(cls)
        new._init(op, inputs)
        if LAZY_MODE:
            return new
        if new.requires_grad:
            new.realize_cached_data()
            return new
        return new.detach()


class TensorTuple(Value):
    def __len__(self):
        return len(self.realize_cached_data())

    def __getitem__(self, index):
        return needle.ops.tuple_get_item(self, index)

    def tuple(self):
        return tuple(iter(self))

    def __repr__(self):
        return f"needle.TensorTuple{self.tuple()}"

    def __add__(self, other):
        assert isinstance(other, TensorTuple) and len(other) == len(self)
        return needle.ops.make_tuple(*(a + b for a, b in zip(self, other)))

    def detach(self):
        return TensorTuple.make_const(self.realize_cached_data())


class Tensor(Value):
    def __init__(self, array, *, device=None, dtype=None, requires_grad=True, **kwargs):
        if isinstance(array, Tensor) and dtype in (None, array.dtype):
            stored = array.realize_cached_data()
        else:
            source = array.numpy() if isinstance(array, Tensor) else array
            stored = self._array_from_numpy(source, device or cpu(), dtype)
        self._init(None, [], cached_data=stored, requires_grad=requires_grad)

    @staticmethod
    def _array_from_numpy(numpy_array, device, dtype):
        return numpy.array(numpy_array, dtype=dtype)

    @staticmethod
    def make_const(data, requires_grad=False):
        new = Tensor.__new__(Tensor)
        if isinstance(data, Tensor):
            data = data.realize_cached_data()
        new._init(None, [], cached_data=data, requires_grad=requires_grad)
        return new

    data = property(lambda self: self.detach())

    @data.setter
    def data(self, value):
        assert isinstance(value, Tensor)
        assert value.dtype == self.dtype, f"{value.dtype} is not {self.dtype}"
        self.cached_data = value.realize_cached_data()

    shape = property(lambda self: self.realize_cached_data().shape)
    dtype = property(lambda self: self.realize_cached_data().dtype)
    device = property(lambda self: cpu())

    def detach(self):
        return Tensor.make_const(self.realize_cached_data())

    def numpy(self):
        return self.realize_cached_data()

    def backward(self, out_grad=None):
        if not out_grad:
            out_grad = init.ones(*self.shape, dtype=self.dtype, device=self.device)
        compute_gradient_of_variables(self, out_grad)

    def __repr__(self):
        return f"needle.Tensor({self.realize_cached_data()})"

    def __str__(self):
        return str(self.realize_cached_data())

    def __add__(self, other):
        ops = needle.ops
        return (
            ops.EWiseAdd()(self, other) if isinstance(other, Tensor) else ops.AddScalar(other)(self)
        )

    def __mul__(self, other):
        ops = needle.ops
        return (
            ops.EWiseMul()(self, other) if isinstance(other, Tensor) else ops.MulScalar(other)(self)
        )

    def __truediv__(self, other):
        ops = needle.ops
        return (
            ops.EWiseDiv()(self, other) if isinstance(other, Tensor) else ops.DivScalar(other)(self)
        )

    def __pow__(self, other):
        ops = needle.ops
        return (
            ops.EWisePow()(self, other)
            if isinstance(other, Tensor)
            else ops.PowerScalar(other)(self)
        )

    def __sub__(self, other):
        return self + (-other)

    def __neg__(self):
        return needle.ops.Negate()(self)

    def __matmul__(self, other):
        return needle.ops.MatMul()(self, other)

    matmul = __rmatmul__ = __matmul__
    __radd__, __rmul__, __rsub__ = __add__, __mul__, __sub__

    def sum(self, axes=None):
        return needle.ops.Summation(axes)(self)

    def broadcast_to(self, shape):
        return needle.ops.BroadcastTo(shape)(self)

    def reshape(self, shape):
        return needle.ops.Reshape(shape)(self)

    def transpose(self, axes=None):
        return needle.ops.Transpose(axes)(self)


def compute_gradient_of_variables(output_tensor, out_grad):
    contributions = {output_tensor: [out_grad]}
    for node in reversed(find_topo_sort([output_tensor])):
        node.grad = sum_node_list(contributions.pop(node))
        if node.op is not None:
            for source, part in zip(node.inputs, node.op.gradient_as_tuple(node.grad, node)):
                contributions.setdefault(source, []).append(part)


def find_topo_sort(node_list):
    visited, topo_order = set(), []
    for node in node_list:
        topo_sort_dfs(node, visited, topo_order)
    return topo_order


def topo_sort_dfs(node, visited, topo_order):
    if node not in visited:
        visited.add(node)
        for source in node.inputs:
            topo_sort_dfs(source, visited, topo_order)
        topo_order.append(node)


def sum_node_list(node_list):
    total = node_list[0]
    for node in node_list[1:]:
        total = total + node
    return total
