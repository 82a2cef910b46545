"""Runs the suites of a homework on the reference and on wrong solutions, all in one go."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.mutants import runner
from tests.mutants.edit import Mutant

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "reference_solution"
SEEDS = (0, 1, 7, 2026)

Results = dict[str, dict[str, str]]


def suites(homework: str) -> tuple[str, str]:
    """Return the folders of both suites."""
    return f"tests_public/{homework}", f"tests_hidden/{homework}"


def job(
    homework: str, name: str, package: Path, *, backend: str = "np", **changes: Any
) -> dict[str, Any]:
    """Return a job for the runner: both suites, from the root of the course, to the end."""
    usual: dict[str, Any] = {"tests": suites(homework), "seed": 0, "cwd": str(ROOT), "stop": False}
    usual |= {"suite": homework, "environment": {"NEEDLE_BACKEND": backend}}
    return {"name": name, "package": str(package), **usual, **changes}


def copied(folder: Path) -> Path:
    """Return a copy of the reference, without what building leaves in it."""
    leave = shutil.ignore_patterns(".*", "__pycache__", "*.so", "build")
    return Path(shutil.copytree(REFERENCE, folder, ignore=leave))


def jobs(
    homework: str,
    folder: Path,
    mutants: Iterable[Mutant],
    *,
    prepare: Callable[[Path], Path] = copied,
    **changes: Any,
) -> Iterator[dict[str, Any]]:
    """Yield the jobs of a homework: the reference with some seeds, and every mutant.

    `prepare` makes the package that is tested, in the folder that it is given; `changes` are for
    every job.
    """
    right = prepare(folder / "reference")
    for seed in SEEDS:
        yield job(homework, f"reference {seed}", right, seed=seed, **changes)
    for number, mutant in enumerate(mutants):
        mutant.apply(wrong := prepare(folder / str(number)))
        tests = [f"tests_hidden/{homework}/{mutant.caught_by}"]
        yield job(homework, mutant.name, wrong, tests=tests, seed=number, stop=True, **changes)


def run(todo: Iterable[dict[str, Any]]) -> Results:
    """Return outcomes by test id, by the name of what was run."""
    return runner.run(todo)


def not_passed(outcomes: Mapping[str, str]) -> set[str]:
    """Return the tests that neither passed nor were skipped for want of data."""
    return {test for test, outcome in outcomes.items() if outcome not in ("passed", "skipped")}


def sentences(suite: str) -> Iterator[tuple[str, str]]:
    """Yield the name and the docstring of every test of a suite."""
    for path in sorted((ROOT / suite).glob("test_*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield f"{path.name}::{node.name}", ast.get_docstring(node) or ""
