"""NVIDIA's compiler takes the same kernels: what the emulation accepts is CUDA."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.native import toolchain
from grader.native.errors import BuildError
from grader.native.modules import Module, compile_module
from grader.native.toolchain import Options

KERNELS = Path(__file__).parent / "kernels"


@pytest.mark.parametrize("name", ["launches", "barriers", "device_functions"])
def test_nvcc_compiles_what_the_emulation_runs(name: str) -> None:
    try:
        toolchain.nvcc()
    except BuildError:
        pytest.skip("no nvcc: the CUDA toolkit is not installed")
    content, said = compile_module(
        Module(source=f"{name}.cu", module=name), KERNELS, Options(cuda="nvcc")
    )
    assert content.startswith(b"\x7fELF")
    assert "error" not in said


def test_the_gpu_has_a_sanitizer_of_its_own() -> None:
    with pytest.raises(BuildError, match="compute-sanitizer"):
        toolchain.nvcc_command(Options(cuda="nvcc", sanitize=True))
