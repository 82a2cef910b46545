"""Random tensors, drawn from NumPy's global generator."""

import numpy as np

from .autograd import Tensor


def rand(*shape, low=0.0, high=1.0, dtype="float32", requires_grad=False):
    data = np.random.rand(*shape) * (high - low) + low
    return Tensor(data.astype(dtype), requires_grad=requires_grad)


def randn(*shape, mean=0.0, std=1.0, dtype="float32", requires_grad=False):
    data = np.random.randn(*shape) * std + mean
    return Tensor(np.array(data).astype(dtype), requires_grad=requires_grad)


def kaiming(fan_in, fan_out, **kwargs):
    bound = (6 / fan_in) ** 0.5
    return rand(fan_in, fan_out, low=-bound, high=bound, **kwargs)
