"""Native code: building both backends, and homework 3's tests on emulated CUDA.

They are timed next to the same tests of the C++ backend, without pytest's own time.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
TOOL = ROOT / "grader" / "native" / "build.py"
REFERENCE = ROOT / "reference_solution"


def measure() -> dict[str, dict[str, Any]]:
    """Return the figures by name."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(REFERENCE / "python", folder, dirs_exist_ok=True)
        cold = _seconds(Path(folder))
        warm = _seconds(Path(folder))
        ratio = statistics.median(_suite(folder, "cuda") / _suite(folder, "cpu") for _ in range(3))
    return {
        "native_build_cold_seconds": {"value": round(cold, 1), "unit": "s", "at_most": 60},
        "native_build_warm_seconds": {"value": round(warm, 2), "unit": "s", "at_most": 1},
        "hw3_suite_emulated_cuda_to_cpu": {"value": round(ratio, 2), "unit": "x", "at_most": 3},
    }


def _seconds(folder: Path) -> float:
    """Return how long it takes to bring both backends of a copy of needle up to date."""
    backends = folder / "needle" / "backend_ndarray"
    modules = [
        f"src/ndarray_backend_cpu.cc={backends}/ndarray_backend_cpu",
        f"src/ndarray_backend_cuda.cu={backends}/ndarray_backend_cuda",
    ]
    command = [sys.executable, str(TOOL), "--root", str(REFERENCE), "--cuda", "emulated"]
    start = time.perf_counter()
    subprocess.run([*command, "--cache", f"{folder}/cache", *modules], check=True, stdout=2)
    return time.perf_counter() - start


def _suite(needle: str, device: str) -> float:
    """Return how long homework 3's tests of a device take, without pytest's own time."""
    public, hidden = ROOT / "tests_public" / "hw3", ROOT / "tests_hidden" / "hw3"
    files = [str(path) for path in sorted(hidden.glob(f"test_{device}_*.py"))]
    command = [sys.executable, "-m", "pytest", "-q", "-c", os.devnull, "--rootdir", str(hidden)]
    command += ["-p", "no:cacheprovider", "-p", "grader.testing", f"--junitxml={needle}/times.xml"]
    paths = {"PYTHONPATH": f"{needle}:{ROOT}:{public}", "NEEDLE_BACKEND": "nd"}
    subprocess.run([*command, *files], env=os.environ | paths, check=True, stdout=2)
    cases = ET.parse(f"{needle}/times.xml").iter("testcase")
    return sum(float(case.attrib["time"]) for case in cases)
