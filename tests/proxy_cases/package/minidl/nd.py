"""Strided arrays over a flat buffer, and devices."""

import operator
from functools import reduce

import numpy as np


class Device:
    def __init__(self, name, mod):
        self.name = name
        self.mod = mod

    def __eq__(self, other):
        return self.name == other.name

    def __repr__(self):
        return self.name + "()"

    def __getattr__(self, name):
        return getattr(self.mod, name)

    def enabled(self):
        return self.mod is not None

    def randn(self, *shape):
        return NDArray(np.random.randn(*shape), device=self)


class Backend:
    def __init__(self, name):
        self.__name__ = "minidl.backend_" + name
        self.__device_name__ = name
        self.__tile_size__ = 8


def cpu():
    return Device("cpu", Backend("cpu"))


def gpu():
    return Device("gpu", None)


def all_devices():
    return [cpu(), gpu()]


class Buffer:
    def __init__(self, size):
        self.array = np.empty(size, dtype=np.float32)
        self.size = size

    def ptr(self):
        return self.array.__array_interface__["data"][0]


def prod(values):
    return reduce(operator.mul, values, 1)


class NDArray:
    def __init__(self, other, device=None):
        array = np.array(other.numpy() if isinstance(other, NDArray) else other, dtype=np.float32)
        self._set(array.shape, None, 0, Buffer(array.size), device or cpu())
        self._handle.array[:] = array.ravel()

    def _set(self, shape, strides, offset, handle, device):
        self._shape = tuple(shape)
        self._strides = tuple(strides) if strides is not None else self.compact_strides(shape)
        self._offset, self._handle, self._device = offset, handle, device

    @staticmethod
    def compact_strides(shape):
        return tuple(prod(shape[i + 1 :]) for i in range(len(shape)))

    @staticmethod
    def make(shape, strides=None, offset=0, handle=None, device=None):
        array = NDArray.__new__(NDArray)
        array._set(shape, strides, offset, handle or Buffer(prod(shape)), device or cpu())
        return array

    @property
    def shape(self):
        return self._shape

    @property
    def strides(self):
        return self._strides

    @property
    def device(self):
        return self._device

    @property
    def dtype(self):
        return "float32"

    @property
    def ndim(self):
        return len(self._shape)

    def is_compact(self):
        return self._strides == self.compact_strides(self._shape) and prod(self._shape) == self._handle.size

    def numpy(self):
        return np.lib.stride_tricks.as_strided(
            self._handle.array[self._offset :], self._shape, [4 * s for s in self._strides]
        )

    def compact(self):
        return self if self.is_compact() else NDArray(self.numpy(), device=self._device)

    def permute(self, axes):
        return NDArray.make(
            [self._shape[a] for a in axes], [self._strides[a] for a in axes], self._offset, self._handle, self._device
        )

    def reshape(self, shape):
        if prod(shape) != prod(self._shape) or not self.is_compact():
            raise ValueError("cannot reshape")
        return NDArray.make(shape, None, self._offset, self._handle, self._device)

    def broadcast_to(self, shape):
        for old, new in zip(self._shape, shape):
            assert old == new or old == 1
        strides = [0 if old != new else s for old, new, s in zip(self._shape, shape, self._strides)]
        return NDArray.make(shape, strides, self._offset, self._handle, self._device)

    def process_slice(self, sl, dim):
        start, stop, step = sl.start, sl.stop, sl.step
        start = 0 if start is None else start
        stop = self._shape[dim] if stop is None else stop
        stop = stop + self._shape[dim] if stop < 0 else stop
        step = 1 if step is None else step
        assert stop > start, "Start must be less than stop"
        return slice(start, stop, step)

    def __getitem__(self, idxs):
        idxs = idxs if isinstance(idxs, tuple) else (idxs,)
        slices = [
            self.process_slice(s, i) if isinstance(s, slice) else slice(s, s + 1, 1) for i, s in enumerate(idxs)
        ]
        assert len(slices) == self.ndim
        shape = [(s.stop - s.start + s.step - 1) // s.step for s in slices]
        strides = [st * s.step for st, s in zip(self._strides, slices)]
        offset = self._offset + sum(st * s.start for st, s in zip(self._strides, slices))
        return NDArray.make(shape, strides, offset, self._handle, self._device)

    def __setitem__(self, idxs, other):
        view = self[idxs].numpy()
        view[...] = other.numpy().reshape(view.shape) if isinstance(other, NDArray) else other

    def _with(self, other, function):
        if isinstance(other, NDArray):
            assert self._shape == other._shape, "operation needs two equal-sized arrays"
            other = other.numpy()
        return NDArray(function(self.numpy(), other), device=self._device)

    def __add__(self, other):
        return self._with(other, np.add)

    __radd__ = __add__

    def __mul__(self, other):
        return self._with(other, np.multiply)

    __rmul__ = __mul__

    def __eq__(self, other):
        return self._with(other, np.equal)

    def __ge__(self, other):
        return self._with(other, np.greater_equal)

    def maximum(self, other):
        return self._with(other, np.maximum)

    def sum(self, axis=None):
        if isinstance(axis, tuple) and not axis:
            raise ValueError("Empty axis in reduce")
        return NDArray(self.numpy().sum(axis=axis), device=self._device)
