"""The Remote: student objects that live in the sandbox and are used from here.

Only plain data and opaque handles cross. The modules of `SANDBOX_FILES` are put beside the
student's code and use the standard library, NumPy and each other; the others stay on the trusted
side.
"""

from __future__ import annotations

import importlib.util
import py_compile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

_HERE = Path(__file__).parent

#: what is mounted at /grader/<name>: nothing else of the grader is in the sandbox
SANDBOX_FILES: tuple[Path, ...] = tuple(
    _HERE / name
    for name in (
        "randomness.py",
        "wire.py",
        "worker.py",
        "worker_classes.py",
        "worker_compile.py",
        "worker_fork.py",
        "worker_hooks.py",
        "worker_objects.py",
        "worker_ops.py",
        "worker_serve.py",
    )
)


def worker_files(cache: Path) -> Mapping[str, Path]:
    """Return the files of the worker by name, with their bytecode, which is written to `cache`.

    A sandbox cannot keep what Python compiles in it, and compiling takes longer than running.
    """
    files = {path.name: path for path in SANDBOX_FILES}
    cache.mkdir(exist_ok=True)
    for path in SANDBOX_FILES:
        name = Path(importlib.util.cache_from_source(path.name)).name
        py_compile.compile(
            str(path),
            str(cache / name),
            path.name,
            doraise=True,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
        # the worker has another uid; so nothing here may be kept from it
        (cache / name).chmod(0o644)
        files[f"__pycache__/{name}"] = cache / name
    return files


def worker_command(
    python: str,
    folder: str = "/grader",
    *,
    site: str | None = None,
    sweep: bool = False,
    scratch: Sequence[str] = (),
    environment: Mapping[str, str] = MappingProxyType({}),
) -> list[str]:
    """Return the command line of the worker whose files are in `folder`.

    `site` is the folder of NumPy, where the interpreter does not find it by itself. `sweep` lets
    the worker kill every process that it may signal when a test ends: only for a sandbox with a
    process namespace or a user id of its own. The folders of `scratch` are emptied between
    tests. Student code sees the variables of `environment`.
    """
    command = [python, "-I", "-B", f"{folder}/worker.py"]
    if site is not None:
        command += ["--site", site]
    if sweep:
        command.append("--sweep")
    for name in scratch:
        command += ["--scratch", name]
    for name, value in environment.items():
        command += ["--set", f"{name}={value}"]
    return command
