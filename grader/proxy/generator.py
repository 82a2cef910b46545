"""Keeps NumPy's global random generator the same on both sides.

Our state travels to the worker whenever it changed here. The worker's state is taken over only if
it can be reached from ours by drawing, or from a small seed (`np.random.seed(0)` stands in
handed-out files): student code cannot choose the numbers that a test draws. Any other state is
ignored and ours is sent again. All students can read this generator, so hidden data come from
`np.random.default_rng` and never from here.
"""

from __future__ import annotations

import ctypes
import math
import time
from typing import Any, Final

import numpy as np

from grader.proxy.randomness import State, Watch

Local = np.ndarray[Any, Any]
_WORDS: Final = 624
_MOST_SEED: Final = 1 << 16
#: seconds for following the draws of one scope, of one reply, and blocks that are always followed
_BUDGET: Final = 0.5
_ONCE: Final = 0.25
_ALWAYS: Final = 1000


class Generator:
    """The trusted side's view of the shared generator."""

    def __init__(self) -> None:
        self._watch = Watch()
        self._synchronized: object = None
        self._scratch = np.random.MT19937()
        address = self._scratch.ctypes.state_address
        self._memory = (ctypes.c_uint32 * (_WORDS + 1)).from_address(address)
        self._left = _BUDGET

    def start_scope(self) -> None:
        """Forget what the worker knows."""
        self._synchronized = None
        self._left = _BUDGET

    def state(self) -> bytes:
        """Return the whole state of our generator."""
        return self._watch.state().pack()

    def outgoing(self) -> bytes | None:
        """Return our state if the worker does not have it."""
        mark = self._watch.mark()
        if mark == self._synchronized:
            return None
        self._synchronized = mark
        return self._watch.state().pack()

    def incoming(self, data: bytes) -> None:
        """Take over the worker's state if it is reachable, else make ours travel again."""
        theirs = State.unpack(data)
        ours = self._watch.state()
        start = time.monotonic()
        # a seed that is named is looked at first: looking for it among our draws takes the whole
        # time that there is, and `np.random.seed(0)` is among the first lines of many files
        reached = self._follow_seed(theirs) or self._follow(ours, theirs)
        self._left -= time.monotonic() - start
        if reached:
            theirs.install()
        self._synchronized = self._watch.mark() if reached else None

    def _follow_seed(self, theirs: State) -> bool:
        if not 0 <= theirs.seed < _MOST_SEED:
            return False
        fresh = np.random.RandomState(theirs.seed).get_state(legacy=False)
        inner = fresh["state"]
        return self._follow(State(inner["pos"], 0, 0.0, -1, inner["key"].tobytes()), theirs)

    def _follow(self, ours: State, theirs: State) -> bool:
        """Whether drawing from `ours` leads to `theirs`."""
        if not 0 <= theirs.position <= _WORDS or theirs.has_gauss not in (0, 1):
            return False
        if ours.key == theirs.key and theirs.position >= ours.position:
            return _gauss_follows(ours, theirs, b"", ours.position)
        before = self._advance(ours, theirs.key)
        return before is not None and _gauss_follows(ours, theirs, before, 0)

    def _advance(self, ours: State, target: bytes) -> bytes | None:
        """Draw block by block until the block is `target`; return the block before it."""
        ctypes.memmove(self._memory, ours.key, 4 * _WORDS)
        self._memory[_WORDS] = _WORDS
        view = memoryview(self._memory).cast("B")[: 4 * _WORDS]
        deadline = time.monotonic() + min(max(self._left, 0.0), _ONCE)
        before, count = ours.key, 0
        while count < _ALWAYS or time.monotonic() < deadline:
            count += 1
            self._scratch.random_raw(_WORDS, False)
            block = bytes(view)
            if block == target:
                return before
            before = block
        return None


def _gauss_follows(ours: State, theirs: State, before: bytes, start: int) -> bool:
    """Whether the kept second Gaussian is none, ours, or one of those just drawn."""
    if not theirs.has_gauss:
        return theirs.gauss == 0.0
    if ours.has_gauss and ours.gauss == theirs.gauss:
        return True
    words = np.frombuffer(before + theirs.key, dtype=np.uint32)
    words = words[start : len(before) // 4 + theirs.position]
    return any(_gauss(*pair) == theirs.gauss for pair in _pairs(_doubles(words), theirs.gauss))


def _doubles(words: Local) -> Local:
    """Return the uniform numbers in [-1, 1) that begin at each word."""
    y = words.copy()
    y ^= y >> np.uint32(11)
    y ^= (y << np.uint32(7)) & np.uint32(0x9D2C5680)
    y ^= (y << np.uint32(15)) & np.uint32(0xEFC60000)
    y ^= y >> np.uint32(18)
    high, low = (y[:-1] >> np.uint32(5)).astype(float), (y[1:] >> np.uint32(6)).astype(float)
    doubles: Local = 2.0 * ((high * 67108864.0 + low) / 9007199254740992.0) - 1.0
    return doubles


def _pairs(doubles: Local, gauss: float) -> list[tuple[float, float]]:
    """Return the pairs of uniform numbers that could have given this Gaussian."""
    first, second = doubles[:-2], doubles[2:]
    square = first * first + second * second
    with np.errstate(all="ignore"):
        found = np.sqrt(-2.0 * np.log(square) / square) * first
        near = np.abs(found - gauss) <= 1e-9 * (1.0 + abs(gauss))
    return [(float(first[i]), float(second[i])) for i in np.flatnonzero(near & (square < 1.0))]


def _gauss(first: float, second: float) -> float:
    """Return the Gaussian that the polar method keeps when it draws this pair."""
    square = first * first + second * second
    return math.sqrt(-2.0 * math.log(square) / square) * first
