"""Neural networks: modules with parameters, put together from Needle's operators."""

from .nn_basic import *
from .nn_conv import *
from .nn_sequence import *
