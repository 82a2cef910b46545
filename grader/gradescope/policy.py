"""What `[gradescope]` makes of a report: who sees what, how often, how late.

Times are those of handing in, never of grading, so that grading again gives the same.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator, Mapping
from typing import Any

from grader.export import gradescope, summary
from grader.gradescope.metadata import Earlier, Metadata
from grader.gradescope_rules import Attempts, Board, GradescopeRules, Late
from grader.results import Report, RunStatus, TestResult, Visibility

#: in `extra_data`: when the submissions that count were handed in
ATTEMPTS = "attempts"
#: what a refusal shows of the results before it
_KEPT = ("score", "tests", "leaderboard", "test_output_format", "test_name_format")
_DAY = datetime.timedelta(days=1)


def results(report: Report, rules: GradescopeRules, metadata: Metadata) -> dict[str, Any]:
    """Return the results.json of a report that has a score, or of a rejected one."""
    made = gradescope.results(report)
    tests = [test for question in summary.questions(report) for test in question.tests]
    for entry, test in zip(made["tests"], tests, strict=True):
        entry["visibility"] = _shown(test, rules)
    counted = counted_attempts(metadata)
    if report.status is RunStatus.GRADED:  # and not refused by intake, which costs nothing
        counted += [metadata.created] if metadata.created is not None else []
        if rules.leaderboard:
            made["leaderboard"] = [_entry(board, report) for board in rules.leaderboard]
        if rules.late is not None:
            _subtract(made, rules.late, metadata)
    made["extra_data"][ATTEMPTS] = [time.isoformat() for time in counted]
    return made


def _shown(test: TestResult, rules: GradescopeRules) -> str:
    if test.question in rules.visibility:
        return rules.visibility[test.question]
    return rules.hidden_tests if test.visibility is Visibility.HIDDEN else "visible"


def _entry(board: Board, report: Report) -> dict[str, Any]:
    chosen = [test for test in report.tests if board.question in (None, test.question)]
    of_time = board.value.startswith("seconds")
    value = sum(test.seconds if of_time else test.score for test in chosen)
    return {
        "name": board.name,
        "value": round(value, 3) if of_time else summary.points(value),
        "order": board.order,
    }


# -- late ------------------------------------------------------------------------------


def days_late(late: Late, metadata: Metadata) -> int:
    """Return how many days late were begun; 0 where Gradescope names no date."""
    if metadata.created is None or metadata.due is None:
        return 0
    over = metadata.created - metadata.due - datetime.timedelta(minutes=late.grace_minutes)
    return max(0, math.ceil(over / _DAY))


def _subtract(made: dict[str, Any], late: Late, metadata: Metadata) -> None:
    days = days_late(late, metadata)
    if days == 0 or metadata.due is None:
        return
    share = min(1.0, days * late.per_day)
    full = made["score"]
    made["score"] = summary.points(full * (1 - share))
    sentence = (
        f"Late: {days} {'day' if days == 1 else 'days'} after your due date "
        f"({_shown_time(metadata.due)}), which costs {share:.4g} of the score: "
        f"{made['score']} instead of {full} points."
    )
    made["output"] = "\n\n".join(filter(None, [sentence, made["output"]]))


# -- attempts --------------------------------------------------------------------------


def counted_attempts(metadata: Metadata) -> list[datetime.datetime]:
    """Return when the earlier submissions that were graded were handed in.

    The latest results say it. Without them, everything counts that the autograder did not fail on.
    """
    for each in reversed(metadata.earlier):
        told = _told(each)
        if told is not None:
            return told
    return [each.time for each in metadata.earlier if each.time is not None and not each.failed]


def _told(earlier: Earlier) -> list[datetime.datetime] | None:
    extra = (earlier.results or {}).get("extra_data")
    texts = extra.get(ATTEMPTS) if isinstance(extra, Mapping) else None
    if not isinstance(texts, list):
        return None
    try:
        return [datetime.datetime.fromisoformat(text) for text in texts]
    except (TypeError, ValueError):
        return None


def refusal(rules: GradescopeRules, metadata: Metadata) -> dict[str, Any] | None:
    """Return the results of a submission that is one too many; None: it is to be graded."""
    attempts, created = rules.attempts, metadata.created
    if attempts is None or created is None:
        return None
    counted = counted_attempts(metadata)
    recent = sorted(time for time in counted if _counts(time, attempts, created))
    if len(recent) < attempts.count:
        return None
    kept = _kept(metadata)
    sentence = "\n\n".join(_refused(attempts, recent, has_score=bool(kept)))
    return {
        "score": 0,
        "tests": [],
        **kept,
        "output": sentence,
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "extra_data": {"status": "refused", ATTEMPTS: [time.isoformat() for time in counted]},
    }


def _counts(time: datetime.datetime, attempts: Attempts, created: datetime.datetime) -> bool:
    if attempts.hours is None:
        return True
    return created - time < datetime.timedelta(hours=attempts.hours)


def _refused(
    attempts: Attempts, recent: list[datetime.datetime], *, has_score: bool
) -> Iterator[str]:
    window = "" if attempts.hours is None else f" in {attempts.hours:g} hours"
    yield (
        f"Not graded: {attempts.count} submissions are graded{window}, and you have handed in "
        f"{len(recent)}. Nothing was run, and this one does not count."
    )
    if attempts.hours is not None:
        free = recent[len(recent) - attempts.count] + datetime.timedelta(hours=attempts.hours)
        yield f"The next one is graded from {_shown_time(free)} on."
    if has_score:
        yield "The score and the tests shown are those of your latest submission that was graded."


def _kept(metadata: Metadata) -> dict[str, Any]:
    """Return what stays of the latest results: a submission that is refused costs nothing."""
    kept: dict[str, Any] = {}
    for each in metadata.earlier:
        if each.failed:
            continue
        if each.score is not None:
            kept["score"] = each.score
        if each.results is not None:
            kept |= {name: each.results[name] for name in _KEPT if name in each.results}
    return kept


def _shown_time(time: datetime.datetime) -> str:
    return time.strftime("%Y-%m-%d %H:%M %z")
