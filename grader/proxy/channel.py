"""The pipes of one worker, seen from here: frames with deadlines, prints on the side."""

from __future__ import annotations

import contextlib
import os
import select
import struct
import time
from typing import Final, NamedTuple

from grader.errors import ProtocolViolation, TimedOut
from grader.proxy import randomness, wire
from grader.proxy.output import Output
from grader.sandbox.base import Running

_CHUNK: Final = 1 << 18


class WorkerEnded(Exception):
    """The worker hung up or said that the child is dead."""


class Deadline(NamedTuple):
    """A point of the monotonic clock, and the limit that it stands for."""

    at: float
    limit: str

    def passed(self) -> TimedOut:
        """Return the fault that says which limit passed."""
        return TimedOut(f"Time limit: {self.limit}.")


class Frame(NamedTuple):
    """A reply whose outside has been checked; nothing of the inside has."""

    kind: int
    body: bytes
    blobs: list[memoryview]
    random: bytes | None


class Channel:
    """Sends frames and receives exactly one for each."""

    def __init__(self, running: Running, output: Output) -> None:
        self.running = running
        self.output = output
        self._errors = running.stderr
        os.set_blocking(running.stdin, False)
        os.set_blocking(running.stderr, False)
        self._replies = select.poll()
        self._replies.register(running.stdout, select.POLLIN)
        self._replies.register(running.stderr, select.POLLIN)
        self._requests = select.poll()
        self._requests.register(running.stdin, select.POLLOUT)
        self._requests.register(running.stderr, select.POLLIN)
        self._numbers: list[int] = []

    def number(self) -> int:
        """Return a random request id that was not used before."""
        if not self._numbers:
            self._numbers = list(struct.unpack("<512Q", os.urandom(8 * 512)))
        return self._numbers.pop()

    def close(self) -> None:
        """Kill the worker and let go of its pipes."""
        self.running.kill()
        for descriptor in (self.running.stdin, self.running.stdout, self.running.stderr):
            with contextlib.suppress(OSError):
                os.close(descriptor)

    # --- sending

    def send(self, data: bytes, deadline: Deadline) -> None:
        """Write a whole frame."""
        try:
            done = os.write(self.running.stdin, data)
        except BlockingIOError:
            done = 0
        except BrokenPipeError:
            raise WorkerEnded from None
        if done < len(data):
            self._send_rest(memoryview(data)[done:], deadline)

    def _send_rest(self, rest: memoryview, deadline: Deadline) -> None:
        while rest:
            for descriptor, _ in self._wait(self._requests, deadline):
                if descriptor == self._errors:
                    self.drain()
                    continue
                try:
                    rest = rest[os.write(self.running.stdin, rest[:_CHUNK]) :]
                except BrokenPipeError:
                    raise WorkerEnded from None

    def _wait(self, poll: select.poll, deadline: Deadline) -> list[tuple[int, int]]:
        left = deadline.at - time.monotonic()
        if left <= 0:
            raise deadline.passed()
        return poll.poll(int(left * 1000) + 1)

    def drain(self) -> None:
        """Take what is printed so far, without waiting."""
        with contextlib.suppress(BlockingIOError):
            while data := os.read(self.running.stderr, 1 << 16):
                self.output.add(data)
            for poll in (self._replies, self._requests):
                with contextlib.suppress(KeyError):
                    poll.unregister(self.running.stderr)

    # --- receiving

    def receive(self, number: int, deadline: Deadline, allowed: int = wire.REPLY_BYTES) -> Frame:
        """Read the reply to request `number`; its blobs may have `allowed` bytes together."""
        first = self._read(deadline, wire.HEADER.size, _CHUNK)
        magic, version, kind, flags, answered, size, count, zero = wire.HEADER.unpack_from(first)
        if magic != wire.MAGIC or version != wire.VERSION or zero or flags not in (0, wire.RANDOM):
            raise ProtocolViolation("The reply does not begin with a valid header.")
        if kind == wire.DIED and not answered:
            raise WorkerEnded
        if kind not in (wire.REPLY, wire.RAISED) or answered != number:
            raise ProtocolViolation("The reply does not answer the request.")
        if size > wire.BODY_BYTES or count > wire.BLOBS:
            raise ProtocolViolation(f"The reply is too large: {size} bytes, {count} blobs.")
        if not count and not flags and len(first) == wire.HEADER.size + size:
            return Frame(kind, first[wire.HEADER.size :], [], None)
        return self._receive_rest(first, kind, flags, size, count, deadline, allowed)

    def _receive_rest(
        self,
        first: bytes,
        kind: int,
        flags: int,
        size: int,
        count: int,
        deadline: Deadline,
        allowed: int,
    ) -> Frame:
        start = wire.HEADER.size + 8 * count
        if len(first) < start:
            first += self._read(deadline, start - len(first), start - len(first))
        sizes = struct.unpack_from(f"<{count}Q", first, wire.HEADER.size)
        if sum(sizes) > allowed + (randomness.SIZE if flags else 0):
            raise ProtocolViolation(
                f"The reply announces {sum(sizes)} bytes; {allowed} are allowed."
            )
        total = start + size + sum(sizes)
        if len(first) > total:
            raise ProtocolViolation("The reply is followed by more bytes than it announced.")
        data = first if len(first) == total else self._fill(first, total, deadline)
        return _cut(kind, flags, memoryview(data), start, size, sizes)

    def expect_end(self, number: int, token: bytes, deadline: Deadline) -> None:
        """Read the parent's word that nothing of the test is left."""
        expected = wire.frame(wire.END, number, []) + token
        data = self._read(deadline, len(expected), len(expected) + 1)
        if bytes(data) != expected:
            raise ProtocolViolation("The end of the test was not confirmed by the worker.")

    def _read(self, deadline: Deadline, least: int, most: int) -> bytes:
        """Read at least `least` bytes."""
        data = b""
        while len(data) < least:
            for descriptor, _ in self._wait(self._replies, deadline):
                if descriptor == self._errors:
                    self.drain()
                    continue
                chunk = os.read(descriptor, most - len(data))
                if not chunk:
                    raise WorkerEnded
                data = data + chunk if data else chunk
        return data

    def _fill(self, data: bytes, total: int, deadline: Deadline) -> bytearray:
        """Read until `data` has `total` bytes, which have been checked against what is allowed."""
        whole = bytearray(total)
        whole[: len(data)] = data
        view = memoryview(whole)[len(data) :]
        while view:
            for descriptor, _ in self._wait(self._replies, deadline):
                if descriptor == self._errors:
                    self.drain()
                    continue
                done = os.readv(descriptor, [view])
                if not done:
                    raise WorkerEnded
                view = view[done:]
        return whole


def _cut(
    kind: int, flags: int, data: memoryview, start: int, size: int, sizes: tuple[int, ...]
) -> Frame:
    """Cut a complete frame into its parts."""
    body = bytes(data[start : start + size])
    blobs = []
    position = start + size
    for length in sizes:
        blobs.append(data[position : position + length])
        position += length
    if not flags:
        return Frame(kind, body, blobs, None)
    if not blobs or blobs[-1].nbytes != randomness.SIZE:
        raise ProtocolViolation("The reply announces a random state and has none.")
    return Frame(kind, body, blobs, bytes(blobs.pop()))
