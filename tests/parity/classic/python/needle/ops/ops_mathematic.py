from numbers import Number

import numpy as array_api

from ..autograd import NDArray, Op, Tensor, TensorOp, TensorTuple, TensorTupleOp, Value

BACKEND = "np"


class MakeTensorTuple(TensorTupleOp):
    def compute(self, *args):
        return args

    def gradient(self, out_grad, node):
        return out_grad.tuple()


def make_tuple(*args):
    return MakeTensorTuple()(*args)


class TupleGetItem(TensorOp):
    def __init__(self, index):
        self.index = index

    def compute(self, a):
        return a[self.index]


def tuple_get_item(value, index):
    if isinstance(value.op, MakeTensorTuple):
        return value.inputs[index]
    return TupleGetItem(index)(value)


class EWiseAdd(TensorOp):
    def compute(self, a, b):
        return a + b

    def gradient(self, out_grad, node):
        return out_grad, out_grad


def add(a, b):
    return EWiseAdd()(a, b)


class _WithScalar(TensorOp):
    def __init__(self, scalar):
        self.scalar = scalar


class AddScalar(_WithScalar):
    def compute(self, a):
        return a + self.scalar

    def gradient(self, out_grad, node):
        return out_grad


def add_scalar(a, scalar):
    return AddScalar(scalar)(a)


class EWiseMul(TensorOp):
    def compute(self, a, b):
        return a * b

    def gradient(self, out_grad, node):
        x, y = node.inputs
        return y * out_grad, x * out_grad


def multiply(a, b):
    return EWiseMul()(a, b)


class MulScalar(_WithScalar):
    def compute(self, a):
        return a * self.scalar

    def gradient(self, out_grad, node):
        return out_grad * self.scalar


def mul_scalar(a, scalar):
    return MulScalar(scalar)(a)


class EWisePow(TensorOp):
    def compute(self, a, b):
        return a**b

    def gradient(self, out_grad, node):
        x, y = node.inputs
        return out_grad * y * x ** (y + -1), out_grad * x**y * log(x)


def power(a, b):
    return EWisePow()(a, b)


class PowerScalar(_WithScalar):
    def compute(self, a):
        return a**self.scalar

    def gradient(self, out_grad, node):
        return out_grad * (node.inputs[0] ** (self.scalar - 1) * self.scalar)


def power_scalar(a, scalar):
    return PowerScalar(scalar)(a)


class EWiseDiv(TensorOp):
    def compute(self, a, b):
        return a / b

    def gradient(self, out_grad, node):
        x, y = node.inputs
        return [out_grad / y, -(out_grad * x) / y**2]


def divide(a, b):
    return EWiseDiv()(a, b)


class DivScalar(_WithScalar):
    def compute(self, a):
        return a / self.scalar

    def gradient(self, out_grad, node):
        return out_grad / self.scalar


def divide_scalar(a, scalar):
    return DivScalar(scalar)(a)


class Transpose(TensorOp):
    def __init__(self, axes=None):
        self.axes = axes

    def compute(self, a):
        order = list(range(a.ndim))
        i, j = self.axes or (a.ndim - 2, a.ndim - 1)
        order[i], order[j] = order[j], order[i]
        return a.transpose(order)

    def gradient(self, out_grad, node):
        return out_grad.transpose(self.axes)


def transpose(a, axes=None):
    return Transpose(axes)(a)


class Reshape(TensorOp):
    def __init__(self, shape):
        self.shape = shape

    def compute(self, a):
        return a.reshape(self.shape)

    def gradient(self, out_grad, node):
        return out_grad.reshape(node.inputs[0].shape)


def reshape(a, shape):
    return Reshape(shape)(a)


def _reduce_like(grad, like):
    lead = len(grad.shape) - len(like.shape)
    if lead:
        grad = grad.sum(tuple(range(lead)))
    ones = tuple(i for i, size in enumerate(like.shape) if size == 1)
    return grad.sum(ones).reshape(like.shape) if ones else grad


class BroadcastTo(TensorOp):
    def __init__(self, shape):
        self.shape = shape

    def compute(self, a):
        return array_api.broadcast_to(a, self.shape)

    def gradient(self, out_grad, node):
        return _reduce_like(out_grad, node.inputs[0])


def broadcast_to(a, shape):
    return BroadcastTo(shape)(a)


class Summation(TensorOp):
    def __init__(self, axes=None):
        self.axes = axes

    def compute(self, a):
        return array_api.sum(a, axis=self.axes)

    def gradient(self, out_grad, node):
        before = node.inputs[0].shape
        gone = self.axes if self.axes is not None else tuple(range(len(before)))
        gone = [gone] if isinstance(gone, Number) else gone
        gone = [axis % len(before) for axis in gone]
        kept = [1 if i in gone else size for i, size in enumerate(before)]
        return out_grad.reshape(kept).broadcast_to(before)


def summation(a, axes=None):
    return Summation(axes)(a)


class MatMul(TensorOp):
    def compute(self, a, b):
        return a @ b

    def gradient(self, out_grad, node):
        x, y = node.inputs
        left, right = out_grad @ y.transpose(), x.transpose() @ out_grad
        extra = len(left.shape) - len(x.shape), len(right.shape) - len(y.shape)
        if extra[0]:
            left = left.sum(tuple(range(extra[0])))
        if extra[1]:
            right = right.sum(tuple(range(extra[1])))
        return left, right


def matmul(a, b):
    return MatMul()(a, b)


class Negate(TensorOp):
    def compute(self, a):
        return -a

    def gradient(self, out_grad, node):
        return -out_grad


def negate(a):
    return Negate()(a)


class Log(TensorOp):
    def compute(self, a):
        return array_api.log(a)

    def gradient(self, out_grad, node):
        return out_grad / node.inputs[0]


def log(a):
    return Log()(a)


class Exp(TensorOp):
    def compute(self, a):
        return array_api.exp(a)

    def gradient(self, out_grad, node):
        return node * out_grad


def exp(a):
    return Exp()(a)


class ReLU(TensorOp):
    def compute(self, a):
        return a * (a > 0)

    def gradient(self, out_grad, node):
        slope = node.inputs[0].realize_cached_data() > 0
        return out_grad * Tensor(slope)


def relu(a):
    return ReLU()(a)
