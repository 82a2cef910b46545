"""The table of experiments: what goes wrong, how it is made to, and what may come of it.

`prepare` is there before the run and `strike` happens at a random moment of it; `mend` comes before
the command is run again. Unless an experiment says otherwise, a submission has after the struck run
no report, the undisturbed one, or a broken one without a score; after the second run it has the
undisturbed one.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterator
from signal import SIGHUP, SIGINT, SIGKILL, SIGTERM, Signals

from tests.faults import strikes
from tests.faults.trial import Trial

Act = Callable[[Trial], None]


def _nothing(trial: Trial) -> None:
    """Do nothing."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Experiment:
    """One thing that goes wrong."""

    id: str
    #: what is done, as a sentence
    what: str
    strike: Act = _nothing
    prepare: Act = _nothing
    mend: Act = _nothing
    #: the struck run has to end as an undisturbed one does
    unharmed: bool = False
    #: what is damaged is a submission, so refusing it is right, and has no score either
    may_refuse: bool = False
    #: needs mounts or control groups of its own
    needs_root: bool = False
    #: the course's limit for a submission
    job_seconds: float = 600.0


def _kill(role: str, number: Signals, whom: str) -> Experiment:
    return Experiment(
        id=f"{number.name.removeprefix('SIG').lower()}-{role}",
        what=f"{number.name} ends {whom}.",
        strike=functools.partial(strikes.kill, role=role, number=number),
        # whoever runs the command may end it; what it has started, it starts again
        unharmed=role in ("job", "share", "launcher", "init", "worker"),
    )


def _freeze(role: str, whom: str) -> Experiment:
    return Experiment(
        id=f"freeze-{role}",
        what=f"SIGSTOP stops {whom} for a while.",
        strike=functools.partial(strikes.freeze, role=role),
        unharmed=True,
    )


NAMES = {
    "grader": "the command",
    "server": "its fork server",
    "job": "a job, which is the process that runs pytest",
    "share": "a process that shares the tests of a submission",
    "launcher": "the sandbox's launcher",
    "init": "process 1 of a sandbox",
    "worker": "a process with student code",
}


def _signals() -> Iterator[Experiment]:
    for number in (SIGKILL, SIGTERM, SIGINT, SIGHUP):
        yield _kill("grader", number, NAMES["grader"])
    for role in ("server", "job", "share", "launcher", "init", "worker"):
        yield _kill(role, SIGKILL, NAMES[role])
    yield _kill("server", SIGTERM, NAMES["server"])
    yield _kill("job", SIGTERM, NAMES["job"])
    for role, whom in NAMES.items():
        yield _freeze(role, whom)


EXPERIMENTS = (
    *_signals(),
    Experiment(
        id="kill-group",
        what="The power fails: every process of the run is killed at once.",
        strike=strikes.kill_group,
    ),
    Experiment(
        id="kill-at-record",
        what="The command is killed while a report is being written.",
        strike=strikes.kill_at_record,
    ),
    Experiment(
        id="kill-twice",
        what="The command is killed, run again and killed again.",
        strike=strikes.kill_twice,
    ),
    Experiment(
        id="frozen-job",
        what="A job stops for good: the batch ends it, and tries again.",
        prepare=strikes.short_grace,
        strike=strikes.freeze_for_good,
        unharmed=True,
        job_seconds=8.0,
    ),
    Experiment(
        id="frozen-grader",
        what="The command stops for good, and its user kills it.",
        strike=strikes.freeze_and_kill,
    ),
    Experiment(
        id="out-full",
        what="The file system of --out is full.",
        prepare=strikes.small_out,
        strike=strikes.fill_out,
        mend=strikes.empty_out,
        needs_root=True,
    ),
    Experiment(
        id="temporary-full",
        what="The file system of temporary files is full.",
        prepare=strikes.small_temporary,
        strike=strikes.fill_temporary,
        mend=strikes.empty_temporary,
        needs_root=True,
    ),
    Experiment(
        id="out-read-only",
        what="--out becomes read-only.",
        prepare=strikes.small_out,
        strike=strikes.lock_out,
        mend=strikes.unlock_out,
        needs_root=True,
    ),
    Experiment(
        id="out-removed", what="--out is removed with all reports.", strike=strikes.remove_out
    ),
    Experiment(
        id="archive-corrupted",
        what="Bytes of an archive change.",
        strike=strikes.corrupt_archive,
        mend=strikes.restore_archive,
        may_refuse=True,
    ),
    Experiment(
        id="archive-truncated",
        what="An archive loses its end.",
        strike=strikes.truncate_archive,
        mend=strikes.restore_archive,
        may_refuse=True,
    ),
    Experiment(
        id="submission-removed",
        what="The folder of a submission is removed.",
        strike=strikes.remove_submission,
        mend=strikes.restore_submission,
        may_refuse=True,
    ),
    Experiment(
        id="delivered-twice",
        what="The same command is run twice at the same time.",
        strike=strikes.deliver_twice,
    ),
    Experiment(
        id="report-truncated",
        what="A report of an earlier run is cut off.",
        prepare=strikes.truncated_report,
        unharmed=True,
    ),
    Experiment(
        id="report-garbled",
        what="A block of a report of an earlier run is zeros, as after a power cut.",
        prepare=strikes.garbled_report,
        unharmed=True,
    ),
    Experiment(
        id="report-flipped",
        what="One bit of a report of an earlier run changes.",
        prepare=strikes.flipped_report,
        unharmed=True,
    ),
    Experiment(
        id="pages-truncated",
        what="A file beside a report of an earlier run is empty, as after a power cut.",
        prepare=strikes.truncated_page,
        unharmed=True,
    ),
    Experiment(
        id="few-descriptors",
        what="A trusted process may open hardly any files.",
        strike=strikes.few_descriptors,
    ),
    Experiment(
        id="no-processes",
        what="No further process can be started.",
        prepare=strikes.own_pids_group,
        strike=strikes.no_processes,
        needs_root=True,
    ),
    Experiment(
        id="no-memory",
        what="The machine has no memory left for the grader.",
        prepare=strikes.own_memory_group,
        strike=strikes.no_memory,
        needs_root=True,
    ),
    Experiment(
        id="clock-jumps",
        what="The machine's clock jumps to and fro.",
        prepare=strikes.jumping_clock,
        unharmed=True,
    ),
    Experiment(
        id="hidden-tests-removed",
        what="The file of the hidden tests is removed.",
        strike=strikes.remove_hidden_tests,
        mend=strikes.restore_hidden_tests,
    ),
    Experiment(
        id="flaky-launcher",
        what="bwrap fails every third time.",
        prepare=strikes.flaky_launcher,
        needs_root=True,
    ),
    Experiment(
        id="groups-read-only",
        what="Control groups can no longer be made.",
        prepare=strikes.own_mounts,
        strike=strikes.lock_groups,
        needs_root=True,
    ),
    Experiment(
        id="busy-machine",
        what="Others use all processors.",
        prepare=strikes.busy_machine,
        unharmed=True,
    ),
    Experiment(
        id="terminal-gone",
        what="Nobody reads the command's output any more.",
        strike=strikes.close_terminal,
    ),
)
