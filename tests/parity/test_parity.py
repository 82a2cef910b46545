"""A course's own test file gives through the grader the verdicts that it gives in one process.

PARITY=all compares every submission with every file, which takes about half an hour.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.conftest import require
from tests.parity import harness, submissions

ALL = os.environ.get("PARITY") == "all"
NAMES = tuple(submissions.SUBMISSIONS) if ALL else submissions.USUAL

pytestmark = pytest.mark.usefixtures("bubblewrap")


@pytest.fixture(scope="module")
def libraries() -> None:
    try:
        import numdifftools  # noqa: F401
    except ImportError:
        require(False, "numdifftools")


def test_verdicts_are_those_of_one_process(libraries: None, tmp_path: Path) -> None:
    made = harness.compare(NAMES, tmp_path)
    broken = [name for name, found in made.items() if found.status != "graded"]
    assert broken == []
    differing = {name: found.differences for name, found in made.items() if found.differences}
    assert differing == {}
    assert made["reference"].passed > 0.9 * made["reference"].items
    assert made["template"].passed < 0.4 * made["template"].items
    assert sum(found.items for found in made.values()) > 1000
