"""What a sandboxed program must not reach, made for the time of a check: see `probes.Targets`.

Everything is named after its grader, so that the next one clears what a killed one left.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grader
from grader.sandbox import owner

IPC_CREATE, IPC_REMOVE = 0o1000, 0
SHARED = Path("/dev/shm")
SEGMENTS = Path("/proc/sysvipc/shm")
#: the top 11 bits of the keys of our segments, which have no names
KEYS = 0x47A


@contextlib.contextmanager
def targets() -> Iterator[tuple[dict[str, Any], Path]]:
    """Make things to reach for; yield how they are named, and a folder to be mounted."""
    _clear()
    name = owner.new_name()
    canary = f"{name}-canary-{secrets.token_hex(8)}"
    with contextlib.ExitStack() as stack:
        folder = Path(tempfile.gettempdir()) / name
        # for everybody, so that only a sandbox keeps it from being read
        folder.mkdir()
        stack.callback(shutil.rmtree, folder)
        folder.chmod(0o755)
        given = folder / "given"
        given.mkdir(mode=0o755)
        files = _files(folder, canary, stack)
        listeners = _listeners(folder, canary, stack)
        yield (
            {
                "canary": canary,
                "victim": _victim(canary, stack),
                "pid_namespace": os.readlink("/proc/self/ns/pid"),
                "code": str(Path(grader.__file__).parent),
                "segment": _segment(stack),
                **files,
                **listeners,
            },
            given,
        )


def _clear() -> None:
    """Remove what was made by graders that are no more."""
    for base in (Path(tempfile.gettempdir()), SHARED):
        for left in base.glob(f"{owner.PREFIX}*"):
            if owner.is_abandoned(left.name) and left.lstat().st_uid == os.geteuid():
                _delete(left)
    with contextlib.suppress(OSError):
        for line in SEGMENTS.read_text().splitlines()[1:]:
            key, number, _, _, creator, *_ = map(int, line.split())
            if key >> 20 == KEYS and not Path(f"/proc/{creator}").exists():
                ctypes.CDLL(None).shmctl(number, IPC_REMOVE, None)


def _delete(path: Path) -> None:
    with contextlib.suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _files(folder: Path, canary: str, stack: contextlib.ExitStack) -> dict[str, Any]:
    private, public, shared = folder / "private", folder / "public", SHARED / canary
    for path, mode in ((private, 0o600), (public, 0o644), (shared, 0o644)):
        path.write_text(canary)
        path.chmod(mode)
    stack.callback(shared.unlink)
    # left open by mistake, as it happens
    stack.callback(os.close, opened := os.open(private, os.O_RDONLY))
    os.set_inheritable(opened, True)
    return {"private_file": str(private), "public_file": str(public), "shared_file": canary}


def _listeners(folder: Path, canary: str, stack: contextlib.ExitStack) -> dict[str, Any]:
    # the kernel takes 108 bytes of a socket's path, and a folder for temporary files may have more
    stack.callback(os.close, opened := os.open(folder, os.O_PATH))
    tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
    for address in (f"\0{canary}", f"/proc/self/fd/{opened}/socket"):
        listener = stack.enter_context(socket.socket(socket.AF_UNIX))
        listener.bind(address)
        listener.listen()
    (folder / "socket").chmod(0o777)
    return {
        "port": tcp.getsockname()[1],
        "abstract": canary,
        "socket_path": str(folder / "socket"),
    }


def _victim(canary: str, stack: contextlib.ExitStack) -> int:
    """Start a process that shows the canary to whoever can look."""
    victim = stack.enter_context(
        subprocess.Popen(
            ["/bin/sh", "-c", "read word", canary],
            stdin=subprocess.PIPE,
            env={"GRADER_CANARY": canary},
        )
    )
    # the shell ends with its input; before the others, which are closed in reverse order
    return victim.pid


def _segment(stack: contextlib.ExitStack) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    key = KEYS << 20 | secrets.randbits(20)
    number = libc.shmget(key, 4096, IPC_CREATE | 0o666)
    stack.callback(libc.shmctl, number, IPC_REMOVE, None)
    return key
