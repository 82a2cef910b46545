"""Does this machine isolate? Hostile attempts, made for real in each back end.

`probe` starts a program full of attempts (`sandbox.probes`) in a sandbox, next to things outside
that it must not reach: files, a process, listeners, shared memory. What counts is what happened,
not what a back end promises; `choose` takes the strongest one for which every attempt failed.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import secrets
import select
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from grader.errors import GraderError, SandboxUnavailable, UsageError
from grader.sandbox import BACKENDS, outside, probes, runtime, sweep
from grader.sandbox.base import ENVIRONMENT, Limits, Mount, Running, Sandbox

#: small, so that reaching them is quick
LIMITS = Limits(memory=128 << 20, processes=24, scratch=8 << 20, file_size=1 << 20, open_files=64)
#: what students are not given
MODULES = ("click", "grader", "jinja2", "pip", "pydantic", "pytest", "rich", "sklearn", "torch")
SECONDS = 120.0
#: instead of evidence: the program said nothing about an attempt, so nobody knows
NO_ANSWER = "no answer"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Probe:
    """One hostile attempt and how it ended."""

    id: str
    #: what was tried, as a sentence
    attempt: str
    #: the attempt failed
    held: bool
    #: what the attempt got at, if it succeeded
    evidence: str
    #: it succeeded, and the back end never said otherwise
    admitted: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class Finding:
    """What one back end does on this machine."""

    backend: str
    #: why it cannot be used; empty if it can
    unavailable: str
    probes: tuple[Probe, ...]
    #: limits that are weaker than they could be
    notes: tuple[str, ...]

    @property
    def isolates(self) -> bool:
        """Say whether it can be used and every attempt failed, but for those it admits."""
        return not self.unavailable and not self.broken

    @property
    def broken(self) -> tuple[Probe, ...]:
        """Return the attempts that succeeded and should not have."""
        return tuple(probe for probe in self.probes if not probe.held and not probe.admitted)


def probe(sandbox: Sandbox, *, full: bool = True) -> tuple[Probe, ...]:
    """Make the attempts in a sandbox; `full` includes those that need one of their own.

    Raises SandboxUnavailable if nothing can be run at all.
    """
    found = _inside(sandbox, list(probes.ATTEMPTS))
    own = OWN if full else {}
    return (*found, *(_probe(name, attempt(sandbox)) for name, attempt in own.items()))


def survey() -> tuple[Finding, ...]:
    """Make all attempts in every back end, strongest first."""
    return tuple(_finding(backend.configured(""), full=True) for backend in BACKENDS.values())


def choose(requested: str, warn: Callable[[str], None], settings: str = "") -> Sandbox:
    """Return the back end to grade with; `auto` is the strongest one that isolates.

    One that does not isolate is used only when it is asked for by name, and `warn` is told. The
    one that is asked for is set up as `settings` say.
    """
    if requested == "auto":
        return _strongest(warn)
    if requested not in BACKENDS:
        known = ", ".join(("auto", *BACKENDS))
        raise UsageError(f"there is no sandbox {requested!r}: choose one of {known}")
    sandbox = BACKENDS[requested].configured(settings)
    finding = _finding(sandbox, full=False)
    if finding.unavailable or (sandbox.isolates and finding.broken):
        raise SandboxUnavailable(f"sandbox {requested}: {_reason(finding)}")
    for note in (*finding.notes, *(_sentence(broken) for broken in finding.broken)):
        warn(f"sandbox {requested}: {note}")
    return sandbox


def _strongest(warn: Callable[[str], None]) -> Sandbox:
    reasons = []
    for name, backend in BACKENDS.items():
        sandbox = backend.configured("")
        finding = _finding(sandbox, full=False)
        if finding.isolates:
            for note in finding.notes:
                warn(f"sandbox {name}: {note}")
            return sandbox
        reasons.append(f"{name}: {_reason(finding)}")
    raise SandboxUnavailable(
        "no sandbox isolates student code on this machine.\n  "
        + "\n  ".join(reasons)
        + "\nMake one work (`grader verify` tells more), or, where you trust every submission, "
        "ask for one by name (--sandbox process)"
    )


def _finding(sandbox: Sandbox, *, full: bool) -> Finding:
    notes: tuple[str, ...] = ()
    try:
        made = probe(sandbox, full=full)
        found = tuple(dataclasses.replace(p, admitted=_is_admitted(p, sandbox)) for p in made)
        unavailable = ""
        notes = sandbox.notes
    except GraderError as error:
        found, unavailable = (), str(error)
    return Finding(backend=sandbox.name, unavailable=unavailable, probes=found, notes=notes)


def _is_admitted(made: Probe, sandbox: Sandbox) -> bool:
    return not made.held and made.id in sandbox.admits


def _reason(finding: Finding) -> str:
    return finding.unavailable or "; ".join(map(_sentence, finding.broken))


def _sentence(broken: Probe) -> str:
    deed = f"{broken.attempt[:1].lower()}{broken.attempt[1:-1]}"
    if broken.evidence == NO_ANSWER:
        return f"the probe gave no answer to whether student code can {deed}"
    return f"student code can {deed} ({broken.evidence})"


def _inside(sandbox: Sandbox, names: Sequence[str]) -> tuple[Probe, ...]:
    """Make attempts in one start of the sandbox."""
    program = Mount(source=Path(probes.__file__), target="/probes/probes.py")
    command = [runtime.python(), "-s", "-P", "-B", program.target, *names]
    with outside.targets() as (targets, folder):
        mounts = [program, Mount(source=folder, target="/given")]
        with _started(sandbox, command, mounts) as running:
            _write(running, json.dumps(targets | _inner(running)))
            said, complaint = _drain(running)
    answers = dict(json.loads(line) for line in said.splitlines())
    if not answers:
        raise SandboxUnavailable(
            f"sandbox {sandbox.name} starts and cannot run {command[0]}: {complaint.strip()}"
        )
    return tuple(_probe(name, answers.get(name, NO_ANSWER)) for name in names)


def _inner(running: Running) -> dict[str, Any]:
    """Name what the program is given."""
    return {
        "variables": [*ENVIRONMENT, "LC_CTYPE", "PWD"],
        "modules": MODULES,
        "mount": running.path("/given"),
        "scratch": running.scratch_path("").rstrip("/"),
        "scratch_size": LIMITS.scratch,
        "file_size": LIMITS.file_size,
        "open_files": LIMITS.open_files,
    }


def _memory(sandbox: Sandbox) -> str | None:
    """Use twice the memory that is allowed, shared between processes."""
    return _claims(sandbox, MEMORY, str(2 * LIMITS.memory))


def _processes(sandbox: Sandbox) -> str | None:
    """Start twice as many processes as are allowed."""
    return _claims(sandbox, PROCESSES, str(2 * LIMITS.processes))


def _survivors(sandbox: Sandbox) -> str | None:
    """Leave a process behind that outlives the run."""
    canary = f"canary-{secrets.token_hex(8)}"
    _claims(sandbox, SURVIVOR, canary)
    left = list(_named(canary))
    for pid in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return f"process {left[0]} was left" if left else None


#: attempts that would end the others, each in a sandbox of its own
OWN: dict[str, Callable[[Sandbox], str | None]] = {
    "memory": _memory,
    "processes": _processes,
    "survivors": _survivors,
}

MEMORY = """
import mmap, sys
size = int(sys.argv[1])
held = mmap.mmap(-1, size)
for page in range(0, size, 4096):
    held[page] = 1
print(size, "bytes")
"""
PROCESSES = """
import os, signal, sys, time
children = []
try:
    for _ in range(int(sys.argv[1])):
        children.append(os.fork())
        if children[-1] == 0:
            time.sleep(20)
            os._exit(0)
    print(len(children), "processes", flush=True)
finally:
    for child in children:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
"""
SURVIVOR = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        print("started", flush=True)
        time.sleep(20)
    os._exit(0)
os.wait()
"""


def _claims(sandbox: Sandbox, code: str, argument: str) -> str | None:
    """Run a program that says what it got, if it got it; return the first line that it says."""
    command = [runtime.python(), "-s", "-P", "-B", "-c", code, argument]
    with _started(sandbox, command) as running:
        return _line(running) or None


def _probe(name: str, evidence: str | None) -> Probe:
    attempt = (probes.ATTEMPTS.get(name) or OWN[name]).__doc__ or name
    return Probe(id=name, attempt=attempt, held=evidence is None, evidence=evidence or "")


@contextlib.contextmanager
def _started(
    sandbox: Sandbox, command: Sequence[str], mounts: Sequence[Mount] = ()
) -> Iterator[Running]:
    running = sandbox.start(command, mounts=mounts, workdir="/tmp", limits=LIMITS)
    try:
        yield running
    finally:
        running.kill()
        for descriptor in (running.stdin, running.stdout, running.stderr):
            os.close(descriptor)


def _write(running: Running, line: str) -> None:
    with contextlib.suppress(BrokenPipeError):
        os.write(running.stdin, f"{line}\n".encode())


def _line(running: Running) -> str:
    """Return the first line of the output, or what there is of it at the end."""
    said, deadline = b"", time.monotonic() + SECONDS
    while b"\n" not in said and (part := _part(running.stdout, deadline)):
        said += part
    return said.decode(errors="replace").strip()


def _drain(running: Running) -> tuple[str, str]:
    """Return all output and the start of all complaints."""
    said, deadline = b"", time.monotonic() + SECONDS
    while part := _part(running.stdout, deadline):
        said += part
    complaint = _part(running.stderr, deadline)
    return said.decode(errors="replace"), complaint.decode(errors="replace")


def _part(pipe: int, deadline: float) -> bytes:
    """Read what is there, waiting for it; nothing at the end and after the deadline."""
    left = max(0.0, deadline - time.monotonic())
    return os.read(pipe, 1 << 16) if select.select([pipe], [], [], left)[0] else b""


def _named(word: str) -> Iterator[int]:
    """Return living processes that have a word in their command line."""
    for pid in (entry.pid for entry in sweep.living()):
        with contextlib.suppress(OSError):
            if word.encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                yield pid
