"""What the tests of native code share: kernels built for the CPU, which libraries tests call."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grader.native.modules import SUFFIX, Module, build
from grader.native.toolchain import Options

KERNELS = Path(__file__).parent / "kernels"
CACHE = Path(__file__).parents[2] / "build" / "native"

Build = Callable[..., Path]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Return a function that builds a file of kernels and returns the library's path."""

    def library(name: str, **options: Any) -> Path:
        folder = tmp_path_factory.mktemp("built")
        module = Module(source=f"{name}.cu", module=str(folder / name))
        build(module, KERNELS, Options(cuda="emulated", **options), CACHE)
        return folder / (name + SUFFIX)

    return library
