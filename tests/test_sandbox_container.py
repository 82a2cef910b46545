"""The uid split for real: what Landlock lets student code open, signal and connect to.

The interpreter of these tests may lie in a private folder, so the system's one stands in for it.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from sandbox_kit import SYSTEM_PYTHON, as_ordinary_user, close, drain, missing, run, start

from grader import isolation
from grader.sandbox import container, landlock, launcher, runtime
from grader.sandbox.base import Mount


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> container.Container:
    if os.geteuid() != 0:
        pytest.skip("a second uid needs root")
    if not Path(SYSTEM_PYTHON).exists():
        missing(f"{SYSTEM_PYTHON} is not installed")
    _require_landlock()
    monkeypatch.setattr(runtime, "python", lambda: os.path.realpath(SYSTEM_PYTHON))
    monkeypatch.setattr(runtime, "folders", lambda: (Path("/usr/lib"),))
    return container.Container()


def _require_landlock() -> None:
    if not landlock.version():
        missing("the kernel has no Landlock, or a filter hides it")


def test_every_hostile_attempt_fails_but_those_it_admits(sandbox: container.Container) -> None:
    probes = isolation.probe(sandbox, full=False)
    assert [(p.id, p.evidence) for p in probes if not p.held and p.id not in sandbox.admits] == []


def test_only_what_is_given_can_be_opened(sandbox: container.Container, tmp_path: Path) -> None:
    given, other = tmp_path / "given", tmp_path / "other"
    for folder in (given, other):
        folder.mkdir()
        (folder / "word.txt").write_text(folder.name)
    for path in (tmp_path, *tmp_path.parents):
        if not path.stat().st_mode & 0o001:
            # what keeps it out here is not Landlock
            other = Path("/srv")
            break
    code = """
import os, sys
def may(path, mode):
    try:
        os.close(os.open(path, mode))
    except PermissionError:
        return False
    return True
print(open(sys.argv[1] + "/word.txt").read())
print(may(sys.argv[1] + "/word.txt", os.O_RDWR), may(sys.argv[2], os.O_RDONLY),
      may("mine", os.O_RDWR | os.O_CREAT), may("/tmp", os.O_RDONLY), may("/proc", os.O_RDONLY),
      may("/proc/self/status", os.O_RDONLY), may(sys.executable, os.O_RDONLY),
      may("/proc/1/status", os.O_RDONLY))
"""
    running = start(
        sandbox, code, "/given", str(other), mounts=[Mount(source=given, target="/given")]
    )
    stdout, stderr = drain(running)
    close(running)
    assert stderr == ""
    assert stdout.split("\n")[0] == "given"
    assert stdout.split("\n")[1] == "False False True False False True True False"


def test_sockets_are_refused_and_pairs_reach_their_peer_alone(
    sandbox: container.Container,
) -> None:
    code = """
import socket
one, other = socket.socketpair()
one.send(b"heard"), print(other.recv(9).decode())
for make in (socket.socket, lambda: socket.socket(socket.AF_UNIX),
             lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)):
    try:
        make()
    except OSError as error:
        print(error.errno)
"""
    assert run(sandbox, code).stdout.split() == ["heard", "97", "97", "97"]


def test_it_needs_root() -> None:
    code = """
from grader.errors import SandboxUnavailable
from grader.sandbox.base import Limits
from grader.sandbox.container import Container
try:
    Container().start(["/bin/true"], mounts=[], workdir="/tmp", limits=Limits())
except SandboxUnavailable as error:
    print(error)
"""
    assert "as root" in as_ordinary_user(code)


def _confined(code: str, *words: str, rules: list[landlock.Rule] | None = None) -> str:
    """Run code that Landlock confines, under our own uid and without any other hindrance."""
    _require_landlock()
    allowed = [("/usr", False), ("/lib", False), ("/lib64", False), *(rules or [])]
    allowed = [rule for rule in allowed if Path(rule[0]).exists()]
    start = f"""
import importlib.util, json, os, signal, socket, sys
spec = importlib.util.spec_from_file_location("launcher", {launcher.__file__!r})
launcher = importlib.util.module_from_spec(spec)
spec.loader.exec_module(launcher)
launcher._prctl(launcher.PR_SET_NO_NEW_PRIVS, launcher.ctypes.c_ulong(1))
launcher._confine(json.loads(sys.argv[1]))
def refused(attempt):
    try:
        attempt()
    except OSError as error:
        return error.errno
"""
    command = [sys.executable, "-I", "-B", "-c", start + code, json.dumps(allowed), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_rule_for_reading_does_not_allow_writing(tmp_path: Path) -> None:
    for name in ("read", "write"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    code = """
for top in sys.argv[2:]:
    path = f"{top}/file"
    tries = (lambda: open(path).close(), lambda: open(path, "a").close(),
             lambda: os.truncate(path, 1), lambda: os.mkdir(f"{top}/new"), lambda: os.unlink(path))
    print([refused(attempt) for attempt in tries])
"""
    folders = [str(tmp_path / "read"), str(tmp_path / "write")]
    said = _confined(code, *folders, rules=[(folders[0], False), (folders[1], True)]).splitlines()
    # the size of a file counts from the third version of the interface on
    truncating = 13 if landlock.version() >= 3 else None
    assert said == [str([None, 13, truncating, 13, 13]), str([None] * 5)]


def test_nobody_outside_can_be_signalled_or_connected_to() -> None:
    _require_landlock()
    if landlock.version() < 6:
        pytest.skip("this kernel's Landlock does not know of signals (Linux 6.12 does)")
    name = f"needle-test-{os.getpid()}"
    code = """
def connect():
    socket.socket(socket.AF_UNIX).connect("\\0" + sys.argv[3])
def call():
    socket.create_connection(("127.0.0.1", int(sys.argv[4])))
print(refused(lambda: os.kill(int(sys.argv[2]), 0)), refused(connect), refused(call))
print(refused(lambda: os.kill(os.getpid(), 0)))
"""
    with socket.socket(socket.AF_UNIX) as listener, socket.create_server(("127.0.0.1", 0)) as port:
        listener.bind(f"\0{name}")
        listener.listen()
        said = _confined(code, str(os.getpid()), name, str(port.getsockname()[1]))
    assert said.split() == ["1", "1", "13", "None"]


def test_folders_of_packages_are_left_out_and_what_is_beside_them_stays(tmp_path: Path) -> None:
    for name in ("python/lib", "python/site-packages/torch", "python/docs"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "python" / "link").symlink_to(tmp_path / "python" / "site-packages")
    hidden = [tmp_path / "python" / "site-packages"]
    found = landlock.rules(["/nowhere"], "/scratch", system=[tmp_path / "python"], hidden=hidden)
    ours = [name for name, _ in found if name.startswith(str(tmp_path))]
    assert ours == [str(tmp_path / "python" / "docs"), str(tmp_path / "python" / "lib")]
    assert ("/nowhere", False) not in found
    assert found[-1] == ("/scratch", True)
