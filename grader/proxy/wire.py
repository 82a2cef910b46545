"""Frames of the proxy protocol: what both sides agree on, and nothing else.

    magic u32 | version u8 | kind u8 | flags u16 | id u64 | body length u32 | blobs u16 | 0 u16
    | length u64 of each blob | body (JSON) | blobs

A request carries a random id and its reply repeats it. Bodies hold no JSON objects, only lists: the
first item of a list is its tag, so there are no keys to repeat or to forget.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

MAGIC: Final = 0x4C44454E
VERSION: Final = 1
HEADER: Final = struct.Struct("<IBBHQIHH")

#: kinds of frames from the trusted side
HELLO, BEGIN, REQUEST, QUIT, END = 1, 2, 3, 4, 5
#: kinds of frames from the worker
REPLY, RAISED, DIED = 16, 17, 18

#: flag: the first blob is the state of NumPy's global random generator
RANDOM: Final = 1

#: bytes of the token by which the worker's parent proves that it is not a child that took its place
TOKEN_BYTES: Final = 16

#: an array or list of at most this many bytes rides along with the reply that names it
INLINE_BYTES: Final = 64 << 10
#: most bytes of one array
ARRAY_BYTES: Final = 512 << 20
#: most bytes of all blobs of a reply that does not answer `fetch`
REPLY_BYTES: Final = 64 << 20
#: most bytes, list items and nesting of a reply's body
BODY_BYTES: Final = 2 << 20
BODY_NODES: Final = 100_000
BODY_DEPTH: Final = 16
#: most blobs of a reply
BLOBS: Final = 256
#: most items of a list of numbers that travels as one blob
LIST_ITEMS: Final = 2_000_000
#: most characters of a text, of a name
TEXT: Final = 64 << 10
NAME: Final = 128
#: most dimensions of an array, and the largest dimension
DIMENSIONS: Final = 32
DIMENSION: Final = 1 << 31

#: the only element types that cross, by NumPy's own short names
DTYPES: Final = {
    dtype.str: dtype
    for code in ("?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8")
    for dtype in (np.dtype(code), np.dtype(code).newbyteorder())
}

#: built-in and NumPy types that may be named instead of being sent
TYPES: Final = {
    f"{kind.__module__}.{kind.__qualname__}": kind
    for kind in (
        *(bool, int, float, complex, str, bytes, list, tuple, dict, set, frozenset, object, type),
        *(type(None), slice, range),
        *(np.ndarray, np.dtype, np.generic, np.number, np.integer, np.floating),
        *(dtype.type for dtype in DTYPES.values()),
    )
}

_encoder = json.JSONEncoder(separators=(",", ":"), check_circular=False, allow_nan=False)

Buffer = bytes | bytearray | memoryview


def frame(kind: int, number: int, body: Any, blobs: Sequence[Buffer] = (), flags: int = 0) -> bytes:
    """Return the bytes of one frame."""
    text = _encoder.encode(body).encode("ascii")
    header = HEADER.pack(MAGIC, VERSION, kind, flags, number, len(text), len(blobs), 0)
    if not blobs:
        return header + text
    sizes = struct.pack(f"<{len(blobs)}Q", *(memoryview(blob).nbytes for blob in blobs))
    return b"".join((header, sizes, text, *blobs))


def read_exactly(descriptor: int, size: int) -> bytes:
    """Read `size` bytes from a blocking descriptor; EOFError when it ends before."""
    data = os.read(descriptor, size)
    if len(data) == size:
        return data
    parts = [data]
    missing = size - len(data)
    while missing:
        if not parts[-1]:
            raise EOFError
        parts.append(os.read(descriptor, missing))
        missing -= len(parts[-1])
    return b"".join(parts)


def read_frame(descriptor: int) -> tuple[int, int, int, bytes, list[bytearray]]:
    """Read kind, flags, id, body and blobs of one frame, and not a byte more."""
    magic, version, kind, flags, number, size, count, _ = HEADER.unpack(
        read_exactly(descriptor, HEADER.size)
    )
    if magic != MAGIC or version != VERSION:
        raise EOFError
    sizes = struct.unpack(f"<{count}Q", read_exactly(descriptor, 8 * count)) if count else ()
    body = read_exactly(descriptor, size)
    return kind, flags, number, body, [_read_blob(descriptor, size) for size in sizes]


def _read_blob(descriptor: int, size: int) -> bytearray:
    blob = bytearray(size)
    view = memoryview(blob)
    while view:
        done = os.readv(descriptor, [view])
        if not done:
            raise EOFError
        view = view[done:]
    return blob


def write_all(descriptor: int, data: Buffer) -> None:
    """Write all of `data` to a blocking descriptor."""
    done = os.write(descriptor, data)
    if done == len(data):
        return
    view = memoryview(data)[done:]
    while view:
        view = view[os.write(descriptor, view) :]
