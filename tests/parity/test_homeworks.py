"""The course's files for homeworks 0 and 2 to 4-extra: the same verdicts in one process and graded.

PARITY=all compares every submission that handins.py describes.
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest
from parts import require

from tests.parity import homeworks
from tests.parity.handins import SUBMISSIONS

pytestmark = pytest.mark.usefixtures("bubblewrap", "libraries")

#: some of each kind, which take half a minute
SOME = {"hw0": ["reference", "no_batches"], "hw3": ["own_native_code", "cuda_does_not_compile"]}
#: its verdicts differ, for the reason that README.md gives
DIFFERENT = {"tiled_not_zeroed"}


@pytest.fixture
def libraries() -> None:
    for module in ("numdifftools", "pybind11", "torch"):
        require(importlib.util.find_spec(module) is not None, module)


def compare(homework: str, names: list[str], folder: Path) -> dict[str, homeworks.Found]:
    found = homeworks.compare(homework, names, folder)
    assert {name: made.differing for name, made in found.items() if made.differing} == {}
    return found


def test_homework_0(tmp_path: Path) -> None:
    found = compare("hw0", SOME["hw0"], tmp_path)
    assert found["reference"].passed == found["reference"].items
    assert 0 < found["no_batches"].passed < found["no_batches"].items


def test_homework_3_with_native_code_of_students(tmp_path: Path) -> None:
    found = compare("hw3", SOME["hw3"], tmp_path)
    right, half = found["own_native_code"], found["cuda_does_not_compile"]
    assert right.passed == right.items
    assert 0 < half.passed < half.items


@pytest.mark.skipif(os.environ.get("PARITY") != "all", reason="takes a quarter: PARITY=all")
@pytest.mark.parametrize("homework", homeworks.NAMES)
def test_every_submission(homework: str, tmp_path: Path) -> None:
    found = compare(homework, sorted(SUBMISSIONS[homework].keys() - DIFFERENT), tmp_path)
    assert found["reference"].passed == found["reference"].items
