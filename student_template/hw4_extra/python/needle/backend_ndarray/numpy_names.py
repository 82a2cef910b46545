"""Functions of arrays under NumPy's names, so that an operator is written once for both.

They mean what NumPy means, where NumPy's arrays and these agree on what an array is: float32 only,
shapes given in full, nothing broadcasts by itself. As in NumPy, `reshape` copies where there is no
view, and `broadcast_to` puts axes in front.
"""

from __future__ import annotations

from collections.abc import Sequence

from .ndarray import NDArray, prod


def amax(a: NDArray, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> NDArray:
    """The largest along one axis or several; of everything, with the shape (1,), for None."""
    return a.max(axis=axis, keepdims=keepdims)


def reshape(array: NDArray, new_shape: Sequence[int]) -> NDArray:
    """Another shape with the same elements in the same order; one size may be -1."""
    if -1 in new_shape:
        rest = prod([n for n in new_shape if n != -1])
        new_shape = [array.size // rest if n == -1 else n for n in new_shape]
    return array.compact().reshape(tuple(new_shape))


def broadcast_to(array: NDArray, new_shape: Sequence[int]) -> NDArray:
    """A view that repeats `array` along axes of size 1 and along new axes in front."""
    new = len(new_shape) - array.ndim
    if new:
        array = array.as_strided((1,) * new + array.shape, (0,) * new + array.strides)
    return array.broadcast_to(tuple(new_shape))


def transpose(a: NDArray, axes: Sequence[int] | None = None) -> NDArray:
    """A view with the axes in another order; in reverse for None."""
    return a.permute(tuple(range(a.ndim))[::-1] if axes is None else tuple(axes))


def swapaxes(a: NDArray, axis1: int, axis2: int) -> NDArray:
    """A view in which two axes have changed places."""
    return a.swapaxes(axis1, axis2)


def matmul(a: NDArray, b: NDArray) -> NDArray:
    """The product of two matrices; of each pair, for axes in front that number matrices."""
    if a.ndim == b.ndim == 2:
        return a @ b
    batch = _broadcast_shapes(a.shape[:-2], b.shape[:-2])
    count, (n, k), p = prod(batch), a.shape[-2:], b.shape[-1]
    left = reshape(broadcast_to(a, (*batch, n, k)), (count, n, k))
    right = reshape(broadcast_to(b, (*batch, *b.shape[-2:])), (count, *b.shape[-2:]))
    out = a.device.empty((count, n, p))
    for i in range(count):
        one = slice(i, i + 1)
        product = reshape(left[one, :, :], (n, k)) @ reshape(right[one, :, :], right.shape[1:])
        out[one, :, :] = product
    return out.reshape((*batch, n, p))


def _broadcast_shapes(a: Sequence[int], b: Sequence[int]) -> tuple[int, ...]:
    """The shape that both broadcast to; missing axes in front count as 1."""
    rank = max(len(a), len(b))
    pairs = zip((1,) * (rank - len(a)) + tuple(a), (1,) * (rank - len(b)) + tuple(b), strict=True)
    return tuple(n if m == 1 else m for m, n in pairs)


def power(a: NDArray, b: NDArray) -> NDArray:
    """Each element of `a`, which have to be positive, to the power of the one in `b`."""
    if b.shape != a.shape:
        shape = _broadcast_shapes(a.shape, b.shape)
        a, b = broadcast_to(a, shape), broadcast_to(b, shape)
    return (a.log() * b).exp()


def zeros_like(a: NDArray) -> NDArray:
    """Zeros with the shape and device of `a`."""
    return a.device.full(a.shape, 0.0)


def ones_like(a: NDArray) -> NDArray:
    """Ones with the shape and device of `a`."""
    return a.device.full(a.shape, 1.0)
