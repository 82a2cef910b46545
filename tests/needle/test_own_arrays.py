"""The tests of modules, optimizers, data and programs once more, on Needle's own arrays.

Needle selects its arrays when it is imported, so this takes a process of its own.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

FILES = ("nn", "sequence", "transformer", "optim", "data", "apps", "modules_on_devices")


def test_on_needles_own_arrays() -> None:
    folder = Path(__file__).parent
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *(f"{folder}/test_{name}.py" for name in FILES)],
        cwd=folder.parents[1],
        env={**os.environ, "NEEDLE_BACKEND": "nd"},
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert run.returncode == 0, run.stdout[-5000:]
    passed = re.search(r"(\d+) passed", run.stdout)
    assert passed is not None
    assert int(passed[1]) > 150
