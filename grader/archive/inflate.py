"""Decompresses in small steps, so that a bomb is noticed before it goes off."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

CHUNK = 1 << 16


class Inflater:
    """One compressed stream in the middle of other bytes."""

    def __init__(self, data: memoryview, start: int, *, wbits: int) -> None:
        self._data = data
        self._engine = zlib.decompressobj(wbits)
        #: how far the data has been used; behind the stream when `blocks` has ended
        self.position = start

    def blocks(self) -> Iterator[bytes]:
        """Yield the content, at most CHUNK bytes at a time; zlib.error if it is damaged."""
        engine = self._engine
        while not engine.eof:
            feed: bytes | memoryview = engine.unconsumed_tail
            if not feed:
                feed = self._data[self.position : self.position + CHUNK]
                self.position += len(feed)
            block = engine.decompress(feed, CHUNK)
            if not feed and not block and not engine.eof:
                raise zlib.error("it ends in the middle")
            if block:
                yield block
        self.position -= len(engine.unused_data)
