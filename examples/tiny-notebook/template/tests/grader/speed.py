"""How long a function of a student takes, as a multiple of the reference's time: fixture `speed`.

In the grader both work in sandboxed processes of their own, one after the other, on the same
inputs, which no run of a test sees twice. What counts is the trusted side's clock, from sending the
inputs to having the whole output, which is then checked. At home it is only a number to look at,
beside NumPy's.
"""

import contextlib
import hashlib
import inspect
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

#: set by the grader: runs a function, whose source travels, beside the reference
reference_runner: Callable[..., Any] | None = None
#: set by the grader: lets nothing of the student run, who could make the reference wait
student_paused: Callable[[], contextlib.AbstractContextManager[None]] = contextlib.nullcontext
#: set by the grader: device -> why its times say nothing
not_applicable: dict[str, str] = {}

#: repetitions at home, where nothing depends on them
AT_HOME = 2
#: under this name the plugin finds what was measured
PROPERTY = "speed"

Function = Callable[..., Any]


class Speed:
    """Measures once in a test; see `__call__`."""

    def __init__(self, node: pytest.Item, rng: np.random.Generator) -> None:
        self._node = node
        self._rng = rng

    def __call__(
        self,
        function: Function,
        draw: Callable[[np.random.Generator], tuple[Any, ...]],
        check: Function,
        *,
        beside: Function,
        device: str = "cpu",
        repetitions: int = 5,
    ) -> None:
        """Compare the time of `function` with the reference's.

        `function` is `on_student_side`; it is called as `function(*draw(rng))`, with new inputs in
        each repetition, and `check(output, *inputs)` raises when an output is wrong. The first call
        does not count. Times are compared by their medians. At home `beside` stands for the
        reference; it is a function of NumPy with the same arguments.
        """
        __tracebackhide__ = True
        if reason := not_applicable.get(device):
            inputs = draw(self._rng)
            check(function(*inputs), *inputs)
            self._node.user_properties.append((PROPERTY, f"not applicable ({reason})"))
            return
        times: list[tuple[float, float]] = []
        for _ in range(1 + (repetitions if reference_runner else AT_HOME)):
            inputs = draw(self._rng)
            started = time.monotonic()
            output = function(*inputs)
            seconds = time.monotonic() - started
            check(output, *inputs)
            rival = beside if reference_runner is None else _at_reference(function)
            with student_paused():
                times.append((seconds, _seconds(rival, inputs)))
        ours, theirs = (statistics.median(column) for column in zip(*times[1:], strict=True))
        ratio = ours / theirs
        if reference_runner is None:
            print(f"{1e3 * ours:.1f} ms, {ratio:.1f} times as long as NumPy")
        else:
            self._node.user_properties.append((PROPERTY, ratio))


def _at_reference(function: Function) -> Function:
    """Return a function that runs beside the reference what `function` runs beside the student."""
    runner = reference_runner
    assert runner is not None
    travels = inspect.unwrap(function)
    return lambda *inputs: runner(travels, inputs)


def _seconds(function: Function, inputs: tuple[Any, ...]) -> float:
    started = time.monotonic()
    function(*inputs)
    return max(time.monotonic() - started, 1e-9)


@pytest.fixture
def speed(request: pytest.FixtureRequest) -> Speed:
    """Measure a function of the student's against the reference's."""
    # also for tests that are handed out: who knew the inputs could have the outputs ready
    seed = request.config.getoption("--run-seed")
    digest = hashlib.sha256(f"speed:{seed}:{request.node.nodeid}".encode()).digest()
    request.node.user_properties[:] = []
    return Speed(request.node, np.random.default_rng(int.from_bytes(digest[:8], "little")))
