"""Docker: a container for each submission, its root read-only, with nothing but named pipes.

    grader ── engine ── container
       │                   pid 1   launcher.py: waits for the order, tells how the command ended
       └── five pipes ──────┘        └─ the command, by exec

The pipes are opened by their names, on both sides, and then have none: no byte of the protocol
passes through the engine, which after the start is asked for nothing until the container is
removed. When the grader ends, so does the launcher, and with it everything in there.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import json
import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from grader.errors import MemoryExceeded, SandboxUnavailable, StudentFault
from grader.sandbox import cgroup, leases, owner, readable, runtime, seccomp, spawn
from grader.sandbox.base import ENVIRONMENT, Limits, Mount, Running, Sandbox
from grader.sandbox.docker import device as devices
from grader.sandbox.docker import engine as engines
from grader.sandbox.docker import host, launcher, options, reaper, versions
from grader.sandbox.docker.engine import Engine
from grader.sandbox.docker.pipes import Ends

#: where the container sees the launcher and the pipes
LAUNCHER, PIPES = "/opt/launcher/launcher.py", "/opt/pipes"
#: the interpreter of an image that is named
IMAGE_PYTHON = "/usr/bin/python3"

#: seconds that an engine may take to be there again
PATIENCE = 30.0
START_SECONDS, KILL_SECONDS, FAULT_SECONDS = 30.0, 10.0, 2.0


class Docker(Sandbox):
    """Run commands in containers."""

    name = "docker"

    def __init__(
        self,
        *,
        image: str = "",
        engine: str = "",
        device: str = "cpu",
        patience: float = 0.0,
    ) -> None:
        """Use `engine`, or the one of DOCKER_HOST; `device` is cpu, or cuda: a GPU for each. An
        engine that is being started again is waited for, `patience` seconds at most.

        `image` has Python and a compiler; without one the container sees those of this machine.
        """
        self._image = image
        self._where = engine or engines.address()
        self._device = device
        self._patience = patience

    @property
    def settings(self) -> str:
        """Return image, engine and device; whoever gets them knows that the engine was there.

        The image goes by its digest: whatever has its name later, this is what grades.
        """
        return json.dumps(
            {
                "image": self._digest,
                "engine": self._where,
                "device": self._device,
                "patience": PATIENCE,
            }
        )

    @property
    def _digest(self) -> str:
        """Return what the image is when this is first asked; its name where it is not there."""
        return self._first_found or self._image

    @functools.cached_property
    def _first_found(self) -> str | None:
        """Return the image's digest when this is first asked; None where it is not there."""
        found = Engine(self._where).image(self._image) if self._image else None
        return None if found is None else str(found["Id"])

    @classmethod
    def configured(cls, settings: str) -> Self:
        """Return a back end with the same image, engine and device."""
        return cls(**json.loads(settings or "{}"))

    @property
    def isolates(self) -> bool:
        """Say yes: `isolation.probe` holds the back end to it."""
        return True

    @property
    def notes(self) -> tuple[str, ...]:
        """Name known holes of the engine's version."""
        return versions.warnings(Engine(self._where).version())

    def require(self) -> None:
        """Raise unless engine and image are there; an engine that starts again is waited for."""
        engine = Engine(self._where)
        engine.await_answer(PATIENCE)
        if self._image and engine.image(self._digest) is None:
            if self._first_found is None:
                raise self._missing()
            raise SandboxUnavailable(
                f"image {self._image} ({self._digest}) was removed while it was in use: build it "
                "again (`grader image build`), then give the same command again: what has been "
                "graded with that very image is kept"
            )

    def start(
        self, command: Sequence[str], *, mounts: Sequence[Mount], workdir: str, limits: Limits
    ) -> Running:
        """Start `command` in a new container."""
        engine = Engine(self._where)
        engine.await_answer(self._patience)
        reaper.once(self._where)
        python = IMAGE_PYTHON if self._image else runtime.python()
        words = [python if word == runtime.python() else word for word in command]
        with contextlib.ExitStack() as undo:
            lease = leases.take(self.name)
            undo.callback(lease.close)
            gpu = devices.take() if self._device == "cuda" else None
            if gpu is not None:
                undo.callback(gpu.close)
            for mount in mounts:
                readable.require(mount.source, reachable=False)
            name = owner.new_name()
            ends = Ends(name)
            undo.callback(ends.close)
            own = [
                Mount(source=Path(launcher.__file__), target=LAUNCHER),
                Mount(source=ends.mounted, target=PIPES),
            ]
            # by its name: an engine that answers too late may have made it
            undo.callback(_remove, engine, name)
            container = engine.create(
                name,
                options.container(
                    self._found_image(engine),
                    [python, "-I", "-S", "-B", LAUNCHER, PIPES],
                    uid=lease.uid,
                    mounts=[*self._system(), *own, *mounts],
                    hidden=[] if self._image else host.hidden(),
                    limits=limits,
                    labels=reaper.labels(name),
                    gpu=gpu,
                ),
            )
            engine.start(container)
            ends.write_order(_order(words, workdir))
            said = ends.ready(START_SECONDS)
            if said != launcher.READY:
                raise SandboxUnavailable(
                    f"a container of {self._image or 'an empty image'} does not start "
                    f"{command[0]}: {said}"
                )
            running = _Running(engine, container, ends, lease, gpu)
            undo.pop_all()
        return running

    def _found_image(self, engine: Engine) -> str:
        if not self._image:
            return host.image(engine)
        if engine.image(self._image) is None:
            raise self._missing()
        return self._image

    def _missing(self) -> SandboxUnavailable:
        return SandboxUnavailable(
            f"the engine has no image {self._image}: run `grader image build`, or leave out "
            "--image to use the programs of this machine"
        )

    def _system(self) -> list[Mount]:
        return [] if self._image else host.mounts()


def _order(command: Sequence[str], workdir: str) -> bytes:
    code = seccomp.program(shared_memory=False)
    return json.dumps(
        {
            "command": list(command),
            "workdir": workdir,
            "environment": dict(ENVIRONMENT),
            "filter": base64.b64encode(code or b"").decode(),
            "python": sys.version_info[:2],
        }
    ).encode()


def _remove(engine: Engine, container: str) -> None:
    """Remove a container; one that cannot be is left to the next grader's reaper."""
    with contextlib.suppress(SandboxUnavailable):
        engine.remove(container)


class _Running(Running):
    """A command in a container."""

    def __init__(
        self,
        engine: Engine,
        container: str,
        ends: Ends,
        lease: leases.Lease,
        gpu: devices.Gpu | None,
    ) -> None:
        self._engine, self._container = engine, container
        self._ends, self._lease, self._gpu = ends, lease, gpu
        self._first = _first_process(engine, container)
        self._watched = os.pidfd_open(self._first) if self._first else None
        self._group = cgroup.of(self._first) if self._first else cgroup.Group({})
        self.stdin, self.stdout, self.stderr = ends.settle()
        self._code: int | None = None
        self._fault: StudentFault | None = None
        self._killed = False
        self._lock = threading.Lock()

    @property
    def root(self) -> int | None:
        """The container's first process, of which all others descend; root may stop those."""
        return self._first if os.geteuid() == 0 else None

    def kill(self) -> None:
        """End everything, then give back the uid."""
        with self._lock:
            if self._killed:
                return
            self._killed = True
            with contextlib.suppress(SandboxUnavailable):
                self._fault = self._look()
            self._ends.close()
            if self._watched is not None:
                if os.geteuid() == 0:
                    spawn.kill(self._watched)
                # the launcher ends by itself when its order is closed
                if spawn.ended(self._watched, KILL_SECONDS):
                    _remove(self._engine, self._container)
                else:
                    self._engine.remove(self._container)
                os.close(self._watched)
            else:
                self._engine.remove(self._container)
            self._lease.close()
            if self._gpu is not None:
                self._gpu.close()

    def fault(self) -> StudentFault | None:
        """Say why the command ended, or what it ran into."""
        with self._lock:
            fault = self._fault if self._killed else self._look()
            if fault is not None or self._killed:
                return fault
            status = os.dup(self._ends.status)
        # without the lock: a watchdog may kill meanwhile
        spawn.ended(status, FAULT_SECONDS)
        os.close(status)
        with self._lock:
            return self._fault if self._killed else self._look()

    def _look(self) -> StudentFault | None:
        fault = self._group.fault()
        if fault is not None:
            return fault
        if self._code is None:
            if not spawn.ended(self._ends.status, 0):
                return None
            said = os.read(self._ends.status, 64)
            if not said:
                return self._lost()
            self._code = int(said)
        return self._group.fault() or self._without_group() or spawn.crash(self._code)

    def _without_group(self) -> StudentFault | None:
        """Ask the engine where its control groups cannot be seen from here."""
        if "memory" in self._group.controllers:
            return None
        state = self._engine.state(self._container)
        return MemoryExceeded("the memory limit was reached") if state.get("OOMKilled") else None

    def _lost(self) -> StudentFault:
        """Say what ended the whole container: memory, or somebody outside, who is no student."""
        state = self._engine.state(self._container)
        if state.get("OOMKilled"):
            return MemoryExceeded("the memory limit was reached")
        raise SandboxUnavailable(
            f"container {self._container[:12]} was ended from outside "
            f"({state.get('Status', 'removed')}, exit code {state.get('ExitCode', 'unknown')})"
        )


def _first_process(engine: Engine, container: str) -> int | None:
    """Return the number of a container's first process, if it means the same here."""
    pid = int(engine.state(container).get("Pid", 0))
    with contextlib.suppress(OSError):
        if pid and container in Path(f"/proc/{pid}/cgroup").read_text():
            return pid
    return None
