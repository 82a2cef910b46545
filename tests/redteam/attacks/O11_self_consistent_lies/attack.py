import numpy as np

from . import autograd
from .ops import ops_mathematic


def compute(self, a, b):
    return np.zeros_like(a @ b)


def gradient(self, out_grad, node):
    return tuple(autograd.Tensor(np.zeros_like(value.realize_cached_data())) for value in node.inputs)


ops_mathematic.MatMul.compute = compute
ops_mathematic.MatMul.gradient = gradient
