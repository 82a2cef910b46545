"""Negative controls: the same attacks against a grader that is built the usual way.

Tests and student code share a process, a user and a file system; the harness believes exit codes
and a results file; nothing ends what a submission leaves behind. An attack that does not succeed
here proves nothing elsewhere. All of it runs inside a sandbox, so that a success harms nobody.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import selectors
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import grader
from grader.sandbox import bubblewrap, runtime
from grader.sandbox.base import Limits, Mount, Running
from tests.redteam import corpus, course, sink
from tests.redteam.corpus import Attack

PACKAGES = ("numpy", "pytest", "_pytest", "pluggy", "iniconfig", "packaging", "pygments")
INSIDE = Path(__file__).with_name("weak_inside.py")
LIMITS = Limits(
    memory=768 << 20,
    processes=48,
    scratch=48 << 20,
    file_size=16 << 20,
    output=1 << 20,
)
#: seconds until a weak grader counts as held up: few where that is what the attack is after
PATIENCE = {"broken": 6.0}
LONGEST = 120.0
#: how often an attack is let loose before it counts as one that does not work: some are races
ATTEMPTS = 3


@dataclasses.dataclass(frozen=True, kw_only=True)
class Weakness:
    """What an attack did to the weak grader."""

    attack: Attack
    #: what the weak grader said, or nothing when it did not come to an end
    verdict: dict[str, float | str | list[str]] | None
    #: what the honest part of the submission is worth
    honest: float
    #: what a right solution is worth
    total: float

    @property
    def succeeded(self) -> bool:
        """Whether the attack reached what it is after."""
        if self.attack.weak == "broken":
            return self.verdict is None or self.verdict["after"] != self.total
        if self.verdict is None:
            return False
        score, leaked = self.verdict["score"], self.verdict["leaked"]
        assert isinstance(score, int | float)
        reached = {"score": score > self.honest, "leak": bool(leaked), "unpack": bool(leaked)}
        return reached[str(self.attack.weak)]


def controlled() -> tuple[Attack, ...]:
    """Return the attacks that have a negative control."""
    return tuple(attack for attack in corpus.attacks() if attack.weak)


def run(attacks: Sequence[Attack], jobs: int = 2) -> dict[str, Weakness]:
    """Let each attack loose on the weak grader."""
    with tempfile.TemporaryDirectory(prefix="redteam-weak-", dir="/tmp") as folder:
        root = Path(folder)
        canary = f"CANARY_{os.urandom(8).hex()}"
        where = course.make(root / "course", canary)
        after = corpus.write(root / "after", corpus.right())
        root.chmod(0o755)
        with ThreadPoolExecutor(jobs) as pool:
            found = pool.map(lambda attack: _one(attack, where, root, after), attacks)
            return {weakness.attack.id: weakness for weakness in found}


def _one(attack: Attack, where: course.Course, root: Path, after: Path) -> Weakness:
    target = sink.Target(
        port=9,
        abstract="nobody",
        socket="/tmp/nobody",
        known="/course/reference_solution/notes.txt",
        daemon="rt_controlled",
    )
    submission = corpus.build(attack, root / "submissions" / attack.id, target)
    everything = frozenset(where.points)
    honest = where.total - sum(where.points[name] for name in attack.loses(everything))
    for _ in range(ATTEMPTS):
        found = Weakness(
            attack=attack,
            verdict=_judge(attack, where, submission, after),
            honest=float(honest),
            total=float(where.total),
        )
        if found.succeeded:
            break
    return found


def _judge(
    attack: Attack, where: course.Course, submission: Path, after: Path
) -> dict[str, float | str | list[str]] | None:
    """Start the weak grader in a sandbox and return its verdict, if there is one in time."""
    python = runtime.runtime_mounts(PACKAGES)
    mounts = [
        *python.mounts,
        Mount(source=INSIDE, target="/weak/harness.py"),
        Mount(source=Path(grader.__file__).parent, target="/weak/lib/grader"),
        Mount(source=Path(pytest.__file__).parents[1] / "py.py", target="/weak/lib/py.py"),
        Mount(source=where.manifest.parents[1], target="/course"),
        Mount(source=submission, target=f"/given/{submission.name}"),
        Mount(source=after, target="/after"),
    ]
    command = [python.python, "-B", "/weak/harness.py", f"/given/{submission.name}", where.canary]
    order = json.dumps(
        {
            "points": where.points,
            "forbidden": [*attack.forbidden, "LOOT "],
            # the next submission matters only to attacks that are meant to spoil it
            "after": attack.weak == "broken",
            "native": attack.is_native,
        }
    )
    running = bubblewrap.Bubblewrap().start(
        [*command, order, python.site], mounts=mounts, workdir="/tmp", limits=LIMITS
    )
    with _closing(running):
        return _verdict(_listen(running, PATIENCE.get(str(attack.weak), LONGEST)))


@contextlib.contextmanager
def _closing(running: Running) -> Iterator[None]:
    try:
        yield
    finally:
        running.kill()
        for descriptor in (running.stdin, running.stdout, running.stderr):
            os.close(descriptor)


def _listen(running: Running, seconds: float) -> bytes:
    """Return what the weak grader prints within its time; floods are cut off."""
    said, end = b"", time.monotonic() + seconds
    with selectors.DefaultSelector() as selector:
        selector.register(running.stdout, selectors.EVENT_READ)
        selector.register(running.stderr, selectors.EVENT_READ)
        while selector.get_map() and time.monotonic() < end and len(said) < LIMITS.output:
            for key, _ in selector.select(timeout=0.2):
                data = os.read(key.fd, 1 << 16)
                if not data:
                    selector.unregister(key.fd)
                elif key.fd == running.stdout:
                    said += data
    return said


def _verdict(said: bytes) -> dict[str, float | str | list[str]] | None:
    """Return the last line that the harness itself printed."""
    for line in reversed(said.splitlines()):
        if line.startswith(b"VERDICT "):
            found: dict[str, float | str | list[str]] = json.loads(line.removeprefix(b"VERDICT "))
            return found
    return None
