"""What compiling needs of the machine: a compiler, headers, the build tool; and which they are."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import importlib.util
import math
import platform
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

from grader.errors import InfrastructureError
from grader.sandbox import runtime
from grader.sandbox.base import Mount

#: what Python adds to the path of an extension module
SUFFIX = sysconfig.get_config_var("EXT_SUFFIX") or ".so"
#: where the sandbox shows the build tool, the headers and the student's sources
TOOL, PYTHON, PYBIND11, SOURCES = "/opt/native", "/opt/python", "/opt/pybind11", "/submission"

_FOLDER = Path(__file__).parents[1] / "native"
#: in the order in which the build tool looks for them, on the path that a sandbox has
_COMPILERS = ("g++", "clang++", "c++")
_PATH = "/usr/bin:/bin"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Tools:
    """How to compile in a sandbox."""

    #: what the compiler calls itself, in one line
    compiler: str
    mounts: tuple[Mount, ...]
    #: sha256 of everything but the sources that a module depends on
    digest: str

    def command(self, source: str, module: str, seconds: float) -> list[str]:
        """Return the command that writes the bytes of a module to standard output.

        No process of it computes for more than `seconds` of processor time.
        """
        words = [runtime.python(), "-I", "-B", f"{TOOL}/build.py", "--root", SOURCES]
        words += ["--cuda", "emulated", "--include", PYTHON, "--include", PYBIND11]
        words += ["--cpu-seconds", str(math.ceil(seconds))]
        return [*words, "--stdout", f"{source}={module}"]


@functools.cache
def find() -> Tools:
    """Return what is installed; raise InfrastructureError that says what is missing."""
    python = _headers("Python.h", _python_folders(), "apt-get install python3-dev")
    install = f"{sys.executable} -m pip install pybind11"
    pybind11 = _headers("pybind11/pybind11.h", _pybind11_folders(), install)
    compiler = _compiler()
    mounts = (
        Mount(source=_FOLDER, target=TOOL),
        Mount(source=python, target=PYTHON),
        Mount(source=pybind11, target=PYBIND11),
    )
    digest = hashlib.sha256()
    version = (pybind11 / "pybind11" / "detail" / "common.h").read_bytes()
    files = sorted(path for path in _FOLDER.rglob("*") if path.suffix in {".py", ".h", ".cc"})
    texts = (compiler, sys.version, SUFFIX, platform.machine())
    for content in (*map(str.encode, texts), version, *(path.read_bytes() for path in files)):
        digest.update(len(content).to_bytes(8, "big") + content)
    return Tools(compiler=compiler, mounts=mounts, digest=digest.hexdigest())


def _compiler() -> str:
    found = next((path for name in _COMPILERS if (path := shutil.which(name, path=_PATH))), None)
    if found is None:
        raise InfrastructureError(
            f"no C++ compiler in {_PATH}, and the native code of submissions has to be compiled: "
            "run `apt-get install g++` or the like"
        )
    said = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
    return said.splitlines()[0] if said else found


def _python_folders() -> list[str]:
    paths = sysconfig.get_paths()
    return [paths["include"], paths["platinclude"]]


def _pybind11_folders() -> list[str]:
    spec = importlib.util.find_spec("pybind11")
    places = (spec and spec.submodule_search_locations) or []
    return [*(f"{place}/include" for place in places), "/usr/include"]


def _headers(header: str, folders: Sequence[str], install: str) -> Path:
    for folder in folders:
        if (Path(folder) / header).is_file():
            return Path(folder).resolve()
    raise InfrastructureError(
        f"{header} is not there ({', '.join(folders)}), and the native code of submissions is "
        f"compiled with it: run `{install}` or the like"
    )
