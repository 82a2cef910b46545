from . import ops
from .ops import *
from .autograd import Tensor, all_devices, cpu
from . import init
from .init import ones, ones_like, zeros, zeros_like
