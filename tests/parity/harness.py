"""The verdicts of one pytest file two ways: in one process with the submission, and graded.

`python -m tests.parity.harness [--files NAMES] [NAME...]` compares all or some submissions.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.parity import submissions

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
#: pytest files in the idiom of the course; they are called test_NAME.py where they run.
#: hwN_NAME.py is one for homework N, the others are for homework 1
ALL_FILES = tuple(sorted(path.stem for path in (HERE / "course_tests").glob("*.py")))
FILES = tuple(name for name in ALL_FILES if not name.startswith("hw"))
#: tests that are run once more on their own when their verdicts differ
ALONE = 12

Verdicts = dict[str, str]

MANIFEST = """
name = "hw1"
title = "Homework 1, without suites of its own"
reference = "reference_solution"
template = "student_template"
public = "tests_public"
hidden = "tests_hidden"

[release]
files = ["python/needle/**/*.py", "apps/simple_ml.py"]
readme = "assignments/hw1.md"
requirements = ["numpy>=2.0"]

[submission]
accept = ["python/**/*.py", "apps/**/*.py"]
path = ["python", "apps"]
data = "data"

[limits]
test_seconds = 60.0
call_seconds = 20.0
job_seconds = 600.0

[[question]]
id = "none"
title = "Something that holds"
file = "test_something.py"
[question.public]
test_something = 1
"""

SOMETHING = 'def test_something():\n    """One is one."""\n    assert 1 == 1\n'


def make_course(folder: Path) -> Path:
    """Write a course that has the reference and next to no test."""
    # the parts of the reference are named after assignments, which have to be there
    shutil.copytree(ROOT / "assignments", folder / "assignments")
    (folder / "assignments" / "hw1.toml").write_text(MANIFEST)
    (folder / "assignments" / "hw1.md").write_text("# Homework\n")
    for suite in ("tests_public", "tests_hidden"):
        (folder / suite).mkdir()
    (folder / "tests_public" / "test_something.py").write_text(SOMETHING)
    ignored = shutil.ignore_patterns("__pycache__", ".*")
    shutil.copytree(ROOT / "reference_solution", folder / "reference_solution", ignore=ignored)
    return folder


def make_course_of(folder: Path, homework: str) -> Path:
    """Write a course that has the reference, and another homework's manifest without its suites."""
    folder.mkdir(parents=True)
    shutil.copytree(ROOT / "assignments", folder / "assignments")
    text = (ROOT / "assignments" / f"{homework}.toml").read_text().partition("[[question]]")[0]
    text = text.replace(f"tests_public/{homework}", "tests_public")
    text = text.replace(f"tests_hidden/{homework}", "tests_hidden")
    text += MANIFEST[MANIFEST.index("[[question]]") :]
    (folder / "assignments" / f"{homework}.toml").write_text(text)
    for suite in ("tests_public", "tests_hidden"):
        (folder / suite).mkdir()
    (folder / "tests_public" / "test_something.py").write_text(SOMETHING)
    ignored = shutil.ignore_patterns("__pycache__", ".*", "*.so")
    shutil.copytree(ROOT / "reference_solution", folder / "reference_solution", ignore=ignored)
    return folder


def assemble(source: Path, target: Path, course: Path) -> None:
    """Lay out a submission as the grader does: over the template."""
    from grader import intake, manifest, release

    assignment = manifest.load(course / "assignments" / "hw1.toml")
    template = dict(release.build(assignment).files)
    intake.receive(source, assignment, template).write(target)


def lay_out(files: Iterable[str], folder: Path) -> list[Path]:
    """Give the test files the names by which pytest knows them."""
    folder.mkdir()
    found = [folder / f"test_{name}.py" for name in files]
    for path in found:
        shutil.copy(HERE / "course_tests" / path.name.removeprefix("test_"), path)
    return found


# -- in one process ----------------------------------------------------------------------


class _Recorder:
    """Writes the verdict of every item as soon as it is known: the process may end any time."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.failed: set[str] = set()

    def pytest_runtest_logreport(self, report: Any) -> None:
        name = f"{report.fspath.rpartition('/')[2]}::{report.nodeid.partition('::')[2]}"
        if report.failed:
            self.failed.add(name)
        outcome = "failed" if name in self.failed else report.outcome
        if type(report).__name__ == "TestReport" and (report.when != "setup" or not report.passed):
            with open(self.path, "a") as file:
                file.write(json.dumps([name, outcome, report.when]) + "\n")


def run_pytest(record: str, words: Sequence[str]) -> None:
    """Be the process that pytest and the submission share."""
    import types

    import pytest

    if "mugrade" not in sys.modules:
        sys.modules["mugrade"] = types.ModuleType("mugrade")
        sys.modules["mugrade"].submit = lambda value: None  # type: ignore[attr-defined]
    sys.path.insert(0, "")
    pytest.main(list(words), plugins=[_Recorder(record)])


def one_process(
    folder: Path, items: Sequence[str], seconds: float, variables: Mapping[str, str] | None = None
) -> Verdicts:
    """Run items of `folder` in one process that can write nowhere else and reach nobody."""
    record = folder / ".verdicts"
    record.unlink(missing_ok=True)
    words = ["-q", "-c", os.devnull, "--rootdir", str(folder), "-p", "no:cacheprovider"]
    words += ["--continue-on-collection-errors", "--basetemp", str(folder / ".temp"), *items]
    code = (
        f"import sys; sys.path.append({str(ROOT)!r})\n"
        "from tests.parity.harness import run_pytest\n"
        f"sys.path.remove({str(ROOT)!r}); sys.modules.pop('tests', None)\n"
        f"run_pytest({str(record)!r}, {words!r})"
    )
    command = ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
    command += ["--bind", str(folder), str(folder), "--chdir", str(folder)]
    command += ["--unshare-net", "--unshare-pid", "--die-with-parent", "--new-session"]
    command += [sys.executable, "-B", "-c", code]
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONHASHSEED": "0",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        **(variables or {}),
    }
    with contextlib.suppress(subprocess.TimeoutExpired), (folder / ".log").open("wb") as log:
        subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            timeout=seconds,
            check=False,
        )
    lines = record.read_text().splitlines() if record.exists() else []
    found: Verdicts = {}
    for name, outcome, when in map(json.loads, lines):
        if when == "call" or outcome != "passed":
            found[name] = outcome
    return found


def in_process(submission: Path, files: Iterable[Path], course: Path, folder: Path) -> Verdicts:
    """Return verdicts by item id; an item of which nothing was heard is missing."""
    assemble(submission, folder, course)
    subprocess.run(["chmod", "-R", "u+w", str(folder)], check=True)
    (folder / "course").mkdir()
    for file in files:
        shutil.copy(file, folder / "course" / file.name)
    if (course / "data").is_dir():
        (folder / "data").symlink_to(course / "data")
    return one_process(folder, [f"course/{file.name}" for file in files], 240)


# -- graded ------------------------------------------------------------------------------


def grade(paths: Sequence[Path], files: Iterable[Path], course: Path, out: Path) -> dict[str, Any]:
    """Grade all submissions in one run; return reports by name."""
    command: list[str] = [sys.executable, "-m", "grader", "grade", "hw1", *map(str, paths)]
    for file in files:
        command += ["--tests", str(file)]
    command += ["--sandbox", "bubblewrap", "--course", str(course), "--out", str(out)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.returncode}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
    return {path.name: json.loads((out / path.name / "report.json").read_text()) for path in paths}


def graded(report: dict[str, Any]) -> Verdicts:
    """Return the verdicts of the extra items of a report."""
    return {test["id"]: test["status"] for test in report["tests"] if test["question"] == "extra"}


# -- both --------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, kw_only=True)
class Difference:
    """An item that passes in one way and not in the other."""

    item: str
    in_process: str
    #: its verdict in a process without the other items: another one means that they disturb it
    alone: str
    graded: str
    message: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Comparison:
    """What came of one submission."""

    status: str
    items: int
    passed: int
    differences: list[Difference]


def _passed(verdicts: Verdicts, item: str) -> bool:
    return verdicts.get(item) == "passed"


def _compare_one(
    source: Path, report: dict[str, Any], files: Sequence[Path], course: Path, folder: Path
) -> Comparison:
    outside = graded(report)
    inside = in_process(source, files, course, folder)
    messages = {test["id"]: test["staff_message"] for test in report["tests"]}
    found: list[Difference] = []
    for item in outside:
        if _passed(outside, item) == _passed(inside, item):
            continue
        alone = one_process(folder, [f"course/{item}"], 60) if len(found) < ALONE else {}
        found.append(
            Difference(
                item=item,
                in_process=inside.get(item, "missing"),
                alone=alone.get(item, "missing"),
                graded=outside[item],
                message=messages[item],
            )
        )
    passes = sum(_passed(outside, item) for item in outside)
    return Comparison(status=report["status"], items=len(outside), passed=passes, differences=found)


def compare(
    names: Sequence[str], base: Path, files: Sequence[str] = FILES, course: Path | None = None
) -> dict[str, Comparison]:
    """Compare submissions by name; print what differs."""
    course = course or make_course(base / "course")
    sources = submissions.write(base / "in", names)
    paths = lay_out(files, base / "course_tests")
    reports = grade(sources, paths, course, base / "out")
    found = {}
    for source in sources:
        report = reports[source.name]
        made = _compare_one(source, report, paths, course, base / source.name)
        found[source.name] = made
        print(f"{source.name}: {made.status}, {made.passed} of {made.items}", flush=True)
        for one in made.differences:
            print(f"  {one.item}: {one.in_process}, alone {one.alone}, graded {one.graded}")
            print("     ", one.message[:400].replace("\n", "\n      "), flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument("--files", nargs="*", default=FILES)
    parser.add_argument("--course", type=Path)
    options = parser.parse_args()
    start = time.monotonic()
    names = options.names or list(submissions.SUBMISSIONS)
    with tempfile.TemporaryDirectory(prefix="parity-") as temporary:
        found = compare(names, Path(temporary), options.files, options.course)
    items = sum(made.items for made in found.values())
    differing = sum(len(made.differences) for made in found.values())
    print(f"{items} pairs, {differing} differ, {time.monotonic() - start:.1f} s")


if __name__ == "__main__":
    main()
