"""Serves mugrade clients for tests, and speaks to a server in bytes."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from typing import NamedTuple

from grader.mugrade import keys, wire
from grader.mugrade.answers import Answers, Problem
from grader.mugrade.limits import Limits
from grader.mugrade.store import Store

PATIENCE = 120.0


class Served(NamedTuple):
    """A server that runs."""

    store: Store
    port: int
    #: owner -> key
    keys: dict[str, str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"


def publish(store: Store, assignment: str = "hw1", **problems: list[object]) -> None:
    """Publish what the client would send for these values."""
    store.publish(
        Answers(
            assignment=assignment,
            problems={
                name: Problem(name=name, raw=tuple(map(wire.encode, values)))
                for name, values in problems.items()
            },
            source={"tests": "0" * 64},
        )
    )


def make_keys(store: Store, *owners: str, staff: bool = False) -> dict[str, str]:
    with store.new_keys(list(owners), staff=staff) as made:
        return dict(made)


def fixed_secret(text: str) -> str:
    """Return a secret of the right form that a recorded session can hold."""
    assert keys.parse(f"1-{text.ljust(32, '0')}")
    return text.ljust(32, "0")


@contextlib.contextmanager
def serving(store: Store, limits: Limits | None = None) -> Iterator[int]:
    """Serve in a thread; yield the port."""
    import uvicorn

    from grader.mugrade import serving as real

    with socket.create_server(("127.0.0.1", 0), backlog=4096) as listening:
        server = uvicorn.Server(real.config(store, limits=limits))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + PATIENCE
        while not server.started and thread.is_alive() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert server.started
        yield listening.getsockname()[1]
        server.should_exit = True
        thread.join(PATIENCE)
        assert not thread.is_alive()


def exchange(port: int, request: bytes) -> bytes:
    """Send the bytes of one request and return those of the reply."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        connection.sendall(request)
        reply = b""
        while not _is_whole(reply):
            part = connection.recv(1 << 16)
            if not part:
                break
            reply += part
    return reply


def _is_whole(reply: bytes) -> bool:
    head, end, body = reply.partition(b"\r\n\r\n")
    if not end:
        return False
    lengths = [
        int(line.partition(b":")[2])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length:")
    ]
    return bool(lengths) and len(body) >= lengths[0]


def request(target: str, body: bytes | None = b"", **headers: str) -> bytes:
    """Return a request as the client's HTTP library writes it."""
    lines = [
        f"POST /{target} HTTP/1.1",
        "Host: 127.0.0.1",
        "User-Agent: python-requests/2.32.3",
        "Accept-Encoding: gzip, deflate",
        "Accept: */*",
        "Connection: keep-alive",
    ]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + (body or b"")


def status(reply: bytes) -> int:
    return int(reply.split()[1])


def text(reply: bytes) -> str:
    return reply.partition(b"\r\n\r\n")[2].decode()
