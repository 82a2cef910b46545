"""Does the stripped template compile and import? Its code is the instructor's own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from grader.errors import InfrastructureError
from grader.manifest import Assignment
from grader.release import NATIVE, Finding, Release

_SECONDS = 120
#: imports modules one after the other, in a clean interpreter that sees nothing but the template
_IMPORT = """
import importlib, sys
sys.path[:0] = sys.argv[1].split(":")
for name in sys.argv[2:]:
    importlib.import_module(name)
"""
_FRAME = re.compile(r'File "(?P<path>[^"\n]+)", line (?P<line>\d+)')


def modules(assignment: Assignment, made: Release) -> list[str]:
    """Return the names of the modules that a template gives to import, each once.

    What lies in two folders of the path has the name that it has in the inner one: a compiled
    module cannot be loaded under two names.
    """
    prefixes = ["" if root == "." else f"{root}/" for root in assignment.submission.path]
    found: dict[str, None] = {}
    for name in made.files.keys() - _own(made):
        inside = [prefix for prefix in prefixes if name.startswith(prefix)]
        if inside and name.endswith(".py"):
            parts = name.removeprefix(max(inside, key=len)).removesuffix(".py").split("/")
            found[".".join(parts).removesuffix(".__init__")] = None
    return sorted(found)


def _own(made: Release) -> set[str]:
    """Return the files that are no part of the reference."""
    return {
        name
        for name in made.files
        if name.startswith(("tests/", f"{NATIVE}/")) or name == "conftest.py"
    }


def check(assignment: Assignment, made: Release, folder: Path) -> Iterator[Finding]:
    """Yield the place where importing the modules of a template, written to `folder`, fails.

    Raises InfrastructureError where that does not come to an end.
    """
    roots = ":".join(str(folder / root) for root in assignment.submission.path)
    try:
        run = subprocess.run(
            [sys.executable, "-I", "-B", "-c", _IMPORT, roots, *modules(assignment, made)],
            cwd=folder,
            env={"PATH": os.environ.get("PATH", ""), **assignment.submission.environment},
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise InfrastructureError(
            f"importing the template of {assignment.name} took more than {_SECONDS} s; is the "
            "machine busy? If it is idle, look for a module that does not end when it is imported"
        ) from None
    if run.returncode == 0:
        return
    reason = (run.stderr.strip().splitlines() or [f"exit code {run.returncode}"])[-1]
    frames = [f for f in _FRAME.finditer(run.stderr) if Path(f["path"]).is_relative_to(folder)]
    name, line = "release.json", 1
    if frames:
        name, line = (
            Path(frames[-1]["path"]).relative_to(folder).as_posix(),
            int(frames[-1]["line"]),
        )
    path, number = made.origin(name, line).rsplit(":", 1)
    sentence = f"the template cannot be imported: {reason}"
    yield Finding(path=path, line=int(number), sentence=sentence)
