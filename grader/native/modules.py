"""One extension module: from its sources to the file that Python imports."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import hashlib
import os
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from . import cuda, toolchain
from .errors import BuildError, CompilerError
from .sources import local_files
from .toolchain import Options

SUFFIX = sysconfig.get_config_var("EXT_SUFFIX") or ".so"
#: so many built modules are kept in the cache
KEPT = 40

#: seconds after which a file that is not complete, or a lock, belongs to no running build: the
#: lock is opened anew by each, and two that build the same do no harm
_UNFINISHED, _IDLE = 3600.0, 86400.0

_CPP = {".cc", ".cpp", ".cxx"}
_TOOL = Path(__file__).resolve().parent


@dataclasses.dataclass(frozen=True, kw_only=True)
class Module:
    """A source and where its extension module goes, both relative to the root."""

    source: str
    module: str

    @property
    def target(self) -> str:
        """Return the path of the file that Python imports."""
        return self.module + SUFFIX


def compile_module(module: Module, root: Path, options: Options) -> tuple[bytes, str]:
    """Return the bytes of an extension module and what the compiler said on the way."""
    files = local_files(root / module.source, root)
    with tempfile.TemporaryDirectory(prefix="native-") as folder:
        output = Path(folder) / "module.so"
        command = _command(module, root, options)
        command += [f"-I{path}" for path in toolchain.include_folders(options.include)]
        command += [*_sources(module, root, options, files, Path(folder)), "-o", str(output)]
        run = subprocess.run(
            command, cwd=root, stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
        said = (run.stdout + run.stderr).decode("utf-8", "replace").replace(f"{folder}/", "")
        if run.returncode or not output.is_file():
            raise CompilerError(said.rstrip() or f"{command[0]} ended with {run.returncode}")
        return output.read_bytes(), said


def build(module: Module, root: Path, options: Options, cache: Path) -> tuple[bool, str]:
    """Bring an extension module up to date; tell whether it was compiled, and what was said."""
    key = _key(module, root, options)
    cached = cache / f"{key}.so"
    cache.mkdir(parents=True, exist_ok=True)
    with _alone(cache / f"{Path(module.source).stem}.lock"):
        said, compiled = "", not cached.is_file()
        if compiled:
            content, said = compile_module(module, root, options)
            _write(cached, content)
            _prune(cache)
        else:
            content = cached.read_bytes()
    target = root / module.target
    if not target.parent.is_dir():
        raise BuildError(f"{module.target}: no folder {target.parent} for it")
    if not target.is_file() or target.read_bytes() != content:
        _write(target, content)
    return compiled, said


def _command(module: Module, root: Path, options: Options) -> list[str]:
    suffix = Path(module.source).suffix
    if suffix in _CPP:
        return toolchain.cpp_command(options, root)
    if suffix != ".cu":
        raise BuildError(f"{module.source}: a source ends in .cc, .cpp, .cxx or .cu")
    if toolchain.uses_nvcc(options):
        return toolchain.nvcc_command(options)
    return toolchain.emulated_command(options, root)


def _sources(
    module: Module, root: Path, options: Options, files: dict[Path, bytes], folder: Path
) -> Iterable[str]:
    """Return what the compiler reads: for CUDA on the CPU, rewritten copies of the files."""
    if Path(module.source).suffix != ".cu" or toolchain.uses_nvcc(options):
        return [module.source]
    main = (root / module.source).resolve()
    staged = cuda.stage(files, main, root.resolve(), folder)
    return [f"-iquote{main.parent}", str(staged), *map(str, sorted(cuda.EMULATION.rglob("*.cc")))]


def _key(module: Module, root: Path, options: Options) -> str:
    """Return a digest of everything that a built module depends on."""
    digest = hashlib.sha256()

    def add(content: bytes) -> None:
        digest.update(len(content).to_bytes(8, "big") + content)

    includes = toolchain.include_folders(options.include)
    command = [*_command(module, root, options), *includes]
    compiler = [command[0]] if toolchain.uses_nvcc(options) else toolchain.compiler()
    march = toolchain.machine() if options.march else ""
    for text in (sys.version, SUFFIX, module.source, march, toolchain.version(tuple(compiler))):
        add(text.encode())
    add("\0".join(command).encode())
    for folder in includes:
        version = Path(folder) / "pybind11" / "detail" / "common.h"
        add(version.read_bytes() if version.is_file() else b"")
    for path, content in sorted(local_files(root / module.source, root).items()):
        add(os.path.relpath(path, root).encode())
        add(content)
    for path in sorted([*_TOOL.glob("*.py"), *_files(cuda.EMULATION)]):
        add(path.read_bytes())
    return digest.hexdigest()


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Let others who build the same wait: they will find it in the cache."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def _write(path: Path, content: bytes) -> None:
    """Replace a file in one step, so that nobody imports half a module."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).chmod(0o755)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _prune(cache: Path) -> None:
    """Remove what was built longest ago, and what a build that was cut off has left."""
    modules = sorted(cache.glob("*.so"), key=_age)
    unfinished = [path for path in cache.glob(".*.so.*") if _age(path) > _UNFINISHED]
    idle = [path for path in cache.glob("*.lock") if _age(path) > _IDLE]
    for path in (*modules[KEPT:], *unfinished, *idle):
        path.unlink(missing_ok=True)


def _age(path: Path) -> float:
    """Return for how many seconds a file is as it is; 0 when another build has removed it."""
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
