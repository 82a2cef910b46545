"""Helpers of the sandbox tests: run a Python program in a back end, and be another user."""

from __future__ import annotations

import dataclasses
import os
import select
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from grader.errors import StudentFault
from grader.sandbox import proc, runtime
from grader.sandbox.base import Limits, Mount, Running, Sandbox

ROOT = Path(__file__).parents[1]
SYSTEM_PYTHON = "/usr/bin/python3"
ORDINARY_UID = 1234


@dataclasses.dataclass(frozen=True, kw_only=True)
class Result:
    stdout: str
    stderr: str
    fault: StudentFault | None


def missing(reason: str) -> None:
    """Skip, except on the machine whose duty it is to test everything."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI must be able to test this: {reason}")
    pytest.skip(reason)


def start(
    sandbox: Sandbox,
    code: str,
    *arguments: str,
    mounts: Sequence[Mount] = (),
    limits: Limits | None = None,
) -> Running:
    command = [runtime.python(), "-s", "-P", "-B", "-c", code, *arguments]
    return sandbox.start(command, mounts=mounts, workdir="/tmp", limits=limits or Limits())


def close(running: Running) -> None:
    running.kill()
    for descriptor in (running.stdin, running.stdout, running.stderr):
        os.close(descriptor)


def drain(running: Running, seconds: float = 20) -> tuple[str, str]:
    """Read both pipes to their ends."""
    text = {running.stdout: b"", running.stderr: b""}
    open_pipes, deadline = set(text), time.monotonic() + seconds
    while open_pipes and time.monotonic() < deadline:
        for pipe in select.select(list(open_pipes), [], [], deadline - time.monotonic())[0]:
            part = os.read(pipe, 65536)
            text[pipe] += part
            if not part:
                open_pipes.discard(pipe)
    return text[running.stdout].decode(), text[running.stderr].decode()


def run(
    sandbox: Sandbox,
    code: str,
    *arguments: str,
    mounts: Sequence[Mount] = (),
    limits: Limits | None = None,
) -> Result:
    running = start(sandbox, code, *arguments, mounts=mounts, limits=limits)
    try:
        stdout, stderr = drain(running)
        return Result(stdout=stdout, stderr=stderr, fault=running.fault())
    finally:
        close(running)


def line(running: Running, seconds: float = 20) -> str:
    """Read one line of standard output."""
    text = b""
    while not text.endswith(b"\n") and select.select([running.stdout], [], [], seconds)[0]:
        part = os.read(running.stdout, 1)
        if not part:
            break
        text += part
    return text.decode().strip()


def as_ordinary_user(code: str) -> str:
    """Run Python code as a user without rights, with the grader and this module on its path."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    command = ["setpriv", f"--reuid={ORDINARY_UID}", f"--regid={ORDINARY_UID}", "--clear-groups"]
    path = f"{ROOT}:{Path(__file__).parent}:{Path(pytest.__file__).parents[1]}"
    done = subprocess.run(
        [*command, SYSTEM_PYTHON, "-B", "-c", code],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": path},
        cwd="/",
        capture_output=True,
        text=True,
        timeout=60,
    )
    if "Permission denied" in done.stderr or "No module named" in done.stderr:
        missing(f"another user cannot use this checkout or {SYSTEM_PYTHON}: {done.stderr[-200:]}")
    assert done.returncode == 0, done.stderr
    return done.stdout


def living(marker: str) -> list[int]:
    """Return the processes that have `marker` in their command line."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            words = (path / "cmdline").read_bytes()
            state = proc.fields(path)[0]
        except OSError:
            continue
        if marker.encode() in words and state != "Z" and int(path.name) != os.getpid():
            found.append(int(path.name))
    return found
