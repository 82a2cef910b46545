"""What `[gradescope]` makes of a report and of what Gradescope says about a submission."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pytest
from report_kit import HIDDEN, make_rejected, make_report, make_test

from grader.export import gradescope
from grader.gradescope import policy
from grader.gradescope.metadata import Metadata
from grader.gradescope_rules import GradescopeRules

DUE = "2026-10-01T23:59:00.000000-07:00"


def rules(**values: Any) -> GradescopeRules:
    return GradescopeRules.model_validate(values)


def metadata(tmp_path: Path, **values: Any) -> Metadata:
    """Return what is read of a file like Gradescope's, with other values."""
    data = {
        "id": 123456,
        "created_at": "2026-10-01T12:00:00.000000-07:00",
        "assignment": {
            "due_date": DUE,
            "group_size": None,
            "group_submission": False,
            "id": 1,
            "course_id": 2,
            "late_due_date": None,
            "release_date": "2026-09-01T00:00:00.000000-07:00",
            "title": "Homework 1",
            "total_points": "100.0",
        },
        "assignment_id": None,
        "submission_method": "upload",
        "users": [{"email": "a@example.edu", "id": 7, "name": "A", "sid": None}],
        "previous_submissions": [],
        **values,
    }
    path = tmp_path / "submission_metadata.json"
    path.write_text(json.dumps(data))
    return Metadata.read(path)


def earlier(time: str, score: object = "50.0", **values: object) -> dict[str, object]:
    return {"submission_time": time, "score": score, "autograder_error": False, **values}


def at(hour: int, day: int = 1) -> str:
    return f"2026-10-{day:02}T{hour:02}:00:00.000000-07:00"


def test_without_rules_nothing_changes(tmp_path):
    report = make_report()
    made = policy.results(report, rules(), metadata(tmp_path))
    assert made.pop("extra_data").pop("attempts") == ["2026-10-01T12:00:00-07:00"]
    plain = gradescope.results(report)
    del plain["extra_data"]
    assert made == plain


# -- who sees what ---------------------------------------------------------------------


def test_visibility_is_that_of_the_question_then_that_of_hidden_tests(tmp_path):
    report = make_report(
        make_test(), HIDDEN, make_test("test_x", question="nn"), make_test("test_y", question="nn")
    )
    chosen = rules(hidden_tests="after_due_date", visibility={"nn": "after_published"})
    made = policy.results(report, chosen, metadata(tmp_path))
    assert [(test["number"], test["visibility"]) for test in made["tests"]] == [
        ("1.1", "visible"),
        ("2.1", "after_due_date"),
        ("3.1", "after_published"),
        ("3.2", "after_published"),
    ]


def test_a_leaderboard_has_scores_and_seconds_of_all_or_of_a_question(tmp_path):
    report = make_report(make_test(seconds=1.5), HIDDEN, make_test("test_b", seconds=2.25))
    boards = [
        {"name": "Points", "value": "score"},
        {"name": "Time", "value": "seconds of forward", "order": "asc"},
    ]
    made = policy.results(report, rules(leaderboard=boards), metadata(tmp_path))
    assert made["leaderboard"] == [
        {"name": "Points", "value": 2, "order": "desc"},
        {"name": "Time", "value": 3.75, "order": "asc"},
    ]
    rejected = policy.results(make_rejected(), rules(leaderboard=boards), metadata(tmp_path))
    assert "leaderboard" not in rejected


# -- late ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("created", "days"),
    [
        ("2026-10-01T23:59:00-07:00", 0),
        ("2026-10-02T00:09:00-07:00", 0),  # within the grace
        ("2026-10-02T00:09:01-07:00", 1),
        ("2026-10-02T07:00:00Z", 0),
        ("2026-10-03T00:09:00-07:00", 1),
        ("2026-10-03T00:10:00-07:00", 2),
    ],
)
def test_days_late_are_counted_from_the_due_date(tmp_path, created, days):
    late = rules(late={"per_day": 0.1, "grace_minutes": 10}).late
    assert policy.days_late(late, metadata(tmp_path, created_at=created)) == days


def test_an_extension_moves_the_due_date_and_a_group_has_the_latest(tmp_path):
    users = [
        {"id": 1, "assignment": {"due_date": DUE}},
        {"id": 2, "assignment": {"due_date": at(12, day=4)}},
        {"id": 3, "assignment": None},
    ]
    late = rules(late={"per_day": 0.25}).late
    found = metadata(tmp_path, created_at=at(13, day=4), users=users)
    assert policy.days_late(late, found) == 1
    assert policy.days_late(late, metadata(tmp_path, created_at=at(12, day=4), users=users)) == 0


@pytest.mark.parametrize(("day", "score"), [(2, 1.5), (5, 0)])
def test_being_late_costs_a_share_and_says_so(tmp_path, day, score):
    report = make_report(*(make_test(f"test_{i}") for i in range(2)))
    found = metadata(tmp_path, created_at=at(12, day=day))
    made = policy.results(report, rules(late={"per_day": 0.25}), found)
    assert made["score"] == score
    assert f"{score} instead of 2 points" in made["output"]
    assert "2026-10-01 23:59 -0700" in made["output"]


def test_without_dates_nobody_is_late(tmp_path):
    found = metadata(tmp_path, created_at="soon", assignment={"due_date": None})
    made = policy.results(make_report(), rules(late={"per_day": 0.25}), found)
    assert made["score"] == 1
    assert made["output"] == ""


# -- attempts --------------------------------------------------------------------------

TWICE_A_DAY = rules(attempts={"count": 2, "hours": 24})


def test_one_too_many_is_refused_and_keeps_the_score(tmp_path):
    kept = {"score": 61.5, "tests": [{"name": "x", "score": 1}], "output": "old", "leaderboard": []}
    before = [earlier(at(9)), earlier(at(10), results=kept)]
    made = policy.refusal(TWICE_A_DAY, metadata(tmp_path, previous_submissions=before))
    assert made is not None
    assert (made["score"], made["tests"]) == (61.5, [{"name": "x", "score": 1}])
    assert "2 submissions are graded in 24 hours, and you have handed in 2" in made["output"]
    assert "from 2026-10-02 09:00 -0700 on" in made["output"]
    assert "old" not in made["output"]


def test_without_earlier_results_the_score_of_the_latest_stays(tmp_path):
    before = [earlier(at(9)), earlier(at(10), score="70.5"), earlier(at(11), score=None)]
    made = policy.refusal(TWICE_A_DAY, metadata(tmp_path, previous_submissions=before))
    assert made is not None
    assert made["score"] == 70.5


@pytest.mark.parametrize(
    "before",
    [
        [earlier(at(10))],
        # a day and more ago
        [earlier("2026-09-30T12:00:00-07:00"), earlier(at(10))],
        # the autograder failed
        [earlier(at(9)), earlier(at(10), autograder_error=True)],
        # two were refused, or rejected, and do not count
        [
            *(earlier(at(hour)) for hour in (8, 9)),
            earlier(at(10), results={"score": 1, "extra_data": {"attempts": [at(8)]}}),
        ],
        [{}, None, {"submission_time": 7}],
    ],
)
def test_what_does_not_count(tmp_path, before):
    found = metadata(tmp_path, previous_submissions=before)
    assert policy.refusal(TWICE_A_DAY, found) is None


def test_time_is_that_of_handing_in(tmp_path):
    before = [earlier("2020-01-01T08:00:00Z"), earlier("2020-01-01T09:00:00Z")]
    found = metadata(tmp_path, created_at="2020-01-01T10:00:00Z", previous_submissions=before)
    assert policy.refusal(TWICE_A_DAY, found) is not None


def test_without_hours_all_count(tmp_path):
    before = [earlier("2020-01-01T08:00:00Z"), earlier(at(9))]
    found = metadata(tmp_path, previous_submissions=before)
    made = policy.refusal(rules(attempts={"count": 2}), found)
    assert made is not None
    assert "from" not in made["output"].split("Nothing was run")[0]


def test_refusals_and_rejections_pass_on_what_counts(tmp_path):
    results: dict[str, object] = {}
    before: list[dict[str, object]] = []
    for hour, report in [(8, make_report()), (9, make_rejected()), (10, make_report()), (11, None)]:
        found = metadata(tmp_path, created_at=at(hour), previous_submissions=before)
        made = policy.refusal(TWICE_A_DAY, found)
        assert (made is not None) == (report is None)
        results = made or policy.results(report, TWICE_A_DAY, found)
        for each in before:
            each.pop("results", None)
        before.append(earlier(at(hour), score=results["score"], results=results))
    assert results["extra_data"]["attempts"] == [
        "2026-10-01T08:00:00-07:00",
        "2026-10-01T10:00:00-07:00",
    ]


# -- the file --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["", "[]", "nothing", '{"a"', "[" * 100_000, "\ufffd", "7", "null"]
)
def test_a_damaged_file_says_so_and_nothing_is_refused(tmp_path, text):
    path = tmp_path / "submission_metadata.json"
    path.write_text(text)
    found = Metadata.read(path)
    assert str(path) in found.problem
    assert policy.refusal(TWICE_A_DAY, found) is None
    assert policy.results(make_report(), rules(late={"per_day": 1}), found)["score"] == 1


def test_a_missing_file_says_so(tmp_path):
    assert "cannot be read" in Metadata.read(tmp_path / "none.json").problem


def test_the_points_on_gradescope_are_those_of_its_question(tmp_path):
    graded = {"type": "ProgrammingQuestion", "title": "Autograder", "weight": "90.0"}
    by_hand = {"type": "FreeResponseQuestion", "title": "Style", "weight": "10.0"}
    assert metadata(tmp_path, assignment={"outline": [by_hand, graded]}).points == 90


@pytest.mark.parametrize("odd", [None, 7, "x", [], {}, [7], [[]], {"assignment": 3}, True, 1e999])
def test_values_of_any_type_are_passed_over(tmp_path, odd):
    assert metadata(tmp_path, assignment={"outline": odd}).points is None
    assert metadata(tmp_path, assignment={"outline": [odd]}).points is None
    keys = ("created_at", "assignment", "users", "previous_submissions")
    found = metadata(tmp_path, **dict.fromkeys(keys, odd))
    assert (found.created, found.due) == (None, None)
    found = metadata(
        tmp_path,
        users=[{"assignment": {"due_date": odd}}],
        previous_submissions=[{"submission_time": odd, "score": odd, "results": odd}],
    )
    assert found.due == datetime.datetime.fromisoformat(DUE)
    made = policy.refusal(rules(attempts={"count": 1}), found)
    assert made is None
