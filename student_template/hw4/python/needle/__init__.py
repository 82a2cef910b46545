"""Needle: the necessary elements of deep learning, built up homework by homework."""

from . import autograd, init, ops
from .autograd import Tensor
from .backend_selection import BACKEND, Device, all_devices, cpu, cuda, default_device
from .init import ones, ones_like, zeros, zeros_like
from .ops import *
from . import data, nn, optim

if BACKEND == "nd":
    from .backend_selection import cpu_numpy  # type: ignore[attr-defined]

# Tensors are at the bottom, operators and initializers above them. Yet `a + b` makes an operator,
# and `backward` starts from ones, so both are handed down here, once they are loaded.
autograd.ops, autograd.init = ops, init
