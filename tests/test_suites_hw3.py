"""The suites of homework 3 are tested themselves: on the reference and on many wrong solutions.

Here the backends are functions in Python, so that no mistake has to be compiled; that the C++ and
the CUDA of the reference pass is part of `grader verify hw3`.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests import suites_kit
from tests.mutants import hw3
from tests.mutants.edit import Mutant
from tests.suites_kit import Results

BACKEND = suites_kit.ROOT / "tests" / "mutants" / "python_backend.py"


def prepare(folder: Path) -> Path:
    """Return a copy of the reference whose backends are in Python."""
    package = suites_kit.copied(folder)
    for device in ("cpu", "cuda"):
        shutil.copyfile(BACKEND, package / hw3.PACKAGE / f"ndarray_backend_{device}.py")
    return package


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Run everything in one go."""
    folder = tmp_path_factory.mktemp("packages")
    return suites_kit.run(suites_kit.jobs("hw3", folder, hw3.MUTANTS, prepare=prepare))


@pytest.mark.parametrize("seed", suites_kit.SEEDS)
def test_the_reference_passes(results, seed):
    outcomes = results[f"reference {seed}"]
    assert suites_kit.not_passed(outcomes) == set()
    assert len(outcomes) >= 220


@pytest.mark.parametrize("mutant", hw3.MUTANTS, ids=lambda mutant: mutant.name)
def test_a_wrong_solution_is_caught(results, mutant: Mutant):
    assert "failed" in results[mutant.name].values()


def test_wrong_solutions_are_many_and_named_once():
    names = [mutant.name for mutant in hw3.MUTANTS]
    assert len(names) == len(set(names)) >= 80


@pytest.mark.parametrize("suite", suites_kit.suites("hw3"))
def test_every_test_says_in_a_sentence_what_it_tests(suite):
    for name, sentence in suites_kit.sentences(suite):
        assert sentence.endswith("."), name
        assert "\n" not in sentence, name
