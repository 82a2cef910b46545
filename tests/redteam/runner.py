"""Runs the whole corpus through `grader grade`, and says what became of each attack."""

from __future__ import annotations

import dataclasses
import functools
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from grader import isolation
from grader.errors import SandboxUnavailable
from grader.results import Report, RunStatus, Status, TestResult, Visibility
from tests.redteam import corpus, course, leftovers
from tests.redteam import sink as sinks
from tests.redteam.corpus import Attack

#: where the corpus is run; `process` admits that it does not isolate
BACKENDS = ("bubblewrap", "docker", "container")
#: a clean submission follows every so many attacks
AFTER_EVERY = 3
#: only words of a successful attack
WON = ("WON ", "LOOT ")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one attack."""

    attack: Attack
    report: Report
    #: the next clean submission
    after: Report
    #: everything of this submission that its student could see
    visible: str

    @property
    def staff(self) -> str:
        """Everything that only staff see."""
        return "\n".join(test.staff_message for test in self.report.tests)

    @property
    def words(self) -> dict[str, Status]:
        """Status of each test function."""
        return {function(test): test.status for test in self.report.tests}

    @property
    def won(self) -> str:
        """The attack's own words for its success, if it had any."""
        lines = (self.staff + self.visible).splitlines()
        return "; ".join(line for line in lines if line.startswith(WON))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Campaign:
    """One run of the corpus."""

    backend: str
    course: course.Course
    outcomes: Mapping[str, Outcome]
    #: what the listener heard, and what remained
    heard: Sequence[bytes]
    remains: Sequence[str]
    #: what the command printed, and its exit code
    printed: str
    code: int


def function(test: TestResult) -> str:
    """Return the name of the test's function."""
    return test.id.rpartition("::")[2]


def expected_score(attack: Attack, where: course.Course) -> float | None:
    """Return what the honest part of the submission earns."""
    if attack.outcome == "rejected":
        return None
    return where.total - sum(where.points[name] for name in attack.loses(frozenset(where.points)))


def run(attacks: Sequence[Attack], *, backend: str, jobs: int = 2) -> Campaign:
    """Grade every attack, and clean submissions between them."""
    with tempfile.TemporaryDirectory(prefix="redteam-", dir="/tmp") as folder:
        return _run(Path(folder), attacks, backend, jobs)


def _run(folder: Path, attacks: Sequence[Attack], backend: str, jobs: int) -> Campaign:
    canary = f"CANARY_{os.urandom(8).hex()}"
    where = course.make(folder / f"course-{canary}", canary)
    temporary, out = folder / "tmp", folder / "out"
    temporary.mkdir()
    # without mounts, student code reaches its own folder through this one
    folder.chmod(0o755)
    with sinks.listening(folder / "known", canary) as sink:
        paths = list(_submissions(folder / "submissions", attacks, sink.target))
        done, grader = _grade(where, paths, out, temporary, backend, jobs)
        remains = [
            *leftovers.find(temporary, folder, sink.target.daemon, grader),
            *sink.changed(),
        ]
    if not (out / "scores.csv").exists():
        raise RuntimeError(f"{backend} grades nothing: {done.stdout}{done.stderr}")
    return Campaign(
        backend=backend,
        course=where,
        outcomes={
            attack.id: _outcome(attack, out, _clean(number))
            for number, attack in enumerate(attacks)
        },
        heard=tuple(sink.heard),
        remains=remains,
        printed=done.stdout + done.stderr,
        code=done.returncode,
    )


def _submissions(folder: Path, attacks: Sequence[Attack], target: sinks.Target) -> Iterator[Path]:
    for number, attack in enumerate(attacks):
        yield corpus.build(attack, folder, target)
        if number % AFTER_EVERY == AFTER_EVERY - 1 or number == len(attacks) - 1:
            yield corpus.write(folder / _clean(number), corpus.right())


def _clean(number: int) -> str:
    """Return the name of the clean submission that comes after an attack."""
    return f"clean-{number // AFTER_EVERY}"


def _grade(
    where: course.Course, paths: Sequence[Path], out: Path, temporary: Path, backend: str, jobs: int
) -> tuple[subprocess.CompletedProcess[str], int]:
    """Call the command, with canaries in its environment, its arguments and its descriptors.

    Returns what came of it, and the process id that it had.
    """
    leak = os.open(where.manifest.parents[1] / "reference_solution/notes.txt", os.O_RDONLY)
    options = ["--out", str(out), "--sandbox", backend, "--jobs", str(jobs)]
    words = [sys.executable, "-m", "grader", "grade", str(where.manifest), *map(str, paths)]
    try:
        with subprocess.Popen(
            [*words, *options],
            env={**os.environ, "TMPDIR": str(temporary), "SECRET_TOKEN": where.canary},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            pass_fds=[leak],
            cwd=course.REPOSITORY,
        ) as process:
            printed, errors = process.communicate()
        done = subprocess.CompletedProcess(process.args, process.returncode, printed, errors)
        return done, process.pid
    finally:
        os.close(leak)


def _outcome(attack: Attack, out: Path, after: str) -> Outcome:
    folder = out / attack.name
    report = _report(folder)
    paths = (folder / name for name in ("results.json", "index.html"))
    pages = [path.read_text() for path in paths if path.exists()]
    messages = [report.message, *report.notices, *(test.message for test in report.tests)]
    return Outcome(
        attack=attack,
        report=report,
        after=_report(out / after),
        visible="\n".join([*messages, *pages]),
    )


def _report(folder: Path) -> Report:
    return Report.from_json((folder / "report.json").read_text())


# -- the six assertions ----------------------------------------------------------------


def problems(outcome: Outcome, where: course.Course) -> list[str]:
    """Return what is wrong with the outcome of one attack; nothing, if the grader held."""
    return [
        *_score(outcome, where),
        *_status(outcome, where),
        *_next_submission(outcome, where),
        *_secrets(outcome, where),
        *_flags(outcome),
    ]


def is_win(outcome: Outcome, where: course.Course) -> bool:
    """Tell whether an attack got what it must not: points, a secret, or its own word for it."""
    expected = expected_score(outcome.attack, where)
    above = outcome.report.score is not None and outcome.report.score > (expected or 0)
    return above or bool(outcome.won) or any(_secrets(outcome, where))


def _score(outcome: Outcome, where: course.Course) -> Iterator[str]:
    expected = expected_score(outcome.attack, where)
    if outcome.report.score != expected:
        yield f"score is {outcome.report.score}, its honest part earns {expected}"
    if outcome.won:
        yield f"it won: {outcome.won}"


def _status(outcome: Outcome, where: course.Course) -> Iterator[str]:
    attack, words = outcome.attack, outcome.words
    wanted = RunStatus.REJECTED if attack.outcome == "rejected" else RunStatus.GRADED
    if outcome.report.status is not wanted:
        yield f"the submission is {outcome.report.status}, not {wanted}: {outcome.report.message}"
        return
    if wanted is RunStatus.REJECTED:
        return
    lost = attack.loses(frozenset(where.points))
    for name in sorted(where.points):
        allowed = _ends(attack) if name in lost else ("passed",)
        if words[name] not in allowed:
            yield f"{name} is {words[name]}, not {' or '.join(allowed)}"


def _ends(attack: Attack) -> tuple[str, ...]:
    """Return how a test may end that the attack loses."""
    # on a loaded machine it may run out of time, and who ends the processes around it is seen to
    # crash or to hang up, whichever comes first; it is lost all the same
    hung_up = ("protocol",) if "crashed" in attack.status else ()
    return (*attack.status, *hung_up, "timeout")


def _next_submission(outcome: Outcome, where: course.Course) -> Iterator[str]:
    if outcome.after.score != where.total:
        lost = [test.id for test in outcome.after.tests if test.status is not Status.PASSED]
        yield f"the next submission has {outcome.after.score} of {where.total}: {lost}"


def _secrets(outcome: Outcome, where: course.Course) -> Iterator[str]:
    if where.canary in outcome.visible:
        yield "a canary is where the student can see it"
    hidden = (test for test in outcome.report.tests if test.visibility is Visibility.HIDDEN)
    told = "\n".join(test.message for test in hidden)
    for text in outcome.attack.forbidden:
        if text in told:
            yield f"{text!r} is in the message of a hidden test"


def _flags(outcome: Outcome) -> Iterator[str]:
    wanted = outcome.attack.flagged
    if wanted is None:
        wanted = Status.PROTOCOL in outcome.words.values()
    if wanted and not outcome.report.flags:
        yield "staff are not told"


@functools.cache
def available(backend: str) -> str:
    """Return why `backend` cannot be used here; empty if it can."""
    try:
        isolation.choose(backend, lambda warning: None)
    except SandboxUnavailable as error:
        return str(error)
    return ""
