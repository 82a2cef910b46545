"""One repetition: a folder, a command that grades, and what may be done to it."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from grader.server import SCRATCH_PREFIX
from tests.faults import course, processes
from tests.faults.daemon import Daemon

#: seconds after which a command that does not end counts as hung, on however slow a machine
PATIENCE = 300.0


@dataclasses.dataclass
class Trial:
    """A private folder, and the command that is run in it, perhaps several times."""

    folder: Path
    random: random.Random
    #: seconds that an undisturbed run takes here and now
    span: float
    sandbox: str
    #: the container engine of this trial alone, if it uses one
    daemon: Daemon | None = None
    #: what the command line starts with, and ends with
    prefix: Sequence[str] = ()
    #: what it starts with the second time, too
    lasting: Sequence[str] = ()
    options: Sequence[str] = ("--jobs", "2")
    process: subprocess.Popen[bytes] | None = None
    #: the run ended before there was what should be struck
    missed: bool = False
    #: what has to be undone at the end, whatever happened
    undo: contextlib.ExitStack = dataclasses.field(default_factory=contextlib.ExitStack)
    #: what was done, for the record
    done: list[str] = dataclasses.field(default_factory=list)

    @property
    def course(self) -> Path:
        """The course of this trial alone."""
        return self.folder / "course"

    @property
    def out(self) -> Path:
        """Where reports go."""
        return self.folder / "out"

    @property
    def temporary(self) -> Path:
        """What the grader has for its temporary files."""
        return self.folder / "tmp"

    def submission(self, name: str) -> Path:
        """Return the path of a submission."""
        return self.course / "submissions" / name

    @property
    def submissions(self) -> list[Path]:
        """All submissions, in a fixed order."""
        names = ("right", "wrong.zip", "dies", "fills", "nothing")
        return [self.submission(name) for name in names]

    def command(self) -> list[str]:
        """Return the command line, the same one each time."""
        start = ["-m", "grader", "grade", str(self.course / "assignments/tiny.toml")]
        paths = [str(path) for path in self.submissions]
        fixed = ["--out", str(self.out), "--sandbox", self.sandbox]
        return [sys.executable, *start, *paths, *fixed, *self.options]

    def start(self, prefix: Sequence[str] = ()) -> subprocess.Popen[bytes]:
        """Start the command in a process group of its own."""
        self.process = subprocess.Popen(
            [*prefix, *self.command()],
            env=self._environment(),
            cwd=course.REPOSITORY,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        return self.process

    def _environment(self) -> dict[str, str]:
        engine = {} if self.daemon is None else {"DOCKER_HOST": self.daemon.address}
        return {**os.environ, "TMPDIR": str(self.temporary), **engine}

    def wait(self, process: subprocess.Popen[bytes]) -> tuple[int | None, str]:
        """Wait for the end; a code of None says that it hung and was killed."""
        try:
            said, _ = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill_all(process)
            said, _ = process.communicate()
            return None, said.decode(errors="replace")
        except ValueError:  # somebody has closed its output
            process.wait(PATIENCE)
            said = b""
        return process.returncode, said.decode(errors="replace")

    def kill_all(self, process: subprocess.Popen[bytes]) -> None:
        """Kill a command with its whole process group."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

    # -- moments and victims

    def sleep(self, until: float = 1.0) -> None:
        """Wait for a random moment of the run."""
        time.sleep(self.random.uniform(0.0, until * self.span))

    def when(self, condition: Callable[[], bool]) -> bool:
        """Wait until something is so, or the run has ended; say whether it is so."""
        assert self.process is not None
        while not condition():
            if self.process.poll() is not None:
                self.missed = True
                return False
            time.sleep(0.001)
        return True

    def victim(self, role: str) -> int | None:
        """Return a process of a role, waiting for one while the run lasts."""
        assert self.process is not None
        found: list[int] = []

        def there() -> bool:
            found[:] = sorted(pid for pid, is_ in self.tree().items() if is_ == role)
            return bool(found)

        if not self.when(there):
            return None
        return self.random.choice(found)

    def signal(self, role: str, number: signal.Signals) -> int | None:
        """Send a signal to a process of a role."""
        pid = self.victim(role)
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
                self.done.append(f"{number.name} to {role} {pid}")
        return pid

    def tree(self) -> dict[int, str]:
        """Return all processes of the run, with their roles."""
        assert self.process is not None
        return processes.below(self.process.pid, f"{self.temporary}/{SCRATCH_PREFIX}")

    # -- the file system

    def file_system(self, folder: Path, size: int) -> None:
        """Give a folder a small file system of its own, until the end of the trial."""
        folder.mkdir(exist_ok=True)
        run("mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "faults", str(folder))
        self.undo.callback(run, "umount", "--lazy", str(folder))


def run(*words: str) -> None:
    """Run a command that has to work."""
    subprocess.run(words, check=True, capture_output=True)


def fill(folder: Path) -> Path:
    """Use all the space that a folder's file system has left."""
    path = folder / ".ballast"
    with contextlib.suppress(OSError), path.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(1 << 16))
    with contextlib.suppress(OSError), path.open("ab", buffering=0) as file:
        while True:
            file.write(b"\0")
    return path


@contextlib.contextmanager
def new(
    root: Path,
    *,
    seed: str,
    span: float,
    sandbox: str,
    job_seconds: float,
    daemon: Daemon | None = None,
) -> Iterator[Trial]:
    """Make a trial in a folder that is removed afterwards."""
    folder = Path(root) / "".join(c if c.isalnum() else "-" for c in seed)
    folder.mkdir()
    course.make(folder / "course", job_seconds=job_seconds)
    (folder / "tmp").mkdir()
    trial = Trial(
        folder=folder, random=random.Random(seed), span=span, sandbox=sandbox, daemon=daemon
    )
    try:
        yield trial
    finally:
        if trial.process is not None and trial.process.poll() is None:
            trial.kill_all(trial.process)
            trial.process.wait()
        trial.undo.close()
        shutil.rmtree(folder, ignore_errors=True)
