"""Apply the course's policy: choose the submission that counts, and compute its score.

    found = standings(course, folder)     # of a run: `Grade`s, each with its `Standing`
    grade = judged(assignment, zone, grades, extension, adjustments)     # of one student
    grade.score, grade.final, grade.standing.lines

In this order: lateness reduces the score of each submission; the last or the best one counts; then
manual changes apply. The score that the checks gave is never modified.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from grader.course import extensions
from grader.course.assignment import Assignment, Course
from grader.course.extensions import Extension
from grader.model import Grade, Standing, Submission
from grader.people import label
from grader.results.store import SERVED, Adjustment, Judged, LaterDate, Run, Store
from grader.timestamps import to_minute

UNDO: Final = "undo"
CHANGE: Final = re.compile(r"([+=-])(\d{1,6}(?:\.\d{1,4})?)", re.ASCII)
UNKNOWN: Final = "the submission time is unknown: no late penalty"
MARKED: Final = "marked late, but without a time: no late penalty"
MARKED_EXTENDED: Final = "marked late, but your due date was extended: no late penalty"
MOST_NAMED: Final = 20
OPEN: Final = "another submission could not be judged yet; it counts if its score is higher"
EXCUSED: Final = "excused: the score does not count"
ABSENT: Final = "nothing was submitted"
EVER: Final = datetime.max.replace(tzinfo=UTC)


class Standings(Struct, frozen=True):
    """The results of a run under the course's policy: for each student the grade that counts."""

    run: Run
    assignment: Assignment
    grades: tuple[Grade, ...]
    notes: tuple[str, ...] = ()

    @property
    def warning(self) -> str:
        """Return an important warning: the late policy could not be applied; or ''."""
        return unapplied(self.assignment, self.grades)


def standings(course: Course, folder: Path) -> Standings:
    """Return the results in ``folder`` under the current policy.

    Raises:
        StoreError: The results cannot be read.
        CatalogError: The course cannot be read.
    """
    with Store.open(folder) as store:
        run, handins, changes = store.run, list(store.handins()), store.adjustments()
        later, in_order = store.extensions(), run.inbox == SERVED
    assignment = course.assignment(run.assignment).worth(run.max_score)
    grades, notes = ranked(
        course, assignment, [each.grade for each in handins], changes, later, in_order
    )
    return Standings(run, assignment, grades, notes)


def standing_of(
    course: Course, store: Store, student: str, handins: Sequence[Judged] | None = None
) -> Grade | None:
    """Return the grade that counts for one student, without reading the class; or None.

    Args:
        course: The course of the run.
        store: Its results.
        student: The id of the student.
        handins: The student's submissions (`Store.of`), if they have been read already.
    """
    run = store.run
    assignment = course.assignment(run.assignment).worth(run.max_score)
    changes, later = store.adjustments(student), store.extensions(student)
    own = [each.grade for each in (store.of(student) if handins is None else handins)]
    if not own:
        return None
    grades, _ = ranked(course, assignment, own, changes, later, run.inbox == SERVED)
    return next(grade for grade in grades if grade.submission.student == student)


def ranked(
    course: Course,
    assignment: Assignment,
    handins: Sequence[Grade],
    changes: Iterable[Adjustment] = (),
    later: Iterable[LaterDate] = (),
    in_order: bool = False,
) -> tuple[tuple[Grade, ...], tuple[str, ...]]:
    """Return the grade that counts for each student, and notes on unmatched rows.

    Args:
        course: The course, for its extensions file.
        assignment: The assignment that was graded.
        handins: The grades, in the order of submission.
        changes: Manual changes, oldest first.
        later: Further due dates besides the extensions file, oldest first.
        in_order: Whether the order of ``handins``, and not their times, decides which is last.
    """
    theirs: defaultdict[str, list[Grade]] = defaultdict(list)
    for grade in handins:
        theirs[grade.submission.student].append(grade)
    submissions = [grade.submission for grade in handins]
    extended, notes = extensions.matched(extensions.read(course), assignment, submissions)
    for student in extended.keys() - theirs.keys():
        theirs[student] = []
    zone = zone_of(course, assignment)
    for date in later:
        extended[date.student] = _with_later(extended.get(date.student), date, zone)
    by_hand: defaultdict[str, list[Adjustment]] = defaultdict(list)
    for change in changes:
        by_hand[change.student].append(change)
    found = (
        judged(assignment, zone, grades, extended.get(student), by_hand[student], in_order)
        for student, grades in sorted(theirs.items())
    )
    return tuple(found), notes


def zone_of(course: Course, assignment: Assignment) -> tzinfo:
    """Return the time zone of an assignment's dates: the course's, the due date's, or UTC."""
    return course.timezone or (assignment.due and assignment.due.tzinfo) or UTC


def judged(
    assignment: Assignment,
    zone: tzinfo,
    grades: Sequence[Grade],
    extension: Extension | None = None,
    changes: Sequence[Adjustment] = (),
    in_order: bool = False,
) -> Grade:
    """Return the grade that counts among a student's ``grades``, with its standing.

    Without a submission, the student is excused, and the grade says so.

    Args:
        assignment: The assignment.
        zone: The time zone for times without one.
        grades: The student's grades, in the order of submission.
        extension: The student's extension, if any.
        changes: Manual changes of the score.
        in_order: Whether the last of ``grades`` counts, whatever the times are.
    """
    due = assignment.due
    if due is not None and extension is not None and extension.due is not None:
        later = extension.due.astimezone(UTC) > due.astimezone(UTC)
        due = extension.due.astimezone(zone) if later else due
    grades = _without_settled(grades)
    attempts = len(grades)
    if not grades and extension is not None:
        grades = [_nothing(assignment, extension)]
    handins = [_Handin.of(assignment, grade, zone, due) for grade in grades]
    counts = _best(handins) if assignment.attempts == "best" else _last(handins, in_order)
    held = holding(changes)
    excused = extension is not None and extension.excused
    return replace(
        counts.grade,
        standing=Standing(
            final=None if excused else adjusted(counts.score, held),
            due=due,
            late_by=counts.late_by,
            penalty=counts.penalty,
            excused=excused,
            attempts=attempts,
            adjustments=tuple({"change": each.change, "reason": each.reason} for each in held),
            lines=tuple(_lines(assignment, handins, counts, due, held, excused)),
            instructor=_for_staff(extension, held, zone),
        ),
    )


def _without_settled(grades: Sequence[Grade]) -> Sequence[Grade]:
    """Leave out a submission with several possible files, once one of them was chosen.

    The chosen file belongs to the same submission, so both have the same time.
    """
    return [
        grade
        for place, grade in enumerate(grades)
        if not grade.submission.is_ambiguous
        or not any(
            each.submission.submitted_at == grade.submission.submitted_at
            for each in grades[place + 1 :]
        )
    ]


def _with_later(known: Extension | None, date: LaterDate, zone: tzinfo) -> Extension:
    """Return an extension to the date from staff; an excuse or a later date remains valid."""
    due = datetime.fromisoformat(date.due)
    where = f"extended by {date.by}, {to_minute(date.at, zone)}" if date.by else "extended"
    made = Extension(date.student, due=due, reason=date.reason, where=where)
    if known is None or known.excused:
        return replace(made, excused=known is not None)
    return known if known.due is not None and known.due > due else made


def _nothing(assignment: Assignment, extension: Extension) -> Grade:
    """Return the grade of an excused student without a submission."""
    who = extension.student
    submission = Submission(who, "", email=who if "@" in who else "")
    return Grade(submission, assignment.max_score, message=ABSENT)


# --- submissions ---------------------------------------------------------------------------------


class _Handin(Struct, frozen=True):
    """A grade with its late penalty. ``at`` is in UTC, because local clocks can go back."""

    grade: Grade
    at: datetime | None
    late_by: timedelta
    penalty: float

    @classmethod
    def of(
        cls, assignment: Assignment, grade: Grade, zone: tzinfo, due: datetime | None
    ) -> _Handin:
        who = grade.submission
        late = assignment.lateness(who.submitted_at, due, marked=who.marked_late, zone=zone)
        return cls(grade, late.at, late.late_by, late.penalty)

    @property
    def score(self) -> float | None:
        """Return the grade's score after the late penalty."""
        score = self.grade.score
        return None if score is None else round(score * (1 - self.penalty / 100), 6)


def _last(handins: Sequence[_Handin], in_order: bool) -> _Handin:
    """Return the latest by time; by order if a time is missing or ``in_order`` is set."""
    if in_order:
        return handins[-1]
    known = [(each.at, place) for place, each in enumerate(handins) if each.at is not None]
    return handins[max(known)[1]] if len(known) == len(handins) else handins[-1]


def _best(handins: Sequence[_Handin]) -> _Handin:
    """Return the one with the most points after penalties; the earliest of equal ones."""
    known = [each for each in handins if each.score is not None]
    order = ((-(each.score or 0.0), each.at or EVER, place) for place, each in enumerate(known))
    return known[min(order)[2]] if known else handins[-1]


# --- manual changes -----------------------------------------------------------------------------


def holding(changes: Iterable[Adjustment]) -> list[Adjustment]:
    """Return the changes in force, after applying each ``undo`` and each ``=``."""
    held: list[Adjustment] = []
    for each in changes:
        if each.change != UNDO:
            held.append(each)
        elif held:
            held.pop()
    sets = [place for place, each in enumerate(held) if each.change.startswith("=")]
    return held[sets[-1] :] if sets else held


def adjusted(score: float | None, held: Iterable[Adjustment]) -> float | None:
    """Return the score after manual changes, at least 0; None unless it was judged or set.

    >>> adjusted(90.0, [Adjustment("ada", "-95", "copied")])
    0.0
    """
    for each in held:
        match = CHANGE.fullmatch(each.change)
        if match is not None and match[1] == "=":
            score = float(match[2])
        elif match is not None and score is not None:
            score += float(match[1] + match[2])
    return None if score is None else round(max(score, 0.0), 6)


# --- text ---------------------------------------------------------------------------------------


def duration(time: timedelta) -> str:
    """Format a length of time in its two largest units.

    >>> duration(timedelta(days=1, hours=3, minutes=5))
    '1 day 3 h'
    """
    minutes = int(time.total_seconds() // 60)
    days, hours = minutes // 1440, minutes // 60 % 24
    units = [(days, "day" if days == 1 else "days"), (hours, "h"), (minutes % 60, "min")]
    said = [f"{value:,} {unit}" for value, unit in units if value]
    return " ".join(said[:2]) or "under a minute"


def _lines(
    assignment: Assignment,
    handins: Sequence[_Handin],
    counts: _Handin,
    due: datetime | None,
    held: Sequence[Adjustment],
    excused: bool,
) -> Iterable[str]:
    if excused:
        yield EXCUSED
        return
    if len(handins) > 1:
        yield f"the {assignment.attempts} of {len(handins)} submissions counts"
    is_open = any(each.score is None for each in handins) and counts.score is not None
    if is_open and assignment.attempts == "best":
        yield OPEN
    if due is not assignment.due and due is not None:
        yield f"your due date was extended to {due:%Y-%m-%d %H:%M}"
    if counts.late_by:
        yield f"submitted {duration(counts.late_by)} late: {_cost(assignment, counts)}"
    elif counts.at is None and due is not None and assignment.late is not None:
        yield _without_time(counts, due != assignment.due)
    for each in held:
        what = "set to" if each.change.startswith("=") else "changed by"
        yield f"{what} {each.change.removeprefix('=')} by hand: {each.reason}"


def _without_time(counts: _Handin, extended: bool) -> str:
    """Return the text about a submission whose time is unknown."""
    if not counts.grade.submission.marked_late:
        return UNKNOWN
    if counts.penalty:
        return f"marked late: {counts.penalty:g} % off"
    return MARKED_EXTENDED if extended else MARKED


def unapplied(assignment: Assignment, grades: Iterable[Grade]) -> str:
    """Return the warning about students to whom the late policy was not applied; or ''.

    It concerns submissions without a time, as in downloads of Canvas and in plain folders.
    """
    if assignment.late is None or assignment.due is None:
        return ""
    counting = [grade for grade in grades if not grade.excused and not grade.absent]
    known = assignment.lateness
    timeless = [g for g in counting if known(g.submission.submitted_at).at is None]
    if not timeless:
        return ""
    marked = [label(grade.submission) for grade in timeless if grade.submission.marked_late]
    names = f"{', '.join(marked[:MOST_NAMED])}" + (
        f" and {len(marked) - MOST_NAMED} more" if len(marked) > MOST_NAMED else ""
    )
    verb = "has" if len(timeless) == 1 else "have"
    whose = "this download has no submission times" if len(timeless) == len(counting) else (
        f"{len(timeless)} of {len(counting)} submissions {verb} no time that can be read")  # fmt: skip
    cost = assignment.late.marked
    said = f"the late policy is not applied: {whose}"
    if marked and cost is not None:
        said = f"the late policy is applied by the LMS's marks alone: {whose}; {cost:g} % off for {names}"
    elif marked:
        said += f"; marked LATE: {names}"
    advice = "give the times with --times FILE"
    if marked and cost is None:
        advice += ", or what a mark costs with late: {marked: PERCENT}"
    return f"{said}; {advice}"


def _cost(assignment: Assignment, counts: _Handin) -> str:
    if not counts.penalty:
        return "no late penalty"
    cut_off = assignment.late.cut_off if assignment.late else None
    after = ", after the cut-off" if cut_off is not None and counts.late_by > cut_off else ""
    return f"{counts.penalty:g} % off{after}"


def _for_staff(
    extension: Extension | None, held: Sequence[Adjustment], zone: tzinfo
) -> Mapping[str, str]:
    found = {}
    if extension is not None:
        found["extension"] = ": ".join(filter(None, (extension.where, extension.reason)))
    if held:
        found["by_hand"] = "; ".join(
            f"{each.change} by {each.by}, {to_minute(each.at, zone)}" for each in held
        )
    return found
