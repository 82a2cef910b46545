"""Tensors with reverse mode."""

import numpy

TENSOR_COUNTER = 0
LAZY = False


class Op:
    def __call__(self, *args):
        raise NotImplementedError()

    def gradient_as_tuple(self, out_grad, node):
        output = self.gradient(out_grad, node)
        return output if isinstance(output, tuple) else (output,)


class TensorOp(Op):
    def __call__(self, *args):
        return Tensor.make_from_op(self, args)


class Value:
    def _init(self, op, inputs, cached_data=None, requires_grad=None):
        global TENSOR_COUNTER
        TENSOR_COUNTER += 1
        self.op = op
        self.inputs = inputs
        self.cached_data = cached_data
        if requires_grad is None:
            requires_grad = any(x.requires_grad for x in inputs)
        self.requires_grad = requires_grad

    def __del__(self):
        global TENSOR_COUNTER
        TENSOR_COUNTER -= 1

    def realize_cached_data(self):
        if self.cached_data is None:
            self.cached_data = self.op.compute(*[x.realize_cached_data() for x in self.inputs])
        return self.cached_data


class Tensor(Value):
    def __init__(self, array, *, dtype=None, requires_grad=True, **kwargs):
        if isinstance(array, Tensor):
            data = array.realize_cached_data()
            if dtype is not None and data.dtype != dtype:
                data = data.astype(dtype)
        else:
            data = numpy.array(array, dtype=dtype)
        self._init(None, [], cached_data=data, requires_grad=requires_grad)

    @staticmethod
    def make_from_op(op, inputs):
        tensor = Tensor.__new__(Tensor)
        tensor._init(op, inputs)
        if not LAZY:
            if not tensor.requires_grad:
                return tensor.detach()
            tensor.realize_cached_data()
        return tensor

    @staticmethod
    def make_const(data, requires_grad=False):
        tensor = Tensor.__new__(Tensor)
        tensor._init(None, [], cached_data=data, requires_grad=requires_grad)
        return tensor

    @property
    def data(self):
        return self.detach()

    @data.setter
    def data(self, value):
        assert isinstance(value, Tensor)
        assert value.dtype == self.dtype, "%s %s" % (value.dtype, self.dtype)
        self.cached_data = value.realize_cached_data()

    def detach(self):
        return Tensor.make_const(self.realize_cached_data())

    @property
    def shape(self):
        return self.realize_cached_data().shape

    @property
    def dtype(self):
        return self.realize_cached_data().dtype

    def numpy(self):
        return numpy.array(self.realize_cached_data())

    def backward(self, out_grad=None):
        out_grad = out_grad if out_grad else Tensor(numpy.ones(self.shape), requires_grad=False)
        contributions = {self: [out_grad]}
        for node in reversed(topo_sort([self])):
            adjoint = contributions[node][0]
            for other in contributions[node][1:]:
                adjoint = adjoint + other
            node.grad = adjoint
            if node.op is None:
                continue
            for x, grad in zip(node.inputs, node.op.gradient_as_tuple(adjoint, node)):
                contributions.setdefault(x, []).append(grad)

    def __repr__(self):
        return "minidl.Tensor(" + str(self.realize_cached_data()) + ")"

    def __str__(self):
        return str(self.realize_cached_data())

    def __add__(self, other):
        return Add()(self, other) if isinstance(other, Tensor) else AddScalar(other)(self)

    def __mul__(self, other):
        return Multiply()(self, other) if isinstance(other, Tensor) else MulScalar(other)(self)

    def __sub__(self, other):
        return self + (-1) * other

    def __neg__(self):
        return self * (-1)

    def __pow__(self, other):
        return PowerScalar(other)(self)

    def __matmul__(self, other):
        return MatMul()(self, other)

    def sum(self, axes=None):
        return Summation(axes)(self)

    __radd__ = __add__
    __rmul__ = __mul__


class Add(TensorOp):
    def compute(self, a, b):
        return a + b

    def gradient(self, out_grad, node):
        return out_grad, out_grad


class AddScalar(TensorOp):
    def __init__(self, scalar):
        self.scalar = scalar

    def compute(self, a):
        return a + self.scalar

    def gradient(self, out_grad, node):
        return out_grad


class Multiply(TensorOp):
    def compute(self, a, b):
        return a * b

    def gradient(self, out_grad, node):
        a, b = node.inputs
        return out_grad * b, out_grad * a


class MulScalar(TensorOp):
    def __init__(self, scalar):
        self.scalar = scalar

    def compute(self, a):
        return a * self.scalar

    def gradient(self, out_grad, node):
        return out_grad * self.scalar


class PowerScalar(TensorOp):
    def __init__(self, scalar):
        self.scalar = scalar

    def compute(self, a):
        return a**self.scalar

    def gradient(self, out_grad, node):
        return out_grad * self.scalar * node.inputs[0] ** (self.scalar - 1)


class Exp(TensorOp):
    def compute(self, a):
        return numpy.exp(a)

    def gradient(self, out_grad, node):
        return out_grad * exp(node.inputs[0])


class Log(TensorOp):
    def compute(self, a):
        return numpy.log(a)

    def gradient(self, out_grad, node):
        return out_grad * node.inputs[0] ** (-1)


class ReLU(TensorOp):
    def compute(self, a):
        return numpy.maximum(a, 0)

    def gradient(self, out_grad, node):
        return out_grad * Tensor(node.inputs[0].realize_cached_data() > 0, requires_grad=False)


class Summation(TensorOp):
    def __init__(self, axes=None):
        self.axes = axes

    def compute(self, a):
        return a.sum(axis=self.axes)

    def gradient(self, out_grad, node):
        shape = node.inputs[0].shape
        kept = numpy.sum(numpy.empty(shape), axis=self.axes, keepdims=True).shape
        return Broadcast(shape)(Reshape(kept)(out_grad))


class Reshape(TensorOp):
    def __init__(self, shape):
        self.shape = shape

    def compute(self, a):
        return numpy.reshape(a, self.shape)

    def gradient(self, out_grad, node):
        return Reshape(node.inputs[0].shape)(out_grad)


class Broadcast(TensorOp):
    def __init__(self, shape):
        self.shape = shape

    def compute(self, a):
        return numpy.broadcast_to(a, self.shape)


class MatMul(TensorOp):
    def compute(self, a, b):
        return a @ b

    def gradient(self, out_grad, node):
        a, b = node.inputs
        return out_grad @ transpose(b), transpose(a) @ out_grad


class Transpose(TensorOp):
    def compute(self, a):
        return numpy.swapaxes(a, -1, -2)

    def gradient(self, out_grad, node):
        return transpose(out_grad)


def add(a, b):
    return Add()(a, b)


def multiply(a, b):
    return Multiply()(a, b)


def power_scalar(a, scalar):
    return PowerScalar(scalar)(a)


def exp(a):
    return Exp()(a)


def log(a):
    return Log()(a)


def relu(a):
    return ReLU()(a)


def summation(a, axes=None):
    return Summation(axes)(a)


def matmul(a, b):
    return MatMul()(a, b)


def transpose(a):
    return Transpose()(a)


def topo_sort(nodes):
    """Post-order, each node once."""
    order, visited = [], set()

    def visit(node):
        if node in visited:
            return
        visited.add(node)
        for other in node.inputs:
            visit(other)
        order.append(node)

    for node in nodes:
        visit(node)
    return order
