"""Processes that share a queue: each number once, results come back, failures are told."""

from __future__ import annotations

import os
import time

import pytest

from grader.errors import InfrastructureError
from grader.shares import Queue, Share


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
