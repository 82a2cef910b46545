"""The command line as its users run it: grade, interrupt, go on, report."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.usefixtures("bubblewrap")

RANDOM = random.Random(20261123)


def report(out: Path, name: str) -> dict[str, Any]:
    return json.loads((out / name / "report.json").read_text())


def timeless(value: Any) -> Any:
    """Return a report without its times, which no two runs share, and without their digest."""
    if isinstance(value, dict):
        kept = value.keys() - {"seconds", "digest"}
        return {key: timeless(value[key]) for key in kept}
    return [timeless(item) for item in value] if isinstance(value, list) else value


def all_reports(out: Path) -> dict[str, Any]:
    return {
        path.parent.name: timeless(report(out, path.parent.name))
        for path in out.glob("*/report.json")
    }


def leftovers(pid: int) -> list[str]:
    """Return processes of the grader `pid`: its server by name, sandboxes by what is mounted."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            mounts = (folder / "mountinfo").read_text()
        except OSError:
            continue
        if f"grader.forkserver {pid} " in words or re.search(rf"/run-grader-\d+-{pid}-", mounts):
            found.append(words)
    return found


def test_right_and_wrong_submissions_are_graded(tiny, tmp_path, grader):
    out = tmp_path / "out"
    done = grader(
        "grade", "tiny", "submissions/right", "submissions/forgets_to_sort", "--out", out, cwd=tiny
    )
    assert done.returncode == 0, done.stderr
    right, wrong = report(out, "right"), report(out, "forgets_to_sort")
    assert right["status"] == wrong["status"] == "graded"
    assert right["score"] == right["max_score"] > wrong["score"]
    assert [test["status"] for test in right["tests"]] == ["passed", "passed"]
    for name in ("scores.csv", "index.html", "right/results.json", "right/index.html"):
        assert (out / name).stat().st_size > 0, name
    assert "right" in done.stdout
    assert right["provenance"]["isolated"] is True


def test_no_name_of_a_submission_gets_in_the_way_of_the_grader(tiny, tmp_path, grader):
    names = ["worker", "pycache", "jobs", "logs", "old", "forkserver.log", "collect-extra"]
    for name in names:
        shutil.copytree(tiny / "submissions/right", tmp_path / "in" / name)
    extra = tmp_path / "test_extra.py"
    extra.write_text("import intervals\n\ndef test_it():\n    assert intervals.merge([]) == []\n")
    out = tmp_path / "out"
    paths = [tmp_path / "in" / name for name in names]
    done = grader("grade", "tiny", *paths, "--out", out, "--tests", extra, cwd=tiny)
    assert done.returncode == 0, done.stdout + done.stderr
    assert {report(out, name)["status"] for name in names} == {"graded"}


def test_an_archive_that_is_none_is_refused_and_the_others_are_graded(tiny, tmp_path, grader):
    bad = tmp_path / "mallory.zip"
    with zipfile.ZipFile(bad, "w") as archive:
        archive.writestr("../../evil.py", "x = 1")
    out = tmp_path / "out"
    done = grader("grade", "tiny", bad, "submissions/right", "--out", out, cwd=tiny)
    assert done.returncode == 1
    assert report(out, "mallory")["status"] == "rejected"
    assert report(out, "mallory")["score"] is None
    assert "../../evil.py" in report(out, "mallory")["message"]
    assert report(out, "right")["score"] == report(out, "right")["max_score"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["grade", "tinny", "submissions/right"], "did you mean 'tiny'"),
        (["grade", "tiny", "submissions/nobody"], "does not exist"),
        (["grade", "tiny", "submissions/right", "--sandbox", "dockr"], "dockr"),
    ],
)
def test_a_mistake_on_the_command_line_is_exit_code_2(tiny, tmp_path, grader, words, sentence):
    done = grader(*words, "--out", tmp_path / "out", cwd=tiny)
    assert done.returncode == 2, done.stderr
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_extra_test_files_are_one_point_a_case(tiny, tmp_path, grader):
    extra = tmp_path / "test_more.py"
    extra.write_text(
        "import pytest\nimport intervals\n"
        "@pytest.mark.parametrize('n', [1, 2])\n"
        "def test_case(n):\n    assert hasattr(intervals, '__name__')\n"
        "def test_wrong():\n    assert 1 == 2\n"
    )
    out = tmp_path / "out"
    done = grader("grade", "tiny", "submissions/right", "--out", out, "--tests", extra, cwd=tiny)
    assert done.returncode == 0, done.stderr
    extras = {t["id"]: t for t in report(out, "right")["tests"] if t["question"] == "extra"}
    assert {name: test["status"] for name, test in extras.items()} == {
        "test_more.py::test_case[1]": "passed",
        "test_more.py::test_case[2]": "passed",
        "test_more.py::test_wrong": "failed",
    }
    assert all(test["max_score"] == 1 for test in extras.values())


def test_extra_test_files_read_what_lies_beside_them(tiny, tmp_path, grader):
    beside = tmp_path / "homework" / "tests" / "tiny"
    (beside / "data").mkdir(parents=True)
    (beside / "data" / "length.txt").write_text("2")
    (beside / "test_kept.py").write_text(
        "from intervals import length\n"
        "expected = int(open('./tests/tiny/data/length.txt').read())\n"
        "def test_kept():\n    assert length([(0, 2)]) == expected\n"
    )
    out = tmp_path / "out"
    words = ["grade", "tiny", "submissions/right", "--out", out, "--tests", beside / "test_kept.py"]
    for kept, status in (("2", "passed"), ("3", "failed")):  # graded again, for it has changed
        (beside / "data" / "length.txt").write_text(kept)
        done = grader(*words, cwd=tiny)
        assert done.returncode == 0, done.stderr
        [test] = [test for test in report(out, "right")["tests"] if test["question"] == "extra"]
        assert test["status"] == status, test


def test_extra_test_files_of_two_folders_of_tests_are_refused(tiny, tmp_path, grader):
    words = ["grade", "tiny", "submissions/right", "--out", tmp_path / "out"]
    for number in "12":
        file = tmp_path / number / "tests" / f"test_{number}.py"
        file.parent.mkdir(parents=True)
        file.write_text("def test_nothing():\n    pass\n")
        words += ["--tests", file]
    done = grader(*words, cwd=tiny)
    assert done.returncode == 2, done.stderr
    assert f"{tmp_path}/1/tests and in {tmp_path}/2/tests" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_extra_test_files_from_elsewhere_do_not_mix(tiny, tmp_path, grader):
    (tmp_path / "test_one.py").write_text(
        "from intervals import merge\ndef test_one():\n    assert len(merge([(0, 1)])) == 1\n"
    )
    (tmp_path / "test_two.py").write_text(
        "from intervals import length, merge\ndef test_two():\n    assert length([(0, 2)]) == 2\n"
    )
    out = tmp_path / "out"
    extra = ["--tests", tmp_path / "test_one.py", "--tests", tmp_path / "test_two.py"]
    done = grader("grade", "tiny", "submissions/right", "--out", out, *extra, cwd=tiny)
    assert done.returncode == 0, done.stderr
    extras = [test for test in report(out, "right")["tests"] if test["question"] == "extra"]
    assert [test["status"] for test in extras] == ["passed", "passed"], extras


def test_extra_tests_have_more_time_than_the_assignment_gives_its_own(tiny, tmp_path, grader):
    manifest = tiny / "assignments" / "tiny.toml"
    limits = "test_seconds = 1.0\ncall_seconds = 1.0\n"
    manifest.write_text(re.sub(r"(test|call)_seconds = .*\n", "", manifest.read_text()))
    manifest.write_text(manifest.read_text().replace("[limits]\n", "[limits]\n" + limits))
    extra = tmp_path / "test_slow.py"
    extra.write_text(
        "import time\nimport intervals\n"
        "def test_slow():\n    time.sleep(1.5)\n    assert intervals.length([(0, 2)]) == 2\n"
    )
    out = tmp_path / "out"
    done = grader("grade", "tiny", "submissions/right", "--out", out, "--tests", extra, cwd=tiny)
    assert done.returncode == 0, done.stderr
    assert report(out, "right")["tests"][-1]["status"] == "passed"


def test_a_second_run_keeps_what_is_graded(tiny, tmp_path, grader):
    out = tmp_path / "out"
    grader("grade", "tiny", "submissions/right", "--out", out, cwd=tiny)
    before = (out / "right" / "report.json").stat().st_mtime_ns
    again = grader("grade", "tiny", "submissions/right", "--out", out, cwd=tiny)
    assert "unchanged" in again.stdout
    assert (out / "right" / "report.json").stat().st_mtime_ns == before
    hidden = next((tiny / "tests_hidden").glob("test_*.py"))
    hidden.write_text(hidden.read_text() + "\n# changed\n")
    changed = grader("grade", "tiny", "submissions/right", "--out", out, cwd=tiny)
    assert "unchanged" not in changed.stdout
    assert (out / "right" / "report.json").stat().st_mtime_ns != before


@pytest.mark.parametrize("attempt", range(4))
def test_killing_the_grader_loses_nothing(tiny, tmp_path, grader, attempt):
    names = [f"student{i}" for i in range(6)]
    for index, name in enumerate(names):
        source = tiny / "submissions" / ("right" if index % 2 else "forgets_to_sort")
        shutil.copytree(source, tmp_path / "in" / name)
    submissions = [tmp_path / "in" / name for name in names]
    undisturbed, killed = tmp_path / "undisturbed", tmp_path / "killed"
    grader("grade", "tiny", *submissions, "--out", undisturbed, cwd=tiny)
    words = ["grade", "tiny", *submissions, "--out", killed]
    process = subprocess.Popen(
        [sys.executable, "-m", "grader", *map(str, words)], cwd=tiny, stdout=subprocess.DEVNULL
    )
    time.sleep(RANDOM.uniform(0.3, 3.0))
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + 10
    while leftovers(process.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert leftovers(process.pid) == []
    assert grader(*words, cwd=tiny).returncode == 0
    assert all_reports(killed) == all_reports(undisturbed)
    assert (killed / "scores.csv").exists()


def test_the_same_submission_is_graded_the_same_twenty_times(tiny, tmp_path, grader):
    for index in range(20):
        shutil.copytree(
            tiny / "submissions" / "forgets_to_sort", tmp_path / "in" / f"copy{index:02d}"
        )
    out = tmp_path / "out"
    grader("grade", "tiny", *sorted((tmp_path / "in").iterdir()), "--out", out, cwd=tiny)
    reports = [{**found, "submission": ""} for found in all_reports(out).values()]
    assert len(reports) == 20
    assert all(found == reports[0] for found in reports)


def test_reports_are_written_again_in_another_format(tiny, tmp_path, grader):
    out = tmp_path / "out"
    grader("grade", "tiny", "submissions/right", "--out", out, cwd=tiny)
    (out / "scores.csv").unlink()
    done = grader("report", out, "--to", "csv", cwd=tiny)
    assert done.returncode == 0, done.stderr
    assert (out / "scores.csv").exists()
    empty = grader("report", tmp_path, "--to", "csv", cwd=tiny)
    assert empty.returncode == 2
    assert "holds no report.json" in empty.stderr
