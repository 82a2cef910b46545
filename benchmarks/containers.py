"""What a container costs beside bubblewrap: its start and end, a round trip, a submission, a batch.

Whole submissions show why there is no pool of started containers: what one costs is nearly all work
of the engine, which a bulk that keeps the processors busy would have to do just the same.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from grader.errors import SandboxUnavailable
from grader.sandbox import runtime
from grader.sandbox.base import Limits, Running, Sandbox
from grader.sandbox.bubblewrap import Bubblewrap
from grader.sandbox.docker import Docker

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "examples" / "submissions" / "hw1" / "right"
STARTS, TRIPS = 7, 3000
#: batches in turn of each back end, submissions in each, and in the one that looks at the machine
TURNS, FEW, MANY = 3, 10, 100
#: seconds between two looks at the memory, and for one at what others do
LOOK, BEFORE = 0.25, 3.0
_ECHO = """
import os
while data := os.read(0, 1 << 16):
    os.write(1, data)
"""


def _start(box: Sandbox) -> Running:
    running = box.start(
        [runtime.python(), "-I", "-c", _ECHO], mounts=[], workdir="/tmp", limits=Limits()
    )
    _trip(running)
    return running


def _trip(running: Running) -> None:
    os.write(running.stdin, b"x" * 100)
    os.read(running.stdout, 1000)


def _end(running: Running) -> None:
    running.kill()
    for descriptor in (running.stdin, running.stdout, running.stderr):
        os.close(descriptor)


def _life(box: Sandbox) -> float:
    """Return seconds from nothing to the first answer, and from there to nothing."""
    started = time.monotonic()
    _end(_start(box))
    return time.monotonic() - started


def _trips(running: Running) -> float:
    started = time.monotonic()
    for _ in range(TRIPS):
        _trip(running)
    return (time.monotonic() - started) / TRIPS


# -- whole submissions -----------------------------------------------------------------


def _grade(box: str, count: int) -> list[float]:
    """Grade copies of a homework 1 in a batch; return the seconds of each."""
    with tempfile.TemporaryDirectory() as folder:
        copies = [Path(folder) / f"student{i:03d}" for i in range(count)]
        for copy in copies:
            shutil.copytree(SAMPLE, copy)
        out = Path(folder) / "out"
        command = [sys.executable, "-m", "grader", "grade", "hw1", *map(str, copies)]
        done = subprocess.run(
            [*command, "--out", str(out), "--sandbox", box],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"grading in {box} ended with {done.returncode}:\n{done.stderr}")
        reports = [json.loads(path.read_text()) for path in out.glob("*/report.json")]
    if [report["score"] for report in reports] != [100.0] * count:
        raise RuntimeError(f"not all of {count} right submissions earned 100 points in {box}")
    return [float(report["seconds"]) for report in reports]


def _extra_seconds() -> dict[str, Any]:
    """How much longer a submission takes from its start to its report, in batches in turn."""
    docker, bubblewrap = [], []
    for _ in range(TURNS):
        docker += _grade("docker", FEW)
        bubblewrap += _grade("bubblewrap", FEW)
    return {
        "value": round(statistics.median(docker) - statistics.median(bubblewrap), 3),
        "unit": "s more per submission",
        "at_most": 0.5,
        "docker_seconds": round(statistics.median(docker), 3),
        "bubblewrap_seconds": round(statistics.median(bubblewrap), 3),
        "submissions": TURNS * FEW,
    }


def _bulk() -> dict[str, dict[str, Any]]:
    """What a large batch in containers makes of the machine; others on it count as well."""
    ticks = _ticks()
    time.sleep(BEFORE)
    others = _busy(ticks)
    with _least_memory() as least:
        memory, started, ticks = least[0], time.monotonic(), _ticks()
        _grade("docker", MANY)
        share, seconds = _busy(ticks), time.monotonic() - started
    return {
        "docker_batch_busy": {
            "value": round(100 * share, 1),
            "unit": "% of the processors",
            "at_least": 85,
            "others_before": round(100 * others, 1),
            "seconds": round(seconds, 2),
            "submissions": MANY,
            "cores": len(os.sched_getaffinity(0)),
        },
        "docker_batch_memory": {
            "value": round((memory - least[0]) / 2**20),
            "unit": "MiB at the peak",
            "at_most": 1024,
            "submissions": MANY,
        },
    }


def _busy(before: tuple[int, int]) -> float:
    """Return the share of the machine's processor time since `before` that was used."""
    idle, total = (now - then for now, then in zip(_ticks(), before, strict=True))
    return 1 - idle / max(1, total)


def _ticks() -> tuple[int, int]:
    """Return idle and all time of all processors, in ticks; see proc(5), /proc/stat."""
    with open("/proc/stat") as file:
        # what guests use is in the time of users already
        times = list(map(int, file.readline().split()[1:9]))
    return times[3] + times[4], sum(times)


@contextlib.contextmanager
def _least_memory() -> Iterator[list[int]]:
    """Hold, in a list of one, the least memory in bytes that was available meanwhile."""
    least, ended = [_available()], threading.Event()

    def look() -> None:
        while not ended.wait(LOOK):
            least[0] = min(least[0], _available())

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield least
    finally:
        ended.set()
        watcher.join()


def _available() -> int:
    """Return the memory in bytes that programs can have without swapping; see proc(5)."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:"))


def measure() -> dict[str, dict[str, Any]]:
    """Return the figures, or none where there is no engine; runs of both kinds take turns."""
    docker, bubblewrap = Docker(), Bubblewrap()
    try:
        _life(docker)  # makes the image
    except SandboxUnavailable as error:
        print(f"docker is not measured: {error}")
        return {}
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})  # as a job that shares the machine with others
    try:
        lives = [(_life(docker), _life(bubblewrap)) for _ in range(STARTS)]
        both = _start(docker), _start(bubblewrap)
        trips = [tuple(map(_trips, both)) for _ in range(5)]
        for running in both:
            _end(running)
    finally:
        os.sched_setaffinity(0, allowed)
    return {
        "docker_vs_bubblewrap_seconds": {
            "value": statistics.median(ours - theirs for ours, theirs in lives),
            "unit": "s more per sandbox",
            "at_most": 0.5,
        },
        "docker_vs_bubblewrap_round_trip": {
            "value": statistics.median(ours / theirs for ours, theirs in trips),
            "unit": "times as long",
            "at_most": 1.5,
        },
        "docker_vs_bubblewrap_submission": _extra_seconds(),
        **_bulk(),
    }
