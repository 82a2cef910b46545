"""Back ends, strongest first."""

from __future__ import annotations

from grader.sandbox.base import Sandbox
from grader.sandbox.bubblewrap import Bubblewrap
from grader.sandbox.container import Container
from grader.sandbox.docker import Docker
from grader.sandbox.process import Process

#: `auto` takes the first that isolates: bubblewrap needs no daemon that is root's equal
BACKENDS: dict[str, type[Sandbox]] = {
    backend.name: backend for backend in (Bubblewrap, Docker, Container, Process)
}
