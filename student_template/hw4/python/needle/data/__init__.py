"""Data sets, transforms of their images, and batches."""

from .data_basic import *
from .data_transforms import *
from .datasets import *
