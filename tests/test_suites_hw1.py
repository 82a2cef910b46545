"""The suites of homework 1 are tested themselves: on the reference and on many wrong solutions."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grader import manifest, release
from grader.results import Visibility
from tests import suites_kit
from tests.mutants import hw1, runner
from tests.mutants.edit import Mutant

SUITES = suites_kit.suites("hw1")

#: appended to the operators: results that are right but for one thing
RUINED = {
    "zeros": "0 * {}",
    "float64": "{}.astype('float64') if {}.dtype == 'float32' else {}",
    "one value for all": "array_api.full({}.shape, {}.mean())",
}
_RUIN = """

def _ruin(op):
    compute, gradient = op.compute, op.gradient

    def ruined(a):
        a = array_api.asarray(a)
        return {rule}

    op.compute = lambda self, *inputs: ruined(compute(self, *inputs))
    op.gradient = lambda self, out_grad, node: _ruined(gradient(self, out_grad, node), ruined)


def _ruined(gradients, ruined):
    gradients = gradients if isinstance(gradients, tuple) else (gradients,)
    arrays = [each.numpy() for each in gradients]
    changed = [ruined(array) for array in arrays]
    return tuple(
        tensor if new is old else Tensor(new)
        for tensor, old, new in zip(gradients, arrays, changed)
    )


for _name in "EWisePow PowerScalar EWiseDiv DivScalar Transpose Reshape BroadcastTo Summation \\
MatMul Negate Log Exp ReLU".split():
    _ruin(globals()[_name])
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """Run everything in one go: outcomes by test id, by the name of what was run."""
    return runner.run(_jobs(tmp_path_factory.mktemp("packages")))


def _jobs(folder: Path) -> Iterator[dict[str, Any]]:
    yield from suites_kit.jobs("hw1", folder, hw1.MUTANTS)
    for name, rule in RUINED.items():
        operators = suites_kit.copied(folder / name) / hw1.OPS
        operators.write_text(operators.read_text() + _RUIN.format(rule=rule.replace("{}", "a")))
        yield suites_kit.job("hw1", name, folder / name)
    template = release.build(manifest.find("hw1", suites_kit.ROOT))
    release.write_files(template.files, folder / "template")
    yield suites_kit.job("hw1", "template", folder / "template")
    yield _without_a_reference(folder / "home")


def _without_a_reference(folder: Path) -> dict[str, Any]:
    """Return a job at a place from which no reference is found: gradients by differences."""
    for suite in SUITES:
        shutil.copytree(
            suites_kit.ROOT / suite,
            folder / suite,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    return suites_kit.job(
        "hw1", "differences", suites_kit.copied(folder / "solution"), cwd=str(folder)
    )


def passed(outcomes: dict[str, str]) -> set[str]:
    return {test for test, outcome in outcomes.items() if outcome == "passed"}


def all_tests() -> set[str]:
    """Return the ids of all tests that earn points."""
    return {test.id for test in manifest.find("hw1", suites_kit.ROOT).tests if test.points}


@pytest.mark.parametrize(
    "run", [*(f"reference {seed}" for seed in suites_kit.SEEDS), "differences"]
)
def test_the_reference_passes(results, run):
    assert set(results[run].values()) <= {"passed", "skipped"}
    assert passed(results[run]) >= all_tests()


@pytest.mark.parametrize("mutant", hw1.MUTANTS, ids=lambda mutant: mutant.name)
def test_a_wrong_solution_is_caught(results, mutant: Mutant):
    assert "failed" in results[mutant.name].values()


def test_wrong_solutions_are_many_and_named_once():
    names = [mutant.name for mutant in hw1.MUTANTS]
    assert len(names) == len(set(names)) >= 40


def test_the_template_earns_nothing(results):
    assert len(results["template"]) >= len(all_tests())
    assert passed(results["template"]) == set()


def of_operators(tests: set[str]) -> set[str]:
    return {test for test in tests if "/test_forward.py" in test or "/test_backward.py" in test}


@pytest.mark.parametrize(
    ("run", "rightly"),
    [("zeros", set()), ("one value for all", {"test_summation_over_everything"})],
)
def test_degenerate_operators_pass_no_test_of_operators(results, run, rightly):
    assert {test.split("::")[1] for test in of_operators(passed(results[run]))} == rightly


def test_right_values_of_the_wrong_dtype_fail_exactly_where_dtype_is_tested(results):
    failed = of_operators(all_tests()) - passed(results["float64"])
    assert {test.split("::")[1] for test in failed} == {"test_float32_stays_float32"}


def test_the_suites_are_as_large_as_they_have_to_be():
    assignment = manifest.find("hw1", suites_kit.ROOT)
    visible = [test for test in assignment.tests if test.visibility is Visibility.VISIBLE]
    assert len(visible) >= 25
    assert len(assignment.tests) - len(visible) >= 40
    assert assignment.max_score == 100


@pytest.mark.parametrize("suite", SUITES)
def test_every_test_says_in_a_sentence_what_it_tests(suite):
    for name, sentence in suites_kit.sentences(suite):
        assert sentence.endswith("."), name
        assert "\n" not in sentence, name
