"""The Release: what students receive, with a digest of every file."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from grader import __version__, provenance, strip, suites
from grader.errors import ManifestError, UsageError
from grader.manifest import Assignment
from grader.notebooks import course
from grader.results import Visibility
from grader.strip import Block

#: lists what a release holds; a folder that has it may be written over
RELEASE = "release.json"
#: modules of the grader that test files import at home
HOME_MODULES = ("testing.py", "comparison.py", "feedback.py", "speed.py")
#: the module that notebooks run tests with
QUESTIONS = "questions.py"

_GITIGNORE = "__pycache__/\n*.pyc\n.pytest_cache/\n/build/\n/data/\n"
# not `-p` in pytest.ini: pytest loads those plugins before it sets `pythonpath`
_CONFTEST = '''"""Gives the tests their helpers, which lie in tests/grader."""
{variables}
pytest_plugins = ["grader.testing"]
'''
_VARIABLES = """
import os

# before anything is imported: the library reads it once
{lines}
"""
#: the folder of a template with the build tool
NATIVE = "native"
#: what of it is for CUDA only
EMULATION = f"{NATIVE}/emulation/"
#: the first moment that a zip archive can express
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Release:
    """What students receive."""

    #: name of the assignment
    assignment: str
    #: path in the template -> content
    files: Mapping[str, bytes]
    #: path in the template -> path, relative to the course, of the file that it was made from
    origins: Mapping[str, str]
    #: path in the template -> the lines of the origin that its lines were, if some are gone
    lines: Mapping[str, tuple[int, ...]]
    blocks: tuple[Block, ...]
    #: path in the reference -> its lines that belong to other assignments
    dropped: Mapping[str, frozenset[int]]

    @property
    def digest(self) -> str:
        return provenance.digest_files(self.files.items())

    def origin(self, path: str, line: int) -> str:
        """Return `path:line` of what an author edits to change a line of the template."""
        lines = self.lines.get(path, ())
        return f"{self.origins[path]}:{lines[line - 1] if line <= len(lines) else line}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Finding:
    """A line that somebody has to look at."""

    path: str
    line: int
    sentence: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.sentence}"


# -- making ----------------------------------------------------------------------------


def build(assignment: Assignment) -> Release:
    """Return the release of an assignment; the same assignment gives the same bytes."""
    maker = _Maker(assignment)
    maker.add_reference()
    maker.add_notebook()
    maker.add_suite()
    maker.add_home_modules()
    maker.add_build_tool()
    maker.add_generated()
    return maker.release()


class _Maker:
    """Collects the files of a release and refuses those that must not be in one."""

    def __init__(self, assignment: Assignment) -> None:
        self._assignment = assignment
        self._files: dict[str, bytes] = {}
        self._origins: dict[str, str] = {}
        self._lines: dict[str, tuple[int, ...]] = {}
        self._dropped: dict[str, frozenset[int]] = {}
        self._blocks: list[Block] = []
        self._hidden = {
            _digest(path.read_bytes()): path for path in suites.test_files(assignment.hidden_dir)
        }

    def add_reference(self) -> None:
        """Add the files that the globs of the manifest name, without their solutions."""
        assignment = self._assignment
        files = suites.files(assignment.reference_dir)
        for number, pattern in enumerate(assignment.release.files):
            matches = set(assignment.reference_dir.glob(pattern))
            paths = [path for path in files if path in matches]
            if not paths:
                raise ManifestError(
                    f"{assignment.where('release', 'files', number)}: {pattern!r} matches no file "
                    f"below {assignment.shown(assignment.reference_dir)}"
                )
            for path in paths:
                name = path.relative_to(assignment.reference_dir).as_posix()
                if name not in self._files:
                    self._add_stripped(name, path)

    def _add_stripped(self, name: str, path: Path) -> None:
        shown = self._assignment.shown(path)
        kept = self._assignment.release.parts
        stripped = strip.strip(
            name,
            self._read(path),
            shown=shown,
            kept_parts=kept,
            known_parts=self._assignment.siblings,
        )
        self._blocks += stripped.blocks
        self._lines[name] = stripped.origins
        if stripped.dropped:
            self._dropped[name] = stripped.dropped
        self._add(name, stripped.content, shown)

    def add_notebook(self) -> None:
        """Add the course notebook without solutions, and what its cells run tests with."""
        assignment, kept = self._assignment, self._assignment.release.parts
        name = assignment.release.notebook
        if name is None:
            return
        path = assignment.reference_dir / name
        shown = assignment.shown(path)
        if not path.is_file():
            raise ManifestError(f"{assignment.where('release', 'notebook')}: no such file: {shown}")
        made = course.release(
            name,
            self._read(path),
            shown=shown,
            kept_parts=kept,
            known_parts=assignment.siblings,
        )
        released = f"{assignment.name}{course.SUFFIX}"
        self._blocks += made.blocks
        self._lines[released] = made.origins
        self._add(released, made.content, shown)
        self._add_home_module(QUESTIONS)

    def add_suite(self) -> None:
        """Add the public suite."""
        folder = self._assignment.public_dir
        for path in suites.files(folder):
            name = f"tests/{self._assignment.name}/{path.relative_to(folder).as_posix()}"
            self._add(name, self._read(path), self._assignment.shown(path))

    def add_home_modules(self) -> None:
        """Add what test files import, so that they run where no grader is installed."""
        summary = '"""What test files import; the same files run in the grader."""\n'
        self._add("tests/grader/__init__.py", summary.encode(), "grader/release.py")
        for module in HOME_MODULES:
            self._add_home_module(module)

    def _add_home_module(self, module: str) -> None:
        content = (Path(__file__).parent / module).read_bytes()
        self._add(f"tests/grader/{module}", content, f"grader/{module}")

    def add_generated(self) -> None:
        """Add what tells students, pytest, pip and git how to use the template."""
        rules = self._assignment.release
        readme = self._read(self._assignment.root / rules.readme).decode("utf-8")
        table = "\n".join(points_table(self._assignment))
        requirements = "".join(f"{line}\n" for line in rules.requirements)
        manifest = self._assignment.shown(self._assignment.path)
        self._add("README.md", f"{readme.rstrip()}\n\n{table}\n".encode(), rules.readme)
        self._add("requirements.txt", requirements.encode(), manifest)
        self._add("pytest.ini", _pytest_ini(self._assignment).encode(), manifest)
        self._add("conftest.py", _conftest(self._assignment).encode(), manifest)
        self._add(".gitignore", _GITIGNORE.encode(), "grader/release.py")

    def add_build_tool(self) -> None:
        """Add what compiles the student's C++ and CUDA, where there is any."""
        assignment = self._assignment
        if not assignment.native:
            return
        package = Path(__file__).parent / NATIVE
        for path in suites.files(package):
            name = f"{NATIVE}/{path.relative_to(package).as_posix()}"
            if name.startswith(EMULATION) and not _has_cuda(assignment):
                continue
            self._add(name, path.read_bytes(), f"grader/{name}")
        manifest = assignment.shown(assignment.path)
        self._add("Makefile", _makefile(assignment).encode(), manifest)

    def _read(self, path: Path) -> bytes:
        """Return the content of a file that is no way into the hidden suite."""
        shown = self._assignment.shown(path)
        hidden = self._assignment.hidden_dir.resolve()
        if path.is_symlink() or path.resolve() != path:
            raise ManifestError(f"{shown}:1: a link is not released; put the file itself there")
        if path.is_relative_to(hidden):
            raise ManifestError(f"{shown}:1: a file of the hidden suite is not released")
        content = path.read_bytes()
        if (twin := self._hidden.get(_digest(content))) is not None:
            raise ManifestError(
                f"{shown}:1: the same content as the hidden {self._assignment.shown(twin)}; "
                "it is not released"
            )
        return content

    def _add(self, name: str, content: bytes, origin: str) -> None:
        for other in self._files:
            if other.casefold() == name.casefold():
                raise ManifestError(
                    f"{origin}:1: would be released as {name}, which {self._origins[other]} "
                    "already is; rename one of them"
                )
        self._files[name] = content
        self._origins[name] = origin

    def release(self) -> Release:
        """Return what was collected, and the list of it."""
        listing = {
            "assignment": self._assignment.name,
            "grader": __version__,
            "files": {name: _digest(self._files[name]) for name in sorted(self._files)},
        }
        text = json.dumps(listing, indent=2) + "\n"
        self._add(RELEASE, text.encode(), self._assignment.shown(self._assignment.path))
        return Release(
            assignment=self._assignment.name,
            files=MappingProxyType(dict(sorted(self._files.items()))),
            origins=MappingProxyType(self._origins),
            lines=MappingProxyType(self._lines),
            blocks=tuple(self._blocks),
            dropped=MappingProxyType(self._dropped),
        )


def points_table(assignment: Assignment) -> Iterator[str]:
    """Yield the lines of a Markdown table of questions and points."""
    yield "## Questions and points\n"
    yield "| question | tests in | points, these tests | points, hidden tests | total |"
    yield "|---|---|---:|---:|---:|"
    for question in assignment.questions:
        visible, hidden = sum(question.public.values()), sum(question.hidden.values())
        yield (
            f"| {question.title} | `tests/{assignment.name}/{question.file}` "
            f"| {visible:g} | {hidden:g} | {visible + hidden:g} |"
        )
    visible = sum(t.points for t in assignment.tests if t.visibility is Visibility.VISIBLE)
    hidden = assignment.max_score - visible
    yield f"| all | | {visible:g} | {hidden:g} | {assignment.max_score:g} |"


def _pytest_ini(assignment: Assignment) -> str:
    roots = [root for root in assignment.submission.path if root != "."]
    return f"[pytest]\npythonpath = {' '.join(['.', *roots, 'tests'])}\ntestpaths = tests\n"


def _conftest(assignment: Assignment) -> str:
    environment = assignment.submission.environment
    if not environment:
        return _CONFTEST.format(variables="")
    lines = [
        f"os.environ.setdefault({json.dumps(name)}, {json.dumps(value)})"
        for name, value in environment.items()
    ]
    return _CONFTEST.format(variables=_VARIABLES.format(lines="\n".join(lines)))


def _has_cuda(assignment: Assignment) -> bool:
    return any(each.source.endswith(".cu") for each in assignment.native)


def _makefile(assignment: Assignment) -> str:
    modules = " \\\n\t".join(f"{each.source}={each.module}" for each in assignment.native)
    languages = "C++ and CUDA" if _has_cuda(assignment) else "C++"
    lines = [f"# make: build what you write in {languages}", f"MODULES := {modules}"]
    if _has_cuda(assignment):
        names = [name for each in assignment.questions for name in (each.file, *each.public)]
        chosen = " -k cuda" if any("cuda" in name for name in names) else ""
        lines += [
            "# make cuda-check: run these tests with AddressSanitizer and threads out of order",
            f"TESTS := tests/{assignment.name}{chosen}",
        ]
    return "\n".join([*lines, f"include {NATIVE}/targets.mk", ""])


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


# -- writing ---------------------------------------------------------------------------


def write(release: Release, folder: Path) -> None:
    """Make `folder` hold the release and nothing else; it changes at once or not at all."""
    _check_replaceable(release, folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = folder.with_name(f".{folder.name}.new-{os.getpid()}")
    stale = folder.with_name(f".{folder.name}.old-{os.getpid()}")
    try:
        write_files(release.files, fresh)
        if folder.exists():
            folder.rename(stale)
        fresh.rename(folder)
    except BaseException:
        if stale.exists() and not folder.exists():
            stale.rename(folder)
        raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(stale, ignore_errors=True)


def write_files(files: Mapping[str, bytes], folder: Path) -> None:
    """Write files by their relative paths below a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _check_replaceable(release: Release, folder: Path) -> None:
    """Raise unless `folder` is absent, empty, or an earlier release of the same assignment."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise UsageError(f"{folder} is not a folder; a release is written to a folder or a .zip")
    if not folder.exists() or not any(folder.iterdir()):
        return
    try:
        name = json.loads((folder / RELEASE).read_bytes())["assignment"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{folder} is not empty and has no {RELEASE}, so it is no earlier release; "
            "nothing was written. Give another --out, or empty it yourself"
        ) from error
    if name != release.assignment:
        raise UsageError(
            f"{folder} is a release of {name!r}, not of {release.assignment!r}; nothing was written"
        )
    if (folder / ".git").exists():
        raise UsageError(
            f"{folder} is a git repository of its own, and writing a release would remove its "
            "history; nothing was written. Write a .zip, or to a folder inside it"
        )


def write_zip(release: Release, path: Path) -> None:
    """Write the release as an archive with one folder; the same release gives the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new-{os.getpid()}")
    # stored, not deflated: compressed bytes differ between versions of zlib
    with zipfile.ZipFile(fresh, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(release.files):
            entry = zipfile.ZipInfo(f"{release.assignment}/{name}", _ZIP_TIME)
            entry.create_system = 3
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, release.files[name])
    fresh.replace(path)


# -- comparing -------------------------------------------------------------------------


def is_current(release: Release, folder: Path) -> list[str]:
    """Return how `folder` differs from the release, one `path:line: sentence` each."""
    return [str(finding) for finding in differences(release, folder)]


def differences(release: Release, folder: Path) -> list[Finding]:
    """Return how `folder` differs from the release, by path."""
    present = {p.relative_to(folder).as_posix(): p for p in suites.files(folder)}
    found = []
    for name in sorted({*release.files, *present}):
        if name not in present:
            found.append(Finding(path=name, line=1, sentence="missing"))
        elif name not in release.files:
            found.append(Finding(path=name, line=1, sentence="not part of the release"))
        elif line := _first_difference(release.files[name], present[name].read_bytes()):
            found.append(Finding(path=name, line=line, sentence="differs from here on"))
    return found


def _first_difference(expected: bytes, actual: bytes) -> int:
    """Return the first line that differs, 0 if none does."""
    if expected == actual:
        return 0
    pairs = zip(expected.split(b"\n"), actual.split(b"\n"), strict=False)
    same = 0
    for ours, theirs in pairs:
        if ours != theirs:
            break
        same += 1
    return same + 1
