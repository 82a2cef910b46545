"""Modules."""

import numpy as np

from . import init
from .autograd import Tensor, relu


class Parameter(Tensor):
    """A tensor that is trained."""


def _walk(value, kind):
    if isinstance(value, kind):
        yield value
    if isinstance(value, Module):
        value = value.__dict__
    if isinstance(value, dict):
        for item in value.values():
            yield from _walk(item, kind)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _walk(item, kind)


class Module:
    def __init__(self):
        self.training = True

    def parameters(self):
        return list(_walk(self.__dict__, Parameter))

    def eval(self):
        for module in _walk(self, Module):
            module.training = False

    def train(self):
        for module in _walk(self, Module):
            module.training = True

    def __call__(self, *args, **kwargs):
        return self.forward(*args, **kwargs)


class Identity(Module):
    def forward(self, x):
        return x


class Linear(Module):
    def __init__(self, in_features, out_features):
        super().__init__()
        self.weight = Parameter(init.kaiming(in_features, out_features, requires_grad=True))

    def forward(self, x):
        return x @ self.weight


class ReLU(Module):
    def forward(self, x):
        return relu(x)


class Sequential(Module):
    def __init__(self, *modules):
        super().__init__()
        self.modules = modules

    def forward(self, x):
        for module in self.modules:
            x = module(x)
        return x


class Dropout(Module):
    def __init__(self, p=0.5):
        super().__init__()
        self.p = p

    def forward(self, x):
        if not self.training:
            return x
        keep = np.random.rand(*x.shape) <= 1 - self.p
        return x * Tensor(keep.astype("float32") / (1 - self.p), requires_grad=False)


class Residual(Module):
    def __init__(self, fn):
        super().__init__()
        self.fn = fn

    def forward(self, x):
        return self.fn(x) + x


class Cell(Module):
    """A recurrent cell: returns a tuple of tensors."""

    def __init__(self, size):
        super().__init__()
        self.W = Parameter(init.randn(size, size, requires_grad=True))

    def forward(self, x, h=None):
        if h is None:
            h = Tensor(np.zeros(x.shape, dtype="float32"), requires_grad=False)
        out = x @ self.W + h
        return out, (out, h)
