"""A small course whose homework has one C++ and one CUDA file, and submissions to it.

The modules do without pybind11 where they can: it takes seconds to compile.
"""

from __future__ import annotations

import shutil
from pathlib import Path

#: a module in C, which compiles in half a second
ADD = r"""
#include <Python.h>
#include <stdexcept>
#include "terms.h"

static PyObject* add(PyObject*, PyObject* arguments) {
  long a, b;
  if (!PyArg_ParseTuple(arguments, "ll", &a, &b)) return nullptr;
  /// BEGIN YOUR CODE
  return PyLong_FromLong(sum(a, b));
  /// END YOUR CODE
}

static PyMethodDef methods[] = {
    {"add", add, METH_VARARGS, nullptr}, {nullptr, nullptr, 0, nullptr}};
static PyModuleDef module = {PyModuleDef_HEAD_INIT, "fast", nullptr, -1, methods};

extern "C" __attribute__((visibility("default"))) PyObject* PyInit_fast() {
  return PyModule_Create(&module);
}
"""
TERMS = "inline long sum(long a, long b) { return a + b; }\n"
KERNEL = r"""
#include <Python.h>

__global__ void add(long a, long b, long* out) { *out = a + b; }

static PyObject* launch(PyObject*, PyObject* arguments) {
  long a, b, sum = 0, *memory;
  if (!PyArg_ParseTuple(arguments, "ll", &a, &b)) return nullptr;
  cudaMalloc(&memory, sizeof(long));
  add<<<1, 1>>>(a, b, memory);
  cudaMemcpy(&sum, memory, sizeof(long), cudaMemcpyDeviceToHost);
  cudaFree(memory);
  return PyLong_FromLong(sum);
}

static PyMethodDef methods[] = {
    {"add", launch, METH_VARARGS, nullptr}, {nullptr, nullptr, 0, nullptr}};
static PyModuleDef module = {PyModuleDef_HEAD_INIT, "faster", nullptr, -1, methods};

extern "C" __attribute__((visibility("default"))) PyObject* PyInit_faster() {
  return PyModule_Create(&module);
}
"""
PACKAGE = '''"""Sums, in Python, in C++ and on a GPU."""


def add(a, b):
    """Return the sum in Python."""
    return a + b


def fast_add(a, b):
    """Return the sum in C++."""
    from .fast import add

    return add(a, b)


def faster_add(a, b):
    """Return the sum on a GPU."""
    from .faster import add

    return add(a, b)
'''
TESTS = '''"""Tests of sums."""

import sums


def test_python():
    """Python adds."""
    assert sums.add(1, 2) == 3


def test_cpp():
    """C++ adds."""
    assert sums.fast_add(1, 2) == 3


def test_cuda():
    """CUDA adds."""
    assert sums.faster_add(1, 2) == 3
'''
MANIFEST = """
name = "sums"
title = "Sums"
reference = "reference"
template = "template"
public = "tests_public"
hidden = "tests_hidden"

[release]
files = ["python/sums/*.py", "src/*"]
readme = "assignments/sums.md"

[submission]
accept = ["python/**/*.py", "src/*.cc", "src/*.h", "src/*.cu"]
path = ["python"]

[limits]
test_seconds = 10.0
job_seconds = 60.0
build_seconds = 60.0

[[native]]
module = "python/sums/fast"
source = "src/fast.cc"
[[native]]
module = "python/sums/faster"
source = "src/faster.cu"

[[question]]
id = "sums"
title = "Sums"
file = "test_sums.py"
[question.public]
test_python = 1
test_cpp = 1
test_cuda = 1
"""
FILES = {
    "python/sums/__init__.py": PACKAGE,
    "src/fast.cc": ADD,
    "src/faster.cu": KERNEL,
    "src/terms.h": TERMS,
}


def write(folder: Path, files: dict[str, str]) -> Path:
    """Write files below a folder and return it."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def course(folder: Path) -> Path:
    """Write the course and return the path of its manifest."""
    write(folder / "reference", FILES)
    write(
        folder,
        {
            "assignments/sums.toml": MANIFEST,
            "assignments/sums.md": "# Sums\n",
            "tests_public/test_sums.py": TESTS,
            "tests_hidden/values.py": '"""Nothing is hidden here but this: sesame-4711."""\n',
        },
    )
    return folder / "assignments" / "sums.toml"


def submission(folder: Path, files: dict[str, str]) -> Path:
    """Write a correct submission but for some files."""
    shutil.rmtree(folder, ignore_errors=True)
    return write(folder, FILES | files)
