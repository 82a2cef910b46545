"""Needle's own arrays for tests: the backends built into the cache, not into the reference."""

from __future__ import annotations

import fcntl
import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

from grader.native.modules import SUFFIX, Module, build
from grader.native.toolchain import Options

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "reference_solution"
CACHE = ROOT / "build" / "native"
BUILT = CACHE / "tests"
DEVICES = ("cpu_numpy", "cpu", "cuda")


@cache
def ndarrays() -> ModuleType:
    """`needle.backend_ndarray` with both backends compiled; CUDA is emulated."""
    for name, suffix in (("cpu", "cc"), ("cuda", "cu")):
        _load(f"ndarray_backend_{name}", f"src/ndarray_backend_{name}.{suffix}")
    return importlib.import_module("needle.backend_ndarray")


def _load(name: str, source: str) -> None:
    """Put an extension module where the import of its package looks first."""
    full_name = f"needle.backend_ndarray.{name}"
    if full_name in sys.modules:
        return
    spec = importlib.util.spec_from_file_location(full_name, _built(name, source))
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[full_name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)


def _built(name: str, source: str) -> Path:
    """Build a module, unless it is current; of tests that run beside each other, one does."""
    BUILT.mkdir(parents=True, exist_ok=True)
    module = Module(source=source, module=str(BUILT / name))
    with (BUILT / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        build(module, REFERENCE, Options(cuda="emulated"), CACHE)
    return BUILT / (name + SUFFIX)
