"""Where the command starts: what takes longest begins before the rest is imported."""

from __future__ import annotations

import contextlib
import gc
import importlib
import signal
import sys
import traceback
from typing import NoReturn

from grader import server

#: what shells expect of a program that ended on Ctrl-C
INTERRUPTED = 130


def main() -> None:
    """Start a forkserver for commands that grade, then read the command line."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    try:
        _run()
    except OSError as error:
        _say(f"the machine failed: {error}; the same command again goes on from here")
        sys.exit(3)
    except Exception:  # Python would end with 1, which says that a student is to blame
        _say("this is a fault of the grader, please report it; no score comes of it")
        traceback.print_exc()
        sys.exit(3)
    except KeyboardInterrupt:
        _say("interrupted; the same command again goes on from here")
        sys.exit(INTERRUPTED)
    finally:
        gc.freeze()  # all memory goes now: looking for garbage in it would take 40 ms


def _run() -> None:
    with contextlib.ExitStack() as stack:
        is_grading = sys.argv[1:2] == ["grade"] and "--help" not in sys.argv
        forks = stack.enter_context(server.started()) if is_grading else None
        importlib.import_module("grader.cli").main(obj=forks)


def _end(number: int, _: object) -> NoReturn:
    """End as on Ctrl-C: what was started is ended, and what is temporary goes."""
    sys.exit(128 + number)


def _say(text: str) -> None:
    """Tell the user, who may be gone."""
    with contextlib.suppress(OSError):
        print(f"grader: {text}", file=sys.stderr, flush=True)
