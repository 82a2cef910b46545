"""The backend in NumPy: what each function of a backend means, in a line each.

All of them write into memory that is there: `out` is a flat `Array`. Strides and offsets count
elements. The backends in C++ and CUDA have the same functions.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__device_name__ = "numpy"

_datatype = np.float32
_itemsize = np.dtype(_datatype).itemsize


class Array:
    """Flat memory for `size` float32 numbers, not initialised."""

    def __init__(self, size: int) -> None:
        self.array = np.empty(size, dtype=_datatype)

    @property
    def size(self) -> int:
        return self.array.size


def _view(a: Array, shape: Sequence[int], strides: Sequence[int], offset: int) -> np.ndarray:
    """The elements of `a` that a shape, strides and an offset select; writing changes `a`."""
    steps = [stride * _itemsize for stride in strides]
    return np.ndarray(shape, _datatype, a.array, offset * _itemsize, steps)


def to_numpy(a: Array, shape: Sequence[int], strides: Sequence[int], offset: int) -> np.ndarray:
    return _view(a, shape, strides, offset)


def from_numpy(a: np.ndarray, out: Array) -> None:
    out.array[:] = a.reshape(-1)


def fill(out: Array, val: float) -> None:
    out.array.fill(val)


def compact(
    a: Array, out: Array, shape: Sequence[int], strides: Sequence[int], offset: int
) -> None:
    out.array[:] = _view(a, shape, strides, offset).reshape(-1)


def ewise_setitem(
    a: Array, out: Array, shape: Sequence[int], strides: Sequence[int], offset: int
) -> None:
    _view(out, shape, strides, offset)[...] = a.array.reshape(shape)


def scalar_setitem(
    size: int,
    val: float,
    out: Array,
    shape: Sequence[int],
    strides: Sequence[int],
    offset: int,
) -> None:
    _view(out, shape, strides, offset)[...] = val


def ewise_add(a: Array, b: Array, out: Array) -> None:
    np.add(a.array, b.array, out=out.array)


def scalar_add(a: Array, val: float, out: Array) -> None:
    np.add(a.array, _datatype(val), out=out.array)


def ewise_mul(a: Array, b: Array, out: Array) -> None:
    np.multiply(a.array, b.array, out=out.array)


def scalar_mul(a: Array, val: float, out: Array) -> None:
    np.multiply(a.array, _datatype(val), out=out.array)


def ewise_div(a: Array, b: Array, out: Array) -> None:
    np.divide(a.array, b.array, out=out.array)


def scalar_div(a: Array, val: float, out: Array) -> None:
    np.divide(a.array, _datatype(val), out=out.array)


def scalar_power(a: Array, val: float, out: Array) -> None:
    np.power(a.array, _datatype(val), out=out.array)


def ewise_maximum(a: Array, b: Array, out: Array) -> None:
    np.maximum(a.array, b.array, out=out.array)


def scalar_maximum(a: Array, val: float, out: Array) -> None:
    np.maximum(a.array, _datatype(val), out=out.array)


def ewise_eq(a: Array, b: Array, out: Array) -> None:
    out.array[:] = a.array == b.array


def scalar_eq(a: Array, val: float, out: Array) -> None:
    out.array[:] = a.array == _datatype(val)


def ewise_ge(a: Array, b: Array, out: Array) -> None:
    out.array[:] = a.array >= b.array


def scalar_ge(a: Array, val: float, out: Array) -> None:
    out.array[:] = a.array >= _datatype(val)


def ewise_log(a: Array, out: Array) -> None:
    np.log(a.array, out=out.array)


def ewise_exp(a: Array, out: Array) -> None:
    np.exp(a.array, out=out.array)


def ewise_tanh(a: Array, out: Array) -> None:
    np.tanh(a.array, out=out.array)


def matmul(a: Array, b: Array, out: Array, m: int, n: int, p: int) -> None:
    np.matmul(a.array.reshape(m, n), b.array.reshape(n, p), out=out.array.reshape(m, p))


def reduce_max(a: Array, out: Array, reduce_size: int) -> None:
    np.max(a.array.reshape(-1, reduce_size), axis=1, out=out.array)


def reduce_sum(a: Array, out: Array, reduce_size: int) -> None:
    np.sum(a.array.reshape(-1, reduce_size), axis=1, out=out.array)
