"""Processes that share a queue: each number once, results come back, failures are told."""

from __future__ import annotations

import os
import time

import pytest

from grader.errors import InfrastructureError, ProtocolViolation, TimedOut
from grader.plugin import Found
from grader.results import Status
from grader.shares import Queue, Share
from grader.verdict import Outcome


@pytest.mark.parametrize("count", [0, 1, 84, 2000, 5001])
def test_a_queue_gives_every_number_once(count: int) -> None:
    queue = Queue(count)
    others = [Share(lambda: list(queue)) for _ in range(2)]
    numbers = list(queue)
    for other in others:
        numbers += other.result()
    assert sorted(numbers) == list(range(count))


def test_an_idle_process_takes_what_a_busy_one_leaves() -> None:
    queue = Queue(50)

    def slow() -> int:
        next(iter(queue))
        time.sleep(1.0)
        return os.getpid()

    other = Share(slow)
    taken = []
    for number in queue:
        taken.append(number)
        time.sleep(0.002)
    assert len(taken) >= 49
    assert other.result() != os.getpid()


def test_a_share_that_fails_is_our_failure() -> None:
    with pytest.raises(InfrastructureError, match="code 1"):
        Share(lambda: 1 // 0).result()
    with pytest.raises(InfrastructureError, match="code -9"):
        Share(lambda: os.kill(os.getpid(), 9)).result()


def test_what_was_found_comes_back_the_same() -> None:
    found = Found(unloadable={"test_b.py": Outcome(status=Status.ERROR, seconds=0.5)})
    text = "a lone surrogate \ud800, \x00 and \u2028"
    found.outcomes["test_a.py::test"] += [
        Outcome(status=Status.PASSED, seconds=0.25, speed=1.5, case="1-2"),
        Outcome(status=Status.FAILED, seconds=1.0, text=text, trace=text, prints=text),
    ]
    found.heard(ProtocolViolation(text))
    found.heard(TimedOut("a time limit disturbs nothing"))
    back = Found.from_json(Share(found.to_json).result())
    assert back == found
    assert back.disturbances == [text]
    assert [type(each.status) for each in back.outcomes["test_a.py::test"]] == [Status, Status]
