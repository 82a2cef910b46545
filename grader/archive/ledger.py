"""The rules for entries, whatever they come in: names, kinds, counts, sizes."""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import NoReturn

from grader import sanitize
from grader.errors import SubmissionRejected

_MB = 1 << 20


@dataclasses.dataclass(frozen=True, kw_only=True)
class Limits:
    """How much may be sent."""

    #: bytes of the archive itself
    archive: int = 50 * _MB
    #: bytes of all files together
    total: int = 200 * _MB
    #: bytes of one file
    file: int = 20 * _MB
    #: bytes of one notebook, whose outputs are large and not looked at
    notebook: int = 40 * _MB
    #: files and folders
    entries: int = 2000
    #: files and folders that are passed over unread
    clutter: int = 50_000
    #: folders in folders
    depth: int = 12
    #: characters of one name, and of a whole path
    name: int = 100
    path: int = 400
    #: how many times larger than compressed
    ratio: int = 100
    #: bytes to which the ratio does not apply: a file of 400 equal lines is no attack
    ratio_free: int = _MB


@dataclasses.dataclass(frozen=True, kw_only=True)
class Entry:
    """A regular file that was sent."""

    #: plain relative path, with / between folders
    name: str
    size: int
    #: None when the reader did not want it
    content: bytes | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Contents:
    """Everything that was sent."""

    #: by name
    files: tuple[Entry, ...]
    #: what systems, editors and builds leave behind -> how many entries of it were passed over
    clutter: Mapping[str, int]


#: folders that are passed over without a look inside
CLUTTER_FOLDERS = {
    "__MACOSX",
    "__pycache__",
    ".Trashes",
    ".cache",
    ".eggs",
    ".git",
    ".hg",
    ".hypothesis",
    ".idea",
    ".ipynb_checkpoints",
    ".mypy_cache",
    ".nox",
    ".pytest_cache",
    ".ruff_cache",
    ".svn",
    ".tox",
    ".venv",
    ".vs",
    ".vscode",
    "build",
    "env",
    "node_modules",
    "site-packages",
    "venv",
}
_CLUTTER_FILES = {".DS_Store", ".localized", "Icon\r", "Thumbs.db", "desktop.ini"}
_CLUTTER_STARTS = ("._", "~$", ".#")
_CLUTTER_ENDS = (".egg-info", ".dist-info", ".dSYM", ".swp", ".swo", "~")
_DRIVE = re.compile(r"[A-Za-z]:")


class Ledger:
    """Admits the entries of one submission, one by one; refuses the whole for one that is wrong."""

    def __init__(self, archive: str, limits: Limits, wanted: Callable[[str], bool]) -> None:
        self.limits = limits
        self.wanted = wanted
        self._archive = archive
        #: name as file systems may compare it -> the name itself, and whether it is a folder
        self._claims: dict[str, tuple[str, bool]] = {}
        self._files: set[str] = set()
        self._clutter: Counter[str] = Counter()
        self._entries = 0
        self._total = 0

    def refuse(self, rule: str, entry: str | None = None) -> NoReturn:
        """Refuse the submission because of one entry, or as a whole."""
        raise SubmissionRejected(sanitize.name(entry or self._archive), rule)

    def contents(self, entries: Iterable[Entry]) -> Contents:
        """Read all entries and return what was sent."""
        files = sorted(entries, key=lambda entry: entry.name)
        return Contents(files=tuple(files), clutter=dict(sorted(self._clutter.items())))

    def normalize(self, name: str) -> str:
        """Return the plain form of a path; refuse one that could lead elsewhere."""
        if "\x00" in name:
            self.refuse("a NUL character in the name", name)
        if "\\" in name:
            self.refuse(
                "a backslash in the name; make the archive with a program that writes / between "
                "folders (on Windows: Explorer, Send to, Compressed folder)",
                name,
            )
        if name.startswith("/") or _DRIVE.match(name):
            self.refuse("an absolute path; paths start at the submission's own folder", name)
        parts = name.removesuffix("/").split("/")
        if ".." in parts:
            self.refuse("a path through a parent folder (..)", name)
        parts = [part for part in parts if part != "."]
        if "" in parts:
            self.refuse("an empty name", name)
        return "/".join(parts)

    def is_clutter(self, name: str) -> bool:
        """Tell whether an entry is passed over, and count it if it is.

        Links, devices and odd names are nothing to refuse there: nobody opens them.
        """
        for part in name.split("/"):
            if kind := _clutter(part):
                self.pass_over(kind)
                return True
        return False

    def pass_over(self, kind: str) -> None:
        """Count an entry that is not looked at."""
        self._clutter[kind] += 1
        if self._clutter.total() > self.limits.clutter:
            self.refuse(f"more than {self.limits.clutter} entries in {kind} and the like")

    def admit(self, name: str, *, is_folder: bool) -> None:
        """Note the normalized name of a file or folder; refuse it when it breaks a rule."""
        self.tally()
        parts = name.split("/")
        if any(sanitize.is_hidden(character) for character in name):
            self.refuse("invisible or control characters in the name", name)
        if any(len(part) > self.limits.name for part in parts):
            self.refuse(f"a name of more than {self.limits.name} characters", name)
        if len(name) > self.limits.path:
            self.refuse(f"a path of more than {self.limits.path} characters", name)
        if len(parts) > self.limits.depth:
            self.refuse(f"more than {self.limits.depth} folders deep", name)
        for depth in range(1, len(parts)):
            self._claim("/".join(parts[:depth]), name, is_folder=True)
        self._claim(name, name, is_folder=is_folder)

    def tally(self) -> None:
        """Count one entry."""
        self._entries += 1
        if self._entries > self.limits.entries:
            self.refuse(f"more than {self.limits.entries} files and folders")

    def _claim(self, path: str, entry: str, *, is_folder: bool) -> None:
        """Take a path for an entry; no two may be one to any file system or program."""
        key = unicodedata.normalize("NFC", path).casefold()
        known, known_is_folder = self._claims.setdefault(key, (path, is_folder))
        if known != path:
            self.refuse(f"the same name as {sanitize.name(known)} but for its spelling", entry)
        if known_is_folder != is_folder:
            self.refuse("a file and a folder of the same name", entry)
        if not is_folder:
            if key in self._files:
                self.refuse("sent twice; no two entries may have one name", entry)
            self._files.add(key)

    def most(self, name: str) -> int:
        """Return how many bytes a file of this name may have."""
        return self.limits.notebook if is_notebook(name) else self.limits.file

    def count(self, name: str, size: int) -> None:
        """Count the bytes of a file before they are read."""
        if size > (most := self.most(name)):
            kind = "notebook; clear its outputs" if is_notebook(name) else "file"
            self.refuse(f"{size} bytes, more than the {most >> 20} MB of a {kind}", name)
        self._total += size
        if self._total > self.limits.total:
            self.refuse(f"the files together are more than {self.limits.total >> 20} MB", name)

    def check_ratio(self, size: int, compressed: int, name: str | None = None) -> None:
        """Refuse what grows out of proportion when it is decompressed."""
        if size > self.limits.ratio * compressed + self.limits.ratio_free:
            self.refuse(f"more than {self.limits.ratio} times larger than compressed", name)


def _clutter(part: str) -> str | None:
    """Return what a name is called when its kind is passed over: a name, or a pattern."""
    if part in CLUTTER_FOLDERS or part in _CLUTTER_FILES:
        return sanitize.name(part)
    for start in _CLUTTER_STARTS:
        if part.startswith(start):
            return f"{start}*"
    return next((f"*{end}" for end in _CLUTTER_ENDS if part.endswith(end)), None)


def is_notebook(name: str) -> bool:
    """Tell whether a file is a notebook, by its name."""
    return name.lower().endswith(".ipynb")


def decode(raw: bytes) -> str:
    """Return a name as text: archives before Unicode mean code page 437, and few say so."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp437")
