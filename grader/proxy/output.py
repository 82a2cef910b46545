"""What the student's side prints, kept within bounds."""

from __future__ import annotations

from grader.errors import OutputExceeded

#: How many times the limit may be printed before the sandbox is killed. Forgotten prints of arrays
#: come to tens of megabytes in a test that checks gradients by differences, and are harmless.
_FACTOR = 64


class Output:
    """The first and the last part of what was printed in one scope."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.clear()

    def clear(self) -> None:
        """Begin a new scope."""
        self.total = 0
        self._head = bytearray()
        self._tail = bytearray()

    def add(self, data: bytes) -> None:
        """Take what was read; OutputExceeded when it is far too much."""
        self.total += len(data)
        room = self.limit // 2 - len(self._head)
        if room > 0:
            self._head += data[:room]
            data = data[room:]
        if data:
            self._tail += data
            if len(self._tail) > self.limit:
                del self._tail[: -(self.limit // 2)]
        if self.total > _FACTOR * self.limit:
            raise OutputExceeded(
                f"Student code printed more than {_FACTOR * self.limit} bytes"
                f" ({_FACTOR} times the limit of {self.limit})."
            )

    def kept(self) -> bytes:
        """Return what was kept, with a line that says how much is missing."""
        tail = self._tail[-(self.limit // 2) :] if self.limit > 1 else b""
        missing = self.total - len(self._head) - len(tail)
        note = f"\n... {missing} bytes not kept ...\n".encode() if missing else b""
        return bytes(self._head) + note + bytes(tail)
