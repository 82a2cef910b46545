"""The process back end for real, as root with a second uid and as an ordinary user.

The interpreter of these tests may lie in a private folder, so the system's one stands in for it.
"""

from __future__ import annotations

import json
import os
import sys
import uuid
from pathlib import Path

import pytest
from sandbox_kit import SYSTEM_PYTHON, as_ordinary_user, close, drain, line, living, missing, run
from sandbox_kit import start as start_python

from grader.errors import (
    Crashed,
    InfrastructureError,
    MemoryExceeded,
    ProcessesExceeded,
    SandboxUnavailable,
)
from grader.sandbox import cgroup, leases, process, readable, runtime, sweep
from grader.sandbox.base import Limits, Mount

GROUPED = not cgroup.missing()


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> process.Process:
    if os.geteuid() != 0:
        pytest.skip("a second uid needs root")
    if not Path(SYSTEM_PYTHON).exists():
        missing(f"{SYSTEM_PYTHON} is not installed")
    monkeypatch.setattr(runtime, "python", lambda: os.path.realpath(SYSTEM_PYTHON))
    monkeypatch.setattr(runtime, "folders", lambda: (Path("/usr/lib"),))
    return process.Process()


@pytest.fixture
def marker() -> str:
    return f"marker-{uuid.uuid4().hex}"


def test_the_command_has_another_uid_and_nothing_inherited(sandbox: process.Process) -> None:
    code = """
import json, os
status = dict(row.split(":", 1) for row in open("/proc/self/status"))
print(json.dumps([os.getuid(), os.getgroups(), sorted(os.listdir("/proc/self/fd")),
    sorted(os.environ), status["NoNewPrivs"].strip(), status["Seccomp"].strip(),
    status["CapEff"].strip("0\\t\\n"), os.path.basename(os.getcwd()), os.getsid(0) == os.getpid()]))
"""
    seen = json.loads(run(sandbox, code).stdout)
    uid, groups, descriptors, names, privileges, filtered, capabilities, cwd, leads = seen
    assert uid in leases.uids(sandbox.name)
    assert (groups, capabilities, cwd, leads) == ([], "", "tmp", True)
    assert (privileges, filtered) == ("1", "2")
    assert descriptors == ["0", "1", "2", "3"]
    assert "PATH" in names
    assert "PYTEST_CURRENT_TEST" not in names


def test_mounts_are_laid_out_and_paths_translated(sandbox: process.Process, tmp_path: Path) -> None:
    (tmp_path / "private").mkdir(mode=0o700)
    (tmp_path / "private" / "given.txt").write_text("given")
    (tmp_path / "tool.py").write_text("tool")
    mounts = [
        Mount(source=tmp_path / "private", target="/submission"),
        Mount(source=tmp_path / "tool.py", target="/grader/tool.py"),
    ]
    code = """
import sys
print(open(sys.argv[1] + "/given.txt").read(), open(sys.argv[2]).read(), sys.argv[3], flush=True)
open(sys.argv[4], "w").close()
open(sys.argv[1] + "/given.txt", "w")
"""
    words = ("/submission", "/grader/tool.py", "--flag", "/tmp/new")
    running = start_python(sandbox, code, *words, mounts=mounts)
    stdout, stderr = drain(running)
    folder = Path(running.path("/submission"))
    assert (folder / "given.txt").read_text() == "given"
    assert Path(running.scratch_path("new")).exists()
    close(running)
    assert not folder.exists()
    assert stdout.strip() == "given tool --flag"
    assert "PermissionError" in stderr


def test_there_is_no_network(sandbox: process.Process) -> None:
    result = run(sandbox, "import socket; socket.socketpair(); socket.socket()")
    assert "Address family not supported" in result.stderr


DAEMON = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        print("ready", flush=True)
        time.sleep(60)
        os._exit(0)
    os._exit(0)
os.wait()
"""


def test_kill_finds_what_left_the_session(sandbox: process.Process, marker: str) -> None:
    running = start_python(sandbox, DAEMON, marker)
    assert line(running) == "ready"
    assert living(marker)
    close(running)
    assert not living(marker)


def test_the_next_lease_of_a_uid_finds_nothing_alive(sandbox: process.Process, marker: str) -> None:
    left = start_python(sandbox, DAEMON, marker)
    assert line(left) == "ready"
    # as if the grader had been killed: the lock is gone, the daemon is not
    left._lease.close()
    assert run(sandbox, "print(1)").stdout == "1\n"
    assert not living(marker)
    close(left)


@pytest.mark.skipif(not GROUPED, reason="no control group is writable")
def test_memory_and_processes_are_limited(sandbox: process.Process) -> None:
    hog = "held = [bytes(1 << 24) + b'x' for _ in range(20)]"
    assert isinstance(run(sandbox, hog, limits=Limits(memory=64 << 20)).fault, MemoryExceeded)
    bomb = "import os, time\nwhile os.fork() >= 0: pass"
    fault = run(sandbox, bomb, limits=Limits(processes=16)).fault
    assert isinstance(fault, ProcessesExceeded)


def test_the_command_goes_first_when_memory_runs_out(sandbox: process.Process) -> None:
    assert run(sandbox, "print(open('/proc/self/oom_score_adj').read())").stdout.strip() == "1000"


def test_the_end_is_named(sandbox: process.Process) -> None:
    fault = run(sandbox, "raise SystemExit(3)").fault
    assert isinstance(fault, Crashed)
    assert "exit code 3" in str(fault)


def test_a_deep_and_unreadable_tree_is_deleted(sandbox: process.Process) -> None:
    code = """
import os
for _ in range(1500):
    os.mkdir("d")
    os.chdir("d")
os.chmod(".", 0)
print("made", flush=True)
"""
    running = start_python(sandbox, code)
    assert line(running) == "made"
    folder = Path(running.scratch_path(""))
    close(running)
    assert not folder.exists()


def test_a_program_that_cannot_start_is_named(sandbox: process.Process) -> None:
    with pytest.raises(SandboxUnavailable, match=r"/no/program.*No such file"):
        sandbox.start(["/no/program"], mounts=[], workdir="/tmp", limits=Limits())


def test_an_interpreter_in_a_private_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "python").write_text("")
    (tmp_path / "python").chmod(0o755)
    tmp_path.chmod(0o700)
    with pytest.raises(SandboxUnavailable, match=rf"{tmp_path} has mode 0700.*passable.*/opt"):
        readable.require(tmp_path / "python", reachable=True)


def test_an_ordinary_user_is_told_that_nothing_is_isolated() -> None:
    code = """
import os, sandbox_kit as kit
from grader.sandbox.process import Process
print(kit.run(Process(), "import os; print(os.getuid())").stdout, Process().notes[0])
"""
    said = as_ordinary_user(code)
    assert said.startswith("1234\n it does not isolate")


def test_a_sweep_that_gets_no_process_tries_again(monkeypatch: pytest.MonkeyPatch) -> None:
    uid = 60_000
    turns = iter([[sweep.Entry(pid=1, uid=uid, session=1)]] * 2 + [[]])
    tried = []

    def refuse(*_: object, **__: object) -> None:
        tried.append(uid)
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(sweep, "living", lambda: next(turns))
    monkeypatch.setattr("subprocess.run", refuse)
    sweep.all_of(uid)
    assert tried == [uid, uid]


def test_a_sweep_gives_up_loudly(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = sweep.Entry(pid=1, uid=0, session=1)
    monkeypatch.setattr(sweep, "living", lambda: [entry])
    monkeypatch.setattr(sweep, "SECONDS", 0.01)
    with pytest.raises(
        Exception, match=r"process 1 of uid 0 survived SIGKILL, \d+ times in 0.01 s"
    ):
        sweep._until_none(lambda _entry: True, lambda _found: None)


def test_nothing_remains_when_a_process_cannot_be_ended(
    sandbox: process.Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = start_python(sandbox, "import time; time.sleep(60)")
    scratch = Path(running.scratch_path(""))

    def refuse(_uid: int) -> None:
        raise InfrastructureError("process 7 survived")

    with monkeypatch.context() as patch:
        patch.setattr(sweep, "all_of", refuse)
        patch.setattr(sweep, "session", refuse)
        with pytest.raises(InfrastructureError, match="process 7 survived"):
            running.kill()
    assert not scratch.exists()
    drain(running)
    close(running)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_process_table_has_us() -> None:
    own = [entry for entry in sweep.living() if entry.pid == os.getpid()]
    assert own == [sweep.Entry(pid=os.getpid(), uid=os.getuid(), session=os.getsid(0))]


def test_a_process_may_have_any_name(sandbox: process.Process, marker: str) -> None:
    rename = "open('/proc/self/comm', 'wb').write(bytes([255]) + b') Z (')"
    running = start_python(sandbox, f"{rename}\n{DAEMON}", marker)
    assert line(running) == "ready"
    assert living(marker)
    close(running)
    assert not living(marker)
