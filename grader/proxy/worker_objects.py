"""Student objects by handle, and the two directions of the codec on the student's side.

Handles are numbered from the number that each request gives, in the order in which objects first
appear in a reply; the same object always has the same handle while the trusted side holds it.
"""

from __future__ import annotations

import collections
import importlib
import math
import operator
import os
import pathlib
import sys
import types
import zlib
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from grader.proxy import wire, worker_classes

Encoded = Any
_LARGE: Final = 1 << 20
_MANY_BLOBS: Final = 64
_INT: Final = 1 << 63
_DICTS: Final = (dict, collections.OrderedDict, collections.defaultdict)


class Opaque(Exception):
    """A container is too deep or too large to be sent as plain data."""


class Objects:
    """Handles of objects, and how values are read and written."""

    def __init__(self, scratch: Callable[[], str]) -> None:
        self.by_handle: dict[int, Any] = {}
        self.handles: dict[int, int] = {}
        self.next = 1
        self.scratch = scratch
        self.fresh: list[int] = []
        self.classes: list[Encoded] = []
        self.blobs: list[wire.Buffer] = []
        self.room = 0
        self.nodes = 0
        self.text = 0
        self.incoming: list[bytearray] = []
        self.lent: list[tuple[int, bytes | int]] = []

    # --- handles

    def handle(self, value: object) -> int:
        """Return the handle of an object, a new one when it has none."""
        known = self.handles.get(id(value))
        if known is not None:
            return known
        number = self.next
        self.next = number + 1
        self.handles[id(value)] = number
        self.by_handle[number] = value
        self.fresh.append(number)
        return number

    def release(self, handle: int) -> None:
        """Forget a handle; the object may end here."""
        value = self.by_handle.pop(handle, None)
        if self.handles.get(id(value)) == handle:
            del self.handles[id(value)]

    def class_handle(self, kind: type) -> int:
        """Return the handle of a class, describing it and its bases the first time."""
        known = self.handles.get(id(kind))
        if known is not None:
            return known
        number = self.handle(kind)
        bases = [
            self.class_handle(base)
            for base in worker_classes.bases(kind)
            if not (base.__module__ == "builtins" and issubclass(base, BaseException))
            and base is not object
        ]
        base = worker_classes.exception_base(kind)
        self.classes.append([number, bases, base, *worker_classes.describe(kind)])
        return number

    # --- replies

    def start(self, first: int) -> None:
        """Begin a reply whose new handles are numbered from `first`."""
        self.next = first
        self.fresh = []
        self.classes = []
        self.blobs = []
        self.room = wire.REPLY_BYTES // 4
        self.nodes = wire.BODY_NODES // 4
        self.text = 2 * wire.TEXT

    def undo(self) -> None:
        """Forget what a reply that is not sent has numbered."""
        for number in self.fresh:
            self.release(number)

    def blob(self, data: wire.Buffer) -> int:
        """Add a blob to the reply and return its index."""
        self.blobs.append(data)
        return len(self.blobs) - 1

    def encode(self, value: Any, depth: int = 0) -> Encoded:
        """Return the encoded form of any value."""
        encoder = _ENCODERS.get(type(value))
        return encoder(self, value, depth) if encoder else self.encode_other(value)

    def encode_other(self, value: Any) -> Encoded:
        """Encode what has no type of its own in the table: an opaque handle."""
        if isinstance(value, np.generic) and value.dtype.str in wire.DTYPES:
            return ["n", value.dtype.str, value.tobytes().hex()]
        if (
            isinstance(value, np.ndarray)
            and value.dtype.str in wire.DTYPES
            and value.ndim <= wire.DIMENSIONS
        ):
            return self.encode_array(value)
        if isinstance(value, np.dtype):
            return ["dt", value.str] if value.str in wire.DTYPES else self.opaque(value)
        if isinstance(value, type):
            return self.encode_class(value)
        if isinstance(value, types.ModuleType):
            return self.encode_module(value)
        return self.opaque(value)

    def opaque(self, value: Any) -> Encoded:
        """Encode a handle, with the handle of its class."""
        number = self.handle(value)
        return ["h", number, self.class_handle(type(value))]

    def encode_class(self, value: type) -> Encoded:
        name = f"{value.__module__}.{value.__qualname__}"
        if wire.TYPES.get(name) is value:
            return ["g", name]
        return ["c", self.class_handle(value)]

    def encode_module(self, value: types.ModuleType) -> Encoded:
        name = value.__name__
        if type(name) is not str or sys.modules.get(name) is not value or len(name) > wire.NAME:
            return self.opaque(value)
        return ["m", name, int(hasattr(value, "__path__"))]

    def encode_array(self, value: np.ndarray[Any, Any]) -> Encoded:
        """Encode a handle on an array that student code may hold too; a few bytes ride along."""
        shape = list(value.shape)
        number = self.handle(value)
        small = (
            value.nbytes <= wire.INLINE_BYTES
            and value.nbytes <= self.room
            and len(self.blobs) <= _MANY_BLOBS
        )
        if not small:
            return ["a", number, value.dtype.str, shape, -1, int(value.flags.writeable)]
        self.room -= value.nbytes
        index = self.blob(np.asarray(value).tobytes())
        return ["a", number, value.dtype.str, shape, index, int(value.flags.writeable)]

    def encode_fresh(self, value: np.ndarray[Any, Any]) -> Encoded:
        """Encode an array that nothing here refers to any more: it becomes the test's own."""
        order: Any = "F" if value.flags.f_contiguous and not value.flags.c_contiguous else "C"
        return ["v", value.dtype.str, list(value.shape), self.blob(value.tobytes(order)), order]

    def encode_list(self, value: list[Any], depth: int) -> Encoded:
        if len(value) > 1000 and (packed := self.encode_numbers(value)):
            return packed
        number = self.handle(value)
        try:
            return ["l", number, *self.items(value, depth)]
        except Opaque:
            return ["h", number, self.class_handle(list)]

    def encode_numbers(self, value: list[Any]) -> Encoded:
        """Encode a long list of ints or of floats as one blob."""
        kinds = set(map(type, value))
        code = "<i8" if kinds == {int} else "<f8" if kinds == {float} else None
        if code is None or len(value) > wire.LIST_ITEMS:
            return None
        try:
            data = np.array(value, dtype=code).tobytes()
        except OverflowError:
            return None
        return ["L", self.handle(value), code, len(value), self.blob(data)]

    def items(self, values: Any, depth: int) -> list[Encoded]:
        """Encode the items of a container."""
        self.nodes -= len(values)
        if depth >= wire.BODY_DEPTH // 2 - 2 or self.nodes < 0:
            raise Opaque
        return [self.encode(value, depth + 1) for value in values]

    def encode_tuple(self, value: tuple[Any, ...], depth: int) -> Encoded:
        try:
            return ["t", *self.items(value, depth)]
        except Opaque:
            return self.opaque(value)

    def encode_set(self, value: Any, depth: int) -> Encoded:
        if not all(type(item) in _KEYS for item in value):
            return self.opaque(value)
        try:
            return ["s" if type(value) is set else "fs", *self.items(list(value), depth)]
        except Opaque:
            return self.opaque(value)

    def encode_dict(self, value: dict[Any, Any], depth: int) -> Encoded:
        """Encode a dict whose keys compare as on this side; any other is opaque."""
        number = self.handle(value)
        try:
            if all(self.plain_key(key) for key in value):
                keys = self.items(list(value), depth)
                return [
                    "d",
                    number,
                    *zip(keys, self.items(list(value.values()), depth), strict=True),
                ]
        except Opaque:
            pass
        return ["h", number, self.class_handle(type(value))]

    def plain_key(self, key: Any) -> bool:
        """Whether a key is plain or compares by identity."""
        if type(key) in _KEYS:
            return True
        if type(key) is tuple:
            return all(type(item) in _KEYS for item in key)
        equality: Any = type(key).__eq__
        return equality is object.__eq__ and not isinstance(key, type | types.ModuleType)

    # --- requests

    def decode(self, node: Encoded) -> Any:
        """Read a value of the trusted side."""
        return _DECODERS[node[0]](self, node) if type(node) is list else node

    def decode_array(self, node: Encoded) -> np.ndarray[Any, Any]:
        _, code, shape, index, order, writeable = node
        data = self.incoming[index]
        array = np.frombuffer(data, dtype=code).reshape(shape, order=order)
        array.flags.writeable = bool(writeable)
        if writeable:
            self.lent.append((index, _print_of(data)))
        return array

    def decode_objects(self, node: Encoded) -> np.ndarray[Any, Any]:
        array = np.empty(len(node) - 2, dtype=object)
        array[:] = [self.decode(item) for item in node[2:]]
        return array.reshape(node[1])

    def decode_file(self, node: Encoded) -> Any:
        """Lay out a file or folder that the test made, and return its path here."""
        _, name, as_path, entries = node
        base = os.path.join(self.scratch(), name)
        for parts, index in entries:
            path = os.path.join(base, *parts)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(self.incoming[index])
        return pathlib.Path(base) if as_path else base

    def returned(self) -> list[Encoded]:
        """Arrays of the request that student code has changed in place."""
        changed = []
        for index, before in self.lent:
            data = self.incoming[index]
            if _print_of(data) != before:
                changed.append([index, self.blob(data)])
        return changed


def _print_of(data: bytearray) -> bytes | int:
    """Something that differs when the data does: the data itself when it is small."""
    return bytes(data) if len(data) <= _LARGE else zlib.crc32(data)


def _encode_int(objects: Objects, value: int, depth: int) -> Encoded:
    return value if -_INT < value < _INT else objects.opaque(value)


def _encode_float(objects: Objects, value: float, depth: int) -> Encoded:
    return value if math.isfinite(value) else ["f", repr(value)]


def _encode_text(objects: Objects, value: str, depth: int) -> Encoded:
    objects.text -= len(value)
    if len(value) > wire.TEXT or objects.text < 0:
        return objects.opaque(value)
    return value if value.isascii() else value.encode("utf-8", "replace").decode()


def _encode_bytes(objects: Objects, value: bytes, depth: int) -> Encoded:
    if len(value) > objects.room or len(objects.blobs) > _MANY_BLOBS:
        return objects.opaque(value)
    objects.room -= len(value)
    return ["b", objects.blob(value)]


def _encode_ndarray(objects: Objects, value: np.ndarray[Any, Any], depth: int) -> Encoded:
    known = value.dtype.str in wire.DTYPES and value.ndim <= wire.DIMENSIONS
    return (
        objects.encode_array(value)
        if known and value.nbytes <= wire.ARRAY_BYTES
        else objects.opaque(value)
    )


_ENCODERS: Final[dict[type, Callable[[Objects, Any, int], Encoded]]] = {
    type(None): lambda objects, value, depth: None,
    bool: lambda objects, value, depth: value,
    int: _encode_int,
    float: _encode_float,
    str: _encode_text,
    bytes: _encode_bytes,
    list: Objects.encode_list,
    tuple: Objects.encode_tuple,
    set: Objects.encode_set,
    frozenset: Objects.encode_set,
    **dict.fromkeys(_DICTS, Objects.encode_dict),
    np.ndarray: _encode_ndarray,
    slice: lambda objects, value, depth: [
        "sl",
        *(objects.encode(part, depth + 1) for part in (value.start, value.stop, value.step)),
    ],
    range: lambda objects, value, depth: ["r", value.start, value.stop, value.step],
    type(Ellipsis): lambda objects, value, depth: ["e"],
}
_KEYS: Final = (bool, int, float, str, type(None))


def _decode_named(objects: Objects, node: Encoded) -> Any:
    module = importlib.import_module(node[1])
    return operator.attrgetter(node[2])(module) if node[2] else module


_DECODERS: Final[dict[str, Callable[[Objects, Encoded], Any]]] = {
    "h": lambda objects, node: objects.by_handle[node[1]],
    "m": lambda objects, node: sys.modules.get(node[1]) or importlib.import_module(node[1]),
    "me": lambda objects, node: getattr(objects.decode(node[1]), node[2]),
    "g": _decode_named,
    "a": Objects.decode_array,
    "o": Objects.decode_objects,
    "file": Objects.decode_file,
    "l": lambda objects, node: [objects.decode(item) for item in node[1:]],
    "t": lambda objects, node: tuple([objects.decode(item) for item in node[1:]]),
    "s": lambda objects, node: {objects.decode(item) for item in node[1:]},
    "fs": lambda objects, node: frozenset(objects.decode(item) for item in node[1:]),
    "it": lambda objects, node: iter([objects.decode(item) for item in node[1:]]),
    "d": lambda objects, node: {
        objects.decode(key): objects.decode(item) for key, item in node[1:]
    },
    "sl": lambda objects, node: slice(*(objects.decode(item) for item in node[1:])),
    "r": lambda objects, node: range(*node[1:]),
    "e": lambda objects, node: Ellipsis,
    "ni": lambda objects, node: NotImplemented,
    "b": lambda objects, node: bytes(objects.incoming[node[1]]),
    "f": lambda objects, node: float(node[1]),
    "i": lambda objects, node: int(node[1], 16),
    "cx": lambda objects, node: complex(objects.decode(node[1]), objects.decode(node[2])),
    "n": lambda objects, node: np.frombuffer(bytes.fromhex(node[2]), dtype=node[1])[0],
    "dt": lambda objects, node: np.dtype(node[1]),
    "p": lambda objects, node: pathlib.Path(node[1]),
}
