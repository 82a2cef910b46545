"""Reads what a student sent: zip, tar, tar.gz, a folder, or one source file.

Nothing is ever written or executed, no link is followed, and memory stays within the limits: every
entry is checked by our own rules before a byte of it is read, and bytes are counted while they are
decompressed. (`zipfile` renames entries silently, and `tarfile`'s filters can be bypassed.)
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

from grader.archive import folder, formats, tar, zipped
from grader.archive.gunzip import Gunzip
from grader.archive.ledger import Contents, Entry, Ledger, Limits, is_notebook
from grader.errors import UsageError

__all__ = ["Contents", "Entry", "Limits", "read"]

LIMITS = Limits()


def read(
    path: Path, wanted: Callable[[str], bool] = lambda name: True, *, limits: Limits = LIMITS
) -> Contents:
    """Return the files in an archive or folder, with the content of those that are `wanted`.

    Raises SubmissionRejected, which names the entry and the rule that it breaks.
    """
    ledger = Ledger(path.name or path.resolve().name, limits, wanted)
    # not blocking: opening a FIFO would wait for somebody to write to it
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise UsageError(f"{path}: no such submission") from error
    try:
        status = os.fstat(descriptor)
        mode = status.st_mode
        if stat.S_ISDIR(mode):
            return ledger.contents(folder.entries(descriptor, ledger))
        if not stat.S_ISREG(mode):
            ledger.refuse(f"{folder.describe(mode)}; send a .zip or .tar.gz archive or a folder")
        if status.st_size > limits.archive:
            advice = "send the source files only, without data, environments and build results"
            if is_notebook(path.name):
                advice = "clear the outputs of the notebook"
            ledger.refuse(f"more than {limits.archive >> 20} MB; {advice}")
        return _read_file(descriptor, status.st_size, path, ledger)
    finally:
        os.close(descriptor)


def _read_file(descriptor: int, size: int, path: Path, ledger: Ledger) -> Contents:
    with os.fdopen(os.dup(descriptor), "rb") as file:
        data = file.read(size)
    if not data:
        ledger.refuse("empty, zero bytes; the upload went wrong, send it again")
    match formats.recognize(data):
        case "zip":
            return ledger.contents(zipped.entries(data, ledger))
        case "gzip":
            return ledger.contents(tar.entries(Gunzip(data, ledger), ledger))
        case "tar":
            return ledger.contents(tar.entries(tar.Plain(data), ledger))
    if path.suffix not in formats.SINGLE_FILES:
        ledger.refuse(f"{formats.looks_like(data)}; send a .zip or .tar.gz archive or a folder")
    return ledger.contents(_single(data, path.name, ledger))


def _single(data: bytes, name: str, ledger: Ledger) -> list[Entry]:
    ledger.admit(name, is_folder=False)
    ledger.count(name, len(data))
    return [Entry(name=name, size=len(data), content=data if ledger.wanted(name) else None)]
