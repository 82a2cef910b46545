"""What is done to the processes of a run, each as a function of the trial."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from pathlib import Path
from signal import SIGCONT, SIGKILL, SIGSTOP, Signals

from tests.faults.trial import Trial

HERE = Path(__file__).parent
#: seconds of grace after which a job counts as hung
GRACE = 1.0


def kill(trial: Trial, *, role: str, number: Signals) -> None:
    """Signal a process of a role."""
    trial.sleep()
    trial.signal(role, number)


def freeze(trial: Trial, *, role: str) -> None:
    """Stop a process of a role for a while."""
    trial.sleep()
    pid = trial.signal(role, SIGSTOP)
    trial.sleep(0.5)
    if pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, SIGCONT)


def kill_group(trial: Trial) -> None:
    """Kill all processes of the run at once."""
    trial.sleep()
    tree = trial.tree()
    for pid in tree:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, SIGKILL)
    trial.done.append(f"killed {len(tree)} processes")


def kill_at_record(trial: Trial) -> None:
    """Kill the command just after the first file of some report has appeared."""
    wanted = trial.random.randrange(1, 16)
    if trial.when(lambda: sum(1 for _ in trial.out.glob("*/*")) >= wanted):
        time.sleep(trial.random.uniform(0, 0.01))
        kill_group(_at_once(trial))


def _at_once(trial: Trial) -> Trial:
    trial.span = 0.0
    return trial


def kill_twice(trial: Trial) -> None:
    """Kill the command, start it again, and kill that."""
    for _ in range(2):
        trial.sleep(0.8)
        trial.signal("grader", SIGKILL)
        first = trial.process
        assert first is not None
        trial.wait(first)
        trial.start(trial.prefix)
    trial.sleep(0.8)
    trial.signal("grader", SIGKILL)


def many_jobs(trial: Trial) -> None:
    """Let there be more processors than submissions, so that these share their tests."""
    trial.options = ("--jobs", "32")


def short_grace(trial: Trial) -> None:
    """Let the batch lose patience early."""
    trial.prefix = [sys.executable, str(HERE / "patched.py"), str(GRACE)]


def freeze_for_good(trial: Trial) -> None:
    """Stop a job until somebody kills it."""
    trial.sleep()
    trial.signal("job", SIGSTOP)


def freeze_and_kill(trial: Trial) -> None:
    """Stop the command, and kill it later."""
    trial.sleep()
    if trial.signal("grader", SIGSTOP) is not None:
        trial.sleep(0.3)
        trial.signal("grader", SIGKILL)


def deliver_twice(trial: Trial) -> None:
    """Run the same command while it runs."""
    first = trial.process
    trial.sleep()
    second = trial.start()
    code, said = trial.wait(second)
    trial.process = first
    trial.done.append(f"the second ended with {code}: {said[-300:]}")
