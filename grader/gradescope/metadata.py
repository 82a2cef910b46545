"""`submission_metadata.json`: when something was handed in, by whom, and what came before.

Nothing in it is relied on to be there or of its type: what cannot be read is None or left out.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

#: bytes of a file that Gradescope writes, earlier results included
_MOST_BYTES = 64 << 20


@dataclasses.dataclass(frozen=True, kw_only=True)
class Earlier:
    """An earlier submission of the same students."""

    time: datetime.datetime | None
    score: float | None
    #: the autograder failed on it, so that it says nothing about the student
    failed: bool
    #: its results.json; Gradescope tells only the latest one's
    results: Mapping[str, Any] | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Metadata:
    """What Gradescope says about a submission."""

    #: when it was handed in; grading may come much later, and again
    created: datetime.datetime | None = None
    #: the students' own due date, with extensions; of a group the latest
    due: datetime.datetime | None = None
    #: from the first to the latest
    earlier: tuple[Earlier, ...] = ()
    #: of the assignment's autograder question; None: Gradescope does not say
    points: float | None = None
    #: why there is nothing to know, if so
    problem: str = ""

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the file; one that is missing or damaged says so in `problem`."""
        try:
            with path.open("rb") as file:
                data = json.loads(file.read(_MOST_BYTES))
        except (OSError, ValueError, RecursionError) as error:
            return cls(problem=f"{path} cannot be read: {error}")
        if not isinstance(data, dict):
            return cls(problem=f"{path} holds no object")
        return cls(
            created=_time(data.get("created_at")),
            due=_due(data),
            earlier=tuple(_earlier(data.get("previous_submissions"))),
            points=_points(_object(data.get("assignment")).get("outline")),
        )


def _due(data: Mapping[str, Any]) -> datetime.datetime | None:
    """Return the latest due date of the students, else the assignment's."""
    users = data.get("users")
    found = [
        _time(_object(_object(user).get("assignment")).get("due_date"))
        for user in (users if isinstance(users, list) else [])
    ]
    own = [time for time in found if time is not None]
    return max(own) if own else _time(_object(data.get("assignment")).get("due_date"))


def _earlier(value: Any) -> Iterator[Earlier]:
    for each in map(_object, value if isinstance(value, list) else []):
        results = each.get("results")
        yield Earlier(
            time=_time(each.get("submission_time")),
            score=_number(each.get("score")),
            failed=each.get("autograder_error") is True,
            results=results if isinstance(results, dict) else None,
        )


def _points(outline: Any) -> float | None:
    """Return the points of the one question that a program grades."""
    questions = map(_object, outline if isinstance(outline, list) else [])
    found = [each for each in questions if each.get("type") == "ProgrammingQuestion"]
    return _number(found[0].get("weight")) if len(found) == 1 else None


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _time(value: Any) -> datetime.datetime | None:
    """Return a point in time; one without an offset is taken for UTC."""
    try:
        time = datetime.datetime.fromisoformat(value)
        aware = time if time.tzinfo is not None else time.replace(tzinfo=datetime.UTC)
        aware.astimezone(datetime.UTC)  # the years 1 and 9999 have no neighbor
    except (TypeError, ValueError, OverflowError):
        return None
    return aware


def _number(value: Any) -> float | None:
    """Return a number, which Gradescope also writes as a string."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
