"""Compilers, headers and flags: what is there, and what to install where it is missing."""

from __future__ import annotations

import dataclasses
import functools
import importlib.util
import os
import platform
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

from .errors import BuildError, MachineError

EMULATION = Path(__file__).resolve().parent / "emulation"

_MACOS = sys.platform == "darwin"
#: what changes no value: errno of sqrt and floating-point traps, which nobody reads here
_MATH = ["-fno-math-errno", "-fno-trapping-math"]
_WARNINGS = ["-Wall", "-Wno-unknown-pragmas", "-Wno-sign-compare", "-Wno-register"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """What the command line asks for."""

    cuda: str = "auto"
    sanitize: bool = False
    march: str | None = None
    include: tuple[str, ...] = ()


@functools.cache
def compiler() -> tuple[str, ...]:
    """Return the command of the C++ compiler: CXX, or what is installed."""
    chosen = os.environ.get("CXX")
    for name in [chosen] if chosen else ["g++", "clang++", "c++"]:
        command = shlex.split(name)
        if command and shutil.which(command[0]):
            return tuple(command)
    found = f"CXX is {chosen!r}, which is no command here" if chosen else "no C++ compiler found"
    hint = "xcode-select --install" if _MACOS else "sudo apt install g++"
    raise MachineError(f"{found}. Install one: {hint}")


@functools.cache
def version(command: Sequence[str]) -> str:
    """Return what a compiler calls itself."""
    run = subprocess.run([*command, "--version"], capture_output=True, text=True, check=False)
    if run.returncode:
        raise MachineError(f"{command[0]} --version fails: {run.stderr.strip()}")
    return run.stdout


def include_folders(given: Sequence[str]) -> list[str]:
    """Return the folders of Python's and pybind11's headers, the given ones first."""
    folders = list(given)
    for header, find in (("Python.h", _python_headers), ("pybind11/pybind11.h", _pybind11_headers)):
        if not any((Path(folder) / header).is_file() for folder in folders):
            folders += find(header)
    return folders


def _python_headers(header: str) -> list[str]:
    paths = sysconfig.get_paths()
    folders = list(dict.fromkeys([paths["include"], paths["platinclude"]]))
    if any((Path(folder) / header).is_file() for folder in folders):
        return folders
    hint = "" if _MACOS else f" Install them: sudo apt install python3-dev (for {sys.executable})."
    raise MachineError(f"Python's headers are missing: no {header} in {folders[0]}.{hint}")


def _pybind11_headers(header: str) -> list[str]:
    spec = importlib.util.find_spec("pybind11")
    places = [Path(place) / "include" for place in (spec and spec.submodule_search_locations) or []]
    for folder in [*places, Path("/usr/include"), Path("/usr/local/include")]:
        if (folder / header).is_file():
            return [str(folder)]
    install = f"{shlex.quote(sys.executable)} -m pip install pybind11"
    raise MachineError(f"pybind11's headers are missing. Install them: {install}")


def cpp_command(options: Options, root: Path) -> list[str]:
    """Return the compiler's command for a C++ module, up to its sources."""
    command = [*compiler(), "-std=c++17", "-O3", *_MATH, "-fPIC", "-shared", "-fvisibility=hidden"]
    command += _WARNINGS
    command += ["-undefined", "dynamic_lookup"] if _MACOS else []
    command += [f"-march={options.march}"] if options.march else []
    if options.sanitize:
        command += ["-Og", "-g1", "-fsanitize=address", "-fno-omit-frame-pointer"]
        # the compiler's own view of the library under it misleads
        command += [f"-fdebug-prefix-map={root.resolve()}=.", "-Wno-maybe-uninitialized"]
        command += ["-shared-libasan", "-D__SANITIZE_ADDRESS__=1"] if is_clang() else []
    command += ["-ferror-limit=20"] if is_clang() else ["-fmax-errors=20"]
    return command


def emulated_command(options: Options, root: Path) -> list[str]:
    """Return the C++ compiler's command for CUDA code that shall run on the CPU."""
    return [*cpp_command(options, root), f"-I{EMULATION}", "-include", "cuda_runtime.h"]


def nvcc_command(options: Options) -> list[str]:
    """Return NVIDIA's compiler's command for a CUDA module, up to its sources."""
    if options.sanitize:
        raise BuildError("--sanitize needs --cuda emulated; on a GPU use compute-sanitizer")
    host = "-fPIC,-fvisibility=hidden," + ",".join(_WARNINGS)
    command = [nvcc(), "-std=c++17", "-O3", "-shared", "-Xcompiler", host]
    command += ["-ccbin", compiler()[0], "--expt-relaxed-constexpr", "--extended-lambda"]
    # without a GPU to ask, nvcc's default: code that newer GPUs translate when it is loaded
    return [*command, "-arch=native"] if has_gpu() else command


def nvcc() -> str:
    """Return the path of NVIDIA's compiler."""
    found = shutil.which("nvcc") or shutil.which("nvcc", path="/usr/local/cuda/bin")
    if not found:
        raise MachineError(
            "nvcc is missing. Install the CUDA toolkit, or build with --cuda emulated"
        )
    return found


def uses_nvcc(options: Options) -> bool:
    """Tell whether CUDA code is compiled for a GPU: when asked, or when there is one."""
    if options.cuda != "auto":
        return options.cuda == "nvcc"
    if options.sanitize or not has_gpu():
        return False
    try:
        nvcc()
    except BuildError:
        return False
    return True


@functools.cache
def has_gpu() -> bool:
    """Tell whether NVIDIA's driver sees a GPU."""
    tool = shutil.which("nvidia-smi")
    return bool(tool) and "GPU" in _output([tool or "", "-L"])


@functools.cache
def is_clang() -> bool:
    """Tell whether the C++ compiler is clang, which names some flags its own way."""
    return "clang" in version(compiler())


def machine() -> str:
    """Return what `-march=native` depends on."""
    cpu = Path("/proc/cpuinfo")
    if not cpu.is_file():
        return platform.machine() + platform.processor()
    lines = cpu.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(line for line in lines if line.startswith(("flags", "model", "Features")))


def _output(command: Sequence[str]) -> str:
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    return run.stdout if run.returncode == 0 else ""
