"""A gzip file, read as a stream."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from grader.archive.inflate import Inflater
from grader.archive.ledger import Ledger

_MAGIC = b"\x1f\x8b"
#: zlib's number for a gzip header and trailer around the largest window
_GZIP = 16 + zlib.MAX_WBITS
#: parts in one file: block compressors write one per 64 KB, an attack one per 20 bytes
_PARTS = 10_000


class Gunzip:
    """The decompressed content of gzip data, within the limits of a ledger."""

    def __init__(self, data: bytes, ledger: Ledger) -> None:
        self._data = memoryview(data)
        self._ledger = ledger
        self._blocks = self._decompressed()
        self._buffer = bytearray()

    def read(self, size: int) -> bytes:
        """Return the next `size` bytes, fewer at the end."""
        while len(self._buffer) < size and (block := next(self._blocks, None)) is not None:
            self._buffer += block
        result = bytes(self._buffer[:size])
        del self._buffer[:size]
        return result

    def _decompressed(self) -> Iterator[bytes]:
        position = produced = 0
        for _ in range(_PARTS):
            if position == len(self._data):
                return
            if bytes(self._data[position : position + 2]) != _MAGIC:
                self._check_padding(position)
                return
            part = Inflater(self._data, position, wbits=_GZIP)
            try:
                for block in part.blocks():
                    produced += len(block)
                    self._check_size(produced, part.position)
                    yield block
            except zlib.error as error:
                self._ledger.refuse(f"damaged gzip data ({error}); send it again")
            position = part.position
        self._ledger.refuse(f"gzip data in more than {_PARTS} parts")

    def _check_padding(self, position: int) -> None:
        if bytes(self._data[position:]).strip(b"\x00"):
            self._ledger.refuse("bytes behind the end of the gzip data; make the archive again")

    def _check_size(self, produced: int, used: int) -> None:
        self._ledger.check_ratio(produced, used)
        if produced > self._ledger.limits.total:
            total = self._ledger.limits.total >> 20
            self._ledger.refuse(f"the files together are more than {total} MB")
