"""Test modules that are imported before there is a submission, and those that have to wait."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader import proxy
from grader.collection import Collection
from grader.errors import Crashed
from grader.plugin import GraderPlugin
from grader.proxy.client import Session
from grader.results import Status
from grader.sandbox.base import Limits, Running
from grader.sandbox.fake import FakeRunning, FakeSandbox

STUDENT = """
def double(x):
    return 2 * x
"""
WAITS = {
    "test_asks.py": "import student\nTWO = student.double(1)\n",
    "test_takes.py": "from student import double\n",
    "test_looks.py": "import student\nKNOWN = hasattr(student, 'double')\n",
    "test_draws.py": "import numpy as np\nnp.random.rand()\n",
    "test_helped.py": "import asking\n",
}
READY = {
    "test_plain.py": "",
    "test_imports.py": "import student\n",
    "test_helped_too.py": "import helper\n",
}
TEST = """
def test_double():
    import student
    assert student.double(3) == 6
"""


class Course:
    """A folder with tests, collected, and a submission to run them for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name, head in (WAITS | READY).items():
            (folder / name).write_text(head + TEST)
        (folder / "asking.py").write_text("from student import double\n")
        (folder / "helper.py").write_text("import student\n")
        (folder / "pytest.ini").write_text("[pytest]\n")
        self.session = Session(
            None, limits=Limits(), modules={"student"}, path=["."], exports={"student": {}}
        )
        files = [str(folder / name) for name in WAITS | READY]
        options = [f"--config-file={folder}/pytest.ini", f"--rootdir={folder}"]
        options += ["-p", "grader.testing", "-p", "no:terminal", "-p", "no:cacheprovider"]
        options += ["--import-mode=importlib", "--capture=no", "--continue-on-collection-errors"]
        self.tests = Collection(self.session, [*options, *files], folders=[folder])

    def grade(self, student: str) -> GraderPlugin:
        """Run all tests for a submission that is one file."""
        submission = self.folder / "submission"
        submission.mkdir()
        (submission / "student.py").write_text(student)

        def start() -> Running:
            command = proxy.worker_command(sys.executable, str(Path(proxy.__file__).parent))
            return FakeSandbox().start(command, mounts=[], workdir=str(submission), limits=Limits())

        self.session.bind(start, self.folder / "tmp")
        ids = {self.folder / name: name for name in WAITS | READY}
        plugin = GraderPlugin(self.session, test_ids=ids, seed=1, test_seconds=20, job_seconds=120)
        self.session.install()
        try:
            self.tests.complete(plugin, seed=1, scratch=self.folder / "tmp")
            for name in ids.values():
                self.tests.run(f"{name}::test_double")
        finally:
            self.session.uninstall()
            self.session.close()
        return plugin


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Course]:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # as in a run
    monkeypatch.syspath_prepend(str(tmp_path))
    known = set(sys.modules)
    yield Course(tmp_path)
    for name in set(sys.modules) - known:
        del sys.modules[name]


def test_only_what_every_submission_shares_is_collected_ahead(course: Course) -> None:
    waiting = {module.node.path.name for module in course.tests._modules if module.items is None}
    assert waiting == WAITS.keys()


def test_both_kinds_run_in_order(course: Course) -> None:
    plugin = course.grade(STUDENT)
    assert plugin.collected == [f"{name}::test_double" for name in WAITS | READY]
    statuses = {
        name: [outcome.status for outcome in outcomes]
        for name, outcomes in plugin.found.outcomes.items()
    }
    assert statuses == {f"{name}::test_double": [Status.PASSED] for name in WAITS | READY}


def test_a_package_that_cannot_be_imported_is_blamed_on_every_file(course: Course) -> None:
    plugin = course.grade("raise KeyError('no')")
    asking = {name for name, head in (WAITS | READY).items() if "import" in head}
    asking.remove("test_draws.py")
    assert plugin.found.unloadable.keys() == asking
    assert all("no" in outcome.text for outcome in plugin.found.unloadable.values())
    # where the test itself imports, the test is lost and not the file
    assert plugin.found.outcomes["test_plain.py::test_double"][0].status is Status.ERROR


def test_a_package_that_draws_when_it_is_imported_is_loaded_for_every_file(course: Course) -> None:
    plugin = course.grade("import numpy as np\nnp.random.rand()\n" + STUDENT)
    assert all(outcome.status is Status.PASSED for [outcome] in plugin.found.outcomes.values())
    assert not course.session.load_again(str(course.folder / "test_imports.py"))
    assert course.session.load_again(str(course.folder / "test_plain.py"))


@pytest.mark.parametrize("times", [1, 2])
def test_a_process_that_is_killed_during_an_import_is_tried_once_more(
    course: Course, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    marks = course.folder / "marks"
    marks.mkdir()
    # the fake has no control group that says that memory did not run out
    killed = Crashed("the process was ended by signal SIGKILL", killed=True)
    monkeypatch.setattr(FakeRunning, "fault", lambda _: killed)
    student = f"""
import os, signal
def double(x):
    if x == 1 and len(os.listdir({str(marks)!r})) < {times}:
        open({str(marks)!r} + "/" + str(os.getpid()), "w").close()
        os.kill(os.getpid(), signal.SIGKILL)
    return 2 * x
"""
    found = course.grade(student).found
    assert len(list(marks.iterdir())) == times
    assert set(found.unloadable) == ({"test_asks.py"} if times == 2 else set())
    passed = {name for name, each in found.outcomes.items() if each[0].status is Status.PASSED}
    others = {f"{name}::test_double" for name in (WAITS | READY) if name != "test_asks.py"}
    assert passed == others | ({"test_asks.py::test_double"} if times == 1 else set())
