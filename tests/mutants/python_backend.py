"""A backend of homework 3 in Python: the same functions as in C++ and CUDA, for mistakes in them.

Compiling a mistake takes ten seconds, replacing a function here none. Arrays come full of a number
that looks like nothing else, as memory that nobody has written to.
"""

import numpy as np

__device_name__ = "python"
__tile_size__ = 8


class Array:
    """Memory for `size` numbers."""

    def __init__(self, size):
        self.array = np.full(size, 1234.5, np.float32)

    @property
    def size(self):
        return self.array.size

    def ptr(self):
        return self.array.ctypes.data


def positions(shape, strides, offset):
    """Return where the elements of a view lie, in order."""
    found = np.full(1, offset)
    for size, stride in zip(shape, strides, strict=True):
        found = (found[:, None] + np.arange(size) * stride).ravel()
    return found


def to_numpy(a, shape, strides, offset):
    return a.array[positions(shape, strides, offset)].reshape(shape)


def from_numpy(a, out):
    out.array[:] = a.ravel()


def fill(out, value):
    out.array[:] = value


def compact(a, out, shape, strides, offset):
    out.array[:] = a.array[positions(shape, strides, offset)]


def ewise_setitem(a, out, shape, strides, offset):
    out.array[positions(shape, strides, offset)] = a.array


def scalar_setitem(size, value, out, shape, strides, offset):
    out.array[positions(shape, strides, offset)] = value


def ewise_add(a, b, out):
    out.array[:] = a.array + b.array


def scalar_add(a, value, out):
    out.array[:] = a.array + np.float32(value)


def ewise_mul(a, b, out):
    out.array[:] = a.array * b.array


def scalar_mul(a, value, out):
    out.array[:] = a.array * np.float32(value)


def ewise_div(a, b, out):
    with np.errstate(all="ignore"):
        out.array[:] = a.array / b.array


def scalar_div(a, value, out):
    out.array[:] = a.array / np.float32(value)


def scalar_power(a, value, out):
    with np.errstate(all="ignore"):
        out.array[:] = a.array ** np.float32(value)


def ewise_maximum(a, b, out):
    out.array[:] = np.maximum(a.array, b.array)


def scalar_maximum(a, value, out):
    out.array[:] = np.maximum(a.array, np.float32(value))


def ewise_eq(a, b, out):
    out.array[:] = a.array == b.array


def scalar_eq(a, value, out):
    out.array[:] = a.array == np.float32(value)


def ewise_ge(a, b, out):
    out.array[:] = a.array >= b.array


def scalar_ge(a, value, out):
    out.array[:] = a.array >= np.float32(value)


def ewise_log(a, out):
    with np.errstate(all="ignore"):
        out.array[:] = np.log(a.array)


def ewise_exp(a, out):
    out.array[:] = np.exp(a.array)


def ewise_tanh(a, out):
    out.array[:] = np.tanh(a.array)


def matmul(a, b, out, m, n, p):
    out.array[:] = (a.array.reshape(m, n) @ b.array.reshape(n, p)).ravel()


def matmul_tiled(a, b, out, m, n, p):
    t = __tile_size__
    left, right = a.array.reshape(m // t, n // t, t, t), b.array.reshape(n // t, p // t, t, t)
    out.array[:] = np.einsum("ikab,kjbc->ijac", left, right).ravel()


def reduce_max(a, out, size):
    out.array[:] = a.array.reshape(-1, size).max(axis=1)


def reduce_sum(a, out, size):
    out.array[:] = a.array.reshape(-1, size).sum(axis=1)
