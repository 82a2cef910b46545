"""What a container costs beside bubblewrap: seconds to start and to end, and of a round trip."""

from __future__ import annotations

import os
import statistics
import time
from typing import Any

from grader.errors import SandboxUnavailable
from grader.sandbox import runtime
from grader.sandbox.base import Limits, Running, Sandbox
from grader.sandbox.bubblewrap import Bubblewrap
from grader.sandbox.docker import Docker

STARTS, TRIPS = 7, 3000
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
    }
