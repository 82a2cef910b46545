"""A command under AddressSanitizer, which modules built with `--sanitize address` need around."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from . import toolchain
from .errors import MachineError

#: Python never frees what lives as long as itself; pybind11's modules share its types
_OPTIONS = "detect_leaks=0:detect_odr_violation=0"


def run(command: Sequence[str]) -> NoReturn:
    """Replace this process by a command that has AddressSanitizer loaded before all else."""
    os.execvpe(command[0], list(command), os.environ | environment())


def environment() -> dict[str, str]:
    """Return the environment variables that load AddressSanitizer."""
    if sys.platform == "darwin":
        return {"DYLD_INSERT_LIBRARIES": _library("libclang_rt.asan_osx_dynamic.dylib")}
    if toolchain.is_clang():
        asan = _library(f"libclang_rt.asan-{os.uname().machine}.so")
    else:
        asan = _library("libasan.so")
    # it needs the C++ library at once, to see exceptions pass
    libraries = [asan, _library("libstdc++.so.6")]
    given = os.environ.get("ASAN_OPTIONS")
    return {
        "LD_PRELOAD": ":".join(libraries),
        "ASAN_OPTIONS": f"{_OPTIONS}:{given}" if given else _OPTIONS,
    }


def _library(name: str) -> str:
    command = [*toolchain.compiler(), f"-print-file-name={name}"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    path = Path(run.stdout.strip() or name)
    if not path.is_absolute() or not path.exists():
        raise MachineError(f"{command[0]} has no AddressSanitizer: {name} is missing")
    return str(path.resolve())
