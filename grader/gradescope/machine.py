"""What the container may use, which is less than the machine has."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path

from grader.sandbox.base import Limits

#: bytes that the trusted side needs beside the student's
TRUSTED_MEMORY = 400 << 20
_GROUPS = Path("/sys/fs/cgroup")


def processors(groups: Path = _GROUPS) -> int:
    """Return how many jobs to run: one for each processor, or part of one, that is granted."""
    return max(1, math.ceil(min(len(os.sched_getaffinity(0)), _quota(groups))))


def _quota(groups: Path) -> float:
    """Return the granted share of processors; infinite where there is no limit."""
    words = _words(groups / "cpu.max")  # version 2
    if not words:
        words = [
            *_words(groups / "cpu" / "cpu.cfs_quota_us"),
            *_words(groups / "cpu" / "cpu.cfs_period_us"),
        ]
    try:
        quota, period = map(int, words)
    except ValueError:
        return math.inf
    return quota / period if quota > 0 and period > 0 else math.inf


def memory(groups: Path = _GROUPS) -> float:
    """Return the bytes of memory that are granted; infinite where there is no limit."""
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        words = _words(groups / name)
        if len(words) == 1 and words[0].isdigit():
            return float(words[0])
    return math.inf


def _words(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return []


def shortages(limits: Limits, groups: Path = _GROUPS) -> Iterator[str]:
    """Yield what is less than the assignment promises its students."""
    granted, needed = memory(groups), limits.memory + TRUSTED_MEMORY
    if granted < needed:
        yield (
            f"warning: the container has {granted / 2**20:.0f} MiB of memory, and limits.memory "
            f"allows students {limits.memory / 2**20:.0f} MiB: who uses more than there is may "
            f"end the whole run, without a score. Choose {needed / 2**30:.1f} GiB or more on "
            "Gradescope, or make limits.memory smaller"
        )
