"""The state of NumPy's global random generator, as bytes that can be compared and sent.

Tests seed and draw from `np.random`, and so does student code: in one process they share a
generator, so over the proxy its state has to travel with each request and reply that changed it.
`np.random.get_state` takes 35 microseconds; looking at the memory takes less than one, and most
requests draw nothing.
"""

from __future__ import annotations

import ctypes
import struct
from typing import Any, Final, NamedTuple

import numpy as np

#: position, 1 when a Gaussian is kept, that Gaussian, small seed last set or -1, the 624 words
_LAYOUT: Final = struct.Struct("<iidq2496s")
SIZE: Final = _LAYOUT.size


class State(NamedTuple):
    """All of the legacy generator's state."""

    position: int
    has_gauss: int
    gauss: float
    #: the seed that the other side says it set last, -1 when there was none
    seed: int
    key: bytes

    def pack(self) -> bytes:
        """Return the state as bytes."""
        return _LAYOUT.pack(*self)

    @classmethod
    def unpack(cls, data: bytes | bytearray | memoryview) -> State:
        """Read what `pack` wrote."""
        return cls(*_LAYOUT.unpack(data))

    def install(self) -> None:
        """Make this the state of the global generator."""
        words = np.frombuffer(self.key, dtype=np.uint32)
        np.random.set_state(("MT19937", words, self.position, self.has_gauss, self.gauss))


def _gauss_offset() -> int | None:
    """Where a RandomState object keeps its second Gaussian, found by looking for its value."""
    probe = np.random.RandomState(1)
    probe.randn()
    gauss: float = probe.get_state(legacy=False)["gauss"]
    memory = ctypes.string_at(id(probe), probe.__sizeof__())
    offset = memory.find(struct.pack("<d", gauss))
    known = offset >= 8 and memory[offset - 8 : offset - 4] == b"\1\0\0\0"
    return offset - 8 if known else None


class Watch:
    """Looks at the global generator, cheaply."""

    def __init__(self) -> None:
        generator: Any = np.random.mtrand._rand
        address = generator._bit_generator.ctypes.state_address
        self._words = memoryview((ctypes.c_uint32 * 625).from_address(address)).cast("B").cast("I")
        offset = _gauss_offset()
        self._gauss = (
            None
            if offset is None
            else memoryview((ctypes.c_char * 16).from_address(id(generator) + offset)).cast("B")
        )

    def mark(self) -> object:
        """Return something that compares unequal after a draw or a seed."""
        words = self._words
        return words[624], words[0], words[1], words[623], self._kept()

    def _kept(self) -> object:
        if self._gauss is not None:
            return bytes(self._gauss)
        state: Any = np.random.get_state(legacy=False)
        return state["has_gauss"], state["gauss"]

    def state(self, seed: int = -1) -> State:
        """Return the whole state."""
        state: Any = np.random.get_state(legacy=False)
        inner = state["state"]
        return State(inner["pos"], state["has_gauss"], state["gauss"], seed, inner["key"].tobytes())
