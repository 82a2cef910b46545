"""The Remote: student objects that live in the sandbox and are used from here.

Only plain data and opaque handles cross. The modules of `SANDBOX_FILES` are put beside the
student's code and use the standard library, NumPy and each other; the others stay on the trusted
side.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

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
        "worker_objects.py",
        "worker_ops.py",
        "worker_serve.py",
    )
)


def worker_command(
    python: str,
    folder: str = "/grader",
    *,
    site: str | None = None,
    sweep: bool = False,
    scratch: Sequence[str] = (),
) -> list[str]:
    """Return the command line of the worker whose files are in `folder`.

    `site` is the folder of NumPy, where the interpreter does not find it by itself. `sweep` lets
    the worker kill every process that it may signal when a test ends: only for a sandbox with a
    process namespace or a user id of its own. The folders of `scratch` are emptied between tests.
    """
    command = [python, "-I", "-B", f"{folder}/worker.py"]
    if site is not None:
        command += ["--site", site]
    if sweep:
        command.append("--sweep")
    for name in scratch:
        command += ["--scratch", name]
    return command
