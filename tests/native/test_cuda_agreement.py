"""The reference's kernels, emulated, against the backend in NumPy: under AddressSanitizer, with the
threads in any order, and with barriers that every thread reaches."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from grader.native import sanitized
from grader.native.errors import BuildError
from grader.native.modules import Module, build
from grader.native.toolchain import Options

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "reference_solution"
BACKENDS = REFERENCE / "python" / "needle" / "backend_ndarray"


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the CUDA backend."""
    try:
        sanitized.environment()
    except BuildError as error:
        pytest.skip(str(error))
    folder = tmp_path_factory.mktemp("cuda")
    module = Module(
        source="src/ndarray_backend_cuda.cu", module=str(folder / "ndarray_backend_cuda")
    )
    build(module, REFERENCE, Options(cuda="emulated", sanitize=True), ROOT / "build" / "native")
    return folder


@pytest.mark.parametrize("seed", ["", "1"])
def test_cuda_agrees_with_numpy(backend: Path, seed: str) -> None:
    variables = {
        "CUDA_EMULATION_ORDER": seed,
        "CUDA_EMULATION_STRICT": "1",
        "PYTHONPATH": f"{backend}:{BACKENDS}",
    }
    run = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("agreement.py"))],
        env=os.environ | sanitized.environment() | variables,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    differences = dict(line.split("\t") for line in run.stdout.splitlines())
    assert len(differences) > 100
    wrong = {
        name: value
        for name, value in differences.items()
        if not math.isfinite(float(value)) or float(value) > 2e-5
    }
    assert not wrong
