"""Neural networks: modules with parameters, put together from Needle's operators."""

from .nn_basic import *
