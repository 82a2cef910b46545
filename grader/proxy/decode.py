"""Reads replies, strictly: any bytes give a value or a ProtocolViolation.

Bodies are JSON without objects. Sizes are counted before anything is built, numbers are finite and
fit 64 bits, element types and type names come from tables, every blob is used once, and a handle is
one that this side has issued: known with the same kind, or the next in order.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any, Final, NoReturn, Protocol

import numpy as np

from grader.errors import ProtocolViolation
from grader.proxy import wire

Local = np.ndarray[Any, Any]
_INT: Final = 1 << 63


class Builder(Protocol):
    """Makes local objects for what a reply names; it has checked nothing but types."""

    def remote(self, handle: int, class_handle: int) -> Any:
        """Return the opaque handle of an object."""

    def kind(self, handle: int) -> type:
        """Return the stand-in of a class."""

    def array(
        self,
        handle: int,
        dtype: np.dtype[Any],
        shape: tuple[int, ...],
        writeable: bool,
        data: Local | None,
    ) -> Any:
        """Return an array that stays on the student's side."""

    def container(self, handle: int, items: list[Any] | dict[Any, Any]) -> Any:
        """Return a list or dict of the student's side."""

    def module(self, name: str, package: bool) -> Any:
        """Return a module of the student's side."""


def refuse(problem: str) -> NoReturn:
    """Raise a ProtocolViolation."""
    raise ProtocolViolation(f"The student's process sent an invalid reply: {problem}.")


def _no_constant(name: str) -> NoReturn:
    refuse(f"the number {name}")


def _no_object(pairs: object) -> NoReturn:
    refuse("a JSON object")


_decoder: Any = json.JSONDecoder(parse_constant=_no_constant, object_pairs_hook=_no_object)
_scan = _decoder.scan_once


def parse(body: bytes) -> list[Any]:
    """Parse the body of a reply; a list, whose items are not checked yet."""
    if len(body) > wire.BODY_NODES:
        _count(body)
    try:
        value, end = _scan(body.decode("ascii"), 0)
    except (ValueError, RecursionError, StopIteration):
        refuse("no valid JSON")
    if type(value) is not list or not value or end != len(body):
        refuse("no list")
    return value


def _count(body: bytes) -> None:
    """Refuse a body that would become too many objects, before it does."""
    if len(body) > wire.BODY_BYTES:
        refuse(f"a body of {len(body)} bytes")
    if body.count(b",") + body.count(b"[") > wire.BODY_NODES:
        refuse(f"more than {wire.BODY_NODES} items")


def text(value: object, most: int = wire.TEXT) -> str:
    """Return a checked text."""
    if type(value) is not str or len(value) > most:
        refuse("no text, or one that is too long")
    if not value.isascii() and any(0xD800 <= ord(character) < 0xE000 for character in value):
        refuse("a text with half a character")
    return value


def integer(value: object, low: int = -_INT, high: int = _INT) -> int:
    """Return a checked int of the range [low, high)."""
    if type(value) is not int or not low <= value < high:
        refuse("no int in range")
    return value


def names(value: object) -> list[str]:
    """Return a checked list of short texts."""
    if type(value) is not list:
        refuse("no list of names")
    return [text(item, wire.NAME) for item in value]


class Decoder:
    """Decodes the values of one reply."""

    def __init__(self, builder: Builder, blobs: list[memoryview]) -> None:
        self.builder = builder
        self.blobs = blobs
        self.unused = set(range(len(blobs)))

    def finish(self) -> None:
        """Check that nothing was left over."""
        if self.unused:
            refuse("blobs that nothing refers to")

    def blob(self, index: object) -> memoryview:
        """Return a blob, once."""
        number = integer(index, 0, len(self.blobs))
        if number not in self.unused:
            refuse("a blob used twice")
        self.unused.discard(number)
        return self.blobs[number]

    def value(self, node: Any, depth: int = 0) -> Any:
        """Return the value of a node."""
        kind = type(node)
        if kind is list:
            if depth >= wire.BODY_DEPTH or not node or type(node[0]) is not str:
                refuse("a value nested too deep or without a tag")
            decoder = _TAGS.get(node[0])
            if decoder is None:
                refuse("an unknown tag")
            return decoder(self, node, depth + 1)
        if node is None or kind is bool:
            return node
        if kind is str:
            return text(node)
        if kind is int:
            return integer(node)
        if kind is float and math.isfinite(node):
            return node
        refuse("a value that is not plain")

    def values(self, nodes: list[Any], depth: int) -> list[Any]:
        """Return the values of the items of a container."""
        return [self.value(node, depth) for node in nodes]

    def array(self, node: list[Any]) -> Local:
        """Return a new array made of base NumPy memory: ["v", dtype, shape, blob, order]."""
        _, code, dimensions, index, order = _sized(node, 5)
        dtype, shape = element_type(code), shape_of(dimensions)
        data = self.blob(index)
        if data.nbytes != bytes_of(shape, dtype) or order not in ("C", "F"):
            refuse("an array whose bytes do not fit its shape")
        return build(data, dtype, shape, order)


def _sized(node: list[Any], size: int) -> list[Any]:
    if len(node) != size:
        refuse(f"{len(node)} items where {size} belong")
    return node


def element_type(code: object) -> np.dtype[Any]:
    """Return an allowed element type."""
    dtype = wire.DTYPES.get(code) if type(code) is str else None
    if dtype is None:
        refuse("an element type that is not allowed")
    return dtype


def shape_of(value: object) -> tuple[int, ...]:
    """Return a checked shape."""
    if type(value) is not list or len(value) > wire.DIMENSIONS:
        refuse("no shape")
    return tuple(integer(size, 0, wire.DIMENSION) for size in value)


def bytes_of(shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
    """Return the size of an array, counted in Python's ints; no empty one may be huge."""
    if math.prod(max(size, 1) for size in shape) * dtype.itemsize > wire.ARRAY_BYTES:
        refuse(f"an array of shape {shape}")
    return math.prod(shape) * dtype.itemsize


def build(
    data: memoryview, dtype: np.dtype[Any], shape: tuple[int, ...], order: Any = "C"
) -> Local:
    """Return a base ndarray with memory of its own."""
    flat = np.frombuffer(data, dtype=np.uint8 if dtype.kind == "b" else dtype)
    flat = (flat != 0) if dtype.kind == "b" else flat.copy()
    return flat.reshape(shape, order=order)


def _handle(decoder: Decoder, node: list[Any], depth: int) -> Any:
    _, handle, class_handle = _sized(node, 3)
    return decoder.builder.remote(integer(handle, 1), integer(class_handle, 1))


def _class(decoder: Decoder, node: list[Any], depth: int) -> Any:
    return decoder.builder.kind(integer(_sized(node, 2)[1], 1))


def _named_type(decoder: Decoder, node: list[Any], depth: int) -> Any:
    kind = wire.TYPES.get(text(_sized(node, 2)[1]))
    return kind if kind is not None else refuse("a type that is not allowed")


def _module(decoder: Decoder, node: list[Any], depth: int) -> Any:
    _, name, package = _sized(node, 3)
    if not all(part.isidentifier() for part in text(name, wire.NAME).split(".")):
        refuse("a module name")
    return decoder.builder.module(name, bool(integer(package, 0, 2)))


def _remote_array(decoder: Decoder, node: list[Any], depth: int) -> Any:
    _, handle, code, dimensions, index, writeable = _sized(node, 6)
    dtype, shape = element_type(code), shape_of(dimensions)
    size = bytes_of(shape, dtype)
    data = None
    if index != -1:
        blob = decoder.blob(index)
        if blob.nbytes != size:
            refuse("an array whose bytes do not fit its shape")
        data = build(blob, dtype, shape)
    flag = bool(integer(writeable, 0, 2))
    return decoder.builder.array(integer(handle, 1), dtype, shape, flag, data)


def _list(decoder: Decoder, node: list[Any], depth: int) -> Any:
    if len(node) < 2:
        refuse("a list without a handle")
    return decoder.builder.container(integer(node[1], 1), decoder.values(node[2:], depth))


def _numbers(decoder: Decoder, node: list[Any], depth: int) -> Any:
    _, handle, code, count, index = _sized(node, 5)
    data = decoder.blob(index)
    if code not in ("<i8", "<f8") or data.nbytes != 8 * integer(count, 0, wire.LIST_ITEMS + 1):
        refuse("a list of numbers whose bytes do not fit its length")
    return decoder.builder.container(integer(handle, 1), np.frombuffer(data, dtype=code).tolist())


def _dict(decoder: Decoder, node: list[Any], depth: int) -> Any:
    if len(node) < 2:
        refuse("a dict without a handle")
    items: dict[Any, Any] = {}
    for pair in node[2:]:
        if type(pair) is not list or len(pair) != 2:
            refuse("a dict item that is no pair")
        key = _key(decoder.value(pair[0], depth + 1))
        if key in items:
            refuse("a dict key twice")
        items[key] = decoder.value(pair[1], depth + 1)
    return decoder.builder.container(integer(node[1], 1), items)


def _key(value: Any) -> Any:
    """Return a key whose hash and equality are ours."""
    if type(value) is tuple:
        return tuple(_key(item) for item in value)
    plain = value is None or type(value) in (bool, int, float, str)
    if not plain and (isinstance(value, type) or not getattr(type(value), "_g_by_identity", False)):
        refuse("a key that is neither plain nor compared by identity")
    return value


def _set(decoder: Decoder, node: list[Any], depth: int) -> Any:
    items = [_key(item) for item in decoder.values(node[1:], depth)]
    return set(items) if node[0] == "s" else frozenset(items)


def _scalar(decoder: Decoder, node: list[Any], depth: int) -> Any:
    _, code, digits = _sized(node, 3)
    dtype = element_type(code)
    try:
        data = bytes.fromhex(text(digits, 32))
    except ValueError:
        refuse("a number without digits")
    if len(data) != dtype.itemsize:
        refuse("a number of the wrong size")
    return build(memoryview(data), dtype, (1,))[0]


def _text_number(decoder: Decoder, node: list[Any], depth: int) -> float:
    if _sized(node, 2)[1] not in ("nan", "inf", "-inf"):
        refuse("an unknown number")
    return float(node[1])


def _slice(decoder: Decoder, node: list[Any], depth: int) -> slice:
    return slice(*decoder.values(_sized(node, 4)[1:], depth))


def _range(decoder: Decoder, node: list[Any], depth: int) -> range:
    start, stop, step = (integer(part) for part in _sized(node, 4)[1:])
    if not step or (stop - start) // step > wire.LIST_ITEMS:
        refuse("a range without a step, or with more numbers than a list may have")
    return range(start, stop, step)


_TAGS: Final[dict[str, Callable[[Decoder, list[Any], int], Any]]] = {
    "h": _handle,
    "c": _class,
    "g": _named_type,
    "m": _module,
    "a": _remote_array,
    "v": lambda decoder, node, depth: decoder.array(node),
    "l": _list,
    "L": _numbers,
    "d": _dict,
    "t": lambda decoder, node, depth: tuple(decoder.values(node[1:], depth)),
    "s": _set,
    "fs": _set,
    "n": _scalar,
    "dt": lambda decoder, node, depth: element_type(_sized(node, 2)[1]),
    "f": _text_number,
    "sl": _slice,
    "r": _range,
    "e": lambda decoder, node, depth: Ellipsis,
    "b": lambda decoder, node, depth: bytes(decoder.blob(_sized(node, 2)[1])),
}
