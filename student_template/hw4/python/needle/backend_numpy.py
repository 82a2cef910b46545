"""Devices: where arrays live, and how to make them there. The CPU uses NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy


class Device:
    """Where an array lives."""


class ArrayDevice(Device):
    """A device whose arrays come from a module that speaks NumPy's language."""

    name: str

    @property
    def array_module(self) -> Any:
        """The module that makes and computes the arrays of this device."""
        raise NotImplementedError()

    def __repr__(self) -> str:
        return f"needle.{self.name}()"

    def __hash__(self) -> int:
        return hash(repr(self))

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self)

    def enabled(self) -> bool:
        """Whether this machine has the device."""
        raise NotImplementedError()

    def array(self, data: Any, dtype: Any = None) -> Any:
        """A new array on this device that holds a copy of `data`; its dtype unless one is given."""
        return self.array_module.array(data, dtype=dtype)

    def to_numpy(self, array: Any) -> numpy.ndarray:
        """A new NumPy array that holds a copy of `array`, which is on this device."""
        raise NotImplementedError()

    def zeros(self, *shape: int, dtype: Any = "float32") -> Any:
        return self.array_module.zeros(shape, dtype=dtype)

    def ones(self, *shape: int, dtype: Any = "float32") -> Any:
        return self.array_module.ones(shape, dtype=dtype)

    def empty(self, shape: Sequence[int], dtype: Any = "float32") -> Any:
        return self.array_module.empty(shape, dtype=dtype)

    def full(self, shape: Sequence[int], fill_value: float, dtype: Any = "float32") -> Any:
        return self.array_module.full(shape, fill_value, dtype=dtype)

    def one_hot(self, n: int, i: Any, dtype: Any = "float32") -> Any:
        """The rows `i` of the n x n identity; `i` is an array of integers."""
        indices = self.array_module.asarray(i)
        rows = self.zeros(indices.size, n, dtype=dtype)
        rows[self.array_module.arange(indices.size), indices.reshape(-1)] = 1
        return rows.reshape(*indices.shape, n)

    def randn(self, *shape: int) -> Any:
        """Float64 draws of the standard normal distribution, by NumPy's global generator."""
        return self._drawn(numpy.random.randn(*shape))

    def rand(self, *shape: int) -> Any:
        """Float64 draws between 0 and 1, by NumPy's global generator."""
        return self._drawn(numpy.random.rand(*shape))

    def _drawn(self, numbers: Any) -> Any:
        """Numbers are drawn by NumPy for every device, so that one seed gives one model."""
        raise NotImplementedError()


class CPUDevice(ArrayDevice):
    """The memory of this computer, through NumPy."""

    name = "cpu"

    @property
    def array_module(self) -> Any:
        return numpy

    def enabled(self) -> bool:
        return True

    def to_numpy(self, array: Any) -> numpy.ndarray:
        return numpy.array(array)

    def _drawn(self, numbers: Any) -> Any:
        return numbers


def cpu() -> CPUDevice:
    """The CPU device."""
    return CPUDevice()


def default_device() -> CPUDevice:
    """The device of tensors that name none."""
    return cpu()


def all_devices() -> list[Device]:
    """The devices that every machine has."""
    return [cpu()]
