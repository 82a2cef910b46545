"""Where the repository is, and what a test's command line looks like.

A module of its own: several folders have a conftest.py, and which of them `import conftest` finds
depends on which other tests run.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]

Command = Callable[..., "subprocess.CompletedProcess[str]"]
