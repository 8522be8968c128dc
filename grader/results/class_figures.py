"""Compute statistics of a class: of scores, of each check, and of unusual submissions.

    checks = statistics.checks(grades)
    checks[0].difficulty, checks[0].discrimination, checks[0].flags

Difficulty is the share of students who pass a check; discrimination is the point-biserial
correlation of passing it with the *rest* score, the points of all other checks (otherwise a check
would correlate with itself). Both exclude submissions in which nothing could run: failing every
check at once gives no information about a single check.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from math import floor
from statistics import correlation, fmean, median, quantiles
from typing import Final

from msgspec import Struct

from grader.course.assignment import Assignment
from grader.model import Cause, Grade, Outcome, Standing

ENOUGH: Final = 30
"""Number of students needed to call a check unfair; with fewer, correlations are unreliable."""
HARDLY_ANY: Final = 0.1
DO_WELL: Final = 0.7
BINS: Final = 20

_SIGNS: Final[Mapping[Cause, str]] = {"pipe": "attack", "crashed": "crashed", "overran": "hung"}
"""The note for each cause of a failed check."""
NOTES: Final = {
    "error": "not judged",
    "undiagnosed": "no diagnosis: a fault of the grader",
    "attack": "attempted attack",
    "forbidden": "forbidden call",
    "crashed": "crashed",
    "hung": "hung",
    "blank": "nothing to run",
    "late": "late",
    "excused": "excused",
    "extended": "extended",
    "by-hand": "changed by hand",
}
"""Notes on a submission, most serious first."""


class CheckFigures(Struct, frozen=True):
    """Statistics of one check over the class."""

    id: str
    title: str
    max_points: float
    judged: int
    passed: int
    partial: int
    failed: int
    unknown: int
    difficulty: float | None
    """Share of students who pass, of those judged; None if there are none."""
    discrimination: float | None
    """Point-biserial correlation with the rest score; None if either is constant."""
    flags: tuple[str, ...] = ()
    """Reasons why the check looks unfair, in words."""


class _Verdict(Struct, frozen=True):
    """One student's verdict on one check, and the points of all other checks."""

    passed: bool
    points: float
    rest: float


class ScoreFigures(Struct, frozen=True):
    """Summary statistics of the scores of a class."""

    count: int
    mean: float
    median: float
    lower: float
    """A quarter of the scores are lower."""
    upper: float
    """A quarter of the scores are higher."""
    full: int
    none: int


def scores(grades: Iterable[Grade]) -> ScoreFigures | None:
    """Summarise the scores that count; None if there are none. Excused students are left out."""
    graded = [grade for grade in grades if grade.final is not None]
    values = [grade.final or 0.0 for grade in graded]
    if not values:
        return None
    lower, _, upper = quantiles(values * (2 if len(values) == 1 else 1), method="inclusive")
    full = sum(value >= grade.max_score for value, grade in zip(values, graded, strict=True))
    return ScoreFigures(
        len(values), fmean(values), median(values), lower, upper, full, values.count(0)
    )


def histogram(grades: Iterable[Grade], most: float) -> list[tuple[float, float, int]]:
    """Count scores in bins (from, to, count); the last one holds full marks and more."""
    width, counts = most / BINS, Counter[int]()
    for grade in grades:
        if grade.final is not None:
            counts[min(max(floor(grade.final / width), 0), BINS - 1) if width else 0] += 1
    return [(place * width, (place + 1) * width, counts[place]) for place in range(BINS)]


def checks(grades: Sequence[Grade]) -> list[CheckFigures]:
    """Return the statistics of every check, in order."""
    titles = {o.id: o.title for grade in grades for o in grade.outcomes}
    most: dict[str, float] = {}
    verdicts: dict[str, list[_Verdict]] = {name: [] for name in titles}
    for grade in grades:
        judged = (
            [o for o in grade.outcomes if o.status in ("passed", "failed")]
            if has_run(grade)
            else ()
        )
        total = sum(outcome.points for outcome in judged)
        for outcome in judged:
            passed = outcome.status == "passed"
            verdicts[outcome.id].append(_Verdict(passed, outcome.points, total - outcome.points))
        for outcome in grade.outcomes:
            most[outcome.id] = max(most.get(outcome.id, 0.0), outcome.max_points)
    unknown = Counter(o.id for grade in grades for o in grade.outcomes if o.status == "error")
    return [
        _figures(name, title, most[name], sum(most.values()) - most[name], verdicts[name],
                 unknown[name])
        for name, title in titles.items()
    ]  # fmt: skip


def notes(assignment: Assignment, grade: Grade) -> list[str]:
    """Return the notes on a submission: keys of `NOTES`, in that order."""
    found = {sign for outcome in grade.outcomes for sign in signs(outcome)}
    if grade.status == "error":
        found.add("error")
    elif not has_run(grade) and not grade.absent:
        found.add("blank")
    if late_by(assignment, grade):
        found.add("late")
    if grade.standing is not None:
        found |= _policy_notes(assignment, grade.standing)
    return [name for name in NOTES if name in found]


def _policy_notes(assignment: Assignment, standing: Standing) -> set[str]:
    is_so = {
        "excused": standing.excused,
        "extended": standing.due != assignment.due,
        "by-hand": bool(standing.adjustments),
    }
    return {name for name, holds in is_so.items() if holds}


def late_by(assignment: Assignment, grade: Grade) -> timedelta:
    """Return how late a submission was, by the student's due date or else the assignment's."""
    if grade.standing is not None:
        return timedelta() if grade.standing.excused else grade.standing.late_by
    return assignment.lateness(grade.submission.submitted_at).late_by


def has_run(grade: Grade) -> bool:
    """Return whether any of the submission ran; a stub or an invalid file does not."""
    return any(o.seconds > 0 or o.points > 0 or o.status == "error" for o in grade.outcomes)


def signs(outcome: Outcome) -> set[str]:
    """Return what one check reveals about the program: keys of `NOTES`."""
    if outcome.status != "failed":
        return {"error"} if outcome.status == "error" else set()
    found = {_SIGNS[outcome.cause]} if outcome.cause in _SIGNS else set()
    if "diagnosis" in outcome.instructor:
        found.add("undiagnosed")
    trace = str(outcome.instructor.get("traceback", "")).strip()
    if trace.rpartition("\n")[2].startswith("PermissionError: [Errno 1]"):
        found.add("forbidden")
    return found


def _figures(
    name: str, title: str, most: float, most_else: float, found: Sequence[_Verdict], unknown: int
) -> CheckFigures:
    judged, won = len(found), sum(verdict.passed for verdict in found)
    partial = sum(verdict.points > 0 and not verdict.passed for verdict in found)
    difficulty = won / judged if judged else None
    discrimination = point_biserial([v.passed for v in found], [v.rest for v in found])
    losers = [verdict.rest for verdict in found if not verdict.passed]
    well = fmean(losers) / most_else if losers and most_else else 0.0
    return CheckFigures(
        name, title, most, judged, won, partial, judged - won - partial, unknown,
        difficulty, discrimination, _flags(judged, difficulty, discrimination, well),
    )  # fmt: skip


def point_biserial(passed: Sequence[bool], rest: Sequence[float]) -> float | None:
    """Return the correlation of a verdict with a score; None if either is constant."""
    if len(set(passed)) < 2 or max(rest) - min(rest) < 1e-9:
        return None
    return correlation(passed, rest)


def _flags(
    judged: int, difficulty: float | None, discrimination: float | None, well: float
) -> tuple[str, ...]:
    """Return why a check looks unfair; a correlation that may be chance (5 %) is ignored."""
    if judged < ENOUGH or difficulty is None:
        return ()
    found = []
    if discrimination is not None and discrimination < -1.645 / judged**0.5:
        found.append("strong students fail it more often than weak ones")
    if difficulty <= HARDLY_ANY and well >= DO_WELL:
        who = "no student passes" if difficulty == 0 else "hardly any student passes"
        found.append(f"{who}, though they earn {round(100 * well)} % of all other points")
    return tuple(found)
