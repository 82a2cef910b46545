"""`[gradescope]`: what an assignment asks of Gradescope, and what it asks of students there."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from grader.tables import Table, Text

#: who sees a test: Gradescope's words; with one that is not visible, students see no total
Shown = Literal["visible", "hidden", "after_due_date", "after_published"]
#: Seconds that starting, unpacking, compiling and reporting may take beside the tests. What takes
#: longer is stopped without a score.
AROUND_SECONDS = 120.0
#: seconds that Gradescope grants a run, by default and at most
DEFAULT_SECONDS, MOST_SECONDS = 600.0, 2400.0

_VALUE = re.compile(r"(?:score|seconds)(?: of (?P<question>.+))?")


def _value(value: str) -> str:
    if _VALUE.fullmatch(value) is None:
        raise ValueError(
            f"{value!r} is none of 'score', 'seconds', 'score of QUESTION', 'seconds of QUESTION'"
        )
    return value


class Attempts(Table):
    """`[gradescope.attempts]`: how many submissions of a student are graded."""

    count: Annotated[int, Field(strict=True, ge=1)]
    #: in any time of this length; None: in all
    hours: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None


class Late(Table):
    """`[gradescope.late]`: what handing in after the due date costs.

    The due date is the student's own, with the extension that Gradescope knows of.
    """

    #: share of the score for every day that was begun
    per_day: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]
    #: what is not late yet
    grace_minutes: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0


class Board(Table):
    """`[[gradescope.leaderboard]]`: a column of the leaderboard."""

    name: Text
    #: `score`, `seconds` of all tests, or either followed by `of QUESTION`
    value: Annotated[str, AfterValidator(_value)]
    order: Literal["asc", "desc"] = "desc"

    @property
    def question(self) -> str | None:
        """Return the question that is meant; None: all of them."""
        match = _VALUE.fullmatch(self.value)
        return match["question"] if match else None


class GradescopeRules(Table):
    """The whole table."""

    #: the time limit that is chosen on Gradescope
    seconds: Annotated[float, Field(ge=60, le=MOST_SECONDS)] = DEFAULT_SECONDS
    #: the back end that keeps student code away; process does not, and is for kernels without the
    #: means of the others
    sandbox: Literal["auto", "bubblewrap", "container", "process"] = "auto"
    #: who sees hidden tests of questions that `visibility` does not name
    hidden_tests: Shown = "visible"
    #: question -> who sees its tests
    visibility: dict[Text, Shown] = {}
    attempts: Attempts | None = None
    late: Late | None = None
    leaderboard: tuple[Board, ...] = ()

    def unknown(self, questions: Collection[str]) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Yield where a question is named that there is not, and its name."""
        for name in self.visibility:
            if name not in questions:
                yield ("visibility", name), name
        for number, board in enumerate(self.leaderboard):
            if board.question is not None and board.question not in questions:
                yield ("leaderboard", number, "value"), board.question
