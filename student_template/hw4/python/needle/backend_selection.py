"""Which arrays Needle computes with, and where they live."""

from __future__ import annotations

import os
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

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

#: "nd": Needle's own arrays, which speak a part of it, on all devices. The environment variable
#: NEEDLE_BACKEND chooses; by default it is "nd" as soon as the backend for the CPU is compiled.
_COMPILED = Path(__file__).parent / "backend_ndarray" / "ndarray_backend_cpu"
if chosen := os.environ.get("NEEDLE_BACKEND"):
    BACKEND = chosen
elif any(Path(f"{_COMPILED}{suffix}").exists() for suffix in EXTENSION_SUFFIXES):
    BACKEND = "nd"
if BACKEND not in ("np", "nd"):
    raise RuntimeError(f"NEEDLE_BACKEND is {BACKEND!r}, but has to be 'np' or 'nd'")
if BACKEND == "nd" and not TYPE_CHECKING:
    from . import backend_ndarray as array_api
    from .backend_ndarray import BackendDevice as Device
    from .backend_ndarray import NDArray, all_devices, cpu, cpu_numpy, cuda

    default_device = cpu
    cpu()  # where it is not compiled, this says so


def device_of(array: Any) -> Any:
    """The device that an array lives on."""
    if BACKEND == "nd":
        return array.device
    return backend_cupy.device_of(array)


def make_array(data: Any, device: Any, dtype: Any = None) -> Any:
    """A new array on a device that holds a copy of `data`; its dtype unless one is given."""
    if BACKEND == "nd":  # all numbers are float32; truth values are 0 and 1
        return array_api.array(data, None if dtype == "bool" else dtype, device)
    return device.array(data, dtype=dtype)


def to_numpy(array: Any) -> numpy.ndarray:
    """A new NumPy array that holds a copy of an array."""
    if BACKEND == "nd":
        return numpy.array(array.numpy())
    return backend_cupy.device_of(array).to_numpy(array)
