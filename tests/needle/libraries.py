"""Needle a second time: the library that computes with its own arrays."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from unittest.mock import patch

import needle
import needle.backend_ndarray

ROOT = Path(__file__).parents[2]
PACKAGE = Path(needle.__file__).parent
DEVICES = ("cpu", "cuda", "cpu_numpy")


@cache
def ndarray_library() -> ModuleType:
    """Needle with NEEDLE_BACKEND=nd, under a name of its own beside the one with NumPy.

    The two share `backend_ndarray`, which depends on nothing, because an extension module can be
    loaded only once.
    """
    build_backends()
    name = "needle_nd"
    spec = importlib.util.spec_from_file_location(
        name, PACKAGE / "__init__.py", submodule_search_locations=[str(PACKAGE)]
    )
    assert spec is not None
    assert spec.loader is not None
    library = sys.modules[name] = importlib.util.module_from_spec(spec)
    sys.modules[f"{name}.backend_ndarray"] = needle.backend_ndarray
    with patch.dict(os.environ, NEEDLE_BACKEND="nd"):
        spec.loader.exec_module(library)
    return library


@cache
def build_backends() -> None:
    """Build the backends in place, unless they are current."""
    tool = [sys.executable, str(ROOT / "grader/native/build.py"), "--cache", "build/native"]
    modules = [
        f"src/ndarray_backend_{name}=python/needle/backend_ndarray/ndarray_backend_{Path(name).stem}"
        for name in ("cpu.cc", "cuda.cu")
        if (ROOT / f"reference_solution/src/ndarray_backend_{name}").exists()
    ]
    subprocess.run([*tool, "--root", "reference_solution", *modules], cwd=ROOT, check=True)
