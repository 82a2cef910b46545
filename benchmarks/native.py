"""Building both backends: from nothing, and when there is nothing to do."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
TOOL = ROOT / "grader" / "native" / "build.py"
REFERENCE = ROOT / "reference_solution"


def measure() -> dict[str, dict[str, Any]]:
    """Return the figures by name."""
    with tempfile.TemporaryDirectory() as folder:
        cold = _seconds(Path(folder))
        warm = _seconds(Path(folder))
    return {
        "native_build_cold_seconds": {"value": round(cold, 1), "unit": "s", "at_most": 60},
        "native_build_warm_seconds": {"value": round(warm, 2), "unit": "s", "at_most": 1},
    }


def _seconds(folder: Path) -> float:
    """Return how long it takes to bring both backends up to date, below a folder."""
    modules = [
        f"src/ndarray_backend_cpu.cc={folder}/ndarray_backend_cpu",
        f"src/ndarray_backend_cuda.cu={folder}/ndarray_backend_cuda",
    ]
    command = [sys.executable, str(TOOL), "--root", str(REFERENCE), "--cuda", "emulated"]
    start = time.perf_counter()
    subprocess.run([*command, "--cache", f"{folder}/cache", *modules], check=True, stdout=2)
    return time.perf_counter() - start
