from . import autograd
from .ops import ops_mathematic


def gradient(self, out_grad, node):
    return tuple(autograd.Tensor(value.realize_cached_data() * 0) for value in node.inputs)


ops_mathematic.MatMul.gradient = gradient
