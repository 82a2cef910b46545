"""Reads a tar archive, header by header."""

from __future__ import annotations

import dataclasses
import io
import re
from collections.abc import Iterator
from typing import Protocol

from grader.archive.ledger import Entry, Ledger, decode

BLOCK = 512
_STEP = 1 << 16
#: bytes of a header that extends the next one: a long name, or macOS's extended attributes
_EXTENSION_LIMIT = 1 << 20
#: how many of them one entry may have
_EXTENSIONS = 4

_FILE, _FOLDER = (b"0", b"\x00"), b"5"
_LONG_NAME, _LONG_LINK, _PAX, _PAX_GLOBAL = b"L", b"K", b"x", b"g"
_REFUSED = {
    b"1": "a hard link",
    b"2": "a symbolic link",
    b"3": "a device",
    b"4": "a device",
    b"6": "a FIFO",
    b"S": "a sparse file",
}
#: keys of a pax header that change what other programs would read
_PAX_REFUSED = re.compile(rb"GNU\.sparse\.|SCHILY\.realsize$|size$")
_PAX_RECORD = re.compile(rb"([1-9][0-9]{0,7}) ")


class Stream(Protocol):
    """Where the blocks come from."""

    def read(self, size: int) -> bytes:
        """Return the next `size` bytes, fewer at the end."""


Plain = io.BytesIO


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Header:
    name: bytes
    kind: bytes
    size: int


def is_header(block: bytes) -> bool:
    """Tell whether a block has the checksum of a tar header."""
    return len(block) == BLOCK and any(block) and _number(block[148:156]) == _checksum(block)


def _checksum(block: bytes) -> int:
    """Return the sum over a header, its own field taken for spaces."""
    return sum(block[:148]) + sum(block[156:]) + 8 * ord(" ")


def _number(field: bytes) -> int:
    """Return a number of a header, -1 if it is none."""
    if field[0] == 0x80:  # larger than eight octal digits can say
        return int.from_bytes(field[1:], "big")
    digits = field.strip(b" \x00")
    return int(digits or b"0", 8) if re.fullmatch(rb"[0-7]*", digits) else -1


def entries(stream: Stream, ledger: Ledger) -> Iterator[Entry]:
    """Yield the regular files of a tar archive."""
    return _Reader(stream, ledger).entries()


class _Reader:
    def __init__(self, stream: Stream, ledger: Ledger) -> None:
        self._stream = stream
        self._ledger = ledger

    def entries(self) -> Iterator[Entry]:
        while (header := self._header()) is not None:
            names: list[bytes] = []
            extensions = 0
            while header.kind in (_PAX, _PAX_GLOBAL, _LONG_NAME, _LONG_LINK):
                names += self._extension(header)
                extensions += 1
                header = self._header()
                if header is None or extensions > _EXTENSIONS or len(names) > 1:
                    self._ledger.refuse("extended headers that fit no entry")
            if (
                entry := self._entry(header, decode(names[0] if names else header.name))
            ) is not None:
                yield entry

    # -- headers -----------------------------------------------------------------------

    def _header(self) -> _Header | None:
        """Return the next header, None at the end of the archive."""
        block = self._stream.read(BLOCK)
        if len(block) < BLOCK:
            self._ledger.refuse("cut off: a tar archive without its end; send it again")
        if not any(block):
            self._check_end()
            return None
        if not is_header(block):
            self._ledger.refuse("not a tar archive, or a damaged one: a header has a wrong sum")
        return _Header(name=self._name(block), kind=block[156:157], size=self._size(block))

    def _name(self, block: bytes) -> bytes:
        name = self._text(block[:100])
        if block[257:263] == b"ustar\x00" and (prefix := self._text(block[345:500])):
            return prefix + b"/" + name
        return name

    def _text(self, field: bytes) -> bytes:
        text, _, rest = field.partition(b"\x00")
        if rest.strip(b"\x00"):
            self._ledger.refuse("a NUL character in the name", decode(field.rstrip(b"\x00")))
        return text

    def _size(self, block: bytes) -> int:
        if (size := _number(block[124:136])) < 0:
            self._ledger.refuse("a size that is no number", decode(self._name(block)))
        return size

    def _check_end(self) -> None:
        """Read to the end of the stream: only padding follows."""
        while rest := self._stream.read(_STEP):
            if rest.strip(b"\x00"):
                self._ledger.refuse("bytes behind the end of the tar archive; make it again")

    # -- headers that extend the next one ----------------------------------------------

    def _extension(self, header: _Header) -> list[bytes]:
        """Return the name that an extension gives the next entry, as a list of one or none."""
        if header.size > _EXTENSION_LIMIT:
            self._ledger.refuse(f"an extended header of {header.size} bytes", decode(header.name))
        data = self._data(header, decode(header.name))
        if header.kind == _LONG_LINK:
            return []  # a link follows, which is refused by itself
        if header.kind == _LONG_NAME:
            return [data.removesuffix(b"\x00")]
        records = self._records(data, decode(header.name))
        if header.kind == _PAX_GLOBAL and b"path" in records:
            self._ledger.refuse("one name for all entries", decode(records[b"path"]))
        return [records[b"path"]] if b"path" in records else []

    def _records(self, data: bytes, name: str) -> dict[bytes, bytes]:
        """Return the `length key=value` records of a pax header."""
        records: dict[bytes, bytes] = {}
        while data:
            length = _PAX_RECORD.match(data)
            record = data[: int(length[1])] if length else b""
            if length is None or not record.endswith(b"\n") or len(record) != int(length[1]):
                self._ledger.refuse("a damaged extended header", name)
            key, equals, value = record[length.end() : -1].partition(b"=")
            if not equals or key in records or _PAX_REFUSED.match(key):
                self._ledger.refuse(f"an extended header with {decode(key)!r}", name)
            records[key] = value
            data = data[len(record) :]
        return records

    # -- entries -----------------------------------------------------------------------

    def _entry(self, header: _Header, raw_name: str) -> Entry | None:
        name = self._ledger.normalize(raw_name)
        is_folder = header.kind == _FOLDER or raw_name.endswith("/")
        is_file = header.kind in _FILE and not is_folder
        if not is_file and header.size:
            self._ledger.refuse("no regular file, and yet it has content", raw_name)
        if name and self._ledger.is_clutter(name):
            self._skip(header, raw_name)
            return None
        if header.kind not in (*_FILE, _FOLDER):
            what = _REFUSED.get(header.kind, f"an entry of type {decode(header.kind)!r}")
            self._ledger.refuse(f"{what}; only files and folders are taken", raw_name)
        if not name and not is_folder:
            self._ledger.refuse("an empty name", raw_name)
        if name:
            self._ledger.admit(name, is_folder=is_folder)
        if is_folder:
            return None
        self._ledger.count(name, header.size)
        if self._ledger.wanted(name):
            content = self._data(header, name)
            return Entry(name=name, size=header.size, content=content)
        self._skip(header, name)
        return Entry(name=name, size=header.size, content=None)

    def _data(self, header: _Header, name: str) -> bytes:
        data = self._stream.read(header.size)
        padding = -header.size % BLOCK
        if len(data) < header.size or len(self._stream.read(padding)) < padding:
            self._cut_off(name)
        return data

    def _skip(self, header: _Header, name: str) -> None:
        left = header.size + -header.size % BLOCK
        while left:
            passed = len(self._stream.read(min(left, _STEP)))
            if not passed:
                self._cut_off(name)
            left -= passed

    def _cut_off(self, name: str) -> None:
        self._ledger.refuse("cut off in the middle of its content; send the archive again", name)
