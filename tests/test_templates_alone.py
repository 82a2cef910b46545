"""Each template alone in an empty folder: it builds, its tests run and fail for the right reason.

What needs a compiler takes a minute of processor time for each homework: CI=true.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from parts import require

from grader import building, manifest
from grader.errors import InfrastructureError
from grader.results import Visibility

ROOT = Path(__file__).parents[1]
NAMES = sorted(path.stem for path in (ROOT / "assignments").glob("*.toml"))
#: what somebody may have left in a template who tried it where it lies
BUILT = shutil.ignore_patterns("*.so", "build", "__pycache__")
#: what a blank says: in Python, in C++, and in a kernel, which cannot throw
BLANK = ("NotImplementedError", ": not implemented", ": __trap()")


@pytest.mark.parametrize("name", NAMES)
def test_a_template_alone_fails_for_the_right_reason(name: str, tmp_path: Path) -> None:
    assignment = manifest.find(name, ROOT)
    if assignment.native:
        _require_compiler()
    home = Path(shutil.copytree(assignment.template_dir, tmp_path / "home", ignore=BUILT))
    if assignment.native:
        made = _run(home, "make", f"PYTHON={sys.executable}")
        assert made.returncode == 0, made.stdout + made.stderr
    done = _pytest(home, "-q", "--tb=short", f"--junitxml={tmp_path}/found.xml")
    assert done.returncode == 1, done.stdout + done.stderr
    cases = list(ET.parse(tmp_path / "found.xml").iter("testcase"))
    visible = {
        test.id.split("::")[1] for test in assignment.tests if test.visibility is Visibility.VISIBLE
    }
    assert {case.attrib["name"].split("[")[0] for case in cases} >= visible
    assert [_other_reason(case) for case in cases if _other_reason(case)] == []


def _require_compiler() -> None:
    if not os.environ.get("CI"):
        pytest.skip("compiles for a minute: CI=true")
    require(shutil.which("make") is not None, "make")
    try:
        building.tools.find()
    except InfrastructureError as error:
        require(False, str(error))


def _other_reason(case: ET.Element) -> str:
    """Return what a test said, unless it was skipped for want of data or met a blank."""
    told = [child for child in case if child.tag != "skipped"]
    if len(told) < len(case):
        return ""
    text = " ".join(child.attrib["message"] for child in told if child.tag == "failure")
    return (
        "" if any(said in text for said in BLANK) else f"{case.attrib['name']}: {text or 'passed'}"
    )


def _pytest(home: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run pytest where the grader is not installed: `-S` leaves out what only .pth files name."""
    site = Path(pytest.__file__).parents[1]
    program = (
        f"import sys; sys.path.append({str(site)!r}); import pytest; "
        f"sys.exit(pytest.main({list(options)!r}))"
    )
    return _run(home, sys.executable, "-S", "-P", "-c", program)


def _run(home: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=home,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
