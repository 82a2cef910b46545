"""The suites of homework 2 are tested themselves: on the reference and on many wrong solutions."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grader import manifest, release
from grader.results import Visibility
from tests import suites_kit
from tests.mutants import hw2, hw2_right
from tests.mutants.edit import Mutant
from tests.suites_kit import Results

#: every third by hand, to save CPU time; all of them in CI
MUTANTS = hw2.MUTANTS if os.environ.get("CI") else hw2.MUTANTS[::3]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Run everything in one go."""
    return suites_kit.run(_jobs(tmp_path_factory.mktemp("packages")))


def _jobs(folder: Path) -> Iterator[dict[str, Any]]:
    yield from suites_kit.jobs("hw2", folder, MUTANTS)
    other = suites_kit.copied(folder / "other")
    for each in hw2_right.OTHERWISE:
        each.apply(other)
    for seed in suites_kit.SEEDS[:2]:
        yield suites_kit.job("hw2", f"otherwise {seed}", other, seed=seed)
    template = release.build(manifest.find("hw2", suites_kit.ROOT))
    release.write_files(template.files, folder / "template")
    yield suites_kit.job("hw2", "template", folder / "template")
    yield _without_a_reference(folder / "home")


def _without_a_reference(folder: Path) -> dict[str, Any]:
    """Return a job at a place from which no reference is found: gradients by differences."""
    suite, _ = suites_kit.suites("hw2")
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(suites_kit.ROOT / suite, folder / suite, ignore=ignored)
    package = suites_kit.copied(folder / "solution")
    return suites_kit.job("hw2", "at home", package, cwd=str(folder), tests=[suite])


def passed(outcomes: dict[str, str]) -> set[str]:
    return {test for test, outcome in outcomes.items() if outcome == "passed"}


def all_tests() -> set[str]:
    """Return the ids of all tests that earn points."""
    return {test.id for test in manifest.find("hw2", suites_kit.ROOT).tests if test.points}


def functions(tests: set[str]) -> set[str]:
    """Return the ids of test functions: without the cases of parametrised ones."""
    return {test.partition("[")[0] for test in tests}


@pytest.mark.parametrize("seed", suites_kit.SEEDS)
def test_the_reference_passes(results, seed):
    outcomes = results[f"reference {seed}"]
    assert suites_kit.not_passed(outcomes) == set()
    assert functions(passed(outcomes)) >= all_tests()


@pytest.mark.parametrize("seed", suites_kit.SEEDS[:2])
def test_a_right_solution_that_is_written_otherwise_passes(results, seed):
    outcomes = results[f"otherwise {seed}"]
    assert suites_kit.not_passed(outcomes) == set()
    assert functions(passed(outcomes)) >= all_tests()


def test_public_tests_need_no_reference(results):
    assert suites_kit.not_passed(results["at home"]) == set()
    wanted = {test for test in all_tests() if test.startswith("tests_public")}
    assert functions(passed(results["at home"])) >= wanted


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_wrong_solution_is_caught(results, mutant: Mutant):
    assert "failed" in results[mutant.name].values()


def test_wrong_solutions_are_many_and_named_once():
    names = [mutant.name for mutant in hw2.MUTANTS]
    assert len(names) == len(set(names)) >= 250


def test_the_template_earns_nothing(results):
    assert functions(set(results["template"])) >= all_tests()
    assert passed(results["template"]) == set()


def test_the_suites_are_as_large_as_they_have_to_be():
    assignment = manifest.find("hw2", suites_kit.ROOT)
    visible = [test for test in assignment.tests if test.visibility is Visibility.VISIBLE]
    assert len(visible) >= 90
    assert len(assignment.tests) - len(visible) >= 145
    assert assignment.max_score == 100


@pytest.mark.parametrize("suite", suites_kit.suites("hw2"))
def test_every_test_says_in_a_sentence_what_it_tests(suite):
    for name, sentence in suites_kit.sentences(suite):
        assert sentence.endswith("."), name
        assert "\n" not in sentence, name
