"""A course's own test file gives through the grader the verdicts that it gives in one process.

PARITY=all compares every submission with every file, which takes about half an hour.
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest
from parts import require

from tests.parity import harness, submissions

#: submissions of which some verdicts differ, for the reasons that README.md gives
DIFFERENT = {"global_state", "silences_errors", "tensor_equality"}

pytestmark = pytest.mark.usefixtures("bubblewrap")


@pytest.fixture(autouse=True)
def libraries() -> None:
    require(importlib.util.find_spec("numdifftools") is not None, "numdifftools")


def compare(names: list[str], files: list[str], folder: Path) -> dict[str, harness.Comparison]:
    """Compare, and check what holds for every submission."""
    made = harness.compare(names, folder, files)
    assert {name: found.status for name, found in made.items()} == dict.fromkeys(made, "graded")
    assert {n: found.differences for n, found in made.items() if found.differences} == {}
    return made


def test_right_submissions_in_every_file(tmp_path: Path) -> None:
    made = compare(["reference", "old"], list(harness.FILES), tmp_path)
    for found in made.values():
        assert found.passed > 0.9 * found.items


def test_wrong_submissions_in_the_file_of_a_course(tmp_path: Path) -> None:
    right = ["cumulative", "tensor_equality"]
    wrong = ["matmul_batch_axes", "gradient_is_none", "epoch_returns_nothing"]
    unusable = ["template", "ml_syntax_error", "exits_on_import"]
    made = compare([*right, *wrong, *unusable], ["autograd_hw", "mnist"], tmp_path)
    for name in wrong:
        assert 0 < made[name].passed < made["cumulative"].passed
    for name in unusable:
        assert made[name].passed == 0


@pytest.mark.skipif(os.environ.get("PARITY") != "all", reason="takes half an hour: PARITY=all")
@pytest.mark.parametrize("name", sorted(submissions.SUBMISSIONS.keys() - DIFFERENT))
def test_every_submission_in_every_file(name: str, tmp_path: Path) -> None:
    compare([name], list(harness.FILES), tmp_path)
