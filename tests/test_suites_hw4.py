"""The suites of homework 4 are tested themselves: on the reference and on many wrong solutions.

The backends are functions in Python here, as for homework 3: no mistake is in them. That the C++
and the CUDA of the reference pass is part of `grader verify hw4`.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grader import manifest, release
from grader.results import Visibility
from tests import suites_kit
from tests.mutants import backends, hw4
from tests.mutants.edit import Mutant
from tests.suites_kit import Results

USUAL: dict[str, Any] = {"backend": "nd", "path": [".", "python", "apps"]}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Run everything in one go."""
    return suites_kit.run(_jobs(tmp_path_factory.mktemp("packages")))


def _jobs(folder: Path) -> Iterator[dict[str, Any]]:
    yield from suites_kit.jobs("hw4", folder, hw4.MUTANTS, prepare=backends.copied, **USUAL)
    template = release.build(manifest.find("hw4", suites_kit.ROOT))
    release.write_files(template.files, folder / "template")
    yield suites_kit.job("hw4", "template", backends.add(folder / "template"), **USUAL)
    home = folder / "home"
    (public, _) = suites_kit.suites("hw4")
    leave = shutil.ignore_patterns("__pycache__")
    shutil.copytree(suites_kit.ROOT / public, home / public, ignore=leave)
    solution = backends.copied(home / "solution")
    yield suites_kit.job("hw4", "home", solution, cwd=str(home), tests=[public], **USUAL)


def all_tests() -> list[Any]:
    return manifest.find("hw4", suites_kit.ROOT).tests


@pytest.mark.parametrize("seed", suites_kit.SEEDS)
def test_the_reference_passes(results, seed):
    outcomes = results[f"reference {seed}"]
    assert suites_kit.not_passed(outcomes) == set()
    assert len(outcomes) >= len(all_tests())


def test_the_reference_passes_where_gradients_are_differences(results):
    assert suites_kit.not_passed(results["home"]) == set()
    assert len(results["home"]) >= 60


def test_the_template_earns_nothing(results):
    assert len(results["template"]) >= len(all_tests())
    assert "passed" not in results["template"].values()


@pytest.mark.parametrize("mutant", hw4.MUTANTS, ids=lambda mutant: mutant.name)
def test_a_wrong_solution_is_caught(results, mutant: Mutant):
    assert "failed" in results[mutant.name].values()


def test_wrong_solutions_are_many_and_named_once():
    names = [mutant.name for mutant in hw4.MUTANTS]
    assert len(names) == len(set(names)) >= 200


def test_the_suites_are_as_large_as_they_have_to_be():
    visible = [test for test in all_tests() if test.visibility is Visibility.VISIBLE]
    assert len(visible) >= 60
    assert len(all_tests()) - len(visible) >= 100
    assert manifest.find("hw4", suites_kit.ROOT).max_score == 100


@pytest.mark.parametrize("suite", suites_kit.suites("hw4"))
def test_every_test_says_in_a_sentence_what_it_tests(suite):
    for name, sentence in suites_kit.sentences(suite):
        assert sentence.endswith("."), name
        assert "\n" not in sentence, name
