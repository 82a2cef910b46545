"""The CUDA device: CuPy arrays, which speak NumPy's language on a GPU.

Operators need not know of it: NumPy functions hand their work to the module of the arrays that they
are given (`numpy.exp` of a CuPy array is `cupy.exp`). Only making an array and reading it back
depend on the device.
"""

from __future__ import annotations

import importlib
from functools import cache
from typing import Any

import numpy

from .backend_numpy import ArrayDevice, cpu


@cache
def _why_unavailable() -> str:
    """Why there is no GPU to compute on; empty if there is one."""
    try:
        cupy = importlib.import_module("cupy")
    except ImportError as error:
        return f"CuPy cannot be imported ({error})"
    try:
        devices = cupy.cuda.runtime.getDeviceCount()
    except RuntimeError as error:  # what CuPy raises when the driver is missing or too old
        return f"CuPy cannot reach a GPU ({error})"
    return "" if devices else "CuPy finds no GPU"


class CUDADevice(ArrayDevice):
    """The memory of a GPU, through CuPy."""

    name = "cuda"

    @property
    def array_module(self) -> Any:
        if not self.enabled():
            raise RuntimeError(
                f"{self!r} is not available here: {_why_unavailable()}. "
                f"Use needle.cpu(), or ask needle.cuda().enabled() first."
            )
        return importlib.import_module("cupy")

    def enabled(self) -> bool:
        return not _why_unavailable()

    def to_numpy(self, array: Any) -> numpy.ndarray:
        return numpy.array(array.get())

    def _drawn(self, numbers: Any) -> Any:
        return self.array(numbers)


def cuda() -> CUDADevice:
    """The CUDA device, on every machine; ask `enabled()` whether there is a GPU behind it."""
    return CUDADevice()


#: Who owns an array, by the package that its type comes from.
_OWNERS = {"cupy": cuda(), "numpy": cpu()}


def device_of(array: Any) -> ArrayDevice:
    """The device that `array` lives on."""
    package = type(array).__module__.partition(".")[0]
    return _OWNERS.get(package, cpu())
