"""How much of everything one key may ask for."""

from __future__ import annotations

import dataclasses
import time


@dataclasses.dataclass(frozen=True, kw_only=True)
class Limits:
    """Generous for the client, which sends one value after another; not for a script that guesses.

    The course's longest homework has 19 functions.
    """

    #: bytes of one request's body
    body_bytes: int = 1 << 20
    #: of a refused body, how much is read and thrown away so that the client sees the reply
    drained_bytes: int = 32 << 20
    #: requests that a key may make at once, and how many per second from then on
    burst: int = 600
    per_second: float = 5.0
    #: times that a key may start a problem in a day (UTC)
    attempts_a_day: int = 1000
    #: seconds that a request may take to arrive, header and body each
    arrival_seconds: float = 30.0
    #: connections at the same time; more are told to come back
    connections: int = 2000
    #: values of one problem that staff publish
    values: int = 10_000


class Rates:
    """Counts the requests of each key: a bucket that fills again with time."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        #: key -> requests left, and when that was counted
        self._left: dict[int, tuple[float, float]] = {}

    def wait(self, key: int) -> float:
        """Count a request; return 0, or the seconds to wait before the next is answered."""
        now = time.monotonic()
        left, before = self._left.get(key, (float(self._limits.burst), now))
        left = min(self._limits.burst, left + (now - before) * self._limits.per_second)
        if left >= 1:
            self._left[key] = left - 1, now
            return 0.0
        self._left[key] = left, now
        return (1 - left) / self._limits.per_second
