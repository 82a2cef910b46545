"""Points for speed: what counts, what does not, and what cannot be forged."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader import orders, sandbox, verdict
from grader.errors import InfrastructureError, TimedOut
from grader.manifest import load
from grader.manifest_rules import Speed
from grader.results import Report, Status
from grader.rival import Rival
from grader.sandbox import proc
from grader.sandbox.pausing import paused
from grader.verdict import Outcome
from tests import native_kit

RULE = Speed(full=3.0, none=300.0)
WORK = """
    total = 0
    for _ in range({rounds}):
        for number in numbers.tolist():
            total += number
    return total // {rounds}
"""
SUM = '"""Sums."""\n\n\ndef total(numbers):\n    """Return the sum."""\n'
TEST = '''"""Tests of sums."""

from grader.testing import on_student_side


@on_student_side
def total(numbers):
    """Return the sum over there."""
    import sums

    return sums.total(numbers)


def check(output, numbers):
    """Compare."""
    assert output == numbers.sum()


def test_total(speed):
    """Sums are fast."""
    speed(
        total,
        lambda rng: (rng.integers(0, 1000, 200),),
        check,
        beside=sum,
    )
'''
MANIFEST = """
name = "sums"
title = "Sums"
reference = "reference"
template = "template"
public = "tests_public"
hidden = "tests_hidden"
[release]
files = ["python/sums/*.py"]
readme = "assignments/sums.md"
[submission]
accept = ["python/**/*.py"]
path = ["python"]
[[question]]
id = "sums"
title = "Sums"
file = "test_sums.py"
[question.public]
test_total = 10
[question.speed.test_total]
full = 3.0
none = 300.0
"""
#: keeps the processor busy whenever the student is not asked for anything
SPINNER = """
import threading


def spin():
    while True:
        sum(range(1000))


for _ in range(8):
    threading.Thread(target=spin, daemon=True).start()


"""


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("course")
    files = {
        "reference/python/sums/__init__.py": SUM + WORK.format(rounds=200),
        "assignments/sums.toml": MANIFEST,
        "assignments/sums.md": "# Sums\n",
        "tests_public/test_sums.py": TEST,
        "tests_hidden/nothing.py": '"""Nothing is hidden."""\n',
    }
    return native_kit.write(folder, files) / "assignments/sums.toml"


@contextlib.contextmanager
def grading(manifest: Path) -> Iterator[object]:
    box = sandbox.BACKENDS["bubblewrap"]()
    with orders.grading(load(manifest), box=box, isolated=True) as grade:
        yield grade


def graded(manifest: Path, folder: Path, texts: dict[str, str]) -> dict[str, Report]:
    """Grade several submissions, each a package of one file."""
    with grading(manifest) as grade:
        return {
            name: grade(native_kit.write(folder / name, {"python/sums/__init__.py": text}))
            for name, text in texts.items()
        }


def test_the_time_decides_what_a_right_answer_is_worth(manifest, bubblewrap, tmp_path):
    reports = graded(
        manifest,
        tmp_path,
        {
            "same": SUM + WORK.format(rounds=200),
            "slow": SUM + WORK.format(rounds=6000),
            "spins": SPINNER + SUM[SUM.index("def") :] + WORK.format(rounds=6000),
            "stale": SUM + "    return total.__dict__.setdefault('first', int(numbers.sum()))\n",
        },
    )
    tests = {name: report.tests[0] for name, report in reports.items()}
    assert tests["same"].status is tests["slow"].status is Status.PASSED
    assert tests["same"].score > 9.0 > tests["slow"].score > 1.0, tests
    assert "times as long as the reference" in tests["slow"].message
    # who makes the reference wait gains nothing, and who answers from memory is wrong
    assert tests["spins"].score < tests["slow"].score + 2.0, tests
    assert tests["stale"].status is Status.FAILED


def test_points_fall_by_factors():
    assert [RULE.share(ratio) for ratio in (0.5, 3.0, 300.0, 1e6)] == [1, 1, 0, 0]
    assert RULE.share(30.0) == pytest.approx(0.5)


def test_only_a_passed_test_has_a_speed(manifest):
    [spec] = load(manifest).tests
    fast = Outcome(status=Status.PASSED, seconds=1.0, speed=30.0)
    result = verdict.result(spec, [fast])
    assert (result.status, result.score) == (Status.PASSED, pytest.approx(5.0))
    assert result.message == (
        "Speed: 30.0 times as long as the reference, 50% of the points. All of them up to 3 times, "
        "none from 300 times."
    )
    wrong = Outcome(status=Status.FAILED, seconds=1.0, speed=1.0)
    assert verdict.result(spec, [fast, wrong]).score == 0
    emulated = Outcome(status=Status.PASSED, seconds=1.0, speed="not applicable (emulated CUDA)")
    result = verdict.result(spec, [emulated])
    assert result.score == 10
    assert result.message == "Speed: not applicable (emulated CUDA); all points."


def test_a_test_that_measures_nothing_is_broken_and_not_worth_all_points(manifest):
    [spec] = load(manifest).tests
    silent = Outcome(status=Status.PASSED, seconds=1.0)
    measured = Outcome(status=Status.PASSED, seconds=1.0, speed=1.0)
    for outcomes in ([silent], [measured, silent]):
        result = verdict.result(spec, outcomes)
        assert (result.status, result.score) == (Status.BROKEN, 0.0)
        assert "without a call of its fixture `speed`" in result.staff_message


class StubbornSession:
    """Serves one scope; the first request in it meets a time limit, which ends the scope."""

    def __init__(self) -> None:
        self.scopes = 0
        self.serves = False

    @contextlib.contextmanager
    def serving(self, *, seconds: float) -> Iterator[None]:
        assert not self.serves
        self.scopes += 1
        self.serves = True
        try:
            yield
        finally:
            self.serves = False

    def run_function(self, function, arguments):
        assert self.serves
        if self.scopes == 1:
            raise TimedOut("Time limit: 60 s for the test.")
        return function(*arguments)


def test_the_reference_serves_again_after_an_alarm_that_rang_in_it():
    rival = Rival(StubbornSession(), seconds=60.0)
    with pytest.raises(InfrastructureError, match="the reference fails in a test of speed: Time"):
        rival.run(sum, [(1, 2)])
    assert rival.run(sum, [(1, 2)]) == 3


def test_a_rule_that_cannot_be_is_an_error_with_its_line(manifest, tmp_path):
    course = native_kit.write(tmp_path / "course", {})
    subprocess.run(["cp", "-r", f"{manifest.parents[1]}/.", course], check=True)
    path = course / "assignments/sums.toml"
    text = path.read_text()
    for old, new, sentence in (
        ("none = 300.0", "none = 2.0", "none = 2 has to be more than full = 3"),
        ("speed.test_total", "speed.test_all", "test_all is no test with points"),
    ):
        path.write_text(text.replace(old, new))
        with pytest.raises(Exception, match=sentence):
            load(path)


def test_a_paused_process_uses_no_processor():
    code = "import os\nos.fork()\nos.setsid() if os.fork() else 0\nwhile True: pass\n"
    nested = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {code!r}])"
    parent = subprocess.Popen([sys.executable, "-c", nested], start_new_session=True)
    try:
        time.sleep(0.5)
        with paused(parent.pid):
            before = _used(parent.pid)
            time.sleep(0.2)
            assert _used(parent.pid) == before
        time.sleep(0.3)
        assert _used(parent.pid) > before
    finally:
        for pid in _family(parent.pid)[::-1]:
            os.kill(pid, 9)
        parent.wait()


def _family(root: int) -> list[int]:
    found = [root]
    for pid in found:
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            found += map(int, task.read_text().split())
    return found


def _used(root: int) -> int:
    """Return the clock ticks that a process and its descendants have used."""
    total = 0
    for pid in _family(root):
        fields = proc.fields(Path(f"/proc/{pid}"))
        total += int(fields[11]) + int(fields[12])
    return total
