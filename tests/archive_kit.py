"""Builds archives, sound and hostile, for the tests of intake."""

from __future__ import annotations

import io
import stat
import struct
import tarfile
import warnings
import zipfile
import zlib
from collections.abc import Iterable

GOOD = {"python/needle/autograd.py": b"x = 1\n", "apps/simple_ml.py": b"import needle as ndl\n"}


def zip_entry(name: str, mode: int = 0o100644) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.create_system = 3
    entry.external_attr = mode << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def make_zip(
    files: Iterable[tuple[str | zipfile.ZipInfo, bytes]], *, comment: bytes = b"", good: bool = True
) -> bytes:
    """Return a zip archive: the good files, then `files` in their order, twice if so given."""
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")
        for name, content in [*(GOOD.items() if good else ()), *files]:
            archive.writestr(name, content)
        archive.comment = comment
    return buffer.getvalue()


def patched(data: bytes, at: int, form: str, value: int) -> bytes:
    changed = bytearray(data)
    struct.pack_into(form, changed, at, value)
    return bytes(changed)


def central(data: bytes, name: str) -> int:
    """Return where the directory's entry of a name starts."""
    return data.rindex(name.encode()) - 46


def local(data: bytes, name: str) -> int:
    """Return where the local header of a name starts."""
    return data.index(name.encode()) - 30


def raw_zip(entries: Iterable[tuple[bytes, bytes, int]], flags: int = 0) -> bytes:
    """Return a zip archive of (name, stored content, external attributes), names as they are."""
    body, directory, count = bytearray(), bytearray(), 0
    for name, content, attributes in entries:
        offset, crc, size = len(body), zlib.crc32(content), len(content)
        head = struct.pack(
            "<4s5H3I2H", b"PK\x03\x04", 20, flags, 0, 0, 33, crc, size, size, len(name), 0
        )
        body += head + name + content
        directory += (
            struct.pack(
                "<4s6H3I5H2I",
                b"PK\x01\x02",
                (3 << 8) | 20,
                20,
                flags,
                0,
                0,
                33,
                crc,
                size,
                size,
                len(name),
                0,
                0,
                0,
                0,
                attributes,
                offset,
            )
            + name
        )
        count += 1
    end = struct.pack(
        "<4s4H2IH",
        b"PK\x05\x06",
        0,
        0,
        count & 0xFFFF,
        count & 0xFFFF,
        len(directory),
        len(body),
        0,
    )
    return bytes(body + directory) + end


def tar_entry(name: str, content: bytes = b"", **fields: object) -> tuple[tarfile.TarInfo, bytes]:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    for field, value in fields.items():
        setattr(entry, field, value)
    return entry, content


def make_tar(
    entries: Iterable[tuple[tarfile.TarInfo, bytes]],
    *,
    mode: str = "w",
    form: int = tarfile.PAX_FORMAT,
    good: bool = True,
) -> bytes:
    """Return a tar archive: the good files, then `entries`."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode, format=form) as archive:  # type: ignore[call-overload]
        first = [tar_entry(name, content) for name, content in (GOOD.items() if good else ())]
        for entry, content in [*first, *entries]:
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def header(
    name: bytes,
    *,
    kind: bytes = b"0",
    size: bytes = b"00000000000\x00",
    magic: bytes = b"ustar\x0000",
) -> bytes:
    """Return one tar header with a right sum around whatever fields are given."""
    block = bytearray(512)
    block[:100] = name.ljust(100, b"\x00")
    block[100:124] = b"0000644\x000000000\x000000000\x00"
    block[124:136] = size
    block[136:148] = b"00000000000\x00"
    block[148:156] = b" " * 8
    block[156:157] = kind
    block[257 : 257 + len(magic)] = magic
    block[148:156] = b"%06o\x00 " % sum(block)
    return bytes(block)


def member(name: bytes, content: bytes, **fields: bytes) -> bytes:
    """Return a tar header and its content."""
    size = b"%011o\x00" % len(content)
    return header(name, size=size, **fields) + content + bytes(-len(content) % 512)


def pax(*records: bytes, kind: bytes = b"x") -> bytes:
    """Return a pax header with `key=value` records."""
    data = b""
    for record in records:
        length = len(record) + 3
        while len(b"%d %s\n" % (length, record)) != length:
            length += 1
        data += b"%d %s\n" % (length, record)
    return member(b"././@PaxHeader", data, kind=kind)


TAR_END = bytes(1024)
LINK = stat.S_IFLNK | 0o777
