"""The machine check: bubblewrap holds against every attempt, and every attempt works without it."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import io
import os
import pty
import shutil
import signal
import socket
import subprocess
import tempfile
import termios
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from rich.console import Console
from sandbox_kit import as_ordinary_user, missing

from grader import isolation, progress
from grader.errors import Crashed, SandboxUnavailable, StudentFault, UsageError
from grader.isolation import Finding, Probe
from grader.sandbox import bubblewrap, container, outside, probes
from grader.sandbox.base import Limits, Mount, Running, Sandbox


class _WeakRunning(Running):
    def __init__(self, process: subprocess.Popen[bytes], folders: dict[str, str]) -> None:
        self.process = process
        self.folders = folders
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        pipes = (process.stdin, process.stdout, process.stderr)
        self.stdin, self.stdout, self.stderr = (os.dup(pipe.fileno()) for pipe in pipes)
        for pipe in pipes:
            pipe.close()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def fault(self) -> StudentFault | None:
        return Crashed("it ended") if self.process.poll() is not None else None

    def path(self, target: str) -> str:
        return self.folders.get(target, target)

    def scratch_path(self, name: str) -> str:
        return f"{self.folders['scratch']}/{name}"


class Weak(Sandbox):
    """No sandbox at all: same user, same everything, on the same terminal."""

    name = "weak"

    def __init__(self, scratch: Path, terminal: int) -> None:
        self.scratch = scratch
        self.terminal = terminal

    def start(
        self, command: Sequence[str], *, mounts: Sequence[Mount], workdir: str, limits: Limits
    ) -> Running:
        folders = {mount.target: str(mount.source) for mount in mounts}
        process = subprocess.Popen(
            [folders.get(word, word) for word in command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            close_fds=False,
            preexec_fn=self._take_terminal,
        )
        return _WeakRunning(process, folders | {"scratch": str(self.scratch)})

    def _take_terminal(self) -> None:
        os.setsid()
        fcntl.ioctl(self.terminal, termios.TIOCSCTTY, 0)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)


@pytest.fixture
def weak(tmp_path: Path) -> Iterator[Weak]:
    ours, theirs = pty.openpty()
    # Python's standard library is the only thing that is importable here and not in a sandbox
    yield Weak(tmp_path, theirs)
    os.close(ours), os.close(theirs)


def _possible(name: str) -> bool:
    """Say whether this machine has what an attempt needs at all, with no sandbox in the way."""
    with contextlib.suppress(OSError):
        if name == "virtual_sockets":
            socket.socket(40, socket.SOCK_STREAM).close()
        if name == "network":
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
                out.connect(("192.0.2.1", 9))
        return True
    return False


def test_every_attempt_works_where_nothing_is_isolated(
    weak: Weak, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.geteuid() != 0:
        pytest.skip("several attempts need root")
    # a module that is importable everywhere stands for those that are not
    monkeypatch.setattr(isolation, "MODULES", ("json",))
    held = {probe.id for probe in isolation.probe(weak) if probe.held}
    assert held <= {name for name in held if not _possible(name)}


def test_bubblewrap_holds_against_every_attempt() -> None:
    _require_bubblewrap()
    found = isolation.probe(bubblewrap.Bubblewrap())
    assert [probe for probe in found if not probe.held] == []
    assert [probe.id for probe in found] == [*probes.ATTEMPTS, *isolation.OWN]
    assert len(found) >= 22


def test_the_uid_split_holds_against_every_attempt_but_what_it_admits() -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give student code another uid")
    box = container.Container()
    broken = {probe.id for probe in isolation.probe(box) if not probe.held}
    assert broken == box.admits == {"scratch_space"}
    assert any("scratch" in note for note in box.notes)


def test_bubblewrap_holds_for_an_ordinary_user() -> None:
    _require_bubblewrap()
    code = """
from grader import isolation
from grader.sandbox.bubblewrap import Bubblewrap
print([probe for probe in isolation.probe(Bubblewrap()) if not probe.held])
"""
    assert as_ordinary_user(code).strip() == "[]"


def test_a_plain_process_is_found_out_for_an_ordinary_user() -> None:
    code = """
from grader import isolation
from grader.sandbox.process import Process
print(*(probe.id for probe in isolation.probe(Process()) if not probe.held))
"""
    broken = set(as_ordinary_user(code).split())
    assert {"private_file", "memory_of_others", "signals", "survivors"} <= broken
    assert not {"loopback", "tracing", "keyrings", "descriptors", "variables"} & broken


def test_what_was_made_to_reach_for_is_gone_afterwards() -> None:
    before = set(Path(tempfile.gettempdir()).glob("grader-check-*"))
    with outside.targets() as (targets, folder):
        assert Path(targets["private_file"]).exists()
        assert folder.is_dir()
    assert set(Path(tempfile.gettempdir()).glob("grader-check-*")) == before
    assert not Path("/dev/shm", targets["shared_file"]).exists()
    assert not Path(f"/proc/{targets['victim']}").exists()


def _require_bubblewrap() -> None:
    if shutil.which("bwrap") is None:
        missing("bubblewrap is not installed")


HELD = Probe(id="loopback", attempt="Connect to a port.", held=True, evidence="")
BROKEN = Probe(id="loopback", attempt="Connect to a port.", held=False, evidence="port 5 answers")


class Strong(Sandbox):
    name = "strong"
    isolates = True
    notes = ("memory is counted per process",)

    def start(
        self, command: Sequence[str], *, mounts: Sequence[Mount], workdir: str, limits: Limits
    ) -> Running:
        raise AssertionError("not needed")


class Plain(Strong):
    name = "plain"
    isolates = False
    notes = ("it does not isolate",)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Return a function that sets what probing each back end finds, and the list of warnings."""

    def set_up(**found: Probe | str) -> list[str]:
        def probe(sandbox: Sandbox, *, full: bool) -> tuple[Probe, ...]:
            result = found[sandbox.name]
            if isinstance(result, str):
                raise SandboxUnavailable(result)
            return (result,)

        monkeypatch.setattr(isolation, "BACKENDS", {"strong": Strong, "plain": Plain})
        monkeypatch.setattr(isolation, "probe", probe)
        return []

    return set_up


def test_auto_takes_the_strongest_that_isolates(machine: Callable[..., list[str]]) -> None:
    warnings = machine(strong=HELD, plain=HELD)
    assert isinstance(isolation.choose("auto", warnings.append), Strong)
    assert warnings == ["sandbox strong: memory is counted per process"]


def test_auto_never_takes_one_that_does_not(machine: Callable[..., list[str]]) -> None:
    warnings = machine(strong="run `apt-get install bubblewrap`", plain=BROKEN)
    with pytest.raises(SandboxUnavailable) as caught:
        isolation.choose("auto", warnings.append)
    assert "strong: run `apt-get install bubblewrap`" in str(caught.value)
    assert "plain: student code can connect to a port (port 5 answers)" in str(caught.value)
    assert warnings == []


def test_a_weak_one_is_used_when_asked_for_and_says_so(machine: Callable[..., list[str]]) -> None:
    warnings = machine(strong=HELD, plain=BROKEN)
    assert type(isolation.choose("plain", warnings.append)) is Plain
    assert warnings == [
        "sandbox plain: it does not isolate",
        "sandbox plain: student code can connect to a port (port 5 answers)",
    ]


def test_a_strong_one_that_leaks_is_refused_even_by_name(
    machine: Callable[..., list[str]],
) -> None:
    warnings = machine(strong=BROKEN, plain=BROKEN)
    with pytest.raises(SandboxUnavailable, match="port 5 answers"):
        isolation.choose("strong", warnings.append)
    assert warnings == []


def test_a_probe_without_an_answer_is_no_finding_and_no_isolation_either(
    machine: Callable[..., list[str]],
) -> None:
    silent = dataclasses.replace(BROKEN, evidence=isolation.NO_ANSWER)
    warnings = machine(strong=silent, plain=silent)
    says = "the probe gave no answer to whether student code can connect to a port"
    with pytest.raises(SandboxUnavailable, match=f"^sandbox strong: {says}$"):
        isolation.choose("strong", warnings.append)
    assert warnings == []
    assert type(isolation.choose("plain", warnings.append)) is Plain
    assert warnings == ["sandbox plain: it does not isolate", f"sandbox plain: {says}"]


def test_what_a_back_end_admits_is_no_surprise_and_stays_in_sight(
    machine: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Strong, "admits", frozenset({"loopback"}))
    warnings = machine(strong=BROKEN, plain=BROKEN)
    assert isinstance(isolation.choose("auto", warnings.append), Strong)
    assert warnings == ["sandbox strong: memory is counted per process"]
    strong, _ = isolation.survey()
    assert [(probe.held, probe.admitted) for probe in strong.probes] == [(False, True)]
    page = io.StringIO()
    Console(file=page, width=100).print(progress.probes(strong))
    assert "known weak" in page.getvalue()


def test_an_unknown_name_lists_the_known(machine: Callable[..., list[str]]) -> None:
    warnings = machine(strong=HELD, plain=HELD)
    with pytest.raises(UsageError, match=r"'docker'.*auto, strong, plain"):
        isolation.choose("docker", warnings.append)


def test_the_survey_covers_every_back_end(machine: Callable[..., list[str]]) -> None:
    machine(strong="not here", plain=BROKEN)
    strong, plain = isolation.survey()
    assert strong == Finding(backend="strong", unavailable="not here", probes=(), notes=())
    assert (strong.isolates, plain.isolates) == (False, False)
    assert plain.broken == (BROKEN,)
