"""Needle's own n-dimensional arrays: strided views in Python over flat memory of a backend."""

from .ndarray import *
from .numpy_names import *
