"""Which arrays Needle computes with, and where they live."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy

from . import backend_cupy
from .backend_cupy import cuda as cuda
from .backend_numpy import Device as Device
from .backend_numpy import all_devices as all_devices
from .backend_numpy import cpu as cpu
from .backend_numpy import default_device as default_device

#: "np": NumPy's arrays on the CPU and CuPy's on the GPU. Both speak NumPy's language.
BACKEND = "np"
array_api: Any = numpy
if TYPE_CHECKING:
    NDArray = Any
else:
    NDArray = numpy.ndarray


def device_of(array: Any) -> Any:
    """The device that an array lives on."""
    return backend_cupy.device_of(array)


def make_array(data: Any, device: Any, dtype: Any = None) -> Any:
    """A new array on a device that holds a copy of `data`; its dtype unless one is given."""
    return device.array(data, dtype=dtype)


def to_numpy(array: Any) -> numpy.ndarray:
    """A new NumPy array that holds a copy of an array."""
    return backend_cupy.device_of(array).to_numpy(array)
