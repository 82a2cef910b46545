"""A container engine of our own, which may be killed, stopped and filled up at will."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from grader.errors import SandboxUnavailable
from grader.sandbox.docker import reaper
from grader.sandbox.docker.engine import Engine
from tests.faults import processes

#: seconds that an engine may take to answer, or to end, on however slow a machine
PATIENCE = 120.0
#: bytes for images and containers, which hold next to nothing
SPACE = 64 << 20


class Daemon:
    """dockerd with images, containers, socket and control groups of its own, and no network."""

    def __init__(self, folder: Path) -> None:
        """Keep everything in a new folder; the path of a socket is short, so must this be."""
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.data.mkdir(parents=True)
        size = f"size={SPACE},mode=711"
        command = ["mount", "-t", "tmpfs", "-o", size, "faults", str(self.data)]
        subprocess.run(command, check=True)

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"unix://{self.socket}"

    @property
    def socket(self) -> Path:
        """The socket's path."""
        return self._folder / "socket"

    @property
    def data(self) -> Path:
        """Where images and containers are."""
        return self._folder / "data"

    @property
    def engine(self) -> Engine:
        """A client."""
        return Engine(self.address, seconds=PATIENCE)

    @property
    def pid(self) -> int:
        """The daemon's process."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it, and wait until it answers."""
        # of one that was killed: nobody listens there
        self.socket.unlink(missing_ok=True)
        words = ["--host", self.address, "--data-root", str(self.data)]
        words += ["--exec-root", str(self._folder / "run"), "--pidfile", str(self._folder / "pid")]
        words += ["--bridge=none", "--iptables=false", "--ip-forward=false", "--log-level=warn"]
        words += [f"--cgroup-parent=/{self._folder.name}"]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                ["dockerd", *words],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + PATIENCE
        while not self.socket.exists() and time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise RuntimeError((self._folder / "log").read_text()[-2000:])
            time.sleep(0.05)
        self.engine.await_answer(PATIENCE)

    def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End it, by a signal, and wait for that."""
        if self._process is not None:
            self._process.send_signal(number)
            self.thaw()
            self._process.wait(PATIENCE)
            self._process = None
            self._end_containerd()

    def _end_containerd(self) -> None:
        """Wait for the engine's own helper to be gone: the next engine would take it for its."""
        deadline = time.monotonic() + PATIENCE
        while (left := self.helpers("containerd", whole=True)) and time.monotonic() < deadline:
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.02)
        (self._folder / "run/containerd/containerd.pid").unlink(missing_ok=True)

    def freeze(self) -> None:
        """Let it not run."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it run again."""
        if self._process is not None and self._process.poll() is None:
            os.kill(self.pid, signal.SIGCONT)

    def mend(self) -> None:
        """Make it one that works, whatever was done to it."""
        (self.data / ".ballast").unlink(missing_ok=True)
        self.thaw()
        with contextlib.suppress(SandboxUnavailable):
            if self._process is not None and self._process.poll() is None:
                Engine(self.address).version()
                return
        self.end(signal.SIGKILL)
        self.start()

    def helpers(self, name: str, *, whole: bool = False) -> list[int]:
        """Return the processes of this engine with a name, or one that begins like that."""
        mark = os.fsencode(self._folder)
        everybody = processes.table().items()
        found = (pid for pid, p in everybody if p.name == name or (not whole and name in p.name))
        return sorted(pid for pid in found if mark in processes.content(pid, "cmdline"))

    def containers(self) -> Iterator[str]:
        """Return the names of the containers that it knows: of those that made them."""
        return (str(found["Labels"][reaper.OWNER]) for found in self.engine.labelled(reaper.OWNER))

    def images(self) -> list[str]:
        """Return the images that it has."""
        command = ["docker", "--host", self.address, "images", "--quiet"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.stdout.split()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End it and remove all that it had."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.end()
        self.end(signal.SIGKILL)
        for pid in self.helpers("containerd"):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + PATIENCE
        while self.helpers("containerd") and time.monotonic() < deadline:
            time.sleep(0.05)
        subprocess.run(["umount", "--lazy", str(self.data)], check=False)
        # the engine makes it and leaves it
        top = Path("/sys/fs/cgroup")
        for group in (top / self._folder.name, *top.glob(f"*/{self._folder.name}")):
            with contextlib.suppress(OSError):
                group.rmdir()
        shutil.rmtree(self._folder, ignore_errors=True)
