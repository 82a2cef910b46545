"""A stand-in for Gradescope: its folders, its metadata, its limits, and what it makes of results.

    zip ── Unpacked | Container ── hand_in(...) ──▶ Outcome

`Unpacked` runs the autograder as a process on this machine; `Container` builds an image from the
zip, as Gradescope does, and runs it with Gradescope's limits, as root, with the network open.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import math
import os
import shutil
import subprocess
import sys
import tarfile
import uuid
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

#: characters of a text that are kept
MOST = 100_000
CUT = "[...(truncated)...]"
FORMATS = {"text", "html", "simple_format", "md", "ansi"}
VISIBILITIES = {"visible", "hidden", "after_due_date", "after_published"}
#: on everything that is made in the engine
LABEL = "needle.grader.test=gradescope"
SECRET = "a-token-that-only-the-harness-may-know"
_NUMBER = (int, float)
_TOP: dict[str, Any] = {
    "score": _NUMBER,
    "execution_time": _NUMBER,
    "output": str,
    "output_format": FORMATS,
    "test_output_format": FORMATS,
    "test_name_format": FORMATS,
    "visibility": VISIBILITIES,
    "stdout_visibility": VISIBILITIES,
    "extra_data": dict,
    "tests": list,
    "leaderboard": list,
}
_TEST: dict[str, Any] = {
    "score": _NUMBER,
    "max_score": _NUMBER,
    "status": {"passed", "failed"},
    "name": str,
    "name_format": FORMATS,
    "number": str,
    "output": str,
    "output_format": FORMATS,
    "tags": list,
    "visibility": VISIBILITIES,
    "extra_data": dict,
}
_BOARD: dict[str, Any] = {"name": str, "value": (*_NUMBER, str), "order": {"asc", "desc"}}


# -- what it makes of results ----------------------------------------------------------


@dataclasses.dataclass(frozen=True, kw_only=True)
class Outcome:
    """What Gradescope keeps of a run."""

    #: results.json as it is kept; None: there was none
    results: dict[str, Any] | None
    #: why it is not what the autograder wrote: no_results, invalid_json, timeout
    error: str
    #: what was printed; staff read it
    stdout: str
    code: int

    @property
    def score(self) -> float | None:
        return self.results["score"] if self.results is not None else None

    @property
    def total_shown(self) -> float | None:
        """Return the total that students see: none while a test is kept from them."""
        tests = (self.results or {}).get("tests", [])
        return self.score if all(test["visibility"] == "visible" for test in tests) else None

    def tests(self) -> list[tuple[str, float, str, list[str]]]:
        """Return what says how each test ended, without its text."""
        assert self.results is not None, self.stdout
        return [essence(test) for test in self.results["tests"]]


def essence(test: Mapping[str, Any]) -> tuple[str, float, str, list[str]]:
    return test["name"], test.get("score", math.nan), test["status"], test["tags"]


def collect(raw: bytes | None, *, stdout: bytes, timed_out: bool, code: int = 0) -> Outcome:
    """Do with results.json what the harness does."""
    printed = _cut(stdout.decode("utf-8", errors="replace"))
    error = ""
    results: dict[str, Any] | None = None
    if timed_out:
        # whatever was written is lost
        error, results = "timeout", {"score": 0, "output": "The autograder timed out."}
    elif raw is None:
        error = "no_results"
    else:
        try:
            results = json.loads(raw.decode("utf-8", errors="replace"))
        except ValueError:
            error, results = "invalid_json", {"score": 0}
    for holder in [results or {}, *(results or {}).get("tests", [])]:
        if "output" in holder:
            holder["output"] = _cut(holder["output"])
    return Outcome(results=results, error=error, stdout=printed, code=code)


def _cut(text: str) -> str:
    text = text.replace("\0", "\ufffd")
    if len(text) <= MOST:
        return text
    tail = (MOST - len(CUT)) // 2
    return f"{text[: MOST - len(CUT) - tail]}{CUT}{text[-tail:]}"


def check(results: Mapping[str, Any]) -> None:
    """Assert that results follow the rules of Gradescope's documentation."""
    _check_table(results, _TOP)
    assert "score" in results or "tests" in results
    for test in results.get("tests", []):
        _check_table(test, _TEST)
        assert all(isinstance(tag, str) for tag in test.get("tags", []))
    for board in results.get("leaderboard", []):
        _check_table(board, _BOARD)
        assert {"name", "value"} <= board.keys()


def _check_table(table: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    assert table.keys() <= known.keys()
    for key, value in table.items():
        rule = known[key]
        assert value in rule if isinstance(rule, set) else isinstance(value, rule), (key, value)
        assert not isinstance(value, bool)
        assert not isinstance(value, float) or math.isfinite(value)


# -- what it says about a submission ---------------------------------------------------


@dataclasses.dataclass
class Student:
    """A student, and what Gradescope remembers of the submissions."""

    due: str = "2026-10-01T23:59:00.000000-07:00"
    extension: str | None = None
    outcomes: list[tuple[str, Outcome]] = dataclasses.field(default_factory=list)

    def metadata(self, created: str) -> dict[str, Any]:
        """Return submission_metadata.json for a submission that is handed in now."""
        dates = {
            "release_date": "2026-09-01T00:00:00.000000-07:00",
            "due_date": self.due,
            "late_due_date": None,
        }
        user = {
            "email": "student@example.edu",
            "id": 7,
            "name": "A Student",
            "sid": None,
            "assignment": {**dates, "due_date": self.extension or self.due},
        }
        return {
            "id": 1234567,
            "created_at": created,
            "assignment_id": None,
            "assignment": {
                **dates,
                "group_size": None,
                "group_submission": False,
                "id": 1,
                "course_id": 2,
                "title": "Homework",
                "total_points": "100.0",
                "outline": [
                    {"type": "ProgrammingQuestion", "title": "Autograder", "weight": "100.0"}
                ],
            },
            "submission_method": "upload",
            "users": [user],
            "previous_submissions": list(self._previous()),
        }

    def _previous(self) -> Iterator[dict[str, Any]]:
        for number, (created, outcome) in enumerate(self.outcomes, start=1):
            score = outcome.score
            yield {
                "submission_time": created,
                "score": None if score is None else str(float(score)),
                "autograder_error": bool(outcome.error),
                # only the latest one's results are told
                **({"results": outcome.results} if number == len(self.outcomes) else {}),
            }


# -- where the autograder runs ---------------------------------------------------------


class Unpacked:
    """The autograder of a zip, run on this machine in a folder that stands for /autograder."""

    def __init__(self, archive: Path, root: Path) -> None:
        self._root = root
        with zipfile.ZipFile(archive) as zipped:
            zipped.extractall(root / "source")
        (root / "results").mkdir()
        self._name = (root / "source" / "assignment.txt").read_text().strip()

    def hand_in(
        self,
        submission: Path,
        *,
        student: Student | None = None,
        created: str = "2026-10-01T12:00:00.000000-07:00",
        seconds: float = 600,
    ) -> Outcome:
        """Run the autograder on what a student hands in."""
        student = student or Student()
        place = self._root / "submission"
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(submission, place, symlinks=True)
        (self._root / "submission_metadata.json").write_text(json.dumps(student.metadata(created)))
        words = ["-m", "grader.gradescope", self._name, "--autograder", str(self._root)]
        results = self._root / "results" / "results.json"
        process = subprocess.Popen(
            [sys.executable, *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "TIMEOUT_SECONDS": str(seconds)},
        )
        timed_out = False
        try:
            stdout, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            stdout, _ = process.communicate()
            timed_out = True
        raw = results.read_bytes() if results.exists() else None
        outcome = collect(raw, stdout=stdout, timed_out=timed_out, code=process.returncode)
        student.outcomes.append((created, outcome))
        return outcome


class Container:
    """An image that was built from a zip as Gradescope builds it."""

    def __init__(self, archive: Path, base: str, folder: Path) -> None:
        name = f"grader-gradescope-{uuid.uuid4().hex[:12]}"
        self.image = f"{name}:latest"
        folder.mkdir()
        with zipfile.ZipFile(archive) as zipped:
            zipped.extractall(folder / "source")
        (folder / "Dockerfile").write_text(
            f"FROM {base}\n"
            "RUN rm -rf /autograder\n"
            "COPY source /autograder/source\n"
            "RUN mkdir -p /autograder/submission /autograder/results"
            " && cp /autograder/source/run_autograder /autograder/"
            " && chmod +x /autograder/run_autograder /autograder/source/setup.sh"
            " && cd /autograder && /autograder/source/setup.sh\n"
            "WORKDIR /autograder\n"
        )
        words = ["build", "--label", LABEL, "--network", "host", "--tag", self.image]
        self.log = _docker(*words, str(folder)).decode()
        # not the engine's own network: another engine on the machine may take that away
        self._network = name
        _docker("network", "create", "--label", LABEL, self._network)

    def remove(self) -> None:
        """Remove the image and the network."""
        _docker("network", "rm", self._network)
        _docker("rmi", "--force", self.image)

    def hand_in(
        self,
        submission: Path,
        *,
        student: Student | None = None,
        created: str = "2026-10-01T12:00:00.000000-07:00",
        seconds: float = 600,
        options: Sequence[str] = ("--cpus", "0.5", "--memory", "768m"),
    ) -> Outcome:
        """Start a container of the image on what a student hands in."""
        student = student or Student()
        name = f"gradescope-{uuid.uuid4().hex[:12]}"
        environment = {
            "SUBMISSION_URL": "http://127.0.0.1:9/submission",
            "SUBMIT_RESULTS_URL": "http://127.0.0.1:9/results",
            "AUTHENTICATION_TOKEN": SECRET,
            "TIMEOUT_SECONDS": str(seconds),
        }
        words = [f"--env={key}={value}" for key, value in environment.items()]
        words += ["--label", LABEL, "--network", self._network, "--name", name, *options]
        _docker("create", *words, self.image, "/autograder/run_autograder")
        try:
            _copy_in(name, submission, student.metadata(created))
            timed_out = not _run(name, seconds)
            stdout = _docker("logs", name)
            raw = _copy_out(name)
            code = int(_docker("inspect", "-f", "{{.State.ExitCode}}", name))
        finally:
            _docker("rm", "-f", name)
        outcome = collect(raw, stdout=stdout, timed_out=timed_out, code=code)
        student.outcomes.append((created, outcome))
        return outcome


def _docker(*words: str, given: bytes | None = None) -> bytes:
    done = subprocess.run(
        ["docker", *words], input=given, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-5000:]
    return done.stdout


def _copy_in(container: str, submission: Path, metadata: Mapping[str, Any]) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.add(submission, "submission")
        text = json.dumps(metadata).encode()
        entry = tarfile.TarInfo("submission_metadata.json")
        entry.size, entry.mode = len(text), 0o644
        archive.addfile(entry, io.BytesIO(text))
    _docker("cp", "-", f"{container}:/autograder", given=packed.getvalue())


def _run(container: str, seconds: float) -> bool:
    """Run a container; return whether it ended by itself in time."""
    _docker("start", container)
    with contextlib.suppress(subprocess.TimeoutExpired):
        subprocess.run(
            ["docker", "wait", container], timeout=seconds, check=True, stdout=subprocess.DEVNULL
        )
        return True
    _docker("kill", container)
    return False


def _copy_out(container: str) -> bytes | None:
    """Return results.json, wherever a run left it."""
    done = subprocess.run(
        ["docker", "cp", f"{container}:/autograder/results/results.json", "-"], capture_output=True
    )
    if done.returncode != 0:
        return None
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        file = archive.extractfile("results.json")
        return file.read() if file is not None else None
