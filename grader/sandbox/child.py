"""A running command that is our child, directly or through bwrap: what both back ends share."""

from __future__ import annotations

import os
import subprocess
import threading
from abc import abstractmethod

from grader.errors import StudentFault
from grader.sandbox import cgroup, leases, spawn
from grader.sandbox.base import Running

FAULT_SECONDS = 2.0


class Child(Running):
    """A command with a control group and, when root started it, a uid of its own."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        pipes: spawn.Pipes,
        watched: int,
        group: cgroup.Group,
        lease: leases.Lease | None,
    ) -> None:
        self.stdin, self.stdout, self.stderr = pipes
        self._process = process
        #: pidfd of the process whose end is the end of the command
        self._watched = watched
        self._group = group
        self._lease = lease
        self._fault: StudentFault | None = None
        self._killed = False
        self._lock = threading.Lock()

    def kill(self) -> None:
        """Kill everything, then give back the control group and the uid."""
        with self._lock:
            if self._killed:
                return
            self._killed = True
            self._fault = self._look()
            try:
                self._end()
            finally:
                self._group.remove()
                os.close(self._watched)
                if self._lease is not None:
                    self._lease.close()

    @property
    def root(self) -> int:
        """The process that was started."""
        return self._process.pid

    def fault(self) -> StudentFault | None:
        """Say why the command ended, or what it ran into."""
        with self._lock:
            fault = self._fault if self._killed else self._look()
            if fault is not None or self._killed:
                return fault
            watched = os.dup(self._watched)
        # without the lock: a watchdog may kill meanwhile
        spawn.ended(watched, FAULT_SECONDS)
        os.close(watched)
        with self._lock:
            return self._fault if self._killed else self._look()

    def _look(self) -> StudentFault | None:
        fault = self._group.fault()
        if fault is None and spawn.ended(self._watched, 0):
            fault = self._group.fault() or spawn.crash(self._process.wait())
        return fault

    @abstractmethod
    def _end(self) -> None:
        """End every process of the sandbox and collect our child."""
