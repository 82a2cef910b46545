"""The verdicts of homeworks with compiled parts two ways: in one process, and graded.

`python -m tests.parity.homeworks HOMEWORK [--files NAMES] [NAME...]` compares and prints.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.parity import harness
from tests.parity.edit import Files, Made
from tests.parity.handins import SUBMISSIONS

NAMES = ("hw0", "hw2", "hw3", "hw4", "hw4_extra")


@dataclasses.dataclass(frozen=True)
class Found:
    """What came of one submission."""

    items: int
    passed: int
    #: verdict in process, graded, and the message, of the items where they differ
    differing: dict[str, tuple[str, str, str]]


def files_of(homework: str) -> tuple[str, ...]:
    """Return the names of the course's files for a homework."""
    others = [name for name in NAMES if name.startswith(f"{homework}_")]
    return tuple(
        name
        for name in harness.ALL_FILES
        if name.startswith(f"{homework}_") and not name.startswith(tuple(f"{o}_" for o in others))
    )


def write(folder: Path, made: Made) -> Path:
    files: Files = made.files()
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


def grade(
    homework: str, paths: Sequence[Path], files: Sequence[Path], course: Path, out: Path
) -> dict[str, dict[str, object]]:
    command = [sys.executable, "-m", "grader", "grade", homework, *map(str, paths)]
    for file in files:
        command += ["--tests", str(file)]
    command += ["--sandbox", "bubblewrap", "--course", str(course), "--out", str(out)]
    done = subprocess.run(command, cwd=harness.ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.returncode}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
    return {path.name: json.loads((out / path.name / "report.json").read_text()) for path in paths}


def in_process(
    homework: str, source: Path, files: Sequence[Path], course: Path, folder: Path
) -> harness.Verdicts:
    """Return the verdicts in one process that builds what the manifest lists."""
    from grader import intake, manifest, release

    assignment = manifest.load(course / "assignments" / f"{homework}.toml")
    template = dict(release.build(assignment).files)
    intake.receive(source, assignment, template).write(folder)
    subprocess.run(["chmod", "-R", "u+w", str(folder)], check=True)
    for native in assignment.native:  # one by one: the others are built when one does not compile
        build = [sys.executable, str(harness.ROOT / "grader/native/build.py"), "--root"]
        build += [str(folder), "--cuda", "emulated", "--cache", str(folder.parent / "cache")]
        build += [f"{native.source}={native.module}"]
        subprocess.run(build, capture_output=True, check=False)
    (folder / "course").mkdir()
    for file in files:
        shutil.copy(file, folder / "course" / file.name)
    environment = {"PYTHONPATH": "./python", **assignment.submission.environment}
    return harness.one_process(folder, [f"course/{f.name}" for f in files], 280, environment)


def compare(
    homework: str, names: Sequence[str], base: Path, files: Sequence[str] = ()
) -> dict[str, Found]:
    """Compare submissions by name; print what differs."""
    course = harness.make_course_of(base / "course", homework)
    paths = harness.lay_out(files or files_of(homework), base / "course_tests")
    sources = [write(base / "in" / name, SUBMISSIONS[homework][name]) for name in names]
    reports = grade(homework, sources, paths, course, base / "out")
    found = {}
    for source in sources:
        report = reports[source.name]
        tests: list[dict[str, str]] = report["tests"]  # type: ignore[assignment]
        graded = {test["id"]: test for test in tests if test["question"] == "extra"}
        inside = in_process(homework, source, paths, course, base / source.name)
        differing = {
            item: (inside.get(item, "missing"), test["status"], test["staff_message"])
            for item, test in graded.items()
            if (inside.get(item) == "passed") != (test["status"] == "passed")
        }
        passed = sum(test["status"] == "passed" for test in graded.values())
        found[source.name] = Found(len(graded), passed, differing)
        print(
            f"{homework} {source.name}: {report['status']}, {passed} of {len(graded)}", flush=True
        )
        for item, (inner, outer, message) in differing.items():
            print(f"  {item}: {inner}, graded {outer}\n      {message[:400]}", flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("homework", choices=NAMES)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--files", nargs="*", default=())
    options = parser.parse_args()
    names = options.names or list(SUBMISSIONS[options.homework])
    with tempfile.TemporaryDirectory(prefix="parity-", dir=os.environ.get("TMPDIR")) as folder:
        found = compare(options.homework, names, Path(folder), options.files)
    items = sum(made.items for made in found.values())
    print(f"{items} pairs, {sum(len(made.differing) for made in found.values())} differ")


if __name__ == "__main__":
    main()
