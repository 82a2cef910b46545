"""Finds where the files of a submission belong.

Students send the folder that they received, but also that folder in two others, only a part of it,
or single files without any folder. What is placed is what the manifest accepts; the rest has no
place.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from grader.errors import SubmissionRejected

#: what the template leaves where a student writes
_MARKER = re.compile(rb"^\s*(?:###|///) BEGIN (?:YOUR )?(?:SOLUTION|CODE)", re.MULTILINE)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Course:
    """What intake knows of an assignment."""

    name: str
    #: globs of what is used
    accept: tuple[str, ...]
    #: path -> content of everything that was handed out
    template: Mapping[str, bytes]

    @functools.cached_property
    def _accept(self) -> re.Pattern[str]:
        return re.compile("|".join(_regex(pattern) for pattern in self.accept))

    def accepts(self, path: str) -> bool:
        """Tell whether a path is one that is used."""
        return self._accept.fullmatch(path) is not None

    @functools.cached_property
    def files(self) -> frozenset[str]:
        """The files that were handed out and are used."""
        return frozenset(path for path in self.template if self.accepts(path))

    @functools.cached_property
    def editable(self) -> frozenset[str]:
        """The files that a student writes in; all of them when none says so."""
        marked = {path for path in self.files if _MARKER.search(self.template[path])}
        return frozenset(marked) or self.files

    @functools.cached_property
    def folders(self) -> tuple[str, ...]:
        """The folders of the files that were handed out and are used; first the root, ''."""
        return tuple(sorted({folder for path in self.files for folder in above(path)}))

    @functools.cached_property
    def loose(self) -> dict[str, str]:
        """Name of a single file -> its place, for files whose name says enough.

        A package that students edit is also known as one module, as it was in older years.
        """
        places: dict[str, set[str]] = {}
        for path in self.editable:
            places.setdefault(path.rpartition("/")[2], set()).add(path)
            folder = path.rpartition("/")[0]
            parent = folder.rpartition("/")[0]
            if f"{folder}/__init__.py" in self.files and f"{parent}/__init__.py" in self.files:
                places.setdefault(f"{PurePosixPath(folder).name}.py", set()).add(f"{folder}.py")
        places.pop("__init__.py", None)
        return {name: paths.pop() for name, paths in places.items() if len(paths) == 1}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Layout:
    """Where the files of a submission belong."""

    #: name that was sent -> path in the course, for all files that are used
    places: Mapping[str, str]
    #: name that was sent -> path below the submission's own folder, for the rest
    unplaced: Mapping[str, str]
    #: names of files that came without their folders
    loose: tuple[str, ...]
    #: the folder in which the submission was found, and what had to be put in front of it
    root: str
    prefix: str


def _regex(pattern: str) -> str:
    """Return the regular expression of a glob; ** is any number of folders."""
    parts = re.split(r"(\*\*/|\*\*$|\*|\?)", pattern)
    words = {"**/": "(?:[^/]+/)*", "**": ".+", "*": "[^/]*", "?": "[^/]"}
    return "".join(words.get(part, re.escape(part)) for part in parts)


def above(path: str) -> Iterator[str]:
    """Yield the folders around a path, the outermost, '', first."""
    yield ""
    for at, character in enumerate(path):
        if character == "/":
            yield path[:at]


def join(folder: str, path: str) -> str:
    return f"{folder}/{path}" if folder else path


def below(folder: str, path: str) -> str:
    """Return a path relative to a folder that it is in."""
    return path[len(folder) + 1 :] if folder else path


# -- the root --------------------------------------------------------------------------


def find(names: Collection[str], course: Course) -> Layout:
    """Return where the files belong; raise SubmissionRejected when that cannot be told."""
    root, prefix = _root(names, course)
    return _place(names, course, root, prefix)


def _root(names: Collection[str], course: Course) -> tuple[str, str]:
    """Return the folder that is the submission, and what to put in front of paths in it."""
    scores = _scores(names, course)
    if not scores:
        return "", ""
    best = max(scores.values())
    good = [key for key, score in scores.items() if 2 * score >= best]
    depth = min(_depth(root) for root, _ in good)
    roots = sorted({root for root, _ in good if _depth(root) == depth})
    root = roots[0] if len(roots) == 1 else _named(roots, course.name)
    prefixes = (prefix for folder, prefix in good if folder == root)
    return root, max(prefixes, key=lambda prefix: (scores[root, prefix], -len(prefix)))


def _scores(names: Iterable[str], course: Course) -> Counter[tuple[str, str]]:
    """Count, per candidate, the files that are where they were handed out."""
    scores: Counter[tuple[str, str]] = Counter()
    accepted: Counter[tuple[str, str]] = Counter()
    for name in names:
        for root in above(name):
            path = below(root, name)
            for prefix in course.folders if "/" in path else ("",):
                scores[root, prefix] += join(prefix, path) in course.files
            scores[root, ""] += path in course.loose
            accepted[root, ""] += course.accepts(path)
    return +scores or +accepted


def _depth(folder: str) -> int:
    return folder.count("/") + 1 if folder else 0


def _named(roots: list[str], assignment: str) -> str:
    """Return the one folder that is called after the assignment."""
    pattern = re.compile(rf"(?<![a-z0-9]){re.escape(assignment)}(?![0-9])", re.IGNORECASE)
    fitting = [root for root in roots if pattern.search(root)]
    if len(fitting) != 1:
        raise SubmissionRejected(
            roots[1], f"a second submission beside {roots[0]}; send one, in a folder of its own"
        )
    return fitting[0]


# -- places ----------------------------------------------------------------------------


def _place(names: Collection[str], course: Course, root: str, prefix: str) -> Layout:
    inside = {n: below(root, n) for n in names if not root or n.startswith(f"{root}/")}
    places = {name: path for name, path in inside.items() if course.accepts(path)}
    taken = set(places.values())
    if prefix:
        for name, path in inside.items():
            target = f"{prefix}/{path}"
            if name not in places and target not in taken and _fits(course, prefix, path):
                places[name] = target
    loose = tuple(_loose(inside, places, course))
    unplaced = {name: inside.get(name, name) for name in names if name not in places}
    return Layout(places=places, unplaced=unplaced, loose=loose, root=root, prefix=prefix)


def _fits(course: Course, prefix: str, path: str) -> bool:
    """Tell whether a path belongs behind a prefix that the student left out."""
    first = path.partition("/")[0]
    is_known = f"{prefix}/{first}" in course.folders
    is_package = f"{prefix}/__init__.py" in course.files
    return course.accepts(f"{prefix}/{path}") and (is_known or is_package)


def _loose(inside: Mapping[str, str], places: dict[str, str], course: Course) -> Iterator[str]:
    """Place single files by their names alone, and yield them."""
    for name, path in sorted(inside.items()):
        target = course.loose.get(path)
        if name in places or target is None or target in places.values():
            continue
        folder = f"{target.removesuffix('.py')}/"
        if not any(place.startswith(folder) for place in places.values()):
            places[name] = target
            yield name
