"""The build tool: what it builds, when it builds again, and what it says when it cannot."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[2] / "grader" / "native" / "build.py"
# Python's headers only: pybind11's take the compiler ten times as long
ANSWER = """
#include <Python.h>
#include "answer.h"

static PyModuleDef module = {PyModuleDef_HEAD_INIT, "answer", nullptr, -1, nullptr};

PyMODINIT_FUNC PyInit_answer() {
  PyObject* self = PyModule_Create(&module);
  PyModule_AddIntConstant(self, "ANSWER", ANSWER);
  return self;
}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a folder with a small extension module."""
    (tmp_path / "src" / "include").mkdir(parents=True)
    (tmp_path / "python").mkdir()
    (tmp_path / "src" / "answer.cc").write_text(ANSWER)
    (tmp_path / "src" / "answer.h").write_text('#include "include/value.h"\n')
    (tmp_path / "src" / "include" / "value.h").write_text("#define ANSWER 42\n")
    return tmp_path


def tool(project: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the build tool in a project, as its Makefile does."""
    return subprocess.run(
        [sys.executable, str(TOOL), *words],
        cwd=project,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        timeout=120,
    )


def answer(project: Path) -> str:
    """Import the built module in a process of its own."""
    command = [sys.executable, "-c", "import answer; print(answer.ANSWER)"]
    run = subprocess.run(command, cwd=project / "python", capture_output=True, text=True)
    return run.stdout.strip() or run.stderr


MODULE = "src/answer.cc=python/answer"


def test_builds_in_place_and_again_only_when_a_header_of_a_header_changes(project: Path) -> None:
    first = tool(project, MODULE)
    assert first.returncode == 0, first.stderr
    assert "built in" in first.stdout
    assert answer(project) == "42"

    assert "up to date" in tool(project, MODULE).stdout

    (project / "src" / "include" / "value.h").write_text("#define ANSWER 43\n")
    assert "built in" in tool(project, MODULE).stdout
    assert answer(project) == "43"

    (project / "src" / "include" / "value.h").write_text("#define ANSWER 42\n")
    assert "up to date" in tool(project, MODULE).stdout
    assert answer(project) == "42"


def test_other_flags_are_another_build(project: Path) -> None:
    assert "built in" in tool(project, MODULE).stdout
    assert "built in" in tool(project, MODULE, "--march", "native").stdout


def test_restores_a_module_that_was_removed(project: Path) -> None:
    tool(project, MODULE)
    for built in (project / "python").iterdir():
        built.unlink()
    assert "up to date" in tool(project, MODULE).stdout
    assert answer(project) == "42"


def test_stands_alone_in_another_folder(project: Path) -> None:
    shutil.copytree(TOOL.parent, project / "native")
    command = [sys.executable, "-I", "native/build.py", MODULE]
    run = subprocess.run(command, cwd=project, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert answer(project) == "42"


def test_writes_one_module_to_standard_output_and_nothing_else(project: Path) -> None:
    command = [sys.executable, str(TOOL), "--stdout", MODULE]
    run = subprocess.run(command, cwd=project, capture_output=True)
    assert run.returncode == 0, run.stderr
    (project / "python" / "answer.so").write_bytes(run.stdout)
    assert answer(project) == "42"
    assert sorted(path.name for path in project.iterdir()) == ["python", "src"]


def test_an_error_names_file_and_line_and_leaves_the_old_module(project: Path) -> None:
    tool(project, MODULE)
    (project / "src" / "answer.cc").write_text(ANSWER.replace("return self;", "return elf;"))
    run = tool(project, MODULE)
    assert run.returncode == 1
    assert "src/answer.cc:10:10: error:" in run.stderr
    assert answer(project) == "42"


def test_one_bad_module_does_not_stop_the_others(project: Path) -> None:
    (project / "src" / "bad.cc").write_text("int f( {")
    run = tool(project, "src/bad.cc=python/bad", MODULE)
    assert run.returncode == 1
    assert "src/bad.cc: not built" in run.stderr
    assert answer(project) == "42"


@pytest.mark.parametrize(
    ("variables", "words", "message"),
    [
        ({"CXX": "no-such-compiler"}, [MODULE], "no-such-compiler"),
        ({}, ["src/other.cc=python/other"], "src/other.cc: no such file"),
        ({}, ["src/answer.h=python/answer"], "a source ends in .cc, .cpp, .cxx or .cu"),
        ({}, ["src/answer.cc"], "is not SOURCE=MODULE"),
        ({}, ["src/answer.cc=nowhere/answer"], "no folder"),
        ({}, ["--stdout", MODULE, MODULE], "--stdout builds one module"),
    ],
)
def test_says_what_is_wrong(
    project: Path, variables: dict[str, str], words: list[str], message: str
) -> None:
    run = tool(project, *words, **variables)
    assert run.returncode != 0
    assert message in run.stderr
    assert "Traceback" not in run.stderr


def test_exit_codes_tell_the_machine_from_the_source(project: Path) -> None:
    assert tool(project, MODULE, CXX="no-such-compiler").returncode == 3
    assert tool(project, "src/none.cc=python/answer").returncode == 1
    assert tool(project, "answer").returncode == 2


def test_what_a_build_that_was_cut_off_left_goes(project: Path) -> None:
    cache = project / "build/native"
    cache.mkdir(parents=True)
    for name in (".0123.so.abc", ".0123.so.def", "removed.lock"):
        (cache / name).write_text("")
    for name in (".0123.so.abc", "removed.lock"):
        os.utime(cache / name, (0, 0))
    assert tool(project, MODULE).returncode == 0
    names = {path.name for path in cache.iterdir() if not path.name.endswith(".so")}
    assert names == {".0123.so.def", "answer.lock"}


def test_says_how_to_install_pybind11(project: Path) -> None:
    command = [sys.executable, "-S", str(TOOL), MODULE]  # -S: no site-packages
    run = subprocess.run(command, cwd=project, capture_output=True, text=True)
    if Path("/usr/include/pybind11").exists():
        assert run.returncode == 0
    else:
        assert "-m pip install pybind11" in run.stderr


def test_errors_in_cuda_name_the_file_and_the_line(project: Path) -> None:
    (project / "src" / "k.cuh").write_text("\n\n__global__ void Helper() { oops; }\n")
    (project / "src" / "k.cu").write_text(
        """#include "k.cuh"
__global__ void Kernel(float* a) { __shared__ float t[4]; t[0] = b; }
void run(float* a) {
  Kernel<<<1,
           2>>>(a, a);
}
"""
    )
    run = tool(project, "--cuda", "emulated", "src/k.cu=python/k")
    assert run.returncode == 1
    assert "src/k.cuh:3:" in run.stderr
    assert "src/k.cu:2:" in run.stderr
    assert "too many arguments to function" in run.stderr or "no matching function" in run.stderr
    assert "/tmp/native-" not in run.stderr


def test_headers_outside_the_root_are_the_compilers_business(project: Path) -> None:
    (project.parent / "outside.h").write_text("#define ANSWER 7\n")
    (project / "src" / "answer.h").write_text('#include "../../outside.h"\n')
    run = tool(project, MODULE)
    assert run.returncode == 0, run.stderr
    assert answer(project) == "7"
    (project.parent / "outside.cc").write_text(ANSWER)
    run = tool(project, "../outside.cc=python/outside")
    assert run.returncode == 1
    assert "a source lies below the root" in run.stderr
