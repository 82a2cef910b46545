"""Reads a zip archive by its directory, and holds every local header to what the directory says.

Programs differ in what they make of a zip archive whose two descriptions disagree, or whose parts
overlap or leave room: what one shows, another does not unpack. Such an archive is refused.
"""

from __future__ import annotations

import dataclasses
import stat
import struct
import zlib
from collections.abc import Iterator
from typing import NoReturn

from grader.archive.folder import describe
from grader.archive.inflate import Inflater
from grader.archive.ledger import Entry, Ledger, decode

# each with its signature
_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_END64 = struct.Struct("<4sQ2H2I4Q")
_LOCATOR = struct.Struct("<4sIQI")
_LONGEST_COMMENT = 0xFFFF
#: what a field says when the value stands in a 64-bit field elsewhere
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF

_STORED, _DEFLATED = 0, 8
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_SIZES_FOLLOW = 0x8
_UTF8 = 0x800
#: bytes that may follow an entry whose sizes follow: with and without signature, 32 and 64 bits
_TRAILERS = {0, 12, 16, 20, 24}
_DOS_FOLDER = 0x10
_UNICODE_PATH, _ZIP64 = 0x7075, 0x0001
_OFFICE = ("word/", "xl/", "ppt/")


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Member:
    """What the directory says of an entry."""

    raw_name: bytes
    #: the name as text, not yet normalized
    name: str
    is_folder: bool
    mode: int
    flags: int
    method: int
    checksum: int
    compressed: int
    size: int
    #: where its local header is
    offset: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Directory:
    count: int
    start: int
    end: int


def entries(data: bytes, ledger: Ledger) -> Iterator[Entry]:
    """Yield the regular files of a zip archive."""
    return _Reader(data, ledger).entries()


class _Reader:
    def __init__(self, data: bytes, ledger: Ledger) -> None:
        self._data = data
        self._ledger = ledger

    def entries(self) -> Iterator[Entry]:
        directory = self._directory()
        members = list(self._members(directory))
        self._refuse_office(members)
        starts = self._check_layout(members, directory.start)
        for member, start in zip(members, starts, strict=True):
            if (entry := self._entry(member, start)) is not None:
                yield entry

    def _damaged(self, what: str) -> NoReturn:
        self._ledger.refuse(f"a damaged zip archive: {what}; make it again and send it again")

    def _unpack(self, form: struct.Struct, position: int, signature: bytes) -> tuple[int, ...]:
        """Return the fields of a structure behind its signature."""
        if position < 0 or position + form.size > len(self._data):
            self._damaged("it is cut off")
        found, *fields = form.unpack_from(self._data, position)
        if found != signature:
            self._damaged("its parts are not where it says")
        return tuple(fields)

    # -- the directory -----------------------------------------------------------------

    def _directory(self) -> _Directory:
        """Return where the directory is: it has to end where its end record starts."""
        at = self._end_record()
        disk, first_disk, here, count, size, start, _ = self._unpack(_END, at, b"PK\x05\x06")
        end = at
        if self._data[max(0, at - _LOCATOR.size) : at].startswith(b"PK\x06\x07"):
            disks, end, _ = self._unpack(_LOCATOR, at - _LOCATOR.size, b"PK\x06\x07")
            wide = self._end_record_64(end, at - _LOCATOR.size)
            fields = zip((here, count, size, start), wide, strict=True)
            if any(a not in (b, _FULL16, _FULL32) for a, b in fields):
                self._damaged("its two end records differ")
            here, count, size, start = wide
            disk |= disks
        if disk or first_disk or here != count:
            self._ledger.refuse("one part of a split zip archive; send it in one piece")
        if start + size != end:
            self._damaged("there are bytes in front of it or between its parts")
        if count > self._ledger.limits.clutter:
            self._ledger.refuse(f"{count} entries, more than {self._ledger.limits.clutter}")
        return _Directory(count=count, start=start, end=end)

    def _end_record(self) -> int:
        """Return where the end record is: exactly one has a comment that ends with the file."""
        first = max(0, len(self._data) - _END.size - _LONGEST_COMMENT)
        found, at = [], self._data.find(b"PK\x05\x06", first)
        seen = at >= 0
        while at >= 0:
            comment = self._data[at + _END.size - 2 : at + _END.size]
            if len(comment) == 2 and at + _END.size + int.from_bytes(comment, "little") == len(
                self._data
            ):
                found.append(at)
            at = self._data.find(b"PK\x05\x06", at + 1)
        if not found:
            self._damaged("bytes follow its end" if seen else "its end is missing")
        if len(found) > 1:
            self._damaged("it has two ends")
        return found[0]

    def _end_record_64(self, at: int, end: int) -> tuple[int, int, int, int]:
        size, _, _, disk, first_disk, here, count, length, start = self._unpack(
            _END64, at, b"PK\x06\x06"
        )
        if at + 12 + size != end or disk or first_disk:
            self._damaged("its parts are not where it says")
        return here, count, length, start

    def _members(self, directory: _Directory) -> Iterator[_Member]:
        at = directory.start
        for _ in range(directory.count):
            member, at = self._member(at)
            yield member
        if at != directory.end:
            self._damaged("its directory is not as long as it says")

    def _member(self, at: int) -> tuple[_Member, int]:
        """Return the directory's entry at a position, and the position of the next one."""
        fields = self._unpack(_CENTRAL, at, b"PK\x01\x02")
        made_by, _, flags, method, _, _, checksum, compressed, size = fields[:9]
        name_length, extra_length, comment_length, disk, _, attributes, offset = fields[9:]
        at += _CENTRAL.size
        raw = self._data[at : at + name_length]
        extra = self._data[at + name_length : at + name_length + extra_length]
        name = self._name(raw, flags, extra)
        size, compressed, offset = self._wide(extra, (size, compressed, offset), name)
        if disk not in (0, _FULL16):
            self._ledger.refuse("one part of a split zip archive; send it in one piece")
        is_dos_folder = made_by >> 8 != 3 and bool(attributes & _DOS_FOLDER) and not size
        member = _Member(
            raw_name=raw,
            name=name,
            is_folder=name.endswith("/") or is_dos_folder,
            mode=attributes >> 16,
            flags=flags,
            method=method,
            checksum=checksum,
            compressed=compressed,
            size=size,
            offset=offset,
        )
        return member, at + name_length + extra_length + comment_length

    def _name(self, raw: bytes, flags: int, extra: bytes) -> str:
        name = decode(raw)
        if flags & _UTF8 and name.encode("utf-8") != raw:
            self._ledger.refuse("a name that claims to be UTF-8 and is not", name)
        other = _extra(extra, _UNICODE_PATH)[5:]
        if other and raw.isascii() and other != raw:
            self._ledger.refuse("an entry with two names", name)
        return name

    def _wide(self, extra: bytes, fields: tuple[int, ...], name: str) -> tuple[int, ...]:
        """Return the fields, with those that do not fit 32 bits from where they stand."""
        wide = _extra(extra, _ZIP64)
        result = []
        for field in fields:
            if field == _FULL32 and len(wide) >= 8:
                field, wide = int.from_bytes(wide[:8], "little"), wide[8:]
            result.append(field)
        return tuple(result)

    def _refuse_office(self, members: list[_Member]) -> None:
        names = [member.name for member in members]
        if "[Content_Types].xml" in names and any(name.startswith(_OFFICE) for name in names):
            self._ledger.refuse("an Office document; send a .zip or .tar.gz archive or a folder")

    # -- the layout --------------------------------------------------------------------

    def _check_layout(self, members: list[_Member], end: int) -> list[int]:
        """Return where the content of each member starts; they must lie side by side."""
        starts = {}
        position, before = 0, {0}
        for member in sorted(members, key=lambda member: member.offset):
            if member.offset < position:
                self._ledger.refuse("overlaps another entry", member.name)
            if member.offset - position not in before:
                self._damaged("there are bytes in front of it or between its parts")
            start = self._check_local(member)
            starts[member.offset] = start
            position = start + member.compressed
            before = _TRAILERS if member.flags & _SIZES_FOLLOW else {0}
            if position > end:
                self._ledger.refuse("overlaps the directory of the archive", member.name)
        if end - position not in before:
            self._damaged("there are bytes in front of it or between its parts")
        return [starts[member.offset] for member in members]

    def _check_local(self, member: _Member) -> int:
        """Compare a local header with the directory; return where the content starts."""
        fields = self._unpack(_LOCAL, member.offset, b"PK\x03\x04")
        _, flags, method, _, _, checksum, compressed, size, name_length, extra_length = fields
        at = member.offset + _LOCAL.size
        if self._data[at : at + name_length] != member.raw_name:
            self._ledger.refuse("another name in its header than in the directory", member.name)
        said = (checksum, compressed, size)
        listed = (member.checksum, member.compressed, member.size)
        differs = any(a not in (b, _FULL32) for a, b in zip(said, listed, strict=True))
        if method != member.method or (differs and not flags & _SIZES_FOLLOW):
            self._ledger.refuse(
                "another size or kind in its header than in the directory", member.name
            )
        if (flags ^ member.flags) & (_SIZES_FOLLOW | _ENCRYPTED):
            self._ledger.refuse("other flags in its header than in the directory", member.name)
        return at + name_length + extra_length

    # -- entries -----------------------------------------------------------------------

    def _entry(self, member: _Member, start: int) -> Entry | None:
        name = self._ledger.normalize(member.name)
        if name and self._ledger.is_clutter(name):
            return None
        if member.flags & _ENCRYPTED:
            self._ledger.refuse("encrypted; send it without a password", member.name)
        kind = stat.S_IFMT(member.mode)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            self._ledger.refuse(f"{describe(kind)}; only files and folders are taken", member.name)
        if member.is_folder != (kind == stat.S_IFDIR) and kind:
            self._ledger.refuse("a file and a folder in one", member.name)
        if not name and not member.is_folder:
            self._ledger.refuse("an empty name", member.name)
        if name:
            self._ledger.admit(name, is_folder=member.is_folder)
        if not member.is_folder:
            return self._file(member, name, start)
        if member.size:
            self._ledger.refuse("no regular file, and yet it has content", member.name)
        return None

    def _file(self, member: _Member, name: str, start: int) -> Entry:
        if member.method not in (_STORED, _DEFLATED):
            self._ledger.refuse(
                f"compressed by method {member.method}; use the ordinary one (Deflate)", name
            )
        self._ledger.count(name, member.size)
        self._ledger.check_ratio(member.size, member.compressed, name)
        content = bytearray()
        size = checksum = 0
        for block in self._blocks(member, name, start):
            size += len(block)
            if size > member.size:
                self._ledger.refuse(f"more than the {member.size} bytes that it announces", name)
            checksum = zlib.crc32(block, checksum)
            content += block
        if size != member.size or checksum != member.checksum:
            self._ledger.refuse("damaged: its checksum is wrong; send the archive again", name)
        wanted = self._ledger.wanted(name)
        return Entry(name=name, size=size, content=bytes(content) if wanted else None)

    def _blocks(self, member: _Member, name: str, start: int) -> Iterator[bytes]:
        data = memoryview(self._data)[start : start + member.compressed]
        if member.method == _STORED:
            yield bytes(data)
            return
        inflater = Inflater(data, 0, wbits=-zlib.MAX_WBITS)
        try:
            yield from inflater.blocks()
        except zlib.error as error:
            self._ledger.refuse(f"damaged ({error}); send the archive again", name)
        if inflater.position != len(data):
            self._ledger.refuse("bytes behind the end of its content", name)


def _extra(extra: bytes, wanted: int) -> bytes:
    """Return one of the extra fields of an entry, empty if it is not there."""
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<2H", extra)
        if kind == wanted:
            return extra[4 : 4 + length]
        extra = extra[4 + length :]
    return b""
