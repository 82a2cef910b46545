"""Runs the application: uvicorn, one process, no log of addresses since keys travel in them."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from grader.mugrade import app
from grader.mugrade.limits import Limits
from grader.mugrade.store import Store


def _protocol(limits: Limits) -> type[H11Protocol]:
    """Return HTTP/1.1 that hangs up when the header of a first request does not arrive."""

    class Impatient(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self.loop.call_later(limits.arrival_seconds, self._hang_up)

        def _hang_up(self) -> None:
            if self.cycle is None and not self.transport.is_closing():
                self.transport.close()

    return Impatient


def config(
    kept: Store,
    *,
    limits: Limits | None = None,
    certificate: Path | None = None,
    private_key: Path | None = None,
) -> uvicorn.Config:
    """Return how the application is served; replies hold nothing that changes from run to run."""
    limits = limits or Limits()
    return uvicorn.Config(
        app.make(app.Service(kept, limits=limits)),
        http=_protocol(limits),
        ws="none",
        lifespan="on",
        log_level="warning",
        access_log=False,
        date_header=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=limits.connections,
        timeout_keep_alive=int(limits.arrival_seconds),
        timeout_graceful_shutdown=int(limits.arrival_seconds),
        ssl_certfile=certificate,
        ssl_keyfile=private_key,
    )


def run(settings: uvicorn.Config, listening: socket.socket) -> None:
    """Serve until a signal says stop; requests under way are answered first."""
    uvicorn.Server(settings).run(sockets=[listening])
