"""Back ends, strongest first."""

from __future__ import annotations

from grader.sandbox.base import Sandbox
from grader.sandbox.bubblewrap import Bubblewrap
from grader.sandbox.process import Process

BACKENDS: dict[str, type[Sandbox]] = {backend.name: backend for backend in (Bubblewrap, Process)}
