"""The suites of homework 0 are tested themselves: on the reference and on many wrong solutions.

The C++ part is a function in Python here, so that no mistake has to be compiled.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import suites_kit
from tests.mutants import hw0
from tests.mutants.edit import Mutant, replaced
from tests.suites_kit import Results

#: the extension's function as Python: what the reference computes without it
_IN_PYTHON = '''import numpy as np


def softmax_regression_epoch_cpp(X, y, theta, lr, batch):
    """Softmax regression."""
    pass
'''


def prepare(folder: Path) -> Path:
    """Return a copy of the reference whose extension is in Python."""
    package = suites_kit.copied(folder)
    text = replaced(_IN_PYTHON, "softmax_regression_epoch_cpp", hw0.REGRESSION_LOOP)
    (package / hw0.EXTENSION).write_text(text)
    return package


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Run everything in one go."""
    folder = tmp_path_factory.mktemp("packages")
    return suites_kit.run(
        suites_kit.jobs("hw0", folder, hw0.MUTANTS, prepare=prepare, path=["src"])
    )


@pytest.mark.parametrize("seed", suites_kit.SEEDS)
def test_the_reference_passes(results, seed):
    outcomes = results[f"reference {seed}"]
    assert suites_kit.not_passed(outcomes) == set()
    assert len(outcomes) >= 45


@pytest.mark.parametrize("mutant", hw0.MUTANTS, ids=lambda mutant: mutant.name)
def test_a_wrong_solution_is_caught(results, mutant: Mutant):
    assert "failed" in results[mutant.name].values()


def test_wrong_solutions_are_many_and_named_once():
    names = [mutant.name for mutant in hw0.MUTANTS]
    assert len(names) == len(set(names)) >= 60


@pytest.mark.parametrize("suite", suites_kit.suites("hw0"))
def test_every_test_says_in_a_sentence_what_it_tests(suite):
    for name, sentence in suites_kit.sentences(suite):
        assert sentence.endswith("."), name
        assert "\n" not in sentence, name
