"""Writes arguments: plain data by value, student objects by handle, code of tests by source."""

from __future__ import annotations

import math
import pathlib
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np

from grader.proxy import arrays, containers, remote, wire
from grader.proxy.files import Files

Encoded = Any
_INT: Final = 1 << 63
#: items that are taken from an iterator
_MOST_ITEMS: Final = 100_000
#: trusted packages whose public objects are named instead of being sent
_NAMED_PACKAGES: Final = sys.stdlib_module_names | {"numpy"}


class Encoder:
    """Encodes the arguments of requests."""

    def __init__(
        self, files: Files, holds: Callable[[int], bool], ship: Callable[[Any], Any]
    ) -> None:
        self.files = files
        self.holds = holds
        self.ship = ship

    def encode(self, value: Any, blobs: list[Any]) -> Encoded:
        """Return the encoded form of an argument; its bytes are added to `blobs`."""
        kind = type(value)
        encoder = _ENCODERS.get(kind)
        if encoder is not None:
            return encoder(self, value, blobs)
        if type(kind) is remote.RemoteMeta:
            return ["h", self.checked(value._g_id, value)]
        if kind is remote.RemoteMeta:
            return ["h", self.checked(value._g_class, value)]
        return self.other(value, blobs)

    def checked(self, handle: int, value: Any) -> int:
        """Return a handle that is valid in this test."""
        if not self.holds(handle):
            raise remote.NoTestRunning(
                f"A student's {type(value).__name__} made in one test is used in another: every"
                " test has a process of its own. Make it in the test, its module or a function"
                " fixture."
            )
        return handle

    def other(self, value: Any, blobs: list[Any]) -> Encoded:
        """Encode what has no exact type in the table."""
        for kind, encoder in _BY_INSTANCE:
            if isinstance(value, kind):
                return encoder(self, value, blobs)
        return _twin(self.ship(value))

    def items(self, values: Any, blobs: list[Any]) -> list[Encoded]:
        """Encode the items of a container."""
        return [self.encode(value, blobs) for value in values]

    def pairs(self, value: dict[Any, Any], blobs: list[Any]) -> list[Encoded]:
        """Encode the items of a dict."""
        return [[self.encode(key, blobs), self.encode(item, blobs)] for key, item in value.items()]


def _twin(shipped: Any) -> Encoded:
    return ["h", shipped._g_class if isinstance(shipped, remote.RemoteMeta) else shipped._g_id]


def _int(encoder: Encoder, value: int, blobs: list[Any]) -> Encoded:
    return value if -_INT < value < _INT else ["i", hex(value)]


def _float(encoder: Encoder, value: float, blobs: list[Any]) -> Encoded:
    return value if math.isfinite(value) else ["f", repr(value)]


def _text(encoder: Encoder, value: str, blobs: list[Any]) -> Encoded:
    found = encoder.files.find(value)
    return value if found is None else _file(found, False, blobs)


def _path(encoder: Encoder, value: pathlib.PurePath, blobs: list[Any]) -> Encoded:
    found = encoder.files.find(str(value))
    return ["p", str(value)] if found is None else _file(found, True, blobs)


def _file(found: pathlib.Path, as_path: bool, blobs: list[Any]) -> Encoded:
    entries = []
    for parts, data in Files.read(found):
        entries.append([parts, len(blobs)])
        blobs.append(data)
    return ["file", found.name, as_path, entries]


def _bytes(encoder: Encoder, value: bytes, blobs: list[Any]) -> Encoded:
    blobs.append(bytes(value))
    return ["b", len(blobs) - 1]


def _array(encoder: Encoder, value: np.ndarray[Any, Any], blobs: list[Any]) -> Encoded:
    if value.dtype.kind == "O":
        return ["o", list(value.shape), *encoder.items(value.ravel().tolist(), blobs)]
    if value.dtype.kind not in "biufcSU" or value.nbytes > wire.ARRAY_BYTES:
        raise remote.Unsendable(
            f"An array of {value.dtype} and {value.nbytes} bytes cannot be passed."
        )
    order = "F" if value.flags.f_contiguous and not value.flags.c_contiguous else "C"
    blobs.append(Sent(value, order))
    return [
        "a",
        value.dtype.str,
        list(value.shape),
        len(blobs) - 1,
        order,
        int(value.flags.writeable),
    ]


class Sent:
    """An array that travels with a request, and that gets what student code changes in it."""

    def __init__(self, array: np.ndarray[Any, Any], order: Any) -> None:
        self.array = array
        self.order = order

    @property
    def nbytes(self) -> int:
        """Number of bytes."""
        return self.array.nbytes

    def data(self) -> memoryview | bytes:
        """Return the bytes in the order that was announced."""
        if (
            self.order == "C"
            and self.array.flags.c_contiguous
            and self.array.ndim
            and self.array.size
        ):
            return self.array.data.cast("B")
        return self.array.tobytes(self.order)

    def take(self, data: memoryview) -> None:
        """Write back what came back; the size has been checked by the caller."""
        new = np.frombuffer(data, dtype=self.array.dtype).reshape(
            self.array.shape, order=self.order
        )
        if self.array.flags.writeable:
            np.copyto(self.array, new)


class Replayed:
    """Stands for an array of a request that is made again: what comes back is not wanted twice."""

    def __init__(self, nbytes: int) -> None:
        self.nbytes = nbytes

    def take(self, data: memoryview) -> None:
        """Drop what came back."""


def _container(encoder: Encoder, value: Any, blobs: list[Any]) -> Encoded:
    if encoder.holds(value._g_id):
        return ["h", value._g_id]
    return encoder.encode(value._g_local(value), blobs)


def _remote_array(encoder: Encoder, value: arrays.RemoteArray, blobs: list[Any]) -> Encoded:
    return ["h", encoder.checked(arrays.ensure_handle(value), value)]


def _scalar(encoder: Encoder, value: np.generic, blobs: list[Any]) -> Encoded:
    return ["n", value.dtype.str, value.tobytes().hex()]


def _iterator(encoder: Encoder, value: Iterator[Any], blobs: list[Any]) -> Encoded:
    items: list[Any] = []
    for item in value:
        if len(items) == _MOST_ITEMS:
            raise remote.Unsendable(
                f"An iterator of more than {_MOST_ITEMS} items cannot be passed."
            )
        items.append(encoder.encode(item, blobs))
    return ["it", *items]


def _module(encoder: Encoder, value: types.ModuleType, blobs: list[Any]) -> Encoded:
    name = value.__name__
    if isinstance(value, RemoteModuleBase):
        return ["m", name]
    if name.partition(".")[0] in _NAMED_PACKAGES:
        return ["g", name, ""]
    raise remote.Unsendable(f"The module {name} cannot be passed to student code.")


class RemoteModuleBase(types.ModuleType):
    """A module of the student's side."""


def named(value: Any) -> tuple[str, str] | None:
    """Return module and name of a trusted public object, if it can be found by them."""
    if isinstance(value, np.ufunc):
        return "numpy", value.__name__
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if type(module) is not str or type(name) is not str or "." in name:
        return None
    if module.partition(".")[0] not in _NAMED_PACKAGES:
        return None
    public = "numpy" if getattr(np, name, None) is value else module
    return public, name


def _type(encoder: Encoder, value: type, blobs: list[Any]) -> Encoded:
    found = named(value)
    if found is not None:
        return ["g", *found]
    return _twin(encoder.ship(value))


def _function(encoder: Encoder, value: Any, blobs: list[Any]) -> Encoded:
    found = named(value)
    return ["g", *found] if found is not None else ["h", encoder.ship(value)._g_id]


def _bound(encoder: Encoder, value: types.MethodType, blobs: list[Any]) -> Encoded:
    return ["me", encoder.encode(value.__self__, blobs), value.__name__]


def _builtin(encoder: Encoder, value: types.BuiltinFunctionType, blobs: list[Any]) -> Encoded:
    owner = value.__self__
    if owner is None or isinstance(owner, types.ModuleType):
        return _function(encoder, value, blobs)
    if owner is np.random.mtrand._rand:
        return ["g", "numpy", f"random.{value.__name__}"]
    return ["me", encoder.encode(owner, blobs), value.__name__]


def _remote_method(encoder: Encoder, value: remote.RemoteMethod, blobs: list[Any]) -> Encoded:
    return ["me", encoder.encode(value._g_owner, blobs), value._g_name]


_ITERABLES: Final[tuple[Any, ...]] = ([], (), {}, set(), "", range(0))

_Encode = Callable[[Encoder, Any, list[Any]], Encoded]

_ENCODERS: Final[dict[type, _Encode]] = {
    type(None): lambda encoder, value, blobs: None,
    bool: lambda encoder, value, blobs: value,
    int: _int,
    float: _float,
    str: _text,
    bytes: _bytes,
    complex: lambda encoder, value, blobs: [
        "cx",
        _float(encoder, value.real, blobs),
        _float(encoder, value.imag, blobs),
    ],
    list: lambda encoder, value, blobs: ["l", *encoder.items(value, blobs)],
    tuple: lambda encoder, value, blobs: ["t", *encoder.items(value, blobs)],
    dict: lambda encoder, value, blobs: ["d", *encoder.pairs(value, blobs)],
    set: lambda encoder, value, blobs: ["s", *encoder.items(value, blobs)],
    frozenset: lambda encoder, value, blobs: ["fs", *encoder.items(value, blobs)],
    slice: lambda encoder, value, blobs: [
        "sl",
        *encoder.items((value.start, value.stop, value.step), blobs),
    ],
    range: lambda encoder, value, blobs: ["r", value.start, value.stop, value.step],
    type(Ellipsis): lambda encoder, value, blobs: ["e"],
    type(NotImplemented): lambda encoder, value, blobs: ["ni"],
    np.ndarray: _array,
    arrays.RemoteArray: _remote_array,
    arrays.FlatIterator: lambda encoder, value, blobs: encoder.encode(value.copy(), blobs),
    containers.RemoteList: _container,
    containers.RemoteDict: _container,
    remote.RemoteMethod: _remote_method,
    type: _type,
    types.FunctionType: _function,
    types.BuiltinFunctionType: _builtin,
    types.MethodType: _bound,
    np.ufunc: _function,
    types.GeneratorType: _iterator,
    **dict.fromkeys((map, zip, filter, enumerate, reversed), _iterator),
    **{type(iter(value)): _iterator for value in _ITERABLES},
}

#: subclasses are passed as what they are made of
_BY_INSTANCE: Final[tuple[tuple[Any, _Encode], ...]] = (
    (np.generic, _scalar),
    (np.ndarray, lambda encoder, value, blobs: _array(encoder, np.asarray(value), blobs)),
    (np.dtype, lambda encoder, value, blobs: ["dt", value.str]),
    (types.ModuleType, _module),
    (pathlib.PurePath, _path),
    (list, lambda encoder, value, blobs: ["l", *encoder.items(list(value), blobs)]),
    (tuple, lambda encoder, value, blobs: ["t", *encoder.items(tuple(value), blobs)]),
    (dict, lambda encoder, value, blobs: ["d", *encoder.pairs(dict(value), blobs)]),
    (str, lambda encoder, value, blobs: _text(encoder, str.__str__(value), blobs)),
    (int, lambda encoder, value, blobs: _int(encoder, int(value), blobs)),
    (float, lambda encoder, value, blobs: _float(encoder, float(value), blobs)),
    (type, _type),
    (type(np.mean), _function),
)
