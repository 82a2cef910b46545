"""The forkserver, seen from the command that starts it.

Imports next to nothing: the command line starts it first, then imports the rest meanwhile.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from grader.errors import InfrastructureError
from grader.sandbox import owner

if TYPE_CHECKING:
    from grader.order import Order

#: private folders are called this, then what `owner` calls their grader
SCRATCH_PREFIX = "run-"
#: bytes below which a file system counts as full
_LEAST_SPACE = 1 << 20


class ForkServer:
    """The warm process of `grader.forkserver`, seen from the batch."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        cache = scratch / "pycache"
        command = [
            sys.executable,
            "-I",
            "-m",
            "grader.forkserver",
            str(os.getpid()),
            str(cache),
        ]
        self._log = (scratch / "forkserver.log").open("wb")
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=_environment(),
            cwd=scratch,
        )
        self._buffer = b""
        assert self._process.stdout is not None
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._process.stdout, selectors.EVENT_READ)

    def submit(self, order: Order) -> None:
        """Start one job."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(order.to_json().encode())
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise self._ended() from error

    def events(self, timeout: float) -> list[dict[str, Any]]:
        """Return the events that arrive within `timeout` seconds."""
        assert self._process.stdout is not None
        if not self._selector.select(timeout):
            return []
        chunk = os.read(self._process.stdout.fileno(), 1 << 16)
        if not chunk:
            raise self._ended()
        *lines, self._buffer = (self._buffer + chunk).split(b"\n")
        return [json.loads(line) for line in lines]

    def _ended(self) -> InfrastructureError:
        return InfrastructureError(
            f"the grading process ended with code {self._process.wait()}: {self._last_words()}; "
            "the same command again goes on from here"
        )

    def _last_words(self) -> str:
        """Return why the process ended, as far as there was space to say so."""
        log = Path(self._log.name)
        with contextlib.suppress(OSError):
            if shutil.disk_usage(log.parent).free < _LEAST_SPACE:
                return f"no space is left in {log.parent.parent} (TMPDIR can name another folder)"
        last = log.read_text(errors="replace").rstrip().rpartition("\n")[2]
        is_cut_off = last.startswith((" ", "Traceback "))
        return "it did not say why" if is_cut_off or not last else last

    def close(self) -> None:
        """End the process and, with it, all jobs and their sandboxes."""
        self._process.kill()
        self._process.wait()
        self._selector.close()
        for stream in (self._process.stdin, self._process.stdout, self._log):
            with contextlib.suppress(OSError):
                if stream is not None:
                    stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _environment() -> dict[str, str]:
    """Return the environment of the trusted processes: nothing that could inject code."""
    return {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "TMPDIR": tempfile.gettempdir(),
    }


@contextlib.contextmanager
def started() -> Iterator[ForkServer]:
    """Run a forkserver with a private folder of its own."""
    with scratch_folder() as scratch, ForkServer(scratch) as server:
        yield server


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """A private folder of this run; it goes when the run ends, or when the next one starts."""
    _sweep_scratch()
    folder = Path(tempfile.gettempdir()) / f"{SCRATCH_PREFIX}{owner.new_name()}"
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sweep_scratch() -> None:
    """Remove what a killed grader of this user left behind."""
    for folder in Path(tempfile.gettempdir()).glob(f"{SCRATCH_PREFIX}{owner.PREFIX}*"):
        name = folder.name.removeprefix(SCRATCH_PREFIX)
        if owner.is_abandoned(name) and folder.lstat().st_uid == os.getuid():
            shutil.rmtree(folder, ignore_errors=True)
