"""One whole GPU for one container, checked before and after; one that fails is taken out of use.

A lease is a lock, as of uids. A GPU that fails a check leaves a file with the reason beside it,
and is not handed out again until somebody has looked and removed that file.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from grader.errors import SandboxUnavailable
from grader.sandbox import leases

SECONDS = 20.0
#: what the driver shows a container: to compute, and nvidia-smi
VARIABLES = {"NVIDIA_DRIVER_CAPABILITIES": "compute,utility", "CUDA_CACHE_DISABLE": "1"}
_UUID = re.compile(r"GPU-[0-9a-fA-F-]{8,64}")


class Gpu:
    """The right to use one GPU, until `close`."""

    def __init__(self, uuid: str, descriptor: int) -> None:
        self.uuid = uuid
        self._descriptor: int | None = descriptor

    def request(self) -> Mapping[str, Any]:
        """Return what the engine's `create` takes to hand over this GPU and no other."""
        return {"Driver": "", "DeviceIDs": [self.uuid], "Capabilities": [["gpu"]]}

    def close(self) -> None:
        """Check the GPU, take it out of use if it fails, and give it back. Safe to repeat."""
        if self._descriptor is not None:
            if problem := check(self.uuid):
                _retire(self.uuid, f"after a submission: {problem}")
            os.close(self._descriptor)
            self._descriptor = None


def found() -> list[str]:
    """Return all GPUs of this machine; raise SandboxUnavailable that says why there are none."""
    lines = _ask("--query-gpu=uuid")
    uuids = [line for line in lines if _UUID.fullmatch(line)]
    if not uuids:
        raise SandboxUnavailable("--device cuda: nvidia-smi finds no GPU; use --device cpu")
    return uuids


def models() -> str:
    """Return what the GPUs of this machine are called, each name once: any of them may be taken."""
    return ", ".join(sorted(set(_ask("--query-gpu=name"))))


def take() -> Gpu:
    """Return a lease on a GPU that nobody uses and that passes the check."""
    reasons = []
    for uuid in found():
        retired = _retired(uuid)
        if retired.exists():
            reasons.append(f"{uuid} is out of use ({retired.read_text().strip()}; {retired})")
            continue
        descriptor = _lock(uuid)
        if descriptor is None:
            reasons.append(f"{uuid} is in use by another submission (lower --jobs)")
            continue
        problem = check(uuid)
        if not problem:
            return Gpu(uuid, descriptor)
        os.close(descriptor)
        _retire(uuid, f"before a submission: {problem}")
        reasons.append(f"{uuid} is taken out of use: {problem}")
    raise SandboxUnavailable("--device cuda: no GPU can be used: " + "; ".join(reasons))


def check(uuid: str) -> str:
    """Return what is wrong with a GPU that should be idle: it is silent, or somebody computes."""
    try:
        left = _ask("--query-compute-apps=pid", f"--id={uuid}")
    except SandboxUnavailable as error:
        return str(error)
    return f"processes {', '.join(left)} compute on it" if left else ""


def _ask(*words: str) -> list[str]:
    program = shutil.which("nvidia-smi")
    if program is None:
        raise SandboxUnavailable(
            "--device cuda: nvidia-smi is not installed, so this machine has no NVIDIA driver: "
            "use --device cpu"
        )
    try:
        run = subprocess.run(
            [program, *words, "--format=csv,noheader"],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise SandboxUnavailable(f"nvidia-smi says nothing for {SECONDS:g} s") from error
    if run.returncode:
        said = (run.stdout + run.stderr).strip()
        raise SandboxUnavailable(f"nvidia-smi ended with code {run.returncode}: {said}")
    return [line.strip() for line in run.stdout.splitlines() if line.strip()]


def _lock(uuid: str) -> int | None:
    path = leases.runtime_folder() / uuid
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return descriptor
    os.close(descriptor)
    return None


def _retired(uuid: str) -> Path:
    return leases.runtime_folder() / f"{uuid}.out-of-use"


def _retire(uuid: str, problem: str) -> None:
    _retired(uuid).write_text(problem + "\n")
