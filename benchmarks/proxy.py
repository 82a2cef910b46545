"""What a request costs: microseconds from one side to the other and back, through the real worker.

The worker is the one that grading uses, started by the fake sandbox: isolation costs nothing per
request. Each figure is the best of several rounds: whatever else the machine does comes on top.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from grader import proxy
from grader.proxy.client import Session
from grader.sandbox.base import Limits, Running
from grader.sandbox.fake import FakeSandbox

STUDENT = """
import numpy as np

class Tensor:
    def __init__(self, data):
        self.data = np.array(data)
    def numpy(self):
        return np.array(self.data)
    @property
    def shape(self):
        return self.data.shape

def exp(x):
    return Tensor(np.exp(x.data))
"""
ROUNDS = 5
CALLS = 1500
TESTS = 30


def measure() -> dict[str, dict[str, Any]]:
    """Return the figures by name."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "student.py").write_text(STUDENT, encoding="utf-8")
        session = _session(Path(folder))
        session.install()
        try:
            return _measure(session)
        finally:
            session.uninstall()
            session.close()


def _session(folder: Path) -> Session:
    limits = Limits()
    command = proxy.worker_command(sys.executable, str(Path(proxy.__file__).parent))

    def start() -> Running:
        return FakeSandbox().start(command, mounts=[], workdir=str(folder), limits=limits)

    return Session(start, limits=limits, modules={"student"}, path=["."], exports={})


def _measure(session: Session) -> dict[str, dict[str, Any]]:
    with session.loading("module"):
        import student  # type: ignore[import-not-found]
    with session.running("module", seconds=60):
        x = student.Tensor([[1.0, 2.0], [3.0, 4.0]])
        figures = {
            "proxy_roundtrip_us": _figure(lambda: session.request("nothing"), at_most=50),
            "proxy_attribute_us": _figure(lambda: x.shape),
            "proxy_call_us": _figure(lambda: student.exp(x)),
            "proxy_array_us": _figure(lambda: x.numpy()),
        }
    figures["proxy_test_ms"] = {"value": _test_milliseconds(session), "unit": "ms"}
    return figures


def _figure(function: Callable[[], object], **bound: float) -> dict[str, Any]:
    """Return median and 99th percentile of the best round."""
    rounds = [sorted(_times(function)) for _ in range(ROUNDS)]
    best = min(rounds, key=statistics.median)
    return {
        "value": round(statistics.median(best), 1),
        "unit": "us",
        "p99": round(best[int(0.99 * CALLS)], 1),
        **bound,
    }


def _times(function: Callable[[], object]) -> list[float]:
    times = []
    for _ in range(CALLS):
        start = time.perf_counter()
        function()
        times.append((time.perf_counter() - start) * 1e6)
    return times


def _test_milliseconds(session: Session) -> float:
    """Return the time of a test that does nothing: fork, import again, clean up."""
    times = []
    for _ in range(TESTS):
        start = time.perf_counter()
        with session.running("module", seconds=60):
            pass
        times.append((time.perf_counter() - start) * 1e3)
    return round(statistics.median(times), 2)
