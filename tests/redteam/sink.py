"""A listener that student code must not reach: TCP on loopback, and an abstract name."""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import threading
from collections.abc import Iterator


def module(port: int, abstract: str, daemon: str) -> str:
    """Return what an attack's submission holds as needle/_target.py."""
    return f'PORT = {port}\nABSTRACT = "{abstract}"\nDAEMON = "{daemon}"\n'


class Sink:
    """Accepts whatever connects, and remembers what it said."""

    def __init__(self) -> None:
        self.abstract = f"redteam-{os.urandom(8).hex()}"
        #: what processes that mean to stay call themselves; at most 15 bytes, as the kernel keeps
        self.daemon = f"rt_{os.urandom(6).hex()}"
        self._tcp = socket.create_server(("127.0.0.1", 0))
        self._unix = socket.socket(socket.AF_UNIX)
        self._unix.bind("\0" + self.abstract)
        self._unix.listen()
        self.port: int = self._tcp.getsockname()[1]
        self.heard: list[bytes] = []
        self._wake, self._woken = os.pipe()
        self._thread = threading.Thread(target=self._serve)

    @property
    def target(self) -> str:
        """Return the module that tells attacks where to call, and what to call their daemons."""
        return module(self.port, self.abstract, self.daemon)

    def _serve(self) -> None:
        with selectors.DefaultSelector() as selector:
            for source in (self._tcp, self._unix, self._wake):
                selector.register(source, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    if key.fileobj == self._wake:
                        return
                    self._hear(key.fileobj)

    def _hear(self, listener: object) -> None:
        assert isinstance(listener, socket.socket)
        client, _ = listener.accept()
        with client:
            client.settimeout(0.2)
            with contextlib.suppress(OSError):
                self.heard.append(client.recv(4096))

    def close(self) -> None:
        """Stop listening."""
        os.write(self._woken, b".")
        self._thread.join()
        for descriptor in (self._wake, self._woken):
            os.close(descriptor)
        self._tcp.close()
        self._unix.close()


@contextlib.contextmanager
def listening() -> Iterator[Sink]:
    """Listen for as long as the block lasts."""
    sink = Sink()
    sink._thread.start()
    try:
        yield sink
    finally:
        sink.close()
