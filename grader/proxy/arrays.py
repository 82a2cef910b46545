"""NumPy arrays that student code holds too.

Reading works on a trusted, read-only copy, valid until the next request that can have changed the
original; writing is forwarded. Everything that compares, converts or prints uses the copy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np

from grader.proxy import arithmetic, wire
from grader.proxy.remote import Link, is_remote, opaque

Local = np.ndarray[Any, Any]

#: methods that change the array
_CHANGING: Final = frozenset(
    ["fill", "sort", "partition", "put", "itemset", "resize", "setflags", "setfield", "byteswap"]
)
#: universal functions behind `a += b` and friends
_IN_PLACE: Final = {
    np.add: "iadd",
    np.subtract: "isub",
    np.multiply: "imul",
    np.true_divide: "itruediv",
    np.floor_divide: "ifloordiv",
    np.remainder: "imod",
    np.power: "ipow",
    np.matmul: "imatmul",
    np.bitwise_and: "iand",
    np.bitwise_or: "ior",
    np.bitwise_xor: "ixor",
    np.left_shift: "ilshift",
    np.right_shift: "irshift",
}


class RemoteArray(np.lib.mixins.NDArrayOperatorsMixin):
    """An ndarray of the student's side; `isinstance(x, np.ndarray)` holds."""

    __slots__ = (
        *("__weakref__", "_g_base", "_g_data", "_g_dtype", "_g_epoch", "_g_id", "_g_key"),
        *("_g_link", "_g_shape", "_g_writeable"),
    )
    __hash__ = None  # type: ignore[assignment]
    __array_priority__ = 1.0

    def __init__(
        self,
        link: Link,
        handle: int | None,
        dtype: np.dtype[Any],
        shape: tuple[int, ...],
        writeable: bool,
    ) -> None:
        self._g_link = link
        self._g_id = handle
        self._g_dtype = dtype
        self._g_shape = shape
        self._g_writeable = writeable
        self._g_data: Local | None = None
        self._g_epoch = -1
        self._g_base: RemoteArray | None = None
        self._g_key: Any = None

    @property
    def __class__(self) -> type:
        return np.ndarray

    @__class__.setter
    def __class__(self, value: type) -> None:
        raise TypeError("The class of an array cannot be changed.")

    # --- what is known without asking

    @property
    def shape(self) -> tuple[int, ...]:
        """The announced shape."""
        return self._g_shape

    @shape.setter
    def shape(self, value: Any) -> None:
        raise TypeError("Assigning a shape to a student's array is not possible here: use reshape.")

    @property
    def dtype(self) -> np.dtype[Any]:
        """The announced element type."""
        return self._g_dtype

    @property
    def ndim(self) -> int:
        """Number of dimensions."""
        return len(self._g_shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return int(np.prod(self._g_shape, dtype=np.int64))

    @property
    def nbytes(self) -> int:
        """Number of bytes."""
        return self.size * self._g_dtype.itemsize

    @property
    def flat(self) -> FlatIterator:
        """Elements in row-major order; assignments are forwarded."""
        return FlatIterator(self)

    @flat.setter
    def flat(self, value: Any) -> None:
        self[...] = np.reshape(np.broadcast_to(value, (self.size,)), self._g_shape)

    # --- reading

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Local:
        data = local(self)
        if dtype is not None and np.dtype(dtype) != data.dtype:
            return data.astype(dtype)
        return data.copy() if copy else data

    def __array_ufunc__(self, function: Any, method: str, *inputs: Any, **keywords: Any) -> Any:
        outputs = keywords.get("out", ())
        if any(isinstance_remote(output) for output in outputs):
            return _in_place(self, function, method, inputs, keywords)
        if any(is_remote(value) for value in inputs):
            answer = arithmetic.forward(self._g_link, function, method, inputs, keywords)
            return opaque(answer, self)
        plain = [local(value) if isinstance_remote(value) else value for value in inputs]
        return getattr(function, method)(*plain, **keywords)

    def __getitem__(self, key: Any) -> Any:
        if self.nbytes > wire.INLINE_BYTES and not _is_current(self) and self._g_id is not None:
            return self._g_link.request("view", self, key)
        data = local(self)
        item = data[_plain_key(key)]
        if not isinstance(item, np.ndarray) or item.base is None:
            return item
        view = RemoteArray(self._g_link, None, item.dtype, item.shape, self._g_writeable)
        view._g_base, view._g_key = self, key
        view._g_data, view._g_epoch = item, self._g_epoch
        return view

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_g_"):
            raise AttributeError(name)
        if name in _CHANGING:
            return _forwarding(self, name)
        return getattr(local(self), name)

    def __iter__(self) -> Iterator[Any]:
        if not self._g_shape:
            raise TypeError("iteration over a 0-d array")
        return (self[index] for index in range(self._g_shape[0]))

    def __len__(self) -> int:
        if not self._g_shape:
            raise TypeError("len() of unsized object")
        return self._g_shape[0]

    def __contains__(self, item: Any) -> bool:
        return item in local(self)

    def __bool__(self) -> bool:
        return bool(local(self))

    def __float__(self) -> float:
        return float(local(self))

    def __int__(self) -> int:
        return int(local(self))

    def __index__(self) -> int:
        return local(self).__index__()

    def __complex__(self) -> complex:
        return complex(local(self))

    def __repr__(self) -> str:
        return repr(local(self))

    def __str__(self) -> str:
        return str(local(self))

    def __format__(self, specification: str) -> str:
        return format(local(self), specification)

    def __copy__(self) -> Local:
        return local(self).copy()

    def __deepcopy__(self, memo: object) -> Local:
        return local(self).copy()

    def __reduce_ex__(self, protocol: Any) -> Any:
        return local(self).copy().__reduce_ex__(protocol)

    # --- writing

    def __setitem__(self, key: Any, value: Any) -> None:
        self._g_link.request("op", "setitem", self, key, value)


class FlatIterator:
    """`array.flat` of a RemoteArray."""

    __slots__ = ("_g_array", "_g_next")

    def __init__(self, array: RemoteArray) -> None:
        self._g_array = array
        self._g_next = 0

    def __getitem__(self, index: Any) -> Any:
        array = self._g_array
        if array.nbytes > wire.INLINE_BYTES and not _is_current(array):
            return array._g_link.request("flat_item", array, index)
        return local(array).flat[_plain_key(index)]

    def __setitem__(self, index: Any, value: Any) -> None:
        self._g_array._g_link.request("flat", self._g_array, index, value)

    def __len__(self) -> int:
        return self._g_array.size

    def __iter__(self) -> FlatIterator:
        return self

    def __next__(self) -> Any:
        if self._g_next >= len(self):
            raise StopIteration
        self._g_next += 1
        return self[self._g_next - 1]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Local:
        flat = local(self._g_array).ravel()
        return flat if dtype is None else flat.astype(dtype)

    def copy(self) -> Local:
        """Return the elements as an array of one dimension."""
        return local(self._g_array).flatten()


def isinstance_remote(value: object) -> bool:
    """Whether a value is a RemoteArray; `isinstance` cannot tell, it says ndarray."""
    return type(value) is RemoteArray


def _is_current(array: RemoteArray) -> bool:
    return array._g_data is not None and array._g_epoch == array._g_link.epoch


def local(array: RemoteArray) -> Local:
    """Return the trusted copy of an array, fetched again when it may be old."""
    link = array._g_link
    if array._g_data is not None and array._g_epoch == link.epoch:
        return array._g_data
    data: Local
    if array._g_id is None and array._g_base is not None:
        data = local(array._g_base)[_plain_key(array._g_key)]
    else:
        data = link.request("fetch", array)
        data.flags.writeable = False
    array._g_data, array._g_epoch = data, link.epoch
    return data


def ensure_handle(array: RemoteArray) -> int:
    """Return the handle of an array; a part of another array gets one when it is first needed."""
    if array._g_id is None:
        part = array._g_link.request("view", array._g_base, array._g_key)
        array._g_base, array._g_key = part, Ellipsis
        return ensure_handle(part)
    return array._g_id


def _plain_key(key: Any) -> Any:
    if type(key) is tuple:
        return tuple(_plain_key(part) for part in key)
    return local(key) if isinstance_remote(key) else key


def _forwarding(array: RemoteArray, name: str) -> Callable[..., Any]:
    def method(*arguments: Any, **keywords: Any) -> Any:
        return array._g_link.request("method", array, name, arguments, keywords)

    return method


def _in_place(
    array: RemoteArray,
    function: Any,
    method: str,
    inputs: tuple[Any, ...],
    keywords: dict[str, Any],
) -> Any:
    """Forward `a += b`; refuse every other use of `out=`."""
    target = keywords["out"][0]
    known = function in _IN_PLACE and method == "__call__" and len(keywords) == 1
    if not known or len(inputs) != 2 or inputs[0] is not target:
        raise TypeError("out= cannot be an array of the student's side: use the function's result.")
    array._g_link.request("op", _IN_PLACE[function], *inputs)
    return target
