"""Tensors filled with constants or with random numbers."""

from .init_basic import *
from .init_initializers import *
