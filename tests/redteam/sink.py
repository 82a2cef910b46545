"""What student code must not reach: listeners of every kind, and a file that all users may read."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import selectors
import socket
import threading
from collections.abc import Iterator
from pathlib import Path


@dataclasses.dataclass(frozen=True, kw_only=True)
class Target:
    """What an attack is told: nothing of it may be of use."""

    #: a TCP port on loopback
    port: int
    #: an abstract name, and the path of a socket; datagrams are taken where it says so behind
    abstract: str
    socket: str
    #: a file of the grader that holds a canary, readable for every user of the machine
    known: str
    #: what processes that mean to stay call themselves; at most 15 bytes, as the kernel keeps
    daemon: str

    def module(self) -> str:
        """Return what a submission holds as needle/_target.py."""
        named = dataclasses.asdict(self).items()
        return "".join(f"{name.upper()} = {value!r}\n" for name, value in named)

    def header(self) -> str:
        """Return what a submission holds as src/target.h."""
        return f'#pragma once\n#define KNOWN "{self.known}"\n'


class Sink:
    """Accepts whatever connects, and remembers what it said."""

    def __init__(self, folder: Path, canary: str) -> None:
        tcp = socket.create_server(("127.0.0.1", 0))
        folder.mkdir(mode=0o755)
        known = folder / "known.txt"
        known.write_text(canary)
        self.target = Target(
            port=tcp.getsockname()[1],
            abstract=f"redteam-{os.urandom(8).hex()}",
            socket=str(folder / "socket"),
            known=str(known),
            daemon=f"rt_{os.urandom(6).hex()}",
        )
        self._streams, self._datagrams = [tcp], list[socket.socket]()
        for name in (f"\0{self.target.abstract}", self.target.socket):
            self._streams.append(_bound(socket.SOCK_STREAM, name))
            self._datagrams.append(_bound(socket.SOCK_DGRAM, f"{name}-datagrams"))
        for listener in self._streams:
            listener.listen()
        for path in folder.glob("socket*"):
            path.chmod(0o777)
        self._before = self._state()
        self.heard: list[bytes] = []
        self._wake, self._woken = os.pipe()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        with selectors.DefaultSelector() as selector:
            for source in (*self._streams, *self._datagrams, self._wake):
                selector.register(source, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    if key.fileobj == self._wake:
                        return
                    self._hear(key.fileobj)

    def _hear(self, source: object) -> None:
        assert isinstance(source, socket.socket)
        if source in self._datagrams:
            self.heard.append(source.recv(4096))
            return
        client, _ = source.accept()
        with client:
            client.settimeout(0.2)
            with contextlib.suppress(OSError):
                self.heard.append(client.recv(4096))

    def changed(self) -> list[str]:
        """Name what is not any more as it was made: a file, the folders around it."""
        now = self._state()
        return [f"{path} was changed" for path, was in self._before.items() if now[path] != was]

    def _state(self) -> dict[Path, tuple[object, ...]]:
        known = Path(self.target.known)
        found: dict[Path, tuple[object, ...]] = {}
        for path in (known, known.parent, known.parents[1]):
            about = path.stat()
            found[path] = (about.st_mode, about.st_uid, about.st_nlink if path == known else 0)
        found[known] += (known.read_text(),)
        return found

    def close(self) -> None:
        """Stop listening."""
        os.write(self._woken, b".")
        self._thread.join()
        for descriptor in (self._wake, self._woken):
            os.close(descriptor)
        for listener in (*self._streams, *self._datagrams):
            listener.close()


def _bound(kind: socket.SocketKind, name: str) -> socket.socket:
    made = socket.socket(socket.AF_UNIX, kind)
    made.bind(name)
    return made


@contextlib.contextmanager
def listening(folder: Path, canary: str) -> Iterator[Sink]:
    """Listen for as long as the block lasts; `folder` is made, and anybody may look into it."""
    sink = Sink(folder, canary)
    try:
        yield sink
    finally:
        sink.close()
