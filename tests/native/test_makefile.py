"""The targets that a template's Makefile has."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from grader.native import sanitized
from grader.native.errors import BuildError

NATIVE = Path(__file__).parents[2] / "grader" / "native"
SOURCE = """
#include <Python.h>
#include <stdexcept>

__global__ void Fill(float* out, int n) {
  if (threadIdx.x <= n) out[threadIdx.x] = 1;
}

static PyObject* fill(PyObject*, PyObject*) {
  float* out;
  cudaMalloc(&out, 5 * sizeof(float));
  try {
    Fill<<<1, 32>>>(out, 5);
  } catch (const std::exception& error) {
    PyErr_SetString(PyExc_RuntimeError, error.what());
    return nullptr;
  }
  cudaFree(out);
  Py_RETURN_NONE;
}

static PyMethodDef methods[] = {{"fill", fill, METH_NOARGS, ""}, {}};
static PyModuleDef module = {PyModuleDef_HEAD_INIT, "kernels", nullptr, -1, methods};
PyMODINIT_FUNC PyInit_kernels() { return PyModule_Create(&module); }
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a folder as a template is: sources, tests, Makefile, build tool."""
    shutil.copytree(NATIVE, tmp_path / "native")
    for folder in ("src", "python", "tests"):
        (tmp_path / folder).mkdir()
    (tmp_path / "src" / "kernels.cu").write_text(SOURCE)
    (tmp_path / "tests" / "test_kernels.py").write_text(
        "import kernels\ndef test_cuda(): kernels.fill()\ndef test_cpu(): assert False\n"
    )
    (tmp_path / "Makefile").write_text(
        "MODULES := src/kernels.cu=python/kernels\ninclude native/targets.mk\n"
    )
    return tmp_path


def make(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run make in the project, where tests find the module."""
    command = ["make", f"PYTHON={sys.executable}", *words]
    variables = {"PYTHONPATH": str(project / "python"), "PYTEST_ADDOPTS": "-p no:cacheprovider"}
    return subprocess.run(
        command, cwd=project, env=os.environ | variables, capture_output=True, text=True
    )


@pytest.mark.skipif(shutil.which("make") is None, reason="no make")
def test_build_check_clean(project: Path) -> None:
    assert make(project).returncode == 0
    (module,) = (project / "python").glob("kernels.*")
    plain = module.read_bytes()

    try:
        sanitized.environment()
    except BuildError as error:
        pytest.skip(str(error))
    run = make(project, "cuda-check")
    assert run.returncode != 0
    assert "1 failed, 1 deselected" in run.stdout
    assert "kernel Fill, block (0, 0, 0), thread (5, 0, 0): out of bounds: writes" in run.stdout
    assert "src/kernels.cu:6" in run.stdout
    assert module.read_bytes() == plain

    assert make(project, "clean").returncode == 0
    assert not list((project / "python").glob("kernels.*"))
    assert not (project / "build" / "native").exists()
