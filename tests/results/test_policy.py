"""Course policy: what lateness, extensions, several hand-ins and changes by hand make of a score."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from places import ROOT

from grader import cli, text
from grader.course import extensions
from grader.course.assignment import Assignment, Course, Late, Step
from grader.course.catalog import CatalogError, load
from grader.course.extensions import Extension, matched
from grader.lms import export
from grader.lms.canvas_api import Target, canvas
from grader.model import Grade, Outcome, Submission
from grader.results import class_figures as statistics
from grader.results import class_report, feedback, policy
from grader.results import tables as gradebook
from grader.results.policy import UNKNOWN, adjusted, duration, holding, judged, ranked
from grader.results.store import Adjustment, Run, Store, StoreError, content_hash

PAGE = (ROOT / "docs" / "policy.md").read_text(encoding="utf-8")
BERLIN = ZoneInfo("Europe/Berlin")
DUE = datetime(2026, 12, 1, 23, 59, tzinfo=BERLIN)
RELU = Assignment("relu", "ReLU", due=DUE, late=Late(per_day=10, at_most=50))
LSTM = Assignment("lstm", "LSTM")


def graded(points: float | None, at: str = "", student: str = "ada", **known: str) -> Grade:
    """A grade with one check; None: it could not be judged."""
    status = "error" if points is None else "failed"
    check = Outcome("test_a.py::test_a", "a is right", status, points or 0.0, 100.0, "wrong")
    return Grade(Submission(student, "relu.py", submitted_at=at, **known), 100.0, (check,))


def counted(*grades: Grade, assignment: Assignment = RELU, **more: object) -> Grade:
    return judged(assignment, BERLIN, grades, **more)  # type: ignore[arg-type]


def after(due: datetime, **late: float) -> str:
    """The time so much after a due date, as it passes and not as clocks show it."""
    return (due.astimezone(UTC) + timedelta(**late)).isoformat()


# --- lateness -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "final"),
    [
        ("2026-12-01T23:59:00+01:00", 90.0),
        ("2026-12-01T23:59:01+01:00", 81.0),
        ("2026-12-01T22:59:00+00:00", 90.0),
        ("2026-12-01 23:59:00", 90.0),  # in the course's zone
        ("2026-12-02 23:59:00", 81.0),
        ("2026-12-02 23:59:01", 72.0),
        ("2027-12-01 00:00:00", 45.0),
        ("", 90.0),
        ("last Tuesday", 90.0),
        ("0001-01-01T00:00:00", 90.0),
    ],
)
def test_lateness_takes_its_share_off_the_score(at: str, final: float) -> None:
    """By the day begun, at most so much; the score of the checks stays."""
    made = counted(graded(90.0, at))
    assert (made.score, made.final) == (90.0, final)


def test_a_choice_among_several_files_settles_the_error() -> None:
    """The chosen file is the same submission; a submission at another time stays open."""
    monday, tuesday = "2026-11-30 12:00", "2026-12-01 12:00"
    made = graded(None, monday)
    open_ = replace(made, submission=replace(made.submission, is_ambiguous=True))
    best = replace(RELU, attempts="best")
    settled = counted(open_, graded(80.0, monday), assignment=best)
    assert (1, ()) == (settled.standing.attempts, settled.standing.lines)  # type: ignore[union-attr]
    later = counted(open_, graded(80.0, tuesday), assignment=best)
    assert policy.OPEN in later.reasons
    other_error = counted(made, graded(80.0, monday), assignment=best)
    assert policy.OPEN in other_error.reasons


def test_a_time_that_is_not_known_is_said_and_costs_nothing() -> None:
    assert counted(graded(90.0, "soon")).reasons == (UNKNOWN,)
    assert counted(graded(90.0, "soon"), assignment=replace(RELU, late=None)).reasons == ()
    assert counted(graded(90.0, "2026-12-01 12:00:00")).reasons == ()


def test_the_cut_off_is_reached_only_past_it() -> None:
    strict = replace(RELU, late=Late(per_day=10, at_most=50, cut_off=timedelta(days=7)))
    at_it = counted(graded(90.0, after(DUE, days=7)), assignment=strict)
    past_it = counted(graded(90.0, after(DUE, days=7, seconds=1)), assignment=strict)
    assert (at_it.final, past_it.final) == (45.0, 0.0)
    assert past_it.reasons == ("submitted 7 days late: 100 % off, after the cut-off",)


def test_within_the_grace_nothing_is_late_and_past_it_all_of_it_is() -> None:
    mild = replace(RELU, grace=timedelta(days=1))
    assert counted(graded(90.0, after(DUE, days=1)), assignment=mild).final == 90.0
    late = counted(graded(90.0, after(DUE, days=1, seconds=1)), assignment=mild)
    assert (late.final, late.standing.late_by) == (72.0, timedelta(days=1, seconds=1))


@pytest.mark.parametrize(
    ("due", "shown"),
    [
        (datetime(2026, 10, 24, 23, 59, tzinfo=BERLIN), "2026-10-25 23:59:00"),  # a day of 25 h
        (datetime(2027, 3, 27, 23, 59, tzinfo=BERLIN), "2027-03-28 23:59:00"),  # a day of 23 h
        (datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=1), "2026-10-26 02:30:00"),
    ],
)
def test_a_day_is_one_of_the_calendar_also_when_clocks_change(due: datetime, shown: str) -> None:
    """The same clock time on the next day is one day late, and a second more is two."""
    assignment = replace(RELU, due=due)
    handed_in = datetime.fromisoformat(shown).replace(tzinfo=BERLIN)
    assert counted(graded(100.0, shown), assignment=assignment).final == 90.0
    second = (handed_in + timedelta(seconds=1)).replace(tzinfo=None).isoformat()
    assert counted(graded(100.0, second), assignment=assignment).final == 80.0


def test_hours_alone_would_take_a_second_day() -> None:
    """What the difference in UTC would say on the day of 25 hours."""
    due = datetime(2026, 10, 24, 23, 59, tzinfo=BERLIN)
    handed_in = datetime(2026, 10, 25, 23, 58, tzinfo=BERLIN)
    passed = handed_in.astimezone(UTC) - due.astimezone(UTC)
    assert RELU.late is not None
    assert RELU.late.penalty(passed) == 20.0
    assert (
        counted(graded(100.0, handed_in.isoformat()), assignment=replace(RELU, due=due)).final
        == 90.0
    )


def test_an_hour_late_is_an_hour_also_across_the_change() -> None:
    """Within a day, the time that passes counts."""
    due = datetime(2026, 10, 25, 1, 30, tzinfo=BERLIN)
    late = replace(RELU, due=due).lateness("2026-10-25T02:30:00+01:00")
    assert late.late_by == timedelta(hours=2)
    spring = replace(RELU, due=datetime(2027, 3, 28, 1, 30, tzinfo=BERLIN))
    assert spring.lateness("2027-03-28T03:30:00+02:00").late_by == timedelta(hours=1)


@pytest.mark.parametrize("marked", [None, 0.0, 10.0])
def test_a_mark_costs_only_what_the_policy_says(marked: float | None) -> None:
    policy_ = replace(RELU, late=Late(per_day=10, marked=marked))
    grade = graded(90.0)
    late = replace(grade, submission=replace(grade.submission, marked_late=True))
    assert counted(late, assignment=policy_).final == (81.0 if marked else 90.0)
    assert counted(grade, assignment=policy_).final == 90.0
    timed = replace(late, submission=replace(late.submission, submitted_at="2026-12-01 12:00:00"))
    assert counted(timed, assignment=policy_).final == 90.0
    extension = Extension("ada", due=DUE + timedelta(days=2))
    told = counted(late, assignment=policy_, extension=extension)
    assert told.final == 90.0
    assert "extended" in " ".join(told.reasons)


def test_a_policy_without_times_is_said_once_and_names_who_is_marked() -> None:
    grade = graded(90.0, name="West, Kurt")
    late = replace(grade, submission=replace(grade.submission, marked_late=True, student="103"))
    on_time = graded(90.0, student="101")
    judged_ = [counted(late), counted(on_time)]
    said = policy.unapplied(RELU, judged_)
    assert said.startswith("the late policy is not applied: this download has no submission times")
    assert "marked LATE: West, Kurt (103)" in said
    assert "101" not in said
    assert "--times FILE" in said
    timed = counted(graded(90.0, "2026-12-01 12:00:00", student="102"))
    assert "2 of 3 submissions" in policy.unapplied(RELU, [*judged_, timed])
    assert policy.unapplied(RELU, [timed]) == ""
    assert policy.unapplied(replace(RELU, late=None), judged_) == ""
    by_mark = replace(RELU, late=Late(marked=10))
    assert "10 % off for West, Kurt (103)" in policy.unapplied(by_mark, judged_)


def test_an_hour_that_came_twice_is_the_students_gain() -> None:
    due = datetime(2026, 10, 25, 2, 15, tzinfo=BERLIN)  # the first 02:15
    said = graded(100.0, "2026-10-25 02:20:00")
    assert counted(said, assignment=replace(RELU, due=due)).standing.late_by == timedelta(minutes=5)


def test_steps_cost_what_they_say() -> None:
    steps = Late(steps=(Step(timedelta(), 5), Step(timedelta(days=2), 40)))
    found = [counted(graded(100.0, after(DUE, hours=h)), assignment=replace(RELU, late=steps)).final
             for h in (0, 1, 48, 49)]  # fmt: skip
    assert found == [100.0, 95.0, 95.0, 60.0]


def test_without_a_late_policy_lateness_is_said_and_free() -> None:
    made = counted(graded(90.0, after(DUE, hours=3)), assignment=replace(RELU, late=None))
    assert (made.final, made.reasons) == (90.0, ("submitted 3 h late: no late penalty",))


@given(st.floats(0, 100), st.integers(0, 10**6), st.integers(0, 10**6))
def test_later_is_never_more_and_never_below_zero(score: float, first: int, more: int) -> None:
    early = counted(graded(score, after(DUE, seconds=first)))
    late = counted(graded(score, after(DUE, seconds=first + more)))
    assert 0 <= late.final <= early.final <= early.score


# --- extensions and excuses ---------------------------------------------------------------------


def test_an_extension_moves_the_date_and_keeps_the_grace() -> None:
    mild = replace(RELU, grace=timedelta(minutes=15))
    later = Extension("ada", due=DUE + timedelta(days=3), where="x.csv:2", reason="ill")
    at = after(later.due, minutes=15)
    made = counted(graded(90.0, at), assignment=mild, extension=later)
    assert (made.final, made.standing.due) == (90.0, later.due)
    assert counted(graded(90.0, at), assignment=mild).final == 54.0
    late = counted(graded(90.0, after(later.due, days=1)), assignment=mild, extension=later)
    assert late.standing.late_by == timedelta(days=1)
    assert "ill" not in " ".join(made.reasons)
    assert made.standing.instructor == {"extension": "x.csv:2: ill"}


@given(st.integers(-(10**6), 10**6), st.integers(-(10**6), 10**6))
def test_an_extension_never_costs_anything(moved: int, late: int) -> None:
    """Whatever its date: one before the due date changes nothing."""
    extension = Extension("ada", due=DUE + timedelta(seconds=moved))
    grade = graded(90.0, after(DUE, seconds=late))
    with_it, without = counted(grade, extension=extension), counted(grade)
    assert with_it.final >= without.final
    if moved <= 0:
        assert with_it.standing.due == DUE


def test_an_extension_of_what_has_no_due_date_makes_nobody_late() -> None:
    made = counted(graded(90.0, "2027-01-01 00:00:00"), assignment=LSTM,
                   extension=Extension("ada", due=DUE))  # fmt: skip
    assert (made.final, made.reasons) == (90.0, ())


def test_who_is_excused_has_no_score_and_the_checks_keep_theirs() -> None:
    excuse = Extension("ada", excused=True)
    made = counted(graded(90.0, after(DUE, days=2)), extension=excuse,
                   changes=[Adjustment("ada", "=80", "x")])  # fmt: skip
    assert (made.score, made.final, made.excused) == (90.0, None, True)
    assert made.reasons == (policy.EXCUSED,)


def test_rows_find_their_student_by_any_exact_id() -> None:
    people = [Submission("ada", "a.py", sid="17", email="Ada@Example.edu"),
              Submission("zo\u0308e", "a.py"), Submission("adam", "a.py")]  # fmt: skip
    rows = [Extension(name, "relu", due=DUE + timedelta(days=1), where=f"x.csv:{line}")
            for line, name in enumerate(("ada@example.EDU", "ZO\u0308E", "bob", "ad"), 2)]  # fmt: skip
    found, notes = matched(rows, RELU, people)
    assert set(found) == {"ada", "zo\u0308e"}
    assert notes == ("x.csv:4: 'bob' is not in these results",
                     "x.csv:5: 'ad' is not in these results")  # fmt: skip
    assert matched(rows, LSTM, people) == ({}, ())


def test_a_row_may_name_a_student_whose_name_is_clear() -> None:
    """An id wins over a name; a name that several students have is refused."""
    row = Extension("West, Kurt", "relu", excused=True, where="x.csv:2")
    people = [Submission("17", "a.py", name="Kurt West"), Submission("18", "a.py", name="Ada Bird")]
    assert matched([row], RELU, people) == ({"17": row}, ())
    with pytest.raises(CatalogError, match="names '17' and '19'; write an id"):
        matched([row], RELU, [*people, Submission("19", "a.py", name="Kurt West")])


def test_a_date_that_changes_nothing_is_noted() -> None:
    early = Extension("ada", "relu", due=DUE, where="x.csv:2")
    [note] = matched([early], RELU, [Submission("ada", "a.py")])[1]
    assert note == "x.csv:2: 2026-12-01 23:59 is not after the due date: nothing changes"
    for_all = replace(early, assignment="")
    assert matched([for_all], RELU, [Submission("ada", "a.py")])[1] == ()


def test_two_rows_for_one_student_and_one_row_for_two_are_refused() -> None:
    by_id = Extension("ada", "relu", excused=True, where="x.csv:2")
    by_sid = Extension("17", "relu", excused=True, where="x.csv:5")
    people = [Submission("ada", "a.py", sid="17"), Submission("bob", "a.py")]
    with pytest.raises(CatalogError, match=r"^x\.csv:5: student: '17' .* line 2; write one row"):
        matched([by_id, by_sid], RELU, people)
    people = [Submission("ada", "a.py"), Submission("bob", "a.py", sid="ada")]
    with pytest.raises(CatalogError, match="'ada' names 'ada' and 'bob'; write an id"):
        matched([by_id], RELU, people)


# --- the CSV ------------------------------------------------------------------------------------

HEAD = "student,assignment,due,excused,reason\n"


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    folder = tmp_path_factory.mktemp("course")
    return Course(folder, "Course", BERLIN, (RELU, LSTM), folder / "extensions.csv")


def read(course: Course, data: str | bytes) -> tuple[Extension, ...]:
    course.extensions.write_bytes(data if isinstance(data, bytes) else data.encode())
    return extensions.read(course)


def test_a_table_is_read_as_spreadsheets_save_it(course: Course) -> None:
    """A mark, semicolons or tabs, CRLF, quotes, another order, empty rows and columns: all one."""
    later = datetime(2026, 12, 3, 23, 59, tzinfo=BERLIN)
    want = (Extension("ada", "relu", later, False, "ill, twice", "extensions.csv:2"),
            Extension("4711", "", None, True, "", "extensions.csv:3"))  # fmt: skip
    plain = HEAD + 'ada,relu,2026-12-03 23:59,,"ill, twice"\n4711,*,,yes,\n'
    assert read(course, plain) == want
    assert read(course, ("\ufeff" + plain.replace("\n", "\r\n")).encode()) == want
    other = ('Reason;Due;STUDENT;Excused;Assignment;;\r\n"ill, twice";2026-12-03;ada;no;relu;;\r\n'
             ";;4711;X;;;\r\n;;;;;;\r\n")  # fmt: skip
    assert read(course, other) == want
    tabs = 'student\tdue\texcused\treason\tassignment\nada\t2026-12-03\t\t"ill, twice"\trelu\n'
    assert read(course, tabs + "4711\t\tyes\n") == want
    assert extensions.read(replace(course, extensions=None)) == ()


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (",relu,2026-12-03,,", "2: student: no student is named; write the student's id, sid or e-mail"),
        ("ada,rleu,2026-12-03,,", "2: assignment: 'rleu' is an unknown assignment; write relu"),
        ("ada,relu,03.12.2026,,", "2: due: '03.12.2026' is not a date; write 2026-12-01T23:59+01:00"),
        ("ada,relu,2027-03-28 02:30,,", "2: due: '2027-03-28 02:30' does not exist in Europe/Berl"),
        ("ada,relu,,maybe,", "2: excused: 'maybe' is neither yes nor no; write yes, or nothing"),
        ("ada,relu,,,", "2: due: neither a date nor an excuse; write a date, or yes under excused"),
        ("ada,relu,2026-12-03,yes,", "2: due: an excuse needs no due date"),
        ("ada,relu,2026-12-03,,ill,more", "2: 'more' is outside the columns; write text with a"),
        ('"a\nb",relu,2026-12-03,,', "2: student: 'a\\nb' is not a line of text"),
        ("ada,relu,2026-12-03,,\x1b[31m", "2: reason: '\\x1b[31m' is not a line of text"),
        ("ada,relu,2026-12-03,,\x00", "2: "),
        ('ada,relu,2026-12-03,,"open', "2: not CSV (unexpected end of data); write every quote"),
        ('ada,relu,2026-12-03,,"a"b', "2: not CSV ("),
        ("ada,relu,2026-12-03,,\nada,,,yes,", "3: student: 'ada' is already on line 2"),
        ("ada,*,2026-12-03,,\nADA,lstm,,y,", "3: student: 'ADA' is already on line 2"),
        ('bob,,,y,"a\n\nb"\nada,relu,x,,', "2: reason: 'a\\n\\nb' is not a line"),
        ('bob,,,y,"\n\n"\nada,relu,x,,', "5: due: 'x' is not a date"),
        ('bob,,,y,\n\n\nada,relu,x,,', "5: due: 'x' is not a date"),
    ],
)  # fmt: skip
def test_a_wrong_row_is_refused_with_its_line_and_column(
    course: Course, row: str, said: str
) -> None:
    with pytest.raises(CatalogError) as caught:
        read(course, HEAD + row + "\n")
    assert str(caught.value).startswith(f"extensions.csv:{said}")
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", ":1: no column student, and due or excused; write student,assignment,due"),
        (b"name,due\n", ":1: 'name' is an unknown column; write "),
        (b"studnet,due\n", ":1: 'studnet' is an unknown column; write student"),
        (b"student,due,due\n", ":1: due: occurs twice; write it once"),
        (b"student,reason\n", ":1: no column student, and due or excused"),
        (b"student,due\nM\xfcller,2026-12-03\n", ":2: not UTF-8; write the file again, saved as"),
        (b"student,due\n" + b"a" * 1024 * 1024, ":1: over 1 MiB"),
    ],
)
def test_a_wrong_file_is_refused(course: Course, data: bytes, said: str) -> None:
    with pytest.raises(CatalogError) as caught:
        read(course, data)
    assert str(caught.value).startswith(f"extensions.csv{said}")


@pytest.mark.parametrize("written", ["5", "[]", "extensions.txt", "/etc/x.csv", "''"])
def test_assignments_yaml_names_a_csv_of_the_course(tmp_path: Path, written: str) -> None:
    """It is read when it is wanted: a bundle has no extensions, and loads."""
    file = tmp_path / "assignments.yaml"
    file.write_text("title: Networks\nextensions: all.csv\nassignments: []\n")
    assert load(tmp_path).extensions == tmp_path / "all.csv"
    file.write_text(f"title: Networks\nextensions: {written}\nassignments: []\n")
    with pytest.raises(CatalogError, match=r"^assignments\.yaml:2: extensions: .*; write "):
        load(tmp_path)


def test_a_file_that_is_not_there_is_asked_for(course: Course) -> None:
    gone = replace(course, extensions=course.folder / "gone.csv")
    with pytest.raises(CatalogError, match=r"gone\.csv: cannot be read \(no such file"):
        extensions.read(gone)


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda t: (HEAD + t).encode(
    "utf-8", "replace"))))  # fmt: skip
def test_any_file_is_read_or_refused_in_one_line(data: bytes) -> None:
    """Whatever is in it: never another exception, never a second line, never an escape."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(_folder()))
        made = Course(folder, "Course", BERLIN, (RELU, LSTM), folder / "extensions.csv")
        said, found = "", ()
        try:
            found = read(made, data)
        except CatalogError as error:
            said = str(error)
        assert said.isprintable()
        assert all(each.student and (each.excused or each.due) for each in found)


def _folder() -> contextlib.AbstractContextManager[str]:
    import tempfile

    return tempfile.TemporaryDirectory()


CELL = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=20)


@given(st.lists(st.tuples(CELL, CELL), max_size=5, unique_by=lambda pair: text.folded(pair[0])),
       st.sampled_from(",;\t"), st.sampled_from(["\n", "\r\n"]), st.booleans())  # fmt: skip
def test_what_a_spreadsheet_writes_is_read_back(
    rows: list[tuple[str, str]], delimiter: str, end: str, mark: bool
) -> None:
    out = io.StringIO()
    table = csv.writer(out, delimiter=delimiter, lineterminator=end)
    table.writerow(["student", "excused", "reason"])
    table.writerows([student, "yes", reason] for student, reason in rows)
    with _folder() as name:
        made = Course(Path(name), "C", BERLIN, (RELU,), Path(name) / "extensions.csv")
        found = read(made, ("\ufeff" * mark + out.getvalue()).encode())
    assert [(each.student, each.reason) for each in found] == rows


# --- several hand-ins ---------------------------------------------------------------------------


def test_the_last_by_its_time_counts_whatever_came_last() -> None:
    grades = [graded(70.0, "2026-12-01 10:00:00"), graded(90.0, "2026-12-01 08:00:00")]
    made = counted(*grades)
    assert (made.score, made.reasons) == (70.0, ("the last of 2 submissions counts",))
    timeless = [replace(grades[0], submission=replace(grades[0].submission, submitted_at=""))]
    assert counted(*timeless, grades[1]).score == 90.0


def test_the_best_counts_after_the_lateness_of_each() -> None:
    best = replace(RELU, attempts="best")
    early, late = graded(80.0, after(DUE, days=-1)), graded(100.0, after(DUE, days=3))
    assert counted(early, late, assignment=best).final == 80.0
    assert counted(early, late).final == 70.0
    assert counted(early, replace(late, submission=early.submission), assignment=best).final == 100


def test_what_could_not_be_judged_is_no_zero_among_hand_ins() -> None:
    early, unknown = graded(80.0, after(DUE, days=-1)), graded(None, after(DUE, hours=-1))
    made = counted(early, unknown, assignment=replace(RELU, attempts="best"))
    assert made.final == 80.0
    assert policy.OPEN in made.reasons
    assert counted(early, unknown).final is None


@given(st.lists(st.tuples(st.floats(0, 100), st.integers(-(10**6), 10**6)), min_size=1, max_size=5))
def test_the_best_is_never_less_than_the_last(handins: list[tuple[float, int]]) -> None:
    grades = [graded(score, after(DUE, seconds=late)) for score, late in handins]
    best = counted(*grades, assignment=replace(RELU, attempts="best"))
    assert best.final >= counted(*grades).final
    assert best.score in [grade.score for grade in grades]


# --- by hand ------------------------------------------------------------------------------------


def by_hand(*changes: str) -> list[Adjustment]:
    return [Adjustment("ada", change, "why") for change in changes]


@pytest.mark.parametrize(
    ("changes", "final"),
    [
        ("+5", 95.0), ("-5", 85.0), ("=80", 80.0), ("-95", 0.0), ("+20", 110.0), ("+0.25", 90.25),
        ("+5 undo", 90.0), ("+5 =80 undo", 95.0), ("+5 =80", 80.0), ("=80 +5", 85.0),
        ("+5 +6 undo undo", 90.0), ("undo", 90.0), ("-95 +10", 5.0),
    ],
)  # fmt: skip
def test_changes_by_hand(changes: str, final: float) -> None:
    """They come after everything else, one after the other; a withdrawal takes back the last."""
    assert adjusted(90.0, holding(by_hand(*changes.split()))) == final


def test_what_is_not_judged_can_be_set_and_not_added_to() -> None:
    assert counted(graded(None), changes=by_hand("+5")).final is None
    assert counted(graded(None), changes=by_hand("=80", "+5")).final == 85.0


def test_a_change_comes_after_lateness_and_its_reason_is_told() -> None:
    late = graded(100.0, after(DUE, days=1))
    made = counted(late, changes=[Adjustment("ada", "+5", "oral", "anna", "2026-12-04T10:00:00")])
    assert (made.score, made.final) == (100.0, 95.0)
    assert made.reasons[-1] == "changed by +5 by hand: oral"
    assert "anna" not in " ".join(made.reasons)
    assert made.standing.instructor == {"by_hand": "+5 by anna, 2026-12-04 10:00"}


@given(st.lists(st.sampled_from(["+5", "-7.5", "=80", "undo"]), max_size=6))
def test_a_change_and_its_withdrawal_leave_no_trace(changes: list[str]) -> None:
    before = counted(graded(90.0), changes=by_hand(*changes))
    for each in ("+3", "=3"):
        assert counted(graded(90.0), changes=by_hand(*changes, each, "undo")) == before


def test_lengths_of_time_are_said_in_two_units() -> None:
    said = [duration(timedelta(minutes=m)) for m in (0, 1, 61, 1440, 1441, 4000)]
    assert said == ["under a minute", "1 min", "1 h 1 min", "1 day", "1 day 1 min", "2 days 18 h"]


# --- the store ----------------------------------------------------------------------------------

RUN = Run("relu", 1, 100.0, "f00d")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    with Store.create(tmp_path, RUN) as made:
        yield made


def handed_in(store: Store, grade: Grade, source: bytes, **more: bool) -> None:
    submission = replace(grade.submission, source=source)
    store.add(grade, submission, store.next_round(submission, **more))


def test_a_regrade_counts_in_place_of_its_own_hand_in(store: Store) -> None:
    first, second = graded(50.0, "2026-12-01 10:00:00"), graded(60.0, "2026-12-01 12:00:00")
    handed_in(store, first, b"1")
    handed_in(store, second, b"2")
    handed_in(store, graded(95.0, "2026-12-01 10:00:00"), b"1", again=True)
    assert [each.grade.score for each in store.handins()] == [95.0, 60.0]
    assert [grade.score for _, _, grade in store.rounds()] == [50.0, 60.0, 95.0]


def test_the_same_file_at_another_time_is_another_hand_in(store: Store) -> None:
    """Back to the first file after a second one: the last hand-in is the first file's again."""
    first, second = graded(50.0, "2026-12-01 10:00:00"), graded(60.0, "2026-12-01 12:00:00")
    handed_in(store, first, b"1")
    handed_in(store, second, b"2")
    again = replace(first.submission, source=b"1", submitted_at="2026-12-01 14:00:00")
    assert store.hand_in_again(again)
    assert not store.hand_in_again(again)
    assert not store.hand_in_again(replace(again, source=b"never graded"))
    found = counted(*(each.grade for each in store.handins()))
    assert (found.score, found.submission.submitted_at) == (50.0, "2026-12-01 14:00:00")


def test_an_error_is_tried_again_and_its_second_verdict_is_kept(store: Store) -> None:
    handed_in(store, graded(None), b"1")
    handed_in(store, graded(90.0), b"1")
    assert [each.grade.score for each in store.handins()] == [90.0]
    handed_in(store, graded(10.0), b"1")  # what arrives twice is kept once
    assert [each.grade.score for each in store.handins()] == [90.0]


def test_no_standing_is_ever_stored(store: Store) -> None:
    made = counted(graded(90.0, after(DUE, days=1)))
    handed_in(store, made, b"1")
    [kept] = store.handins()
    assert (made.final, kept.grade.final, kept.grade.standing) == (81.0, 90.0, None)


def test_adjustments_are_only_ever_added(store: Store) -> None:
    change = Adjustment("ada", "+5", "why", "anna", "2026-12-04T10:00:00")
    assert [store.adjust(change), store.adjust(change)] == [True, False]
    assert store.adjust(Adjustment("ada", "undo", "oh", "anna", "2026-12-04T11:00:00"))
    assert [each.change for each in store.adjustments()] == ["+5", "undo"]


def test_a_store_of_an_older_version_opens(tmp_path: Path) -> None:
    with Store.create(tmp_path, RUN) as store:
        handed_in(store, graded(90.0), b"1")
    with contextlib.closing(sqlite3.connect(tmp_path / "results.db")) as raw:
        raw.execute("DROP TABLE adjustments")
    with Store.open(tmp_path) as store:
        assert store.adjustments() == []
        assert [each.grade.score for each in store.handins()] == [90.0]


def test_a_source_that_is_not_there_is_said(store: Store) -> None:
    with pytest.raises(StoreError, match="no source"):
        store.source(content_hash(Submission("ada", "a.py")))


# --- what is made of it -------------------------------------------------------------------------

EVIL = "=1+1</script><b>\u202e\x1b[31m"


def a_class() -> list[Grade]:
    """Nobody touched, one late, one excused, one changed by hand with a hostile reason."""
    excuse = Extension("eve", excused=True, where="x.csv:2", reason="secret illness")
    return [
        counted(graded(90.0, "2026-12-01 10:00:00", sid="1")),
        counted(graded(90.0, after(DUE, hours=5), "kurt", sid="2")),
        counted(graded(10.0, "2026-12-01 10:00:00", "eve", sid="3"), extension=excuse),
        counted(graded(90.0, "2026-12-01 10:00:00", "mallory", sid="4"),
                changes=[Adjustment("mallory", "+20", EVIL, "anna", "2026")]),
    ]  # fmt: skip


def test_grades_json_has_both_scores_and_a_policy_where_it_touches() -> None:
    entries = json.loads(b"".join(gradebook.as_json(RUN, a_class())))["submissions"]
    assert [(e["score"], e["final_score"], "policy" in e) for e in entries] == [
        (90.0, 90.0, False), (90.0, 81.0, True), (10.0, None, True), (90.0, 110.0, True),
    ]  # fmt: skip
    late, excused, changed = (entry["policy"] for entry in entries[1:])
    assert (late["late_by"], late["penalty"], late["due"]) == (18000, 10, DUE.isoformat())
    assert excused["excused"] is True
    assert changed["adjustments"] == [{"change": "+20", "reason": EVIL}]
    excused.pop("instructor")
    assert "secret" not in json.dumps(excused)


def test_grades_csv_has_the_final_score_and_no_formula() -> None:
    rows = list(csv.DictReader(io.StringIO(gradebook.as_csv(a_class()).decode())))
    assert [row["final_score"] for row in rows] == ["90.0", "81.0", "", "110.0"]
    assert [row["status"] for row in rows] == ["graded", "graded", "excused", "graded"]
    assert rows[0]["policy"] == ""
    assert "\x1b" not in rows[3]["policy"]
    assert not any(cell.startswith(("=", "+", "@")) for row in rows for cell in row.values())


def test_pages_say_both_scores_and_why_and_no_reason_for_an_excuse() -> None:
    untouched, late, excused, changed = (
        feedback.render(RUN, RELU, grade).decode() for grade in a_class()
    )
    assert "How the score came about" not in untouched
    for said in ("81 <span", "submitted 5 h late: 10 % off", "the checks gave 90 of 100 points"):
        assert said in late
    assert '<p class="total">Excused</p>' in excused
    assert "secret" not in excused
    assert "&lt;/script&gt;&lt;b&gt;⟨U+202E⟩␛[31m" in changed
    assert EVIL not in changed


def test_the_class_report_counts_final_scores_and_leaves_out_the_excused() -> None:
    grades = a_class()
    found = statistics.scores(grades)
    assert (found.count, found.none, found.full) == (3, 0, 1)
    assert [statistics.notes(RELU, grade) for grade in grades] == [
        [], ["late"], ["excused"], ["by-hand"]
    ]  # fmt: skip
    page = class_report.render(RUN, RELU, grades, {}).decode()
    assert "secret illness" in page
    assert "5 h, 10 % off" in page
    assert '"plain":[null,90.0,10.0,90.0]' in page


def test_an_extension_is_not_late_in_the_class_report() -> None:
    later = Extension("ada", due=DUE + timedelta(days=2))
    at = after(DUE, days=1)
    assert statistics.notes(RELU, counted(graded(90.0, at))) == ["late"]
    assert statistics.notes(RELU, counted(graded(90.0, at), extension=later)) == ["extended"]


@pytest.mark.parametrize("format", ["canvas", "gradescope-csv", "nbgrader", "csv", "blackboard"])
def test_an_lms_gets_the_final_score_and_its_word_for_excused(format: str) -> None:
    lms = {"canvas": {"assignment": 34}, "blackboard": {"column": 55}}
    assignment = replace(RELU, lms=lms)
    done = export(format, a_class(), assignment, inbox="")
    column = {"canvas": "ReLU (34)", "gradescope-csv": "Total Score", "nbgrader": "score",
              "csv": "final_score", "blackboard": "ReLU |55"}[format]  # fmt: skip
    table = list(csv.DictReader(io.StringIO(done.data.decode())))
    found = [row[column] for row in table if row[column] != "100"]
    numbers = [float(text) for text in found if text not in ("", "EX")]
    assert numbers == [90.0, 81.0, 110.0]
    rest = [text for text in found if text in ("", "EX")]
    assert rest == {"canvas": ["EX"], "blackboard": []}.get(format, [""])


def test_a_gradebook_that_is_filled_in_excuses_in_canvas_alone() -> None:
    into = b"Student,ID,SIS User ID,ReLU (34)\nA,11,1,\nK,12,2,\nE,13,3,7\nM,14,4,\n"
    done = export("canvas", a_class(), RELU, into)
    scores = [row[3] for row in csv.reader(io.StringIO(done.data.decode()))]
    assert scores[1:] == ["90", "81", "EX", "110"]
    into = b"SID,Total Score\n1,\n2,\n3,7\n4,\n"
    done = export("gradescope-csv", a_class(), RELU, into)
    assert done.data == b"SID,Total Score\n1,90\n2,81\n3,7\n4,110\n"
    assert "eve is excused, and left unchanged" in done.notes


def test_nbgrader_has_the_penalty_in_points() -> None:
    [row] = csv.DictReader(io.StringIO(export("nbgrader", [a_class()[1]], RELU).data.decode()))
    assert (row["raw_score"], row["late_submission_penalty"], row["score"]) == ("90", "9", "81")


def test_what_would_be_pushed_is_the_final_score(tmp_path: Path) -> None:
    nowhere = Target("", "", "", "")
    posts = canvas(nowhere, a_class(), journal=tmp_path / "x").posts
    assert [(post.score, post.excuse) for post in posts] == [
        ("90", False), ("81", False), ("", True), ("110", False)
    ]  # fmt: skip
    assert "submitted 5 h late: 10 % off" in posts[1].comment


def test_a_class_is_ranked_with_its_own_rows(course: Course) -> None:
    read(course, HEAD + "kurt,relu,2026-12-09,,ill\nzoe,*,,yes,\n")
    grades = [graded(90.0, after(DUE, days=2), who) for who in ("kurt", "ada")]
    found, notes = ranked(course, RELU, grades, [Adjustment("ada", "+1", "x")])
    assert [(g.submission.student, g.final) for g in found] == [
        ("ada", 73.0), ("kurt", 90.0), ("zoe", None)
    ]  # fmt: skip
    assert notes == ("extensions.csv:3: 'zoe' submitted nothing, and is excused",)


def absent(student: str = "4711") -> Grade:
    """What stands for a student who is excused and handed in nothing."""
    return counted(extension=Extension(student, excused=True, where="x.csv:2", reason="leave"))


def test_who_is_excused_and_handed_in_nothing_has_a_row_and_no_zero() -> None:
    """In every file of ours: excused, no score, in no statistics; never 0, never 'blank'."""
    grades = [graded(90.0), absent()]
    assert (absent().score, absent().final, absent().status) == (None, None, "excused")
    [_, entry] = json.loads(b"".join(gradebook.as_json(RUN, grades)))["submissions"]
    assert (entry["status"], entry["score"], entry["final_score"]) == ("excused", None, None)
    [_, row] = csv.DictReader(io.StringIO(gradebook.as_csv(grades).decode()))
    assert (row["student"], row["status"], row["score"], row["final_score"]) == (
        "4711", "excused", "", ""
    )  # fmt: skip
    assert statistics.notes(RELU, absent()) == ["excused"]
    assert statistics.scores(grades).count == 1
    page = feedback.render(RUN, RELU, absent()).decode()
    assert "Nothing: you are excused." in page
    assert "leave" not in page
    assert b"leave" in class_report.render(RUN, RELU, grades, {})


@pytest.mark.parametrize("inbox", ["", "canvas", "gradescope", "plain"])
@pytest.mark.parametrize("id_", ["4711", "S9", "zoe@uni.edu"])
def test_canvas_gets_its_word_for_who_is_excused_whichever_id_the_row_gives(
    inbox: str, id_: str
) -> None:
    into = b"Student,ID,SIS User ID,SIS Login ID,ReLU (34)\nZ,4711,S9,zoe@uni.edu,\nY,9,4,y,\n"
    done = export("canvas", [absent(id_)], RELU, into, inbox)
    assert done.data.splitlines()[1:] == [b"Z,4711,S9,zoe@uni.edu,EX", b"Y,9,4,y,"]
    assert done.unmatched == ()


def test_an_id_of_two_students_excuses_neither() -> None:
    into = b"Student,ID,SIS User ID,ReLU (34)\nZ,1,7,\nY,7,2,\n"
    done = export("canvas", [absent("7")], RELU, into, "plain")
    assert done.data.splitlines()[1:] == [b"Z,1,7,EX", b"Y,7,2,"]
    done = export("canvas", [absent("7")], RELU, into.replace(b"Student", b"SIS Login ID"), "x")
    assert done.unmatched == ()
    both = b"SIS Login ID,ID,SIS User ID,ReLU (34)\n7,1,1,\ny,2,7,\n"
    done = export("canvas", [absent("7")], RELU, both, "plain")
    assert (done.data, done.unmatched) == (both, ("7: occurs there 2 times",))


# --- through the front door ---------------------------------------------------------------------

NAME = "computation_graph"
TABLE = re.compile(r"^\| (ada|grace|kurt|linus) \| (\S+ \S+) \| ([\d.]+) \| ([\d.]*) *\| (.*?) *\|$",
                   re.MULTILINE)  # fmt: skip
RIGHT = (ROOT / "reference" / NAME / "variants" / "deutsche_namen.py").read_text(encoding="utf-8")
WRONG = RIGHT.replace('"b": ableitung_δ * 2', '"b": ableitung_δ').replace(
    "def backward(cache):", "def backward(cache):\n    print('seen \\x1b[31m', cache['d'])"
)


def block(kind: str) -> str:
    """The example of that kind in docs/policy.md."""
    return re.search(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)[1]


def submitted(inbox: Path, student: str, source: str, at: str) -> None:
    """What nbgrader keeps of one hand-in."""
    folder = inbox / "submitted" / student / NAME
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{NAME}.py").write_text(source, encoding="utf-8")
    (folder / "timestamp.txt").write_text(f"{at}:00 Europe/Berlin")


def grader(*arguments: object) -> tuple[int, str, str]:
    """The command, in this process: its status, and what it prints."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = cli.main([str(argument) for argument in arguments])
        except SystemExit as stop:
            status = int(stop.code or 0)
    return status, out.getvalue(), err.getvalue()


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with the policy that docs/policy.md shows, and its class, graded."""
    folder = tmp_path_factory.mktemp("taught")
    for part in (f"reference/{NAME}", f"exercises/{NAME}", f"tests/hidden/{NAME}"):
        shutil.copytree(ROOT / part, folder / part)
    (folder / "assignments.yaml").write_text("title: Networks\n" + block("yaml"))
    (folder / "extensions.csv").write_text(block("text"))
    for student, at, score, *_ in TABLE.findall(PAGE):
        submitted(folder / "inbox", student, RIGHT if score == "100" else WRONG, at)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        done = grader("grade", "inbox", "--assignment", NAME, "--out", "out", "--seed", 5,
                      "--jobs", 1)  # fmt: skip
    assert done[0] == 0, done
    return folder


@pytest.fixture
def class_(taught: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The course, and a copy of its results to work on, from its folder."""
    folder = tmp_path / "course"
    shutil.copytree(taught, folder)
    monkeypatch.chdir(folder)
    return folder


def entries(out: str = "out") -> dict[str, dict]:
    document = json.loads(Path(out, "grades.json").read_text(encoding="utf-8"))
    return {entry["student"]: entry for entry in document["submissions"]}


def test_the_page_of_the_docs_says_what_comes_out(class_: Path) -> None:
    """The YAML, the CSV and the table of docs/policy.md belong together."""
    found = entries()
    rows = TABLE.findall(PAGE)
    assert {row[0] for row in rows} == set(found) == {"ada", "grace", "kurt", "linus"}
    for student, _, score, final, why in rows:
        entry = found[student]
        assert entry["score"] == float(score)
        assert entry["final_score"] == (float(final) if final else None)
        assert entry.get("policy", {"lines": []})["lines"] == ([why] if why else [])


def test_grade_says_final_scores_and_who_is_excused(class_: Path) -> None:
    Path("extensions.csv").write_text(block("text") + "zoe,*,,yes,\n")
    status, out, err = grader("grade", "inbox", "--assignment", NAME, "--out", "again",
                              "--seed", 5, "--jobs", 1)  # fmt: skip
    assert (status, err) == (0, "")
    assert re.search(r"^kurt +74\.80 .*submitted 1 day 1 h late: 20 % off$", out, re.MULTILINE)
    assert re.search(r"^linus +excused", out, re.MULTILINE)
    assert "note: extensions.csv:4: 'zoe' submitted nothing, and is excused" in out
    zoe = entries("again")["zoe"]
    assert (zoe["status"], zoe["score"]) == ("excused", None)
    assert re.search(r"(?m)^zoe,.*,excused,,,", Path("again", "grades.csv").read_text())
    assert "Nothing: you are excused." in next(Path("again/feedback").glob("zoe*")).read_text()
    assert grader("show", "again", "zoe")[0] == 0
    assert grader("regrade", "again", "--jobs", 1)[0] == 0
    status, out, _ = grader("export", "csv", "again")
    assert (status, "zoe is excused" in out) == (0, True)


def test_a_wrong_row_is_told_before_anything_is_graded(class_: Path) -> None:
    Path("extensions.csv").write_text(block("text") + "ada,*,soon,,\n")
    done = grader("grade", "inbox", "--assignment", NAME, "--out", "new", "--jobs", 1)
    told = "grader: extensions.csv:4: due: 'soon' is not a date; write 2026-12-01T23:59+01:00\n"
    assert done == (2, "", told)
    assert not Path("new").exists()


def test_only_somebody_who_handed_in(class_: Path) -> None:
    done = grader("grade", "inbox", "--assignment", NAME, "--out", "out", "--only", "nobody")
    assert done == (2, "", "grader: no such student: 'nobody'\n")


def test_a_second_hand_in_is_weighed_against_the_first(class_: Path) -> None:
    """With `best` the early wrong one counts, with `last` the late right one."""
    submitted(class_ / "inbox", "kurt", RIGHT, "2026-12-05 01:00")
    status, out, _ = grader("grade", "inbox", "--assignment", NAME, "--out", "out", "--resume",
                            "--jobs", 1)  # fmt: skip
    assert status == 0
    assert "graded before and kept: 4" in out
    found = entries()["kurt"]
    assert (found["score"], found["final_score"], found["policy"]["attempts"]) == (93.5, 74.8, 2)
    yaml = Path("assignments.yaml")
    yaml.write_text(yaml.read_text().replace("attempts: best", "attempts: last"))
    assert grader("report", "out")[0] == 0
    found = entries()["kurt"]
    assert (found["score"], found["final_score"]) == (100.0, 60.0)
    assert found["policy"]["lines"][0] == "the last of 2 submissions counts"


def blackboard(inbox: Path, student: str, source: str, at: str) -> None:
    """One attempt as Blackboard's download has it."""
    inbox.mkdir(exist_ok=True)
    time = at.replace(" ", "-").replace(":", "-")
    (inbox / f"hw1_{student}_attempt_{time}-00_{NAME}.py").write_text(source, encoding="utf-8")


def test_every_attempt_of_one_download_is_graded_where_the_best_counts(class_: Path) -> None:
    """Each is late by its own time; all are kept; with `last` the last alone is graded."""
    blackboard(class_ / "bb", "kurt", WRONG, "2026-12-01 10:00")
    blackboard(class_ / "bb", "kurt", RIGHT, "2026-12-01 12:00")
    blackboard(class_ / "bb", "kurt", RIGHT + "\nx = 1\n", "2026-12-03 12:00")
    blackboard(class_ / "bb", "kurt", "def forward(:", "2026-12-04 12:00")
    blackboard(class_ / "bb", "ada", RIGHT, "2026-12-03 12:00")
    run = ("grade", "bb", "--assignment", NAME, "--jobs", 1, "--seed", 5)
    status, out, err = grader(*run, "--out", "all")
    assert (status, err) == (0, "")
    assert "2 graded in" in out
    found = entries("all")
    kurt = found["kurt"]
    assert (kurt["score"], kurt["final_score"], kurt["submitted_at"]) == (
        100.0, 100.0, "2026-12-01T12:00:00"
    )  # fmt: skip
    assert (kurt["policy"]["attempts"], found["ada"]["final_score"]) == (4, 80.0)
    with Store.open(Path("all")) as store:
        scores = [each.grade.score for each in store.handins()]
    assert sorted(scores) == [0.0, 93.5, 100.0, 100.0, 100.0]
    assert grader(*run, "--out", "all", "--resume")[0] == 0
    assert entries("all") == found
    assert "0 scores change" in grader("regrade", "all", "--jobs", 1)[1]
    yaml = Path("assignments.yaml")
    yaml.write_text(yaml.read_text().replace("attempts: best", "attempts: last"))
    assert grader(*run, "--out", "last")[0] == 0
    assert entries("last")["kurt"]["score"] == 0.0
    with Store.open(Path("last")) as store:
        assert len(list(store.handins())) == 2


def test_an_attempt_that_cannot_be_judged_is_an_error_of_the_run(class_: Path) -> None:
    """Whatever comes after it; the best of the others counts meanwhile."""
    blackboard(class_ / "bb", "kurt", RIGHT, "2026-12-01 10:00")
    for name in "ab":
        blackboard(class_ / "bb", "kurt", RIGHT + f"\n{name} = 1\n", "2026-12-01 09:00")
        next((class_ / "bb").glob(f"*09-00-00_{NAME}.py")).rename(
            class_ / "bb" / f"hw1_kurt_attempt_2026-12-01-09-00-00_{name}.py"
        )
    status = grader("grade", "bb", "--assignment", NAME, "--out", "o", "--jobs", 1)[0]
    assert (status, entries("o")["kurt"]["final_score"]) == (3, 100.0)
    assert policy.OPEN in entries("o")["kurt"]["policy"]["lines"]


def test_adjust_changes_lists_and_withdraws(class_: Path) -> None:
    assert grader("adjust", "out")[1] == "no score was changed by hand\n"
    assert (
        grader("adjust", "out", "kurt", "-5", "--reason", "by  e-mail")[1]
        == "kurt: 74.80 -> 69.80\n"
    )
    assert entries()["kurt"]["final_score"] == 69.8
    assert "changed by -5 by hand: by e-mail" in Path("out/feedback/kurt.html").read_text()
    assert grader("adjust", "out", "kurt", "=90", "--reason", "oral")[1] == "kurt: 69.80 -> 90.00\n"
    assert (
        grader("adjust", "out", "kurt", "--undo", "--reason", "no")[1] == "kurt: 90.00 -> 69.80\n"
    )
    lines = grader("adjust", "out")[1].splitlines()
    assert [line.split()[2:4] for line in lines] == [
        ["kurt", "-5"],
        ["kurt", "=90"],
        ["kurt", "undo"],
    ]
    assert entries()["kurt"]["score"] == 93.5
    grader("merge", "out", "--out", "merged")
    assert entries("merged")["kurt"]["final_score"] == 69.8
    assert grader("adjust", "merged")[1].splitlines() == lines


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["kurt", "+5"], "--reason: write why"),
        (["kurt", "+5", "--reason", " "], "--reason: write why"),
        (["kurt", "+5", "--reason", "\x1b[31m"], "--reason: write why"),
        (["kurt", "--reason", "x"], "CHANGE: nothing is not a change of a score; write +5, -2.5"),
        (["kurt", "5", "--reason", "x"], "CHANGE: '5' is not a change of a score"),
        (["kurt", "+2,5", "--reason", "x"], "CHANGE: '+2,5' is not a change"),
        (["kurt", "+0", "--reason", "x"], "CHANGE: '+0' is not a change"),
        (["kurt", "+inf", "--reason", "x"], "CHANGE: '+inf' is not a change"),
        (["kurt", "--undo", "--reason", "x"], "kurt has no change to withdraw"),
        (["kurt", "+5", "--undo", "--reason", "x"], "leave out the number"),
        (["bob", "+5", "--reason", "x"], "no such student: 'bob'"),
    ],
)
def test_an_adjustment_that_cannot_be_meant_is_one_line(
    taught: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(taught)
    status, out, err = grader("adjust", "out", *arguments)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert said in err
    assert grader("adjust", "out")[1] == "no score was changed by hand\n"


def test_regrade_says_who_by_how_much_and_where_before_it_writes(class_: Path) -> None:
    test = Path("tests/hidden", NAME, "test_lecture.py")
    before = test.read_text()
    mended = before.replace("    check(backward_cases, node",
                            '    if node != "b":\n        check(backward_cases, node')  # fmt: skip
    assert mended != before
    test.write_text(mended)
    status, out, _ = grader("regrade", "out", "--jobs", 1)
    section = PAGE.partition("## After a test is fixed")[2]
    example = re.search(r"```text\n(.*?)```", section, re.DOTALL)[1]
    assert status == 0
    course, _, changes = out.partition("\n")
    assert course == f"course: {class_}"
    assert changes == example.replace("alone,\ntest", "alone, test")  # the page breaks the line
    assert entries()["kurt"]["score"] == 93.5
    assert grader("regrade", "out", "--jobs", 1, "--write")[0] == 0
    assert [entries()["kurt"][key] for key in ("score", "final_score")] == [100.0, 80.0]
    with contextlib.closing(sqlite3.connect("out/results.db")) as raw:
        rounds = raw.execute("SELECT round FROM attempts WHERE student = 'kurt' ORDER BY id")
        assert rounds.fetchall() == [(0,), (1,)]


def test_show_gives_inputs_expected_got_output_and_the_line(class_: Path) -> None:
    """None of it is in what a student may see; the line, run in a shell, says the same again."""
    status, out, _ = grader("show", "out", "kurt", "backward[b]")
    assert status == 0
    number = r"-?\d+\.\d+"
    for said in (r"final: 74\.80", rf"cache = \{{\n +a: {number}\n", rf"b, expected: {number}\n",
                 rf"b, got: {number}\n", "source: out/sources/kurt.py",
                 rf"printed by the student's program -*\nseen \ufffd\[31m {number}\n"):  # fmt: skip
        assert re.search(said, out), said
    assert "\x1b" not in out
    expected, got = (
        float(re.search(f"b, {what}: ({number})", out)[1]) for what in ("expected", "got")
    )
    assert expected == pytest.approx(2 * got)
    assert Path("out/sources/kurt.py").read_text(encoding="utf-8") == WRONG
    assert oct(Path("out/sources/kurt.py").stat().st_mode & 0o777) == "0o600"
    shown = re.findall(r"(?:expected|got|a|c): (-?\d+\.\d{6,})", out)
    told = Path("out/feedback/kurt.html").read_text() + Path("out/grades.json").read_text()
    assert len(shown) > 5
    assert not [number for number in shown if number in told]
    [line] = [line.strip() for line in out.splitlines() if line.startswith("  pytest ")]
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    again = subprocess.run(
        shlex.split(line), env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert again.returncode == 1, again
    values = re.findall(rf"b, (?:expected|got): {number}", out)
    assert values
    assert values == re.findall(rf"b, (?:expected|got): {number}", again.stdout)


def test_show_of_what_passed_has_the_line_alone(class_: Path) -> None:
    out = grader("show", "out", "ada", "backward[b]")[1]
    assert "everything" not in out
    assert "expected" not in out
    assert (
        "  pytest -p grader.grading.show_plugin 'tests/hidden/computation_graph/test_lecture.py::"
        in out
    )


def test_show_with_another_secret_says_so(class_: Path) -> None:
    """Inputs would be others than those that were graded."""
    Path(".grader-secret").write_text("0" * 64)
    status, _, err = grader("show", "out", "kurt", "backward[b]")
    assert status == 2
    assert "another course secret" in err
