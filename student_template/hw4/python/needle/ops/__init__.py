"""The operators."""

from .ops_arrangement import *
from .ops_convolution import *
from .ops_hyperbolic import *
from .ops_logarithmic import *
from .ops_mathematic import *
from .ops_tuple import *
