"""Does the native code of the stripped template compile?"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from grader import building, release
from grader.errors import InfrastructureError
from grader.manifest import Assignment
from grader.release import Finding, Release

_TOOL = Path(__file__).parent / release.NATIVE / "build.py"
_SECONDS = 600
#: exit code of the build tool when the machine lacks a compiler or headers
_NO_TOOLS = 3
_ERROR = re.compile(
    r"^(?P<path>[^:\n]+):(?P<line>\d+):(?:\d+:)? (?:fatal )?error: (?P<text>.*)", re.M
)


def build(assignment: Assignment, made: Release, folder: Path) -> Iterator[Finding]:
    """Compile the modules of a template, written to `folder`, in place; yield the first error.

    Raises InfrastructureError where this machine has no compiler. What was compiled once is kept.
    """
    if not assignment.native:
        return
    building.check_tools(assignment)
    cache = building.default_folder(os.environ).with_name("templates")
    modules = [f"{each.source}={each.module}" for each in assignment.native]
    # the template's own copy is the same, but at another path each time, and kept is by path
    words = [str(_TOOL), "--cuda", "emulated", "--cache", str(cache), *modules]
    try:
        run = subprocess.run(
            [sys.executable, "-I", "-B", *words],
            cwd=folder,
            env={"PATH": os.environ.get("PATH", "")},
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise InfrastructureError(
            f"compiling the template of {assignment.name} took more than {_SECONDS} s; is the "
            "machine busy? Run it again: what was compiled is kept"
        ) from None
    if run.returncode == _NO_TOOLS:
        raise InfrastructureError(
            f"the template of {assignment.name} cannot be compiled here: {run.stderr.strip()}"
        )
    if run.returncode:
        yield _finding(made, run.stderr)


def _finding(made: Release, said: str) -> Finding:
    """Return the first error that is in a file of the template."""
    for error in _ERROR.finditer(said):
        if error["path"] in made.files:
            path, line = made.origin(error["path"], int(error["line"])).rsplit(":", 1)
            sentence = f"the template does not compile: {error['text']}"
            return Finding(path=path, line=int(line), sentence=sentence)
    path, line = made.origin(release.RELEASE, 1).rsplit(":", 1)
    reason = (said.strip().splitlines() or ["without a word"])[0]
    return Finding(path=path, line=int(line), sentence=f"the template does not compile: {reason}")
