"""Every layer of an image, file by file: what was deleted in a later layer is still in an earlier.

An image is read as the engine saves it: a tar archive with `manifest.json`, a configuration, and a
tar archive for each layer. Gzip files and zip archives (wheels) are looked into, one deep; what
cannot be read is told.
"""

from __future__ import annotations

import contextlib
import dataclasses
import gzip
import io
import json
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from grader.errors import InfrastructureError
from grader.images.canaries import Canaries
from grader.images.engine import Images

#: what the configuration is called in findings
CONFIGURATION = "configuration"
#: bytes of one unpacked file that are looked at
_UNPACKED = 256 << 20
#: xz, bzip2 and zstd: not looked into
_FOREIGN = (b"\xfd7zXZ\x00", b"BZh", b"\x28\xb5\x2f\xfd")
_DAMAGED = (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Leak:
    """A file of an image that gives something away."""

    #: number of the layer, from 1, and what the build did there; or the configuration
    layer: str
    path: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.layer}: {self.path} {self.sentence}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Scan:
    """What was looked into, and what was found."""

    layers: int
    files: int
    leaks: tuple[Leak, ...]
    #: compressed files that are damaged or too large to be read whole
    unread: tuple[str, ...] = ()


def scan(images: Images, name: str, canaries: Canaries) -> Scan:
    """Look for canaries in the configuration and every layer of an image."""
    with tempfile.TemporaryFile() as file:
        images.save(name, file)
        file.seek(0)
        with tarfile.open(fileobj=file) as saved:
            return _scan(saved, name, canaries)


def _scan(saved: tarfile.TarFile, name: str, canaries: Canaries) -> Scan:
    (about,) = json.loads(_content(saved, "manifest.json", name))
    configuration = _content(saved, about["Config"], name)
    leaks = list(_leaks(CONFIGURATION, CONFIGURATION, configuration, canaries))
    steps = _steps(json.loads(configuration))
    files, unread = 0, list[str]()
    for number, layer in enumerate(about["Layers"], 1):
        step = next(steps, "")
        shown = f"layer {number} ({step})" if step else f"layer {number}"
        content = saved.extractfile(layer)
        if content is None:
            raise InfrastructureError(f"image {name}: its layer {layer} is not a file")
        for path, read in _files(content):
            files += 1
            leaks += _leaks(shown, path, read, canaries)
            unread += [path] if _is_unread(path, read) else []
    return Scan(
        layers=len(about["Layers"]),
        files=files,
        leaks=tuple(dict.fromkeys(leaks)),
        unread=tuple(unread),
    )


def _leaks(layer: str, path: str, content: bytes, canaries: Canaries) -> Iterator[Leak]:
    for inner, read in ((path, content), *_unpacked(path, content)):
        for sentence in canaries.found_in(inner, read):
            yield Leak(layer=layer, path=inner, sentence=sentence)


def _content(saved: tarfile.TarFile, member: str, name: str) -> bytes:
    file = saved.extractfile(member)
    if file is None:
        raise InfrastructureError(f"image {name}: {member} is not a file in what the engine saved")
    return file.read()


def _steps(configuration: dict[str, Any]) -> Iterator[str]:
    """Yield what made each layer, in their order."""
    for step in configuration.get("history") or []:
        if not step.get("empty_layer"):
            said = str(step.get("created_by") or step.get("comment") or "").strip()
            words = said.removeprefix("/bin/sh -c ").removeprefix("#(nop) ").split()
            yield " ".join(words)[:60]


def _files(layer: IO[bytes]) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(fileobj=layer, mode="r|*") as archive:
        for member in archive:
            if member.isfile():
                file = archive.extractfile(member)
                yield f"/{member.name.removeprefix('./')}", file.read() if file else b""
            else:
                # an empty folder may tell by its name, and a link by where it leads
                yield f"/{member.name.removeprefix('./')}/", member.linkname.encode()


def _unpacked(path: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield what is in a gzip file or a zip archive, as far as it can be read."""
    with contextlib.suppress(*_DAMAGED):
        yield from _parts(path, content)


def _is_unread(path: str, content: bytes) -> bool:
    """Tell whether more may be in a compressed file than was looked at."""
    if content.startswith(_FOREIGN):
        return True
    try:
        return any(len(part) == _UNPACKED for _, part in _parts(path, content))
    except _DAMAGED:
        return True


def _parts(path: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    if content.startswith(b"\x1f\x8b"):
        with gzip.open(io.BytesIO(content)) as file:
            yield f"{path}!{Path(path).stem}", file.read(_UNPACKED)
    elif content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for entry in archive.infolist():
                if not entry.is_dir():
                    with archive.open(entry) as file:
                        yield f"{path}!{entry.filename}", file.read(_UNPACKED)
