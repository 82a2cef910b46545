"""Tells by its content what a file is."""

from __future__ import annotations

from grader.archive import tar

#: kinds of files that are a submission all by themselves
SINGLE_FILES = {".py", ".ipynb", ".c", ".cc", ".cpp", ".cu", ".cuh", ".h", ".hpp"}

_ARCHIVES = {b"PK\x03\x04": "zip", b"PK\x05\x06": "zip", b"\x1f\x8b": "gzip"}

#: what students send by mistake
_OTHERS = {
    b"Rar!\x1a\x07": "a RAR archive",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"\xfd7zXZ\x00": "an xz archive",
    b"BZh": "a bzip2 archive",
    b"\x28\xb5\x2f\xfd": "a Zstandard archive",
    b"PK\x07\x08": "one part of a split zip archive",
    b"PK00PK": "one part of a split zip archive",
    b"%PDF": "a PDF document",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an old Office document",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"MZ": "a Windows program",
    b"\x7fELF": "a compiled program",
    b"\xcf\xfa\xed\xfe": "a compiled program",
    b"\x80\x02": "a pickle",
    b"\x80\x03": "a pickle",
    b"\x80\x04": "a pickle",
    b"\x80\x05": "a pickle",
    b"\x93NUMPY": "a NumPy array",
}


def recognize(data: bytes) -> str | None:
    """Return `zip`, `gzip` or `tar`, or None for anything else."""
    for magic, kind in _ARCHIVES.items():
        if data.startswith(magic):
            return kind
    return "tar" if tar.is_header(data[: tar.BLOCK]) else None


def looks_like(data: bytes) -> str:
    """Return in words what a file that is no archive seems to be."""
    for magic, words in _OTHERS.items():
        if data.startswith(magic):
            return words
    start = data[:512].lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html", b"<?xml", b"<head")):
        return "a web page, perhaps the login page in place of the download"
    if start.startswith(b"{") and b'"cells"' in data:
        return "a notebook"
    if b"PK\x05\x06" in data[-65_557:]:
        return "a zip archive with something in front of it"
    return "not a zip or tar archive"
