"""The zip that Gradescope builds an autograder from: what is in it, and writing it."""

from __future__ import annotations

import os
import shlex
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from grader import suites
from grader.errors import UsageError
from grader.gradescope import needs
from grader.gradescope_rules import AROUND_SECONDS, MOST_SECONDS
from grader.manifest import Assignment

#: folders of the zip
COURSE, GRADER = "course", "grader"
#: names the assignment that a zip is of
MARK = "assignment.txt"
_PROGRAMS = ("setup.sh", "run_autograder")
#: the first moment that a zip archive can express
_TIME = (1980, 1, 1, 0, 0, 0)


def files(assignment: Assignment) -> dict[str, bytes]:
    """Return the content of the zip by path; the same assignment and grader give the same."""
    made = {f"{COURSE}/{name}": path.read_bytes() for name, path in _course(assignment).items()}
    package = Path(__file__).parents[1]
    for path in suites.files(package):
        made[f"{GRADER}/{path.relative_to(package).as_posix()}"] = path.read_bytes()
    for name in _PROGRAMS:
        made[name] = _program(name, assignment).encode()
    pinned = needs.pinned("pybind11") if assignment.native else needs.pinned()
    made["requirements.txt"] = "".join(f"{line}\n" for line in pinned).encode()
    made[MARK] = f"{assignment.name}\n".encode()
    return dict(sorted(made.items()))


def _program(name: str, assignment: Assignment) -> str:
    """Return the text of a program with what is particular to the assignment."""
    text = (Path(__file__).parent / name).read_text(encoding="utf-8")
    particular = {
        "NAME": assignment.name,
        "COMPILES": "yes" if assignment.native else "no",
        "REFERENCE": shlex.quote(assignment.rules.reference),
        "SANDBOX": assignment.gradescope.sandbox,
    }
    for word, value in particular.items():
        text = text.replace(f"@{word}@", value)
    return text


def _course(assignment: Assignment) -> Mapping[str, Path]:
    """Return every file that grading the assignment reads, by its path in the course."""
    root = assignment.root
    wrong = [root / each.submission for each in assignment.wrong if each.submission]
    data = [root / assignment.submission.data] if assignment.submission.data else []
    folders = [assignment.reference_dir, assignment.public_dir, assignment.hidden_dir]
    # of other assignments only the manifests: they say which parts of the reference there are
    paths = [*assignment.path.parent.glob("*.toml"), root / assignment.release.readme]
    for place in [*folders, *wrong, *data]:
        paths += suites.files(place) if place.is_dir() else [place] if place.is_file() else []
    return {path.relative_to(root).as_posix(): path for path in paths}


def check_time(assignment: Assignment) -> None:
    """Raise unless the run of a submission that uses all its time ends before Gradescope's limit.

    What Gradescope has to stop it gives 0 points, and that would not be the student's doing.
    """
    needed = assignment.limits.job_seconds + AROUND_SECONDS
    if needed <= assignment.gradescope.seconds:
        return
    minutes = next((m for m in (10, 20, 30, 40) if m * 60 >= needed), None)
    advice = (
        f"choose {minutes} minutes on Gradescope (Configure Autograder) and write "
        f"seconds = {minutes * 60} in [gradescope]"
        if minutes
        else f"Gradescope grants {MOST_SECONDS:g} s at most, so make limits.job_seconds smaller"
    )
    raise UsageError(
        f"{assignment.shown(assignment.path)}: a submission may take "
        f"{assignment.limits.job_seconds:g} s (limits.job_seconds) and {AROUND_SECONDS:g} s around "
        f"that, but Gradescope ends a run after {assignment.gradescope.seconds:g} s and gives it "
        f"0 points: {advice}"
    )


def write(assignment: Assignment, path: Path, *, overwrite: bool = False) -> Iterator[str]:
    """Write the zip; yield a sentence for everything that was done."""
    check_time(assignment)
    _check_replaceable(assignment, path, overwrite=overwrite)
    made = files(assignment)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new-{os.getpid()}")
    try:
        # stored, not deflated: compressed bytes differ between versions of zlib
        with zipfile.ZipFile(fresh, "w", zipfile.ZIP_STORED) as archive:
            for name, content in made.items():
                entry = zipfile.ZipInfo(name, _TIME)
                entry.create_system = 3
                entry.external_attr = (0o100755 if name in _PROGRAMS else 0o100644) << 16
                archive.writestr(entry, content)
        # hidden tests and the reference are in it
        fresh.chmod(0o600)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    size = path.stat().st_size / 1e6
    yield f"{path}: {len(made)} files, {size:.1f} MB, with hidden tests and solutions: keep it"
    yield from _advice(assignment)


def _advice(assignment: Assignment) -> Iterator[str]:
    rules = assignment.gradescope
    yield (
        "Next, on Gradescope: Configure Autograder, upload it; Ubuntu 22.04 or later, "
        f"time limit {rules.seconds / 60:g} minutes, {assignment.max_score:g} points"
    )
    unseen = {rules.hidden_tests, *rules.visibility.values()} - {"visible"}
    if unseen:
        yield (
            f"Some tests are {' or '.join(sorted(unseen))}: until students may see them all, "
            "Gradescope shows them no total"
        )


def _check_replaceable(assignment: Assignment, path: Path, *, overwrite: bool) -> None:
    """Raise unless the path is free, or holds an earlier zip of the same assignment."""
    if path.suffix != ".zip":
        raise UsageError(f"{path}: Gradescope takes a zip; give a path that ends in .zip")
    if not path.exists() or (overwrite and path.is_file()):
        return
    try:
        with zipfile.ZipFile(path) as archive:
            name = archive.read(MARK).decode().strip()
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise UsageError(
            f"{path} is there and is no earlier export: nothing was written. Give another path, "
            "or --overwrite"
        ) from error
    if name != assignment.name:
        raise UsageError(
            f"{path} is the export of {name!r}, not of {assignment.name!r}: nothing was written. "
            "Give another path, or --overwrite"
        )
