"""Bubblewrap for real: what a command sees, what it may use, and that nothing of it stays."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sandbox_kit import (
    ROOT,
    as_ordinary_user,
    close,
    drain,
    line,
    living,
    missing,
    run,
    start,
)

from grader.errors import Crashed, MemoryExceeded, ProcessesExceeded, SandboxUnavailable
from grader.sandbox import bubblewrap, cgroup, owner, runtime
from grader.sandbox.base import ENVIRONMENT, Limits, Mount

GROUPED = not cgroup.missing()
LOOK = r"""
import json, os, socket
def refused(call):
    try:
        call()
    except OSError as error:
        return type(error).__name__
    return "allowed"
print(json.dumps({
    "environment": dict(os.environ), "descriptors": sorted(os.listdir("/proc/self/fd")),
    "uid": os.getuid(), "groups": os.getgroups(), "root": sorted(os.listdir("/")),
    "processes": [name for name in os.listdir("/proc") if name.isdigit()],
    "host": socket.gethostname(), "cwd": os.getcwd(), "terminal": refused(lambda: open("/dev/tty")),
    "write": [refused(lambda: open(f"{folder}/x", "w")) for folder in ("", "/dev", "/usr/lib")],
    "scratch": [refused(lambda: open(f"{folder}/x", "w")) for folder in ("/tmp", "/dev/shm")],
    "first": refused(lambda: open("/proc/1/environ").read()),
    "packages": os.listdir(os.__file__.rpartition("/")[0] + "/site-packages")
        if os.path.isdir(os.__file__.rpartition("/")[0] + "/site-packages") else [],
}))
"""
AS_USER = "import sandbox_kit as kit; from grader.sandbox.bubblewrap import Bubblewrap"
SYSTEM_FOLDERS = {"bin", "dev", "etc", "lib", "lib32", "lib64", "libx32", "proc", "sbin", "tmp"}


@pytest.fixture
def sandbox() -> bubblewrap.Bubblewrap:
    if shutil.which("bwrap") is None:
        missing("bubblewrap is not installed")
    return bubblewrap.Bubblewrap()


@pytest.fixture
def marker() -> str:
    """Return a word for command lines, to find processes by."""
    return f"marker-{uuid.uuid4().hex}"


@pytest.fixture(autouse=True)
def _nothing_stays() -> Iterator[None]:
    before = _traces()
    yield
    assert _traces() == before


def _traces() -> tuple[set[Path], list[str]]:
    ours = f"{owner.PREFIX}*-{os.getpid()}-*"
    groups = {left for parent in cgroup.parents().values() for left in parent.glob(ours)}
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    # others on this machine mount, too: container engines, and tests of a full disk
    return groups, [
        mount for mount in mounts if owner.PREFIX in mount and f"-{os.getpid()}-" in mount
    ]


def test_a_command_sees_only_what_it_is_given(sandbox: bubblewrap.Bubblewrap) -> None:
    os.environ["GRADER_SECRET"] = "hidden"
    try:
        _check_look(json.loads(run(sandbox, LOOK).stdout))
    finally:
        del os.environ["GRADER_SECRET"]


def test_an_ordinary_user_sees_as_little(sandbox: bubblewrap.Bubblewrap) -> None:
    said = as_ordinary_user(f"{AS_USER}; print(kit.run(Bubblewrap(), {LOOK!r}).stdout)")
    _check_look(json.loads(said), first="allowed")


def _check_look(seen: dict[str, object], first: str = "PermissionError") -> None:
    assert seen["environment"] == {**ENVIRONMENT, "PWD": "/tmp"}
    # the fourth is the folder being listed
    assert seen["descriptors"] == ["0", "1", "2", "3"]
    assert seen["processes"] == ["1", "2"]
    assert seen["host"] == "sandbox"
    assert seen["cwd"] == "/tmp"
    assert seen["uid"] != 0
    assert seen["groups"] in ([], [1234])
    assert seen["terminal"] == "OSError"
    assert seen["write"] == ["OSError"] * 3
    assert seen["scratch"] == ["allowed"] * 2
    assert seen["packages"] == []
    assert seen["first"] == first
    assert set(seen["root"]) <= SYSTEM_FOLDERS | {"usr", Path(runtime.python()).parts[1]}


def test_the_environment_of_pid_1_is_empty_for_an_ordinary_user() -> None:
    code = f"{AS_USER}; import os; os.environ['SECRET'] = 'x'"
    look = "print('seen:', open('/proc/1/environ').read())"
    said = as_ordinary_user(f"{code}; print(kit.run(Bubblewrap(), {look!r}).stdout)")
    assert said.strip(" \0\n") == "seen:"


def test_a_descriptor_left_open_is_not_passed_on(
    sandbox: bubblewrap.Bubblewrap, tmp_path: Path
) -> None:
    (tmp_path / "hidden").write_text("canary")
    with open(tmp_path / "hidden", "rb") as file:
        os.set_inheritable(file.fileno(), True)
        result = run(sandbox, f"import os; print(os.read({file.fileno()}, 9))")
    assert "Bad file descriptor" in result.stderr


def test_mounts_are_read_only_and_the_checkout_is_absent(
    sandbox: bubblewrap.Bubblewrap, tmp_path: Path
) -> None:
    (tmp_path / "given.txt").write_text("given")
    tmp_path.chmod(0o755)
    code = """
import os, sys
print(open("/submission/given.txt").read(), os.path.exists(sys.argv[1]))
open("/submission/given.txt", "w")
"""
    mount = Mount(source=tmp_path, target="/submission")
    result = run(sandbox, code, str(ROOT), mounts=[mount])
    assert result.stdout.strip() == "given False"
    assert "Read-only file system" in result.stderr


def test_a_mount_that_the_command_could_not_read_is_refused(
    sandbox: bubblewrap.Bubblewrap, tmp_path: Path
) -> None:
    if os.geteuid() != 0:
        pytest.skip("without root the command is the same user")
    tmp_path.chmod(0o700)
    with pytest.raises(SandboxUnavailable, match=f"{tmp_path} has mode 0700"):
        start(sandbox, "pass", mounts=[Mount(source=tmp_path, target="/submission")])


def test_only_numpy_can_be_imported(sandbox: bubblewrap.Bubblewrap) -> None:
    given = runtime.runtime_mounts()
    code = """
import importlib.util, sys
sys.path.append(sys.argv[1])
import numpy
assert (numpy.ones((2, 2)) @ numpy.ones(2) == 2).all()
names = ("numpy", "torch", "scipy", "sklearn", "pytest", "pydantic", "grader", "pip", "yaml")
print([name for name in names if importlib.util.find_spec(name)])
"""
    result = run(sandbox, code, given.site, mounts=given.mounts)
    assert (result.stdout.strip(), result.stderr) == ("['numpy']", "")


def test_honest_programs_work(sandbox: bubblewrap.Bubblewrap) -> None:
    code = """
import multiprocessing, socket, subprocess, threading
threads = [threading.Thread(target=print, args=("thread",)) for _ in range(3)]
[thread.start() for thread in threads], [thread.join() for thread in threads]
with multiprocessing.get_context("fork").Pool(2) as pool:
    print(sum(pool.map(abs, [-1, 2])))
socket.socketpair()
print(subprocess.run(["/bin/sh", "-c", "echo shell"], capture_output=True, text=True).stdout)
"""
    result = run(sandbox, code)
    assert (result.stdout.split(), result.stderr) == (["thread"] * 3 + ["3", "shell"], "")


@pytest.mark.skipif(shutil.which("g++") is None, reason="g++ is not installed")
def test_a_compiler_works(sandbox: bubblewrap.Bubblewrap) -> None:
    code = """
import subprocess
open("a.cc", "w").write("#include <vector>\\nint main() { return std::vector<int>(7).size(); }")
print(subprocess.run(["g++", "a.cc", "-o", "a"]).returncode, subprocess.run(["./a"]).returncode)
"""
    assert run(sandbox, code).stdout.split() == ["0", "7"]


@pytest.mark.parametrize("flags", ["MAP_PRIVATE", "MAP_SHARED"])
@pytest.mark.skipif(not GROUPED, reason="no control group is writable")
def test_memory_that_is_touched_counts(sandbox: bubblewrap.Bubblewrap, flags: str) -> None:
    code = f"""
import mmap
held = []
while True:
    held.append(mmap.mmap(-1, 1 << 24, flags=mmap.{flags} | mmap.MAP_ANONYMOUS))
    for page in range(0, 1 << 24, 4096):
        held[-1][page] = 1
"""
    result = run(sandbox, code, limits=Limits(memory=128 << 20))
    assert isinstance(result.fault, MemoryExceeded)


def test_without_a_control_group_address_space_is_limited(
    sandbox: bubblewrap.Bubblewrap, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cgroup, "parents", dict)
    code = "import mmap; held = [mmap.mmap(-1, 1 << 24) for _ in range(64)]"
    result = run(sandbox, code, limits=Limits(memory=256 << 20))
    assert "Cannot allocate memory" in result.stderr
    assert len(sandbox.notes) == 2


FORK_BOMB = """
import os, time
count = 0
while True:
    try:
        if os.fork() == 0:
            time.sleep(60)
        count += 1
    except OSError:
        print(count, flush=True)
        time.sleep(60)
"""


@pytest.mark.skipif(not GROUPED, reason="no control group is writable")
def test_a_fork_bomb_stays_in_its_box(sandbox: bubblewrap.Bubblewrap) -> None:
    bomb = start(sandbox, FORK_BOMB, limits=Limits(processes=20))
    try:
        assert int(line(bomb)) == 19
        assert isinstance(bomb.fault(), ProcessesExceeded)
        # the neighbor can fork
        forks = "import os\nif pid := os.fork(): os.waitpid(pid, 0)\nprint(pid >= 0)"
        assert run(sandbox, forks).stdout.split() == ["True"] * 2
    finally:
        close(bomb)


def test_without_a_control_group_processes_are_limited(
    sandbox: bubblewrap.Bubblewrap, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cgroup, "parents", dict)
    bomb = start(sandbox, FORK_BOMB, limits=Limits(processes=20))
    try:
        assert 15 <= int(line(bomb)) <= 20
    finally:
        close(bomb)


def test_files_and_scratch_space_are_bounded(sandbox: bubblewrap.Bubblewrap) -> None:
    code = """
import os
def fill(path):
    try:
        with open(path, "wb", buffering=0) as file:
            while file.write(bytes(1 << 20)):
                pass
    except OSError as error:
        print(os.strerror(error.errno), os.stat(path).st_size >> 20)
fill("/tmp/large"), fill("/tmp/rest"), fill("/dev/shm/shared")
"""
    result = run(sandbox, code, limits=Limits(file_size=8 << 20, scratch=12 << 20))
    assert result.stdout.splitlines() == [
        "File too large 8",
        "No space left on device 4",
        "File too large 8",
    ]


def test_open_files_are_bounded(sandbox: bubblewrap.Bubblewrap) -> None:
    code = "held = [open('/dev/null') for _ in range(100)]"
    assert "Too many open files" in run(sandbox, code, limits=Limits(open_files=32)).stderr


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV"),
        ("import os; os._exit(3)", "exit code 3"),
        ("pass", "exit code 0"),
    ],
)
def test_the_end_of_a_command_is_named(
    sandbox: bubblewrap.Bubblewrap, code: str, said: str
) -> None:
    fault = run(sandbox, code).fault
    assert isinstance(fault, Crashed)
    assert said in str(fault)


def test_kill_does_not_wait_for_fault(sandbox: bubblewrap.Bubblewrap) -> None:
    running = start(sandbox, "import time; time.sleep(60)")
    answers: list[object] = []
    asking = threading.Thread(target=lambda: answers.append(running.fault()))
    asking.start()
    began = time.monotonic()
    close(running)
    asking.join()
    assert time.monotonic() - began < 1
    assert answers == [None]


def test_a_running_command_has_no_fault_until_it_is_killed(sandbox: bubblewrap.Bubblewrap) -> None:
    running = start(sandbox, "import time; time.sleep(60)")
    assert running.fault() is None
    close(running)
    assert running.fault() is None
    running.kill()


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


def test_kill_leaves_no_process(sandbox: bubblewrap.Bubblewrap, marker: str) -> None:
    running = start(sandbox, DAEMON + "time.sleep(60)", marker)
    assert line(running) == "ready"
    assert living(marker)
    began = time.monotonic()
    close(running)
    assert not living(marker)
    assert time.monotonic() - began < 1


def test_a_daemon_does_not_outlive_its_command(sandbox: bubblewrap.Bubblewrap, marker: str) -> None:
    running = start(sandbox, DAEMON, marker)
    drain(running)
    assert isinstance(running.fault(), Crashed)
    assert _gone(marker)
    close(running)


def test_a_daemon_does_not_outlive_bwrap(sandbox: bubblewrap.Bubblewrap, marker: str) -> None:
    running = start(sandbox, DAEMON + "time.sleep(60)", marker)
    assert line(running) == "ready"
    os.kill(running._process.pid, signal.SIGKILL)
    assert _gone(marker)
    close(running)


def test_a_daemon_does_not_outlive_the_grader(marker: str) -> None:
    code = f"""
import time, sandbox_kit
from grader.sandbox.bubblewrap import Bubblewrap
running = sandbox_kit.start(Bubblewrap(), {DAEMON + "time.sleep(60)"!r}, {marker[7:]!r})
print(sandbox_kit.line(running), flush=True)
time.sleep(60)
"""
    path = f"{ROOT}:{Path(__file__).parent}"
    command = [sys.executable, "-c", code]
    grader = subprocess.Popen(command, env={"PYTHONPATH": path}, stdout=subprocess.PIPE)
    with grader:
        assert grader.stdout is not None
        assert grader.stdout.readline() == b"ready\n"
        grader.kill()
    assert _gone(marker[7:])
    # what it left in the file system is cleared by the next grader
    for parent in set(cgroup.parents().values()):
        cgroup._reap(parent)


def _gone(marker: str, seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while living(marker) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not living(marker)


def test_two_at_once_cannot_see_each_other(sandbox: bubblewrap.Bubblewrap) -> None:
    code = """
import os, time
open("/tmp/mine", "w")
print(os.getuid(), os.listdir("/tmp"), len([n for n in os.listdir("/proc") if n.isdigit()]))
import sys; sys.stdout.flush()
time.sleep(60)
"""
    one, two = start(sandbox, code), start(sandbox, code)
    try:
        (uid, *rest), (other, *same) = line(one).split(), line(two).split()
        assert rest == same == ["['mine']", "2"]
        assert uid != other or os.geteuid() != 0
    finally:
        close(one), close(two)


def test_a_refusal_says_what_to_do(
    sandbox: bubblewrap.Bubblewrap, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bubblewrap, "_AS_ROOT", ("--no-such-option",))
    monkeypatch.setattr(bubblewrap, "_AS_USER", ("--no-such-option",))
    with pytest.raises(SandboxUnavailable, match=r"no-such-option.*namespaces"):
        start(sandbox, "pass")


def test_a_missing_program_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_args, **_options: None)
    with pytest.raises(SandboxUnavailable, match="apt-get install bubblewrap"):
        bubblewrap._programs.__wrapped__()
