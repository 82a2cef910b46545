"""The suites of homework 4-extra are tested themselves: on the reference and on wrong solutions.

The backends are functions in Python, so that nothing has to be compiled.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests import suites_kit
from tests.mutants import backends, hw4_extra
from tests.mutants.edit import Mutant
from tests.suites_kit import Results


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Run everything in one go."""
    folder = tmp_path_factory.mktemp("packages")
    usual: dict[str, Any] = {"backend": "nd", "path": [".", "python", "apps"]}
    return suites_kit.run(
        suites_kit.jobs("hw4_extra", folder, hw4_extra.MUTANTS, prepare=backends.copied, **usual)
    )


@pytest.mark.parametrize("seed", suites_kit.SEEDS)
def test_the_reference_passes(results, seed):
    outcomes = results[f"reference {seed}"]
    assert suites_kit.not_passed(outcomes) == set()
    assert len(outcomes) >= 50


@pytest.mark.parametrize("mutant", hw4_extra.MUTANTS, ids=lambda mutant: mutant.name)
def test_a_wrong_solution_is_caught(results, mutant: Mutant):
    assert "failed" in results[mutant.name].values()


def test_wrong_solutions_are_many_and_named_once():
    names = [mutant.name for mutant in hw4_extra.MUTANTS]
    assert len(names) == len(set(names)) >= 50


@pytest.mark.parametrize("suite", suites_kit.suites("hw4_extra"))
def test_every_test_says_in_a_sentence_what_it_tests(suite):
    for name, sentence in suites_kit.sentences(suite):
        assert sentence.endswith("."), name
        assert "\n" not in sentence, name
