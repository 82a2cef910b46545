"""The red team's course: a few tests of homework 1, short limits, canaries all over."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import tomllib
from pathlib import Path

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
RIGHT = REPOSITORY / "examples/submissions/hw1/right"

MANIFEST = """\
name = "redteam"
title = "Red team"
reference = "reference_solution"
template = "student_template/redteam"
public = "tests_public/redteam"
hidden = "tests_hidden/redteam"

[release]
files = {files}
readme = "assignments/redteam.md"
requirements = ["numpy>=2.0"]

[submission]
accept = ["python/**/*.py", "apps/**/*.py", "src/*.cc", "src/*.h"]
path = ["python", "apps"]

[[native]]
module = "python/needle/_native"
source = "src/native.cc"

[limits]
import_seconds = 10.0
call_seconds = 4.0
test_seconds = 5.0
job_seconds = 300.0
memory = 805306368
scratch = 33554432
file_size = 16777216
processes = 32
output = 262144
"""
#: where native code is, of the reference and of an attack
NATIVE = "src/native.cc"
QUESTION = """
[[question]]
id = "{suite}"
title = "{suite}"
file = "{name}"
[question.{suite}]
"""
QUESTIONS = {"public": ("test_public.py", 1), "hidden": ("test_hidden.py", 2)}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Course:
    """A course on disk, with its secrets and points."""

    manifest: Path
    #: what may be seen nowhere
    canary: str
    #: test function -> points
    points: dict[str, int]

    @property
    def total(self) -> int:
        """What a right solution earns."""
        return sum(self.points.values())


def make(root: Path, canary: str) -> Course:
    """Write the course below `root`."""
    # the parts of the reference are named after assignments, which have to be there
    shutil.copytree(REPOSITORY / "assignments", root / "assignments")
    hw1 = tomllib.loads((root / "assignments/hw1.toml").read_text())
    text, points = MANIFEST.format(files=json.dumps(hw1["release"]["files"])), {}
    for suite, (name, each) in QUESTIONS.items():
        source = (HERE / "suites" / f"{suite}.py").read_text().replace("@CANARY@", canary)
        functions = re.findall(r"^def (test_\w+)", source, re.MULTILINE)
        points |= dict.fromkeys(functions, each)
        _put(root / f"tests_{suite}/redteam/{name}", source)
        text += QUESTION.format(suite=suite, name=name)
        text += "".join(f"{function} = {each}\n" for function in functions)
    _put(root / "assignments/redteam.toml", text)
    _put(root / "assignments/redteam.md", "# Red team\n")
    _plant(root / "reference_solution", canary)
    return Course(manifest=root / "assignments/redteam.toml", canary=canary, points=points)


def _plant(reference: Path, canary: str) -> None:
    """Copy the reference, with a canary in every solution block and in a file beside it."""
    shutil.copytree(
        REPOSITORY / "reference_solution",
        reference,
        ignore=shutil.ignore_patterns("__pycache__", "src"),
    )
    for path in reference.rglob("*.py"):
        marked = re.sub(
            r"^( *)(### BEGIN YOUR SOLUTION\n)",
            rf"\1\2\1# {canary}\n",
            path.read_text(),
            flags=re.M,
        )
        path.write_text(marked)
    _put(reference / "notes.txt", canary)
    _put(reference / NATIVE, (HERE / "native.cc").read_text())


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
