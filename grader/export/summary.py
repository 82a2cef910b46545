"""What is said about one report or many: by question, by test, by score."""

from __future__ import annotations

import dataclasses
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from grader.results import Report, RunStatus, Status, TestResult, Visibility


@dataclasses.dataclass(frozen=True, kw_only=True)
class Question:
    """What one submission earned for one question."""

    id: str
    tests: tuple[TestResult, ...]

    @property
    def score(self) -> float:
        return sum(test.score for test in self.tests)

    @property
    def max_score(self) -> float:
        return sum(test.max_score for test in self.tests)

    @property
    def tally(self) -> Tally:
        return tally(self.tests)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Tally:
    """How many tests passed, of those with points.

    Three tests that wait for a data set earn nothing: "81 of 84" would look like three mistakes.
    """

    passed: int
    total: int
    #: of those without points
    skipped: int

    def __str__(self) -> str:
        more = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} of {self.total} tests passed{more}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class TestRate:
    """How one test went for all submissions that have a result of it."""

    __test__ = False

    id: str
    title: str
    question: str
    visibility: Visibility
    #: how often it ended in which way
    counts: Mapping[Status, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def passed(self) -> int:
        return self.counts.get(Status.PASSED, 0)

    @property
    def wrong(self) -> int:
        return self.counts.get(Status.FAILED, 0)

    @property
    def other(self) -> int:
        """How often it ended without an answer: exception, limit, crash."""
        return self.total - self.passed - self.wrong

    @property
    def share(self) -> float:
        return self.passed / self.total


@dataclasses.dataclass(frozen=True, kw_only=True)
class Bin:
    """One bar of the score distribution."""

    #: scores from `low` up to, but for the last bar not including, `high`
    low: float
    high: float
    count: int


def points(value: float) -> float | int:
    """Return points without the noise of adding floats."""
    rounded = round(value, 4)
    return int(rounded) if rounded == int(rounded) else rounded


def title(test: TestResult) -> str:
    """Return the name of a test without its file."""
    return test.id.partition("::")[2] or test.id


def tally(tests: Sequence[TestResult]) -> Tally:
    """Return how many of the tests with points passed; where none has any, of all."""
    counted = [test for test in tests if test.max_score] or tests
    skipped = sum(test.status is Status.SKIPPED for test in tests if not test.max_score)
    passed = sum(test.status is Status.PASSED for test in counted)
    return Tally(passed=passed, total=len(counted), skipped=skipped)


def questions(report: Report) -> list[Question]:
    """Return the questions of a report in the order of its tests."""
    tests: dict[str, list[TestResult]] = {}
    for test in report.tests:
        tests.setdefault(test.question, []).append(test)
    return [Question(id=key, tests=tuple(found)) for key, found in tests.items()]


def question_ids(reports: Iterable[Report]) -> list[str]:
    """Return the questions of all reports, in order of appearance."""
    return list(dict.fromkeys(test.question for report in reports for test in report.tests))


def scores(reports: Iterable[Report]) -> list[float]:
    """Return the scores that there are: broken and rejected submissions have none."""
    return [report.score for report in reports if report.score is not None]


def median(values: Sequence[float]) -> float | None:
    return statistics.median(values) if values else None


def mean(values: Sequence[float]) -> float | None:
    return statistics.fmean(values) if values else None


def distribution(values: Sequence[float], max_score: float, bars: int = 10) -> list[Bin]:
    """Return how many scores lie in each of some equal parts of what could be earned."""
    width = max_score / bars if max_score > 0 else 1.0
    counts = Counter(min(bars - 1, max(0, int(value / width + 1e-9))) for value in values)
    return [Bin(low=n * width, high=(n + 1) * width, count=counts[n]) for n in range(bars)]


def rates(reports: Iterable[Report]) -> list[TestRate]:
    """Return how each test went, the hardest first.

    Broken runs say nothing about a test, and neither does one that the trusted side skipped.
    """
    counts: dict[str, Counter[Status]] = {}
    tests: dict[str, TestResult] = {}
    for report in reports:
        for test in report.tests if report.status is RunStatus.GRADED else ():
            if test.status is Status.SKIPPED:
                continue
            tests.setdefault(test.id, test)
            counts.setdefault(test.id, Counter())[test.status] += 1
    found = [
        TestRate(
            id=key,
            title=title(test),
            question=test.question,
            visibility=test.visibility,
            counts=counts[key],
        )
        for key, test in tests.items()
    ]
    return sorted(found, key=lambda rate: rate.share)
