"""Which arrays are chosen: by the environment, or by what is compiled."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import needle
import pytest


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package in which nothing is compiled."""
    folder = tmp_path_factory.mktemp("package")
    ignored = shutil.ignore_patterns("*.so", "__pycache__")
    shutil.copytree(Path(needle.__file__).parent, folder / "needle", ignore=ignored)
    return folder


def imported(folder: Path, backend: str | None) -> subprocess.CompletedProcess[str]:
    """Import the package in a process of its own, and print the backend and the arrays."""
    environment = {k: v for k, v in os.environ.items() if k != "NEEDLE_BACKEND"}
    if backend is not None:
        environment["NEEDLE_BACKEND"] = backend
    script = (
        "import needle; print(needle.BACKEND, needle.NDArray.__name__, needle.default_device())"
    )
    return subprocess.run(
        [sys.executable, "-c", script], cwd=folder, env=environment, capture_output=True, text=True
    )


@pytest.mark.parametrize("backend", [None, "np"])
def test_numpy_where_nothing_is_compiled(folder: Path, backend: str | None) -> None:
    run = imported(folder, backend)
    assert (run.stdout, run.stderr) == ("np ndarray needle.cpu()\n", "")


def test_own_arrays_ask_for_the_build(folder: Path) -> None:
    run = imported(folder, "nd")
    assert run.returncode == 1
    assert "ImportError" in run.stderr
    assert "make" in run.stderr.splitlines()[-1]


def test_another_word_is_an_error_that_names_it(folder: Path) -> None:
    run = imported(folder, "torch")
    assert run.returncode == 1
    assert run.stderr.splitlines()[-1] == (
        "RuntimeError: NEEDLE_BACKEND is 'torch', but has to be 'np' or 'nd'"
    )
