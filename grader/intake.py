"""The Submission: what a student sent, unpacked and checked, laid over what was handed out.

Nothing of it is run here, and nothing is written until `Submission.write`.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path, PurePosixPath

from grader import archive, layout, provenance, sanitize, suspects
from grader.archive import Entry
from grader.errors import SubmissionRejected
from grader.layout import Course, Layout
from grader.manifest import Assignment
from grader.notebooks import course as course_notebook
from grader.notebooks import module, places, plots, reading
from grader.notebooks.cells import NotebookError
from grader.notebooks.module import Module
from grader.suspects import Reason

#: what is cut off a file name to get the name of the submission, the longest first
_SUFFIXES = (".tar.gz", ".tgz", ".tar", ".zip", ".ipynb", ".py")
#: what a glob that names no suffix accepts
_SOURCES = {".c", ".cc", ".cpp", ".cu", ".cuh", ".h", ".hpp", ".ipynb", ".py", ".txt"}
#: what nbgrader puts beside a student's files
_OF_THE_EXCHANGE = ("submission_secret.txt", "timestamp.txt")
#: the time that all files of a submission get: 2000-01-01
_TIME = 946_684_800


@dataclasses.dataclass(frozen=True, kw_only=True)
class Submission:
    """What a student sent."""

    #: file or folder name without the archive's suffix, safe as a folder name
    name: str
    #: path -> content: what was handed out, under what the student sent
    files: Mapping[str, bytes]
    #: sha256 over the student's own files that are used
    digest: str
    #: for the student: what was left out, moved or filled in
    notices: tuple[str, ...] = ()
    #: for staff: signs that somebody should look
    flags: tuple[str, ...] = ()
    #: path of the module that a notebook became, and where its lines are in the notebook
    notebook: tuple[str, Module] | None = None

    def write(self, folder: Path) -> None:
        """Lay the files out below a new folder, readable by every user and writable by none."""
        folder.mkdir(parents=True)
        made = [folder]
        for name, content in self.files.items():
            path = folder / name
            made += [p for p in reversed(path.parents) if p not in made and folder in p.parents]
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                file.write(content)
            path.chmod(0o644)
            os.utime(path, (_TIME, _TIME))
        for path in reversed(made):
            path.chmod(0o755)
            os.utime(path, (_TIME, _TIME))


def name_of(path: Path) -> str:
    """Return the name of the submission at a path."""
    name = path.name or path.resolve().name
    suffix = next((s for s in _SUFFIXES if name.lower().endswith(s)), "")
    return sanitize.folder_name(name[: len(name) - len(suffix)])


def receive(path: Path, assignment: Assignment, template: Mapping[str, bytes]) -> Submission:
    """Read the submission at a path; raise SubmissionRejected for one that cannot be graded."""
    rules = assignment.submission
    course = Course(name=assignment.name, accept=rules.accept, template=template)
    return _Intake(path, course, rules.path, rules.notebook).submission()


class _Intake:
    """One submission on its way in."""

    def __init__(
        self, path: Path, course: Course, roots: tuple[str, ...], notebook: str | None
    ) -> None:
        #: what a notebook becomes
        self._target = notebook
        self._path = path
        self._course = course
        self._roots = roots
        self._suffixes = {suffix for pattern in course.accept for suffix in _suffixes(pattern)}
        self._known = {PurePosixPath(path).name for path in course.template}

    def submission(self) -> Submission:
        contents = archive.read(self._path, self._wanted)
        sent = {entry.name: entry for entry in contents.files}
        notebook = self._take_notebook(sent)
        found = layout.find(sent, self._course)
        used, reasons = self._sort(sent, found)
        if not used:
            raise self._nothing_found(sent, contents.clutter)
        missing = _missing(self._course.files, used)
        notices = self._notices(found, reasons, used, missing, plots.MODULES if notebook else ())
        return Submission(
            name=name_of(self._path),
            files=dict(sorted(self._files(used, is_notebook=notebook is not None).items())),
            digest=provenance.digest_files(used.items()),
            notices=tuple(places.translated(n, *notebook) if notebook else n for n in notices),
            flags=tuple(self._flags(reasons, used)),
            notebook=notebook,
        )

    def _files(self, used: Mapping[str, bytes], *, is_notebook: bool) -> dict[str, bytes]:
        """Return everything that the student's process sees."""
        drawn = {path: text for path, text in plots.FILES.items() if is_notebook}
        return {**_filling(self._course.template, used), **drawn, **used}

    def _take_notebook(self, sent: dict[str, Entry]) -> tuple[str, Module] | None:
        """Put a module in the place of the notebook, if one is graded and one was sent."""
        if self._target is None:
            return None
        names = [name for name in sent if name.endswith(course_notebook.SUFFIX)]
        if len(names) > 1:
            own = f"{self._course.name}{course_notebook.SUFFIX}"
            names = [name for name in names if PurePosixPath(name).name == own] or names
        if not names:
            return None
        if len(names) > 1:
            raise SubmissionRejected(
                sanitize.name(names[1]),
                f"a second notebook beside {sanitize.name(names[0])}; send the one to be graded",
            )
        entry = sent.pop(names[0])
        shown = sanitize.name(entry.name)
        try:
            made = module.module(reading.read(entry.content or b"", shown), shown)
        except NotebookError as error:
            sentence = str(error).removeprefix(f"{shown}: ")
            raise SubmissionRejected(shown, sentence) from error
        place = str(PurePosixPath(entry.name).parent / self._target)
        sent[place] = dataclasses.replace(entry, name=place, content=made.source.encode())
        return self._target, made

    def _wanted(self, name: str) -> bool:
        """Tell whether the content of a file could matter; others are not even opened."""
        path = PurePosixPath(name)
        if self._target is not None and path.suffix == course_notebook.SUFFIX:
            return True
        return path.suffix in self._suffixes or path.name in self._known

    def _sort(
        self, sent: Mapping[str, Entry], found: Layout
    ) -> tuple[dict[str, bytes], dict[Reason, list[str]]]:
        """Return the content of what is used, and why the rest is not."""
        used: dict[str, bytes] = {}
        reasons: dict[Reason, list[str]] = {}
        for name, entry in sent.items():
            path = found.places.get(name) or found.unplaced[name]
            reason = suspects.reason_against(path, entry.content, self._course, self._roots)
            if reason is None and name in found.places:
                if entry.content is not None:
                    used[path] = entry.content
                    continue
                reason = suspects.OTHER
            if reason is not None:
                reasons.setdefault(reason, []).append(path)
        return used, reasons

    def _nothing_found(
        self, sent: Mapping[str, Entry], clutter: Collection[str]
    ) -> SubmissionRejected:
        expected = ", ".join(self._course.accept)
        example = suspects.listing(self._course.editable)
        seen = suspects.listing(sent) if sent else "no files"
        if clutter:
            seen += f" (passed over: {suspects.listing(clutter)})"
        return SubmissionRejected(
            sanitize.name(self._path.name),
            f"no file of {self._course.name} in it; expected {expected}, say {example}; "
            f"found {seen}",
        )

    def _notices(
        self,
        found: Layout,
        reasons: Mapping[Reason, list[str]],
        used: Mapping[str, bytes],
        missing: Collection[str],
        standing_in: Collection[str],
    ) -> Iterator[str]:
        for name in found.loose:
            place = found.places[name]
            yield f"{sanitize.name(name)} came without its folder and is taken for {place}."
        if found.prefix:
            yield f"Your files were taken to belong into {found.prefix}/."
        unsolved = self._course.editable & set(missing)
        if unsolved:
            yield (
                "Missing, so the hand-out without your solution is graded instead: "
                f"{suspects.listing(unsolved)}."
            )
        if filled := set(missing) - unsolved:
            yield f"Missing, so filled in from the hand-out: {suspects.listing(filled)}."
        for reason, names in reasons.items():
            if told := [name for name in names if not self._is_expected(name)]:
                yield f"{reason.notice}: {suspects.listing(told)}."
        if unreadable := suspects.unreadable(used):
            yield f"Not UTF-8 text, so Python will not read it: {suspects.listing(unreadable)}."
        unknown = suspects.imports(used, self._course)
        if imports := {place for place, name in unknown if name not in standing_in}:
            yield f"Imports of modules that the grader may not have: {suspects.listing(imports)}."

    def _is_expected(self, name: str) -> bool:
        """Tell whether a file comes with every submission and is no news for the student."""
        notebook = f"{self._course.name}{course_notebook.SUFFIX}"
        return name in _OF_THE_EXCHANGE or (name == notebook and name in self._course.template)

    def _flags(
        self, reasons: Mapping[Reason, list[str]], used: Mapping[str, bytes]
    ) -> Iterator[str]:
        for reason, names in reasons.items():
            if reason.flag:
                yield f"{reason.flag}: {suspects.listing(names)}"
        yield from suspects.flags(used, self._course, self._roots)


def _suffixes(pattern: str) -> set[str]:
    """Return the suffixes of the files that a glob accepts."""
    suffix = PurePosixPath(pattern).suffix
    return {suffix} if suffix and "*" not in suffix else _SOURCES


# -- the overlay -----------------------------------------------------------------------


def _filling(template: Mapping[str, bytes], used: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return what was handed out and is neither sent nor replaced by what was sent."""
    modules = {_module(path) for path in used if path.endswith(".py")}
    plain = {path.removesuffix(".py") for path in used if path.endswith(".py")}
    return {
        path: content
        for path, content in template.items()
        if path not in used
        and not (path.endswith(".py") and _module(path) in modules)
        and not any(folder in plain for folder in layout.above(path))
    }


def _missing(handed_out: Collection[str], used: Mapping[str, bytes]) -> set[str]:
    """Return the files of the hand-out that are filled in."""
    return set(_filling(dict.fromkeys(handed_out, b""), used))


def _module(path: str) -> str:
    """Return what a file is as a module, as a path: a package is its folder."""
    return path.removesuffix(".py").removesuffix("/__init__")
