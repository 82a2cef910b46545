"""Back ends, strongest first."""

from __future__ import annotations

from grader.sandbox.base import Sandbox
from grader.sandbox.bubblewrap import Bubblewrap

BACKENDS: dict[str, type[Sandbox]] = {Bubblewrap.name: Bubblewrap}
