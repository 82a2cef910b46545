"""From what pytest saw to what is reported: statuses, and the sentences that people read."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from grader.errors import InfrastructureError, StudentFault
from grader.manifest import TestSpec
from grader.results import Status, TestResult, Visibility

MESSAGE_LIMIT = 4_000
STAFF_LIMIT = 20_000

#: what a visible test says when student code fails while it is imported
UNLOADABLE = "Your package cannot be imported: "
#: what a hidden test says beside its docstring
CATEGORIES = {
    Status.FAILED: "wrong result",
    Status.ERROR: "your code raised an exception",
    Status.TIMEOUT: "time limit",
    Status.MEMORY: "memory limit",
    Status.OUTPUT: "output limit",
    Status.PROCESSES: "process limit",
    Status.CRASHED: "your code ended the process",
    Status.PROTOCOL: "your code disturbed the grading channel",
    Status.NOT_RUN: "not run",
    Status.SKIPPED: "skipped",
    Status.BROKEN: "the grader failed here; this is not your fault and staff are told",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Outcome:
    """How one case of one test function ended."""

    status: Status
    seconds: float
    #: a few words that give no input and no expected value away
    category: str = ""
    #: the failure as the author of a visible test would show it
    text: str = ""
    #: traceback of both sides
    trace: str = ""
    #: what the student's code printed
    prints: str = ""
    #: parametrization id, empty for a plain function
    case: str = ""
    #: the multiple of the reference's time that it took, or why that was not measured
    speed: float | str | None = None

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Outcome:
        """Return the outcome whose fields are `data`, in plain types."""
        return cls(**{**data, "status": Status(data["status"])})


def classify(error: BaseException) -> tuple[Status, str]:
    """Return the status of a test that ended with `error`, and its category.

    An exception is the student's unless it can only be ours: most errors in a test's own lines come
    from what the student's code returned (None instead of a Tensor, or a huge shape).
    """
    if isinstance(error, StudentFault):
        return error.status, CATEGORIES[error.status]
    if isinstance(error, AssertionError):
        return Status.FAILED, getattr(error, "category", CATEGORIES[Status.FAILED])
    if isinstance(error, InfrastructureError):
        return Status.BROKEN, CATEGORIES[Status.BROKEN]
    if from_student(error):
        return Status.ERROR, _exception_category(error)
    if isinstance(error, OSError):
        return Status.BROKEN, CATEGORIES[Status.BROKEN]
    return Status.ERROR, "your code returned something the test cannot use"


def from_student(error: BaseException | None) -> bool:
    """Tell whether `error`, or what caused it, was raised on the student's side."""
    while error is not None:
        if isinstance(error, StudentFault) or hasattr(error, "remote_traceback"):
            return True
        error = error.__cause__ or error.__context__
    return False


def remote_trace(error: BaseException | None) -> str:
    """Return the traceback of the student's side that `error` carries, if any."""
    while error is not None:
        if hasattr(error, "remote_traceback"):
            return str(error.remote_traceback)
        error = error.__cause__ or error.__context__
    return ""


def _exception_category(error: BaseException) -> str:
    if isinstance(error, NotImplementedError):
        return "not implemented yet"
    return CATEGORIES[Status.ERROR]


def result(spec: TestSpec, outcomes: Sequence[Outcome]) -> TestResult:
    """Return the result of one test function: passed only if every case of it passed."""
    if not outcomes:
        return not_run(spec, "Nothing was heard of this test.")
    if spec.speed:
        outcomes = [_measured(outcome) for outcome in outcomes]
    worst = next((o for o in outcomes if o.status is not Status.PASSED), outcomes[0])
    return TestResult(
        id=spec.id,
        question=spec.question,
        status=worst.status,
        score=spec.points * _share(spec, outcomes) if worst.status is Status.PASSED else 0.0,
        max_score=spec.points,
        visibility=spec.visibility,
        seconds=round(sum(o.seconds for o in outcomes), 4),
        message=_student_message(spec, outcomes, worst) or _about_speed(spec, outcomes),
        staff_message=_staff_message(outcomes),
    )


def _measured(outcome: Outcome) -> Outcome:
    """Return an outcome that says its speed; a test that measures nothing is worth no points."""
    if outcome.status is not Status.PASSED or outcome.speed is not None:
        return outcome
    text = "[question.speed] names this test, and it passed without a call of its fixture `speed`"
    return dataclasses.replace(
        outcome, status=Status.BROKEN, category=CATEGORIES[Status.BROKEN], text=text
    )


def _share(spec: TestSpec, outcomes: Sequence[Outcome]) -> float:
    """Return the share of its points that a passed test earns by its time."""
    ratios = [outcome.speed for outcome in outcomes if isinstance(outcome.speed, float)]
    return spec.speed.share(max(ratios)) if spec.speed and ratios else 1.0


def _about_speed(spec: TestSpec, outcomes: Sequence[Outcome]) -> str:
    measured = [outcome.speed for outcome in outcomes if outcome.speed is not None]
    if spec.speed is None or not measured:
        return ""
    ratios = [ratio for ratio in measured if isinstance(ratio, float)]
    if not ratios:
        return f"Speed: {measured[0]}; all points."
    return (
        f"Speed: {max(ratios):.1f} times as long as the reference, "
        f"{_share(spec, outcomes):.0%} of the points. All of them up to {spec.speed.full:g} times, "
        f"none from {spec.speed.none:g} times."
    )


def not_run(spec: TestSpec, reason: str, status: Status = Status.NOT_RUN) -> TestResult:
    """Return the result of a test that did not run; it stays part of the total."""
    return TestResult(
        id=spec.id,
        question=spec.question,
        status=status,
        score=0.0,
        max_score=spec.points,
        visibility=spec.visibility,
        seconds=0.0,
        message=reason,
    )


def _student_message(spec: TestSpec, outcomes: Sequence[Outcome], worst: Outcome) -> str:
    if worst.status is Status.PASSED:
        return ""
    lines = [spec.summary] if spec.summary else []
    if spec.visibility is Visibility.HIDDEN:
        lines.append(f"Result: {worst.category or CATEGORIES[worst.status]}.")
        return "\n".join(lines)
    failed = sum(o.status is not Status.PASSED for o in outcomes)
    if len(outcomes) > 1:
        lines.append(f"{failed} of {len(outcomes)} cases fail; the first is [{worst.case}].")
    lines.append(worst.text or worst.category)
    if worst.prints:
        lines.append("Your code printed:\n" + worst.prints)
    return clip("\n".join(lines), MESSAGE_LIMIT)


def _staff_message(outcomes: Sequence[Outcome]) -> str:
    parts = []
    for outcome in outcomes:
        if outcome.status is Status.PASSED:
            continue
        head = f"[{outcome.case}] " if outcome.case else ""
        parts.append(f"{head}{outcome.status}: {outcome.text}\n{outcome.trace}".rstrip())
        if outcome.prints:
            parts.append("printed:\n" + outcome.prints)
    return clip("\n\n".join(parts), STAFF_LIMIT)


def clip(text: str, limit: int) -> str:
    """Shorten `text` to about `limit` characters, keeping its beginning and its end."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n[... {len(text) - 2 * half} characters left out ...]\n{text[-half:]}"
