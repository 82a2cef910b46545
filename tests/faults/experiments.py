"""The table of experiments: what goes wrong, how it is made to, and what may come of it.

`prepare` is there before the run and `strike` happens at a random moment of it; `mend` comes before
the command is run again. Unless an experiment says otherwise, a submission has after the struck run
no report, the undisturbed one, or a broken one without a score; after the second run it has the
undisturbed one.
"""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Callable, Iterator
from signal import SIGHUP, SIGINT, SIGKILL, SIGTERM, Signals

from tests.faults import engine_strikes, file_strikes, machine_strikes, process_strikes
from tests.faults.trial import Trial

SANDBOXES = BOTH = ("bubblewrap", "docker")

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
    #: how many processors it takes
    processors: int = 1
    #: the back ends that it is made with
    sandboxes: tuple[str, ...] = ("bubblewrap",)
    #: the course's limit for a submission
    job_seconds: float = 600.0

    @property
    def lacks(self) -> str:
        """Say what it needs and this machine does not have; nothing, when it can be made."""
        if self.needs_root and os.geteuid() != 0:
            return "root"
        if self.processors > len(os.sched_getaffinity(0)):
            return f"{self.processors} processors"
        return ""


def _kill(role: str, number: Signals, whom: str) -> Experiment:
    return Experiment(
        id=f"{number.name.removeprefix('SIG').lower()}-{role}",
        what=f"{number.name} ends {whom}.",
        strike=functools.partial(process_strikes.kill, role=role, number=number),
        prepare=process_strikes.many_jobs if role == "share" else _nothing,
        processors=2 if role == "share" else 1,
        # whoever runs the command may end it; what it has started, it starts again
        unharmed=role in ("job", "share", "launcher", "init", "worker"),
        sandboxes=SANDBOXES[: 1 if role == "launcher" else 2],
    )


def _freeze(role: str, whom: str) -> Experiment:
    return Experiment(
        id=f"freeze-{role}",
        what=f"SIGSTOP stops {whom} for a while.",
        strike=functools.partial(process_strikes.freeze, role=role),
        prepare=process_strikes.many_jobs if role == "share" else _nothing,
        processors=2 if role == "share" else 1,
        unharmed=True,
        sandboxes=SANDBOXES[: 1 if role == "launcher" else 2],
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


def _ends() -> Iterator[Experiment]:
    """Somebody ends a process."""
    for number in (SIGKILL, SIGTERM, SIGINT, SIGHUP):
        yield _kill("grader", number, NAMES["grader"])
    for role in ("server", "job", "share", "launcher", "init", "worker"):
        yield _kill(role, SIGKILL, NAMES[role])
    yield _kill("server", SIGTERM, NAMES["server"])
    yield _kill("job", SIGTERM, NAMES["job"])


def _stops() -> Iterator[Experiment]:
    """A process stands still for a while."""
    for role, whom in NAMES.items():
        yield _freeze(role, whom)


def _engine() -> Iterator[Experiment]:
    """Things that happen to a container engine, or by it."""

    def on(id_: str, what: str, strike: Act, *, unharmed: bool = True) -> Experiment:
        return Experiment(
            id=id_,
            what=what,
            strike=strike,
            mend=engine_strikes.mend_engine,
            unharmed=unharmed,
            needs_root=True,
            sandboxes=("docker",),
        )

    its = engine_strikes
    yield on("kill-container", "`docker kill` ends a container.", its.kill_container)
    yield on("remove-container", "`docker rm --force` takes a container.", its.remove_container)
    yield on("pause-container", "`docker pause` stops one for a while.", its.pause_container)
    yield on("kill-shim", "What looks after a container is killed.", its.kill_shim)
    yield on("images-removed", "`docker rmi --force` takes all images.", its.remove_images)
    # how long an engine takes to be there again nobody can say
    gone = functools.partial(on, unharmed=False)
    yield gone("restart-engine", "The engine is ended and started again.", its.restart_engine)
    yield gone("crash-engine", "The engine is killed and started again.", its.crash_engine)
    yield gone("freeze-engine", "SIGSTOP stops the engine for a while.", its.freeze_engine)
    yield gone("kill-engine", "The engine is killed.", its.kill_engine)
    yield gone("frozen-engine", "The engine stops for good.", its.freeze_engine_for_good)
    yield gone("socket-removed", "The engine's socket is removed.", its.remove_socket)
    yield gone("engine-full", "The engine's file system is full.", its.fill_engine)


#: what befalls processes
PROCESSES = (
    *_ends(),
    *_stops(),
    Experiment(
        id="kill-group",
        what="The power fails: every process of the run is killed at once.",
        strike=process_strikes.kill_group,
        sandboxes=BOTH,
    ),
    Experiment(
        id="kill-at-record",
        what="The command is killed while a report is being written.",
        strike=process_strikes.kill_at_record,
        sandboxes=BOTH,
    ),
    Experiment(
        id="kill-twice",
        what="The command is killed, run again and killed again.",
        strike=process_strikes.kill_twice,
        sandboxes=BOTH,
    ),
    Experiment(
        id="frozen-job",
        what="A job stops for good: the batch ends it, and tries again.",
        prepare=process_strikes.short_grace,
        strike=process_strikes.freeze_for_good,
        unharmed=True,
        job_seconds=20.0,
    ),
    Experiment(
        id="frozen-grader",
        what="The command stops for good, and its user kills it.",
        strike=process_strikes.freeze_and_kill,
        sandboxes=BOTH,
    ),
)

#: what befalls files, ours and students'
FILES = (
    Experiment(
        id="out-full",
        what="The file system of --out is full.",
        prepare=file_strikes.small_out,
        strike=file_strikes.fill_out,
        mend=file_strikes.empty_out,
        needs_root=True,
    ),
    Experiment(
        id="temporary-full",
        what="The file system of temporary files is full.",
        prepare=file_strikes.small_temporary,
        strike=file_strikes.fill_temporary,
        mend=file_strikes.empty_temporary,
        needs_root=True,
        sandboxes=BOTH,
    ),
    Experiment(
        id="out-read-only",
        what="--out becomes read-only.",
        prepare=file_strikes.small_out,
        strike=file_strikes.lock_out,
        mend=file_strikes.unlock_out,
        needs_root=True,
    ),
    Experiment(
        id="out-removed", what="--out is removed with all reports.", strike=file_strikes.remove_out
    ),
    Experiment(
        id="archive-corrupted",
        what="Bytes of an archive change.",
        strike=file_strikes.corrupt_archive,
        mend=file_strikes.restore_archive,
        may_refuse=True,
    ),
    Experiment(
        id="archive-truncated",
        what="An archive loses its end.",
        strike=file_strikes.truncate_archive,
        mend=file_strikes.restore_archive,
        may_refuse=True,
    ),
    Experiment(
        id="submission-removed",
        what="The folder of a submission is removed.",
        strike=file_strikes.remove_submission,
        mend=file_strikes.restore_submission,
        may_refuse=True,
        sandboxes=BOTH,
    ),
    Experiment(
        id="delivered-twice",
        what="The same command is run twice at the same time.",
        strike=process_strikes.deliver_twice,
        sandboxes=BOTH,
    ),
    Experiment(
        id="report-truncated",
        what="A report of an earlier run is cut off.",
        prepare=file_strikes.truncated_report,
        unharmed=True,
    ),
    Experiment(
        id="report-garbled",
        what="A block of a report of an earlier run is zeros, as after a power cut.",
        prepare=file_strikes.garbled_report,
        unharmed=True,
    ),
    Experiment(
        id="report-flipped",
        what="One bit of a report of an earlier run changes.",
        prepare=file_strikes.flipped_report,
        unharmed=True,
    ),
    Experiment(
        id="pages-truncated",
        what="A file beside a report of an earlier run is empty, as after a power cut.",
        prepare=file_strikes.truncated_page,
        unharmed=True,
    ),
    Experiment(
        id="hidden-tests-removed",
        what="The file of the hidden tests is removed.",
        strike=file_strikes.remove_hidden_tests,
        mend=file_strikes.restore_hidden_tests,
    ),
)

#: what befalls the machine
MACHINE = (
    Experiment(
        id="few-descriptors",
        what="A trusted process may open hardly any files.",
        strike=machine_strikes.few_descriptors,
        sandboxes=BOTH,
    ),
    Experiment(
        id="no-processes",
        what="No further process can be started.",
        prepare=machine_strikes.own_pids_group,
        strike=machine_strikes.no_processes,
        needs_root=True,
    ),
    Experiment(
        id="no-memory",
        what="The machine has no memory left for the grader.",
        prepare=machine_strikes.own_memory_group,
        strike=machine_strikes.no_memory,
        needs_root=True,
        sandboxes=BOTH,
    ),
    Experiment(
        id="clock-jumps",
        what="The machine's clock jumps to and fro.",
        prepare=machine_strikes.jumping_clock,
        unharmed=True,
        sandboxes=BOTH,
    ),
    Experiment(
        id="flaky-launcher",
        what="bwrap fails every third time.",
        prepare=machine_strikes.flaky_launcher,
        needs_root=True,
    ),
    Experiment(
        id="groups-read-only",
        what="Control groups can no longer be made.",
        prepare=machine_strikes.own_mounts,
        strike=machine_strikes.lock_groups,
        needs_root=True,
    ),
    Experiment(
        id="busy-machine",
        what="Others use all processors.",
        prepare=machine_strikes.busy_machine,
        unharmed=True,
        sandboxes=BOTH,
    ),
    Experiment(
        id="terminal-gone",
        what="Nobody reads the command's output any more.",
        strike=machine_strikes.close_terminal,
    ),
)

#: what befalls a container engine
ENGINE = (*_engine(),)

EXPERIMENTS = (*PROCESSES, *FILES, *MACHINE, *ENGINE)
