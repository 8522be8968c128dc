"""The due date that Gradescope gives each student, and what comes before it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from grader.course.assignment import Assignment, Course, Late
from grader.lms import Job, JobPlace
from grader.lms.jobs import autograde, gradescope

BERLIN = ZoneInfo("Europe/Berlin")
CLASS = "2026-10-24T20:00:00.000000+02:00"
EXTENDED = "2026-10-27T20:00:00.000000+01:00"
RELU = Assignment(
    "relu",
    "ReLU",
    due=datetime(2026, 10, 20, 20, 0, tzinfo=BERLIN),
    late=Late(per_day=10),
    zone=BERLIN,
)


def job(root: Path, submitted: str, *dates: object, due: object = CLASS) -> Job:
    """What the adapter makes of the metadata of a group with these dates of their own."""
    users: list[Any] = [
        {
            "id": n,
            "email": f"{n}@x.edu",
            "name": "A",
            "sid": str(n),
            "assignment": {"due_date": date},
        }
        for n, date in enumerate(dates)
    ]
    told = {"id": 1, "created_at": submitted, "assignment": {"due_date": due}, "users": users}
    (root / "autograder").mkdir(exist_ok=True)
    (root / "autograder" / "submission_metadata.json").write_text(json.dumps(told))
    return gradescope.job(JobPlace({}, root, root))


@pytest.mark.parametrize(
    ("submitted", "dates", "penalty"),
    [
        ("2026-10-24T19:00:00+02:00", [CLASS], 0.0),
        ("2026-10-24T21:00:00+02:00", [CLASS], 10.0),
        ("2026-10-24T21:00:00+02:00", [EXTENDED], 0.0),
        ("2026-10-24T21:00:00+02:00", ["2026-10-24T21:00:00+02:00"], 0.0),  # by an hour
        ("2026-10-28T19:00:00+01:00", [EXTENDED], 10.0),  # late from the extension on
        ("2026-10-24T21:00:00+02:00", [CLASS, EXTENDED], 0.0),  # a group: the latest of its dates
        ("2026-10-24T21:00:00+02:00", [None, "", {"x": 1}], 10.0),  # no date: the class's
        ("2026-10-25T20:00:00+01:00", [CLASS], 10.0),  # a day of 25 hours
        ("2026-10-25T20:30:00+01:00", [CLASS], 20.0),
        ("2026-10-24T18:30:00Z", [CLASS], 10.0),
        ("soon", [CLASS], 0.0),
    ],
)
def test_lateness_is_counted_from_the_students_own_date(
    submitted: str, dates: list[object], penalty: float, tmp_path: Path
) -> None:
    made = job(tmp_path, submitted, *dates)
    assert autograde.lateness(made, Course(tmp_path, "C", BERLIN), RELU)[0] == penalty


def test_without_any_date_of_the_system_the_courses_holds(tmp_path: Path) -> None:
    made = job(tmp_path, "2026-10-21T21:00:00+02:00", None, due=None)
    assert autograde.lateness(made, Course(tmp_path, "C", BERLIN), RELU)[0] == 20.0


def test_a_row_of_the_courses_extensions_comes_first_and_grace_on_top(tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text("student,assignment,due\n0,relu,2026-10-26 20:00\n")
    course = Course(tmp_path, "C", BERLIN, (RELU,), tmp_path / "e.csv")
    assert (
        autograde.lateness(job(tmp_path, "2026-10-26T19:00:00+01:00", CLASS), course, RELU)[0]
        == 0.0
    )
    later = job(tmp_path, "2026-10-26T20:10:00+01:00", CLASS)
    assert autograde.lateness(later, course, RELU)[0] == 10.0
    mild = Assignment("relu", "ReLU", due=RELU.due, late=RELU.late, grace=timedelta(minutes=15))
    assert autograde.lateness(later, course, mild)[0] == 0.0
    other = job(tmp_path, "2026-10-26T19:00:00+01:00", CLASS, CLASS)
    assert autograde.lateness(other, course, RELU)[0] == 0.0
    gone = Course(tmp_path, "C", BERLIN, (RELU,), tmp_path / "gone.csv")
    assert autograde.lateness(later, gone, RELU)[0] == 30.0
