"""Arrays side by side along a new axis, and apart again: for arrays of both kinds."""

from __future__ import annotations

from collections.abc import Sequence

from ..autograd import NDArray
from ..backend_selection import array_api, device_of


def join_arrays(arrays: Sequence[NDArray], axis: int) -> NDArray:
    """A new array with arrays of one shape along a new axis, from 0 to the number of their axes."""
    first = arrays[0]
    axis = _counted(axis, len(first.shape) + 1, first)
    before, after = first.shape[:axis], first.shape[axis:]
    out = device_of(first).empty((*before, len(arrays), *after), dtype=first.dtype)
    for i, array in enumerate(arrays):
        if array.shape != first.shape:
            raise ValueError(f"cannot stack arrays of shapes {first.shape} and {array.shape}")
        place = (slice(None),) * len(before) + (slice(i, i + 1),) + (slice(None),) * len(after)
        out[place] = array_api.reshape(array, (*before, 1, *after))
    return out


def slice_array(array: NDArray, axis: int) -> tuple[NDArray, ...]:
    """One array for each index of an axis, which they do not have any more."""
    axis = _counted(axis, len(array.shape), array)
    before, after = array.shape[:axis], array.shape[axis + 1 :]
    pieces = []
    for i in range(array.shape[axis]):
        place = (slice(None),) * len(before) + (slice(i, i + 1),) + (slice(None),) * len(after)
        pieces.append(array_api.reshape(array[place], (*before, *after)))
    return tuple(pieces)


def _counted(axis: int, count: int, array: NDArray) -> int:
    """The axis, of so many, as a number from 0 on."""
    if not -count <= axis < count:
        raise ValueError(f"there is no axis {axis} for arrays of shape {array.shape}")
    return axis % count
