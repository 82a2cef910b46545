"""Data sets of a course: which files there are, whether they are in place, and putting them there.

`datasets.toml` of a course names the files, where they come from and their digests. A file reaches
its place only when its digest is right, in one step; what was there before stays until then.
"""

from __future__ import annotations

import contextlib
import difflib
import gzip
import hashlib
import http.client
import json
import os
import shutil
import tarfile
import tempfile
import tomllib
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, ValidationError, model_validator

from grader import toml_lines
from grader.errors import InfrastructureError, ManifestError, UsageError
from grader.manifest_rules import RelativePath
from grader.tables import Table, Text

#: the list, and the folder of the files, in a course
LIST, FOLDER = "datasets.toml", "data"
#: file in FOLDER that remembers the digests of what was unpacked from a checked archive
UNPACKED = ".unpacked.json"
#: seconds without a byte after which a server is given up
_PATIENCE = 30.0
_STEP = 1 << 20
_GIB = 1 << 30

#: told how many bytes have arrived, and how many there are, if that is known
Progress = Callable[[int, int | None], None]


class DataFile(Table):
    """One file of a data set."""

    #: below FOLDER; for an archive only a name: it is unpacked into FOLDER and not kept
    path: RelativePath
    #: tried in this order
    urls: Annotated[tuple[Text, ...], Field(min_length=1)]
    #: digest of the file, of what is inside when `gzip` is set
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    #: for what is published with no other digest
    md5: Annotated[str, Field(pattern="^[0-9a-f]{32}$")] | None = None
    gzip: bool = False
    #: the files below FOLDER that the archive unpacks to
    unpacks: tuple[RelativePath, ...] = ()

    @model_validator(mode="after")
    def _has_one_digest(self) -> Self:
        if (self.sha256 is None) == (self.md5 is None):
            raise ValueError(f"{self.path}: give one digest, sha256 (or md5 if there is no other)")
        return self

    @property
    def rule(self) -> tuple[str, str]:
        """Return the kind and the value of the digest."""
        return ("sha256", self.sha256) if self.sha256 else ("md5", str(self.md5))

    @property
    def targets(self) -> tuple[str, ...]:
        """Return the paths below FOLDER that have to be there."""
        return self.unpacks or (self.path,)


class DataSet(Table):
    """Files that belong together."""

    title: Text
    file: Annotated[tuple[DataFile, ...], Field(min_length=1)]


class DataSets:
    """The data sets of the course in folder `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / FOLDER
        self.known = _read(root / LIST)

    def get(self, name: str) -> DataSet:
        """Return a data set; raise UsageError for one that is not listed."""
        if name not in self.known:
            near = difflib.get_close_matches(name, self.known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(self.known)}"
            raise UsageError(f"no data set {name!r} in {self.root / LIST}; {hint}")
        return self.known[name]

    def state(self, file: DataFile) -> str:
        """Return `there`, `missing`, `wrong` (digest), or `unchecked`: put there by hand."""
        paths = [self.folder / target for target in file.targets]
        if not all(path.is_file() for path in paths):
            return "missing"
        if file.unpacks:
            stamps = self._stamps()
            right = all(stamps.get(t) == digest(self.folder / t, "sha256") for t in file.targets)
            return "there" if right else "unchecked"
        kind, value = file.rule
        return "there" if digest(paths[0], kind, inside=file.gzip) == value else "wrong"

    def fetch(self, file: DataFile, progress: Progress) -> str:
        """Download one file, check it and put it in place; return its SHA-256."""
        problems, has_arrived = [], False
        for url in file.urls:
            with self._part() as part:
                try:
                    _download(url, part, progress)
                    return self._install(file, part, url)
                except (OSError, http.client.HTTPException) as error:
                    problems.append(f"{url}: {_reason(error)}")
                except UsageError as error:  # a sign-in page, say: the next may have the file
                    problems.append(str(error))
                    has_arrived = True
        if has_arrived:
            raise UsageError("\n".join(problems))
        raise InfrastructureError(
            f"{file.path} cannot be fetched:\n  "
            + "\n  ".join(problems)
            + "\n"
            + self.by_hand(file)
        )

    def take(self, file: DataFile, folder: Path) -> str:
        """Copy a file that somebody has downloaded into `folder` to its place; check it before."""
        names = list(dict.fromkeys([*(url.rpartition("/")[2] for url in file.urls), file.path]))
        source = next((folder / name for name in names if (folder / name).is_file()), None)
        if source is None:
            raise UsageError(f"{folder} has no file {' or '.join(names)}; download {file.urls[0]}")
        with self._part() as part:
            shutil.copyfile(source, part)
            return self._install(file, part, str(source))

    def by_hand(self, file: DataFile | None = None) -> str:
        """Return what to do on a machine without a network, for one file or for all."""
        lines = [
            "Without a network: download these on another machine into one folder, keep their",
            "names, and run `grader data NAME --from FOLDER`, which checks them and puts them",
            f"below {self.folder}:",
        ]
        for name, dataset in self.known.items():
            for each in dataset.file:
                if file in (None, each):
                    lines.append(f"  {name}: {each.urls[0]}  ({' '.join(each.rule)})")
        return "\n".join(lines)

    @contextlib.contextmanager
    def _part(self) -> Iterator[Path]:
        """Yield the path of an unfinished file beside the others; it goes when nobody took it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=self.folder, prefix=".part-")
        os.close(descriptor)
        try:
            yield Path(name)
        finally:
            Path(name).unlink(missing_ok=True)

    def _install(self, file: DataFile, part: Path, origin: str) -> str:
        kind, expected = file.rule
        found = digest(part, kind, inside=file.gzip)
        if found != expected:
            what = f"{kind} {found}" if found else "no gzip file"
            raise UsageError(
                f"{origin}: {what}, but {file.path} has {kind} {expected} in "
                f"{self.root / LIST}; nothing was put in place. Is it the right file, and whole?"
            )
        sha256 = digest(part, "sha256", inside=file.gzip)
        if file.unpacks:
            self._unpack(file, part)
        else:
            self._place(part, file.path)
        return sha256

    def _unpack(self, file: DataFile, part: Path) -> None:
        """Put the listed files of an archive in place; its digest has vouched for the archive."""
        stamps = self._stamps()
        with tarfile.open(part) as bundle:
            for name in file.unpacks:
                content = bundle.extractfile(name)
                if content is None:
                    raise UsageError(
                        f"{file.path}: {name} in it is no file; see {self.root / LIST}"
                    )
                with self._part() as member:
                    member.write_bytes(content.read())
                    stamps[name] = digest(member, "sha256")
                    self._place(member, name)
        (self.folder / UNPACKED).write_text(json.dumps(stamps, indent=2) + "\n")

    def _place(self, part: Path, target: str) -> None:
        path = self.folder / target
        path.parent.mkdir(parents=True, exist_ok=True)
        part.chmod(0o644)
        part.replace(path)

    def _stamps(self) -> dict[str, str]:
        try:
            stamps: dict[str, str] = json.loads((self.folder / UNPACKED).read_text())
        except (OSError, ValueError):
            return {}
        return stamps


def find(start: Path) -> DataSets:
    """Return the data sets of the course that `start` is in."""
    for folder in (start.resolve(), *start.resolve().parents):
        if (folder / LIST).is_file():
            return DataSets(folder)
    raise UsageError(
        f"{start} is not in a course with a {LIST}, which lists data sets; change to the course, "
        "or name it with --course"
    )


def digest(path: Path, kind: str, *, inside: bool = False) -> str:
    """Return the digest of a file, or of what is inside a gzip file; "" when it is none."""
    hasher = hashlib.new(kind, usedforsecurity=kind == "sha256")
    try:
        with gzip.open(path) if inside else path.open("rb") as file:
            while chunk := file.read(_STEP):
                hasher.update(chunk)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        return ""
    return hasher.hexdigest()


def _download(url: str, part: Path, progress: Progress) -> None:
    with urllib.request.urlopen(url, timeout=_PATIENCE) as reply, part.open("wb") as out:
        length = reply.headers.get("Content-Length", "")
        total = int(length) if length.isdecimal() else None
        arrived = 0
        while chunk := reply.read(_STEP >> 4):
            out.write(chunk)
            arrived += len(chunk)
            if arrived > _GIB:
                raise OSError("more than 1 GiB")
            progress(arrived, total)
    if total is not None and arrived != total:
        raise OSError(f"ended after {arrived} of {total} bytes")


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"HTTP {error.code}, {error.reason}"
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    return str(reason) or type(error).__name__


def _read(path: Path) -> Mapping[str, DataSet]:
    text = path.read_text(encoding="utf-8")
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ManifestError(f"{path}: not TOML: {error}") from error
    known = {}
    for name, table in tables.items():
        try:
            known[name] = DataSet.model_validate(table)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            keys = (name, *first["loc"])
            line = toml_lines.locate(text, keys)
            raise ManifestError(f"{path}:{line}: {keys[-1]}: {first['msg']}") from error
    return known
