"""One module for each data set."""

from .mnist_dataset import *
from .ndarray_dataset import *
