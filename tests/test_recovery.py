"""What a killed grader leaves is found and cleared, and nothing half done is taken for done."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from proxy_kit import installed, student_session
from report_kit import make_report

from grader import batch, record
from grader.errors import Crashed, InfrastructureError, ProtocolViolation, SandboxUnavailable
from grader.export import files
from grader.order import Order
from grader.results import RunStatus
from grader.sandbox import bubblewrap, outside, owner, spawn
from grader.server import ForkServer

TINY = Path(__file__).parents[1] / "examples/tiny"
NAME = "import sys; from grader.sandbox import owner; print(owner.new_name(), flush=True)"


def abandoned() -> str:
    """Return a name that a process made which has ended."""
    return subprocess.check_output([sys.executable, "-c", NAME], text=True).strip()


def test_a_process_that_nobody_waits_for_is_gone() -> None:
    with subprocess.Popen([sys.executable, "-c", NAME], stdout=subprocess.PIPE, text=True) as one:
        assert one.stdout is not None
        name = one.stdout.readline().strip()
        deadline = time.monotonic() + 30
        while not owner.is_abandoned(name) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert Path(f"/proc/{one.pid}").exists()
        assert owner.is_abandoned(name)
    assert not owner.is_abandoned(owner.new_name())


def test_what_a_killed_probe_left_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outside.tempfile, "tempdir", str(tmp_path))
    left, living = tmp_path / abandoned(), tmp_path / owner.new_name()
    for folder in (left, living):
        (folder / "given").mkdir(parents=True)
    with outside.targets():
        assert not left.exists()
    assert list(tmp_path.iterdir()) == [living]


def test_a_launcher_of_a_killed_grader_is_ended() -> None:
    start = ["/bin/sh", "-c", "read word", bubblewrap.OWNER]
    with (
        subprocess.Popen([*start, abandoned()], stdin=subprocess.PIPE) as orphan,
        subprocess.Popen([*start, owner.new_name()], stdin=subprocess.PIPE) as other,
    ):
        bubblewrap._reap()
        assert orphan.wait(30) == -signal.SIGKILL
        assert other.poll() is None


def test_unfinished_files_are_cleared_and_pages_written_again(tmp_path: Path) -> None:
    report = make_report()
    record.write(report, tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    (tmp_path / ".report.json.abc.unfinished").write_text("{")
    (tmp_path / "results.json").write_text("")
    record.refresh(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == names
    assert (tmp_path / "results.json").stat().st_size > 0
    assert record.load(tmp_path) == report


def test_a_report_with_any_changed_byte_is_made_anew(tmp_path: Path) -> None:
    report = make_report()
    record.write(report, tmp_path / "one")
    path = tmp_path / "one" / record.REPORT
    written = path.read_bytes()
    for place in range(0, len(written), 5):
        changed = bytearray(written)
        changed[place] ^= 1 << place % 8
        path.write_bytes(changed)
        # one kind of white space may become another
        assert record.load(path.parent) in (None, report)
        assert (record.load(path.parent) == report) <= (
            not bytes(changed[place : place + 1]).strip()
        )
    record.require_whole(tmp_path / "elsewhere")
    path.write_bytes(written.replace(b"1", b"2"))
    with pytest.raises(InfrastructureError, match=r"one/report\.json"):
        record.require_whole(tmp_path)


def test_two_graders_do_not_write_into_one_folder(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with pytest.raises(InfrastructureError, match="another grader"), batch._alone(tmp_path):
        pass
    os.close(descriptor)
    with batch._alone(tmp_path):
        files.clear(tmp_path)


def test_a_run_ends_when_nothing_can_be_graded_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_: batch.Batch, __: ForkServer) -> Iterator[batch.Update]:
        yield batch.Update(name="one", event="finished", report=make_report(submission="one"))
        raise SandboxUnavailable("no engine")

    monkeypatch.setattr(batch.Batch, "run", gone)
    order = make_order(tmp_path)
    with pytest.raises(InfrastructureError, match=r"no engine; 1 of 2 .* the same command again"):
        batch.run(
            [order, order],
            cast("ForkServer", None),
            out=tmp_path / "out",
            jobs=1,
            job_seconds=1.0,
            show=lambda _: None,
        )
    assert (tmp_path / "out/scores.csv").exists()


@pytest.mark.parametrize("engine_is_there", [True, False])
def test_what_ends_without_a_report_is_tried_again_unless_the_engine_is_gone(
    tmp_path: Path, engine_is_there: bool
) -> None:
    class Server:
        submitted = 0

        def submit(self, order: Order) -> None:
            self.submitted += 1

        def events(self, timeout: float) -> list[dict[str, object]]:
            return [{"event": "ended", "name": "x", "code": 1}]

    def require() -> None:
        if not engine_is_there:
            raise SandboxUnavailable("no engine")

    server = Server()
    todo = batch.Batch([make_order(tmp_path)], jobs=1, job_seconds=1.0, require=require)
    if engine_is_there:
        *_, last = todo.run(cast("ForkServer", server))
        assert last.report is not None
        assert (last.report.status, server.submitted) == (RunStatus.BROKEN, batch.ATTEMPTS)
    else:
        with pytest.raises(SandboxUnavailable, match="no engine"):
            list(todo.run(cast("ForkServer", server)))
        assert server.submitted == 1


def make_order(folder: Path) -> Order:
    """Return an order of the tiny course."""
    return Order(
        assignment=str(TINY / "assignments/tiny.toml"),
        submission="",
        name="x",
        out=str(folder / "out"),
        scratch=str(folder / "scratch"),
        sandbox="docker",
        isolated=True,
    )


def test_tests_that_change_while_a_job_runs_are_noticed(tiny: Path) -> None:
    order = Order(
        assignment=str(tiny / "assignments/tiny.toml"),
        submission="",
        name="x",
        out="",
        scratch="",
        sandbox="",
        isolated=True,
    )
    order.digests()
    order.require_same_tests()
    hidden = tiny / "tests_hidden/test_intervals.py"
    shutil.copy(hidden, tiny / "kept")
    hidden.write_text(hidden.read_text() + "\n")
    with pytest.raises(InfrastructureError, match="changed while"):
        order.require_same_tests()


@pytest.mark.parametrize(("code", "killed"), [(-9, True), (137, True), (-11, False), (1, False)])
def test_a_crash_says_whether_somebody_else_can_have_done_it(code: int, killed: bool) -> None:
    assert spawn.crash(code).killed is killed


def test_submissions_of_equal_names_are_told_apart_by_their_folders() -> None:
    paths = ["alice/hw1.zip", "bob/hw1.zip", "carol.tar.gz", "dave/x", "dave/x.zip"]
    assert batch.names([Path(path) for path in paths]) == [
        "alice_hw1",
        "bob_hw1",
        "carol",
        "dave_x",
        "dave_x-2",
    ]


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (SandboxUnavailable("ended from outside"), SandboxUnavailable),
        (Crashed("by SIGKILL", killed=True), Crashed),
        (Crashed("exit code 3", code=3), ProtocolViolation),
    ],
)
def test_who_ended_a_process_as_its_test_did_is_asked(
    tmp_path: Path, reason: BaseException, expected: type[BaseException]
) -> None:
    session = student_session(tmp_path, {"student.py": "value = 1\n"})

    def fault() -> BaseException:
        if isinstance(reason, InfrastructureError):
            raise reason
        return reason

    is_ours = issubclass(expected, InfrastructureError)
    ends = pytest.raises(expected) if is_ours else contextlib.nullcontext()
    with installed(session), ends, session.running("test", seconds=60):
        channel = session._link.channel
        assert channel is not None
        channel.running.fault = fault  # type: ignore[method-assign, assignment]
        os.kill(channel.running.process.pid, signal.SIGKILL)  # type: ignore[attr-defined]
    assert isinstance(session.fault, expected)


def test_a_test_that_catches_everything_does_not_catch_what_befell_the_machine(
    tmp_path: Path,
) -> None:
    session = student_session(tmp_path, {"student.py": "import os\ndef f(): os._exit(3)\n"})

    def fault() -> BaseException:
        raise SandboxUnavailable("the engine is gone")

    with installed(session), session.running("test", seconds=60):
        import student

        channel = session._link.channel
        assert channel is not None
        channel.running.fault = fault  # type: ignore[method-assign, assignment]
        for _ in range(2):  # whatever it asks for afterwards
            with pytest.raises(SandboxUnavailable, match="engine is gone"):
                student.f()
    assert isinstance(session.fault, SandboxUnavailable)


@pytest.mark.parametrize(
    ("log", "free", "says"),
    [
        ("MemoryError: no more\n", 1 << 30, "MemoryError: no more;"),
        ("Traceback (most recent call last):\n", 1 << 30, "it did not say why"),
        ("Traceback (most recent call last):\n  File", 1 << 30, "it did not say why"),
        ("", 1 << 30, "it did not say why"),
        ("Traceback (most recent call last):\n", 0, r"no space is left in /.* \(TMPDIR"),
    ],
)
def test_a_server_that_ends_says_why_as_far_as_its_log_had_space(
    log: str, free: int, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=free)
    monkeypatch.setattr("grader.server.shutil.disk_usage", lambda _: usage)
    with ForkServer(tmp_path) as server:
        os.kill(server._process.pid, signal.SIGKILL)
        server._process.wait()
        (tmp_path / "forkserver.log").write_text(log)
        with pytest.raises(InfrastructureError, match=says):
            server.events(timeout=30)  # it had sent nothing
