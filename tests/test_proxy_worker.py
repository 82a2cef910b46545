"""What student code can do to its own process: each costs one test, and the next one is fine."""

from __future__ import annotations

import os
import sys
import time
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader.errors import (
    Crashed,
    MemoryExceeded,
    OutputExceeded,
    ProcessesExceeded,
    ProtocolViolation,
    StudentFault,
    TimedOut,
)
from grader.sandbox.base import Limits
from tests.proxy_kit import LIMITS, installed, student_session, test_of

#: runs in the student's process: finds the protocol's descriptors as student code would
FIND = """
import os, fcntl, sys, time, signal, threading, subprocess
import numpy as np

def pipes():
    found = []
    for fd in range(3, 256):
        try:
            flags = fcntl.fcntl(fd, fcntl.F_GETFL)
        except OSError:
            continue
        found.append((fd, flags & os.O_ACCMODE))
    return ([fd for fd, mode in found if mode == os.O_RDONLY][0],
            [fd for fd, mode in found if mode == os.O_WRONLY][0])
"""

ATTACKS: dict[str, tuple[str, type[StudentFault]]] = {
    "exit code": ("os._exit(3)", Crashed),
    "exit code 0": ("os._exit(0)", Crashed),
    "segmentation fault": ("os.kill(os.getpid(), signal.SIGSEGV)", Crashed),
    "abort": ("os.abort()", Crashed),
    "the child's own exit code": ("os._exit(86)", TimedOut),
    "kills the parent": ("os.kill(os.getppid(), signal.SIGKILL); time.sleep(60)", StudentFault),
    "endless loop": ("exec('while True: pass')", TimedOut),
    "sleeps": ("time.sleep(60)", TimedOut),
    "blocks signals and sleeps": (
        "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65)); time.sleep(60)",
        TimedOut,
    ),
    "garbage on the reply pipe": ("os.write(pipes()[1], b'x' * 1000)", ProtocolViolation),
    "closes the pipes": ("a, b = pipes(); os.close(a); os.close(b)", Crashed),
    "eats requests": ("os.read(pipes()[0], 1 << 16)", TimedOut),
    "memory": ("bytearray(1 << 40)", MemoryExceeded),
    "NumPy memory": ("np.ones(1 << 37)", MemoryExceeded),
    "print flood": ("exec('while True: print(\"x\" * 10000)')", OutputExceeded),
    "raw print flood": ("exec('while True: os.write(2, bytes(65536))')", OutputExceeded),
    "no process": (
        "exec('raise BlockingIOError(11, \"Resource temporarily unavailable\")')",
        ProcessesExceeded,
    ),
    "no thread": ("exec('raise RuntimeError(\"can\\'t start new thread\")')", ProcessesExceeded),
}


def _attack(student: Any) -> None:
    student.attack()
    student.fine()


@pytest.mark.parametrize("name", ATTACKS)
def test_fault_and_recovery(name: str, tmp_path: Path) -> None:
    code, fault = ATTACKS[name]
    source = FIND + f"\ndef attack():\n    {code}\n\ndef fine():\n    return 1\n"
    limits = Limits(call_seconds=1.5, test_seconds=30, output=100_000, memory=1 << 30)
    start = time.monotonic()
    with installed(student_session(tmp_path, {"student.py": source}, limits=limits)) as session:
        with session.running("a", seconds=20):
            import student  # type: ignore[import-not-found]

            with pytest.raises(fault):
                _attack(student)
        assert isinstance(session.fault, fault)
        with session.running("b", seconds=20):
            assert student.fine() == 1
        assert session.fault is None
    assert time.monotonic() - start < 15


def test_children_draw_alike_and_what_they_fork_is_a_process_of_its_own(tmp_path: Path) -> None:
    source = """
        import os, random, threading

        def drawn():
            return random.random()

        def forked():
            source, target = os.pipe()
            if not os.fork():
                os.write(target, str(random.random()).encode())
                os._exit(0)
            os.wait()
            return float(os.read(source, 100)), random.random()

        def in_a_thread():
            found = []
            thread = threading.Thread(target=lambda: found.append(1))
            thread.start()
            thread.join()
            return found
    """
    draws = []
    for place in (tmp_path / "one", tmp_path / "other"):
        with installed(student_session(place, {"student.py": source})) as session:
            for name in ("a", "b"):
                with session.running(name, seconds=20):
                    import student

                    draws.append(float(student.drawn()))
                    assert list(student.in_a_thread()) == [1]
                    theirs, ours = student.forked()
                    assert theirs != ours
    assert len(set(draws)) == 1


def test_native_code_and_packages_come_before_a_file_of_their_name(tmp_path: Path) -> None:
    files = {
        "student.py": "import package, package.inner as inner\nwhere = package.where, inner.where",
        "package/__init__.py": "where = 'package'",
        "package/inner.py": "where = __spec__.origin.rpartition('/')[2]",
        "package/other.py": "",
        "package/other" + EXTENSION_SUFFIXES[0]: "not native code",
        "package.py": "where = 'file'",
        "broken/__init__.py": "where = ",
        "broken.py": "where = 'file'",
        "large/__init__.py": "where = 'package'\n" + "#" * (1 << 17),
        "large.py": "where = 'file'",
        "native/__init__" + EXTENSION_SUFFIXES[0]: "not native code",
        "native/__init__.py": "",
    }
    with installed(student_session(tmp_path, files)) as session:
        with session.running("a", seconds=20):
            import student

            assert list(student.where) == ["package", "inner.py"]
        with session.running("b", seconds=20), pytest.raises(ImportError, match=r"other.*so"):
            import package.other  # type: ignore[import-not-found]  # noqa: F401
        with session.running("c", seconds=20):
            with pytest.raises(SyntaxError):
                import broken  # type: ignore[import-not-found]  # noqa: F401
            with pytest.raises(ImportError, match=r"native.*so"):
                import native  # type: ignore[import-not-found]  # noqa: F401
            import large  # type: ignore[import-not-found]

            assert large.where == "package"


def test_fault_is_sticky_and_no_exception(tmp_path: Path) -> None:
    source = "import os\ndef die():\n    os._exit(1)\nx = 1\n"
    with test_of(tmp_path, source) as (session, student):
        try:
            student.die()
        except Exception:
            pytest.fail("a fault must not be an ordinary exception")
        except StudentFault:
            pass
        with pytest.raises(Crashed, match="exit code 1"):
            student.x  # noqa: B018
        assert isinstance(session.fault, Crashed)


@pytest.mark.parametrize(
    "code",
    [
        "os.kill(os.getppid(), signal.SIGSTOP)",
        "threading.Timer(0.2, lambda: os.write(pipes()[1], b'late')).start()",
    ],
)
def test_end_that_is_not_confirmed_is_a_fault(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grader.proxy.client._END_SECONDS", 1.0)
    source = FIND + f"\ndef attack():\n    {code}\n\ndef fine():\n    return 1\n"
    with installed(student_session(tmp_path, {"student.py": source})) as session:
        with session.running("a", seconds=20):
            import student

            student.attack()
            time.sleep(0.5)
        assert session.fault is not None
        with session.running("b", seconds=20):
            assert student.fine() == 1
        assert session.fault is None


def test_child_cannot_take_the_parents_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process of the student that goes on reading would answer for the next test."""
    monkeypatch.setattr("grader.proxy.client._END_SECONDS", 1.0)
    source = (
        FIND
        + """
state = []

def attack():
    state.append(1)
    serve = sys._getframe(1)
    while "self" not in serve.f_locals or not hasattr(serve.f_locals["self"], "reply"):
        serve = serve.f_back
    module = sys.modules["grader.proxy.worker_serve"]
    wire = sys.modules["grader.proxy.wire"]
    real = wire.read_frame

    def read_frame(fd):
        while True:
            kind, flags, number, body, blobs = real(fd)
            if kind == wire.REQUEST:
                return kind, flags, number, body, blobs
            if kind == wire.BEGIN:
                wire.read_exactly(fd, 16)
                os.write(pipes()[1], wire.frame(wire.REPLY, number, []))
            if kind == wire.END:
                os.write(pipes()[1], wire.frame(wire.END, number, []) + bytes(16))

    wire.read_frame = read_frame

def seen():
    return len(state)
"""
    )
    with installed(student_session(tmp_path, {"student.py": source})) as session:
        with session.running("a", seconds=20):
            import student

            student.attack()
            assert student.seen() == 1
        assert isinstance(session.fault, ProtocolViolation)
        with session.running("b", seconds=20):
            assert student.seen() == 0


def test_nothing_survives_a_test(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    source = (
        FIND
        + f"""
def daemon():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            open({str(scratch / "pid")!r}, "w").write(str(os.getpid()))
            time.sleep(600)
        os._exit(0)

def litter():
    path = {str(scratch)!r}
    open(path + "/file", "w").write("x")
    os.symlink("/etc/passwd", path + "/link")
    for _ in range(300):
        path += "/deep"
        os.mkdir(path)
    os.chmod(path + "/..", 0)
"""
    )
    with installed(student_session(tmp_path, {"student.py": source}, scratch=[scratch])) as session:
        with session.running("a", seconds=20):
            import student

            student.daemon()
            student.litter()
            while not (scratch / "pid").exists() or not (scratch / "pid").read_text():
                time.sleep(0.01)
            pid = int((scratch / "pid").read_text())
            assert Path(f"/proc/{pid}").exists()
        assert session.fault is None
        assert not Path(f"/proc/{pid}").exists()
        assert list(scratch.iterdir()) == []


def test_orphan_that_holds_the_pipe(tmp_path: Path) -> None:
    source = (
        FIND
        + """
def attack():
    if os.fork() == 0:
        time.sleep(600)
    os._exit(1)
"""
    )
    start = time.monotonic()
    with test_of(tmp_path, source) as (session, student), pytest.raises(Crashed):
        student.attack()
    assert time.monotonic() - start < 10
    assert session.fault is not None


def test_fork_that_returns_twice(tmp_path: Path) -> None:
    source = "import os\ndef fork():\n    return os.fork() > 0\n"
    with test_of(tmp_path, source) as (_, student):
        for _ in range(5):
            assert student.fork() in (True, False)


def test_memory_of_one_test_is_not_that_of_the_next(tmp_path: Path) -> None:
    source = "state = []\ndef add():\n    state.append(1)\n    return len(state)\n"
    with installed(student_session(tmp_path, {"student.py": source})) as session:
        for _ in range(3):
            with session.running("a", seconds=20):
                import student

                assert student.add() == 1


def _count() -> None:
    import student

    for _ in range(student.n):
        pass


def test_local_loop_is_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grader.proxy.client._ALARM_SECONDS", 0.1)
    with installed(student_session(tmp_path, {"student.py": "n = 10**18\n"})) as session:
        with (
            session.running("a", seconds=0.5),
            pytest.raises(TimedOut, match=r"0.5 s for the test"),
        ):
            _count()
        assert isinstance(session.fault, TimedOut)


def test_limits_are_named(tmp_path: Path) -> None:
    limits = Limits(call_seconds=0.5, import_seconds=0.4, test_seconds=20)
    sources = {
        "student.py": "import time\ndef sleep(s):\n    time.sleep(s)\n",
        "slow.py": "import time\ntime.sleep(9)\n",
    }
    with installed(student_session(tmp_path, sources, limits=limits)) as session:
        with session.running("a", seconds=20):
            import student

            with pytest.raises(TimedOut, match=r"0\.5 s for one call"):
                student.sleep(9)
        with (
            session.running("a", seconds=0.3),
            pytest.raises(TimedOut, match=r"0\.3 s for the test"),
        ):
            student.sleep(9)
        with (
            session.running("a", seconds=20),
            pytest.raises(TimedOut, match=r"0\.4 s for importing"),
        ):
            import slow  # type: ignore[import-not-found]  # noqa: F401


def test_module_level_requests_are_made_again(tmp_path: Path) -> None:
    source = """
class Box:
    def __init__(self, value):
        self.value = value
"""
    with installed(student_session(tmp_path, {"student.py": source})) as session:
        with session.loading("k"):
            import student

            box = student.Box([1, 2])
            kind = type(box)
        for _ in range(2):
            with session.running("k", seconds=20):
                assert box.value == [1, 2]
                assert isinstance(box, student.Box)
                assert type(student.Box(3)) is kind
                box.value = 4
                assert box.value == 4


def test_package_that_behaves_differently_the_second_time(tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    source = f"""
class A: pass
class B: pass
with open({str(counter)!r}, "a") as file:
    file.write("x")
with open({str(counter)!r}) as file:
    it = A() if len(file.read()) == 1 else B()
"""
    with installed(student_session(tmp_path, {"student.py": source})) as session:
        with session.loading("k"):
            import student

            it = student.it
        with (
            session.running("k", seconds=20),
            pytest.raises(ProtocolViolation, match="differently"),
        ):
            it.x  # noqa: B018
        assert isinstance(session.fault, ProtocolViolation)


def test_handle_of_another_test(tmp_path: Path) -> None:
    source = "class Box:\n    x = 1\n"
    with installed(student_session(tmp_path, {"student.py": source})) as session:
        with session.running("a", seconds=20):
            import student

            box = student.Box()
        assert "of a test that is over" in repr(box)
        assert getattr(box, "x", 5) == 5
        with session.running("a", seconds=20):
            with pytest.raises(RuntimeError, match="used in another"):
                student.Box.x = box
            assert getattr(box, "x", 5) == 5
        assert session.fault is None


def test_prints_and_warnings_belong_to_their_test(tmp_path: Path) -> None:
    source = """
import sys, warnings
def speak(text):
    print(text)
    print(text, file=sys.stderr)
    warnings.warn("careful")
def write(n):
    sys.stdout.write("a" + "x" * n + "z")
"""
    limits = Limits(output=1000)
    with installed(student_session(tmp_path, {"student.py": source}, limits=limits)) as session:
        with session.running("a", seconds=20):
            import student

            student.speak("first")
        assert session.output.count(b"first") == 2
        assert b"careful" in session.output
        with session.running("b", seconds=20):
            student.speak("second")
        assert b"first" not in session.output
        with session.running("c", seconds=20):
            student.write(3000)
        kept = session.output
        assert kept.startswith(b"ax")
        assert kept.endswith(b"xz")
        assert b"bytes not kept" in kept
        assert len(kept) < 1100


def test_worker_is_what_is_mounted(tmp_path: Path) -> None:
    """The files in SANDBOX_FILES are enough, and see nothing else of the grader."""
    from grader import proxy

    folder = tmp_path / "grader"
    folder.mkdir()
    for file in proxy.SANDBOX_FILES:
        (folder / file.name).write_bytes(file.read_bytes())
    source = """
import sys
def seen():
    names = sorted(name for name in sys.modules if name.startswith("grader"))
    return names, [path for path in sys.path if "grader" in path]
"""
    (tmp_path / "student.py").write_text(source)
    from grader.proxy.client import Session
    from grader.sandbox.base import Mount
    from grader.sandbox.fake import FakeSandbox

    def start() -> object:
        return FakeSandbox().start(
            proxy.worker_command(sys.executable, "/grader"),
            mounts=[
                Mount(source=folder, target="/grader"),
                Mount(source=tmp_path, target="/submission"),
            ],
            workdir="/submission",
            limits=LIMITS,
        )

    session = Session(start, limits=LIMITS, modules={"student"}, path=["."], exports={})  # type: ignore[arg-type]
    with installed(session), session.running("a", seconds=20):
        import student

        names, paths = student.seen()
        assert "grader.proxy.wire" in names
        assert not [name for name in names if "link" in name or "client" in name]
        assert paths == []


def test_environment_is_that_of_the_sandbox(tmp_path: Path) -> None:
    source = "import os\ndef names():\n    return sorted(os.environ)\n"
    os.environ["GRADER_SECRET"] = "x"
    try:
        with test_of(tmp_path, source, environment={"NEEDLE_BACKEND": "np"}) as (_, student):
            names = student.names()
    finally:
        del os.environ["GRADER_SECRET"]
    assert "NEEDLE_BACKEND" in names
    assert "GRADER_SECRET" not in names


def test_random_state_cannot_be_chosen(tmp_path: Path) -> None:
    source = """
import numpy as np
def zeros():
    np.random.set_state(("MT19937", np.zeros(624, dtype=np.uint32), 1))
def seed(n):
    np.random.seed(n)
def kept():
    state = np.random.get_state()
    np.random.set_state((*state[:3], 1, 123.0))
def draw(n):
    return np.random.randn(n)
"""
    with test_of(tmp_path, source) as (_, student):
        np.random.seed(7)
        expected = np.random.RandomState(7).randn(20)
        np.testing.assert_array_equal(np.random.randn(3), expected[:3])
        student.zeros()
        np.testing.assert_array_equal(np.random.randn(2), expected[3:5])
        student.kept()
        np.testing.assert_array_equal(student.draw(3), expected[5:8])
        student.seed(10**6)
        np.testing.assert_array_equal(np.random.randn(1), expected[8:9])
        np.testing.assert_array_equal(student.draw(1), expected[9:10])
        student.seed(3)
        np.testing.assert_array_equal(np.random.randn(5), np.random.RandomState(3).randn(5))
        student.draw(1001)
        assert np.random.randn() == np.random.RandomState(3).randn(1007)[-1]
