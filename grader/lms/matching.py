"""Which student of a roster a submission is of.

By id only, never by a name: a submission is called after an id of the roster, or as the system
calls the files that it hands out.
"""

from __future__ import annotations

import dataclasses
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from grader import sanitize
from grader.errors import UsageError
from grader.lms.rosters import Student
from grader.results import Report

#: Canvas: name, perhaps LATE, user id, submission id, file; Moodle: name, participant, kind
_CANVAS = re.compile(r"[^_]+(?:_late)?_([0-9]+)_[0-9]+_.*", re.IGNORECASE)
_MOODLE = re.compile(r".+_([0-9]+)_assignsubmission_.*", re.IGNORECASE)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Matched:
    """What belongs to whom, and what to nobody."""

    #: line of the roster -> report
    reports: dict[int, Report]
    #: submissions of nobody in the roster
    strangers: tuple[Report, ...]
    #: students without a submission
    missing: tuple[Student, ...]


def match(reports: Sequence[Report], students: Sequence[Student]) -> Matched:
    """Match by id, whatever its case; raise UsageError where two answers are possible."""
    owners: dict[str, set[int]] = defaultdict(set)
    for student in students:
        for key in _keys(student):
            owners[key].add(student.line)
    by_line = {student.line: student for student in students}
    found: dict[int, list[Report]] = defaultdict(list)
    strangers, problems = [], []
    for report in reports:
        lines = set().union(*(owners.get(name, set()) for name in _names(report.submission)))
        if len(lines) > 1:
            shown = "; ".join(by_line[line].shown for line in sorted(lines))
            problems.append(
                f"submission {sanitize.name(report.submission)!r} may be of several: {shown}"
            )
        elif lines:
            found[lines.pop()].append(report)
        else:
            strangers.append(report)
    problems += _several(found, by_line)
    if problems:
        raise UsageError(
            "\n".join([*problems, "Nothing is written; rename or remove submissions."])
        )
    return Matched(
        reports={line: of_one[0] for line, of_one in found.items()},
        strangers=tuple(strangers),
        missing=tuple(student for student in students if student.line not in found),
    )


def _several(found: dict[int, list[Report]], by_line: dict[int, Student]) -> Iterator[str]:
    for line, of_one in found.items():
        if len(of_one) > 1:
            shown = ", ".join(repr(sanitize.name(report.submission)) for report in of_one)
            yield f"{by_line[line].shown} has several submissions: {shown}"


def _keys(student: Student) -> Iterable[str]:
    """Yield what a submission of the student may be called, in small letters."""
    for id_ in student.ids:
        key = id_.casefold()
        yield key
        # Moodle's "Participant 123" is 123 in the names of its files
        yield key.removeprefix("participant ")
        if "@" in key:
            yield key.partition("@")[0]


def _names(submission: str) -> Iterable[str]:
    name = submission.casefold()
    yield name
    for pattern in (_CANVAS, _MOODLE):
        if found := pattern.fullmatch(name):
            yield found[1]
