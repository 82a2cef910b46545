"""Makes the answers of an assignment: the instructor's `submit_*` functions on the reference."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from grader import provenance, suites
from grader.errors import UsageError
from grader.manifest import Assignment
from grader.mugrade import comparing, wire
from grader.mugrade.answers import Answers, Problem, is_name

#: seconds that the functions of one run may take, compiling not included
RUN_SECONDS = 1800.0
_BUILD = Path(__file__).parents[1] / "native" / "build.py"
_SHOWN = 2000


def make(assignment: Assignment, tests: Sequence[Path]) -> Answers:
    """Run the functions twice; raise UsageError for one that fails, sends nothing or varies."""
    for path in tests:
        if path.suffix != ".py":
            raise UsageError(f"{path}: a file of submit_* functions is Python and ends in .py")
    with tempfile.TemporaryDirectory(prefix="grader-answers-") as folder:
        work = _copied(assignment, Path(folder) / "reference")
        first, second = (_run(assignment, work, tests) for _ in range(2))
    if not first:
        raise UsageError(
            f"{_names(tests)}: there is no function submit_*; the test files of the course that "
            "call mugrade.submit have them"
        )
    _check(first, second, tests)
    return Answers(
        assignment=assignment.name,
        problems={name: Problem(name=name, raw=tuple(raw)) for name, raw in first.items()},
        source={
            "tests": provenance.digest_files((path.name, path.read_bytes()) for path in tests),
            "assignment": assignment.digest(),
        },
    )


def _copied(assignment: Assignment, work: Path) -> Path:
    """Return a copy of the reference with its extension modules built, beside the course's data."""
    for path in suites.files(assignment.reference_dir):
        target = work / path.relative_to(assignment.reference_dir)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    modules = [f"{native.source}={native.module}" for native in assignment.native]
    if modules:
        command = [sys.executable, "-I", str(_BUILD), "--root", str(work), *modules]
        built = subprocess.run(command, capture_output=True, text=True, check=False)
        if built.returncode:
            raise UsageError(f"the reference cannot be compiled: {_end(built.stderr)}")
    data = assignment.submission.data
    if data and (assignment.root / data).is_dir() and not (work / data).exists():
        (work / data).symlink_to(assignment.root / data)
    return work


def _run(assignment: Assignment, work: Path, tests: Sequence[Path]) -> dict[str, list[Any]]:
    """Return what each function sends: problem -> values."""
    out = work.parent / "values.json"
    paths = os.pathsep.join(str(work / folder) for folder in assignment.submission.path)
    command = [sys.executable, "-I", "-m", "grader.mugrade.recorder", str(out), paths]
    command += [str(path.resolve()) for path in tests]
    environment = {"PATH": os.defpath, "LANG": "C.UTF-8", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    try:
        ran = subprocess.run(
            command,
            cwd=work,
            env=environment | assignment.submission.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=RUN_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UsageError(f"{_names(tests)}: not done after {RUN_SECONDS:.0f} s") from None
    if not out.exists():
        raise UsageError(f"{_names(tests)}: ended with {ran.returncode}: {_end(ran.stderr)}")
    found = json.loads(out.read_text(encoding="utf-8"))
    out.unlink()
    for place, text in found["failures"].items():
        raise UsageError(f"{place or _names(tests)} fails on the reference:\n{_end(text)}")
    problems: dict[str, list[Any]] = found["problems"]
    return problems


def _check(first: dict[str, list[Any]], second: dict[str, list[Any]], tests: Any) -> None:
    exact = comparing.Tolerance()
    for problem, values in first.items():
        function = f"{_names(tests)}: submit_{problem}"
        if not is_name(problem):
            raise UsageError(f"{function} is no name of a problem: letters, digits, _, - and .")
        if not values:
            raise UsageError(f"{function} sends no value; call mugrade.submit in it")
        again = second.get(problem, [])
        if len(again) != len(values):
            raise UsageError(f"{function} sends {len(values)} values, then {len(again)}")
        for number, (value, other) in enumerate(zip(values, again, strict=True)):
            if not comparing.same(wire.decode(value), wire.decode(other), exact):
                raise UsageError(
                    f"{function} sends another value number {number} when it runs again, so "
                    "nobody could match it; seed what it draws"
                )


def _names(tests: Sequence[Path]) -> str:
    return ", ".join(path.name for path in tests)


def _end(text: str) -> str:
    return text.strip()[-_SHOWN:] or "it printed nothing"
