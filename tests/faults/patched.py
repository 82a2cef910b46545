"""Starts the command with something in it changed: `patched.py WHAT python -m grader ...`.

WHAT is `clock`, for wall-clock time that jumps by hours, or the seconds after which the batch takes
a job for hung.
"""

from __future__ import annotations

import os
import random
import runpy
import sys
import tempfile
import time
from pathlib import Path

START = """#!{python} -I
import sys
sys.argv[:1] = []
sys.path.insert(0, {here!r})
import patched
patched.jump()
patched.start_module()
"""


def jump() -> None:
    """Let each look at the clock find it up to a day off."""
    clock = time.time
    time.time = lambda: clock() + random.uniform(-86_400, 86_400)
    time.time_ns = lambda: int(time.time() * 1e9)


def start_module() -> None:
    """Start the module that the arguments name after -I and -m, as Python does."""
    name = sys.argv[sys.argv.index("-m") + 1]
    del sys.argv[1 : sys.argv.index("-m") + 2]
    runpy.run_module(name, run_name="__main__", alter_sys=True)


def main() -> None:
    """Change what is wanted, then start the command."""
    what = sys.argv.pop(1)
    del sys.argv[1]
    if what == "clock":
        # the fork server is started with this in Python's place
        python = Path(tempfile.gettempdir()).parent / "python"
        here = str(Path(__file__).parent)
        python.write_text(START.format(python=sys.executable, here=here))
        python.chmod(0o755)
        from grader.sandbox import runtime

        real = os.path.realpath(sys.executable)
        runtime.python = lambda: real
        sys.executable = str(python)
        jump()
    else:
        from grader import batch

        batch.GRACE_SECONDS = float(what)
    start_module()


if __name__ == "__main__":
    main()
