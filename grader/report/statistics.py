"""What the grades of a class say: about the scores, about each check, and about who needs a look.

    checks = statistics.checks(grades)
    checks[0].difficulty, checks[0].discrimination, checks[0].flags

Difficulty is the share of students who pass a check; discrimination is the point-biserial
correlation of passing it with the *rest* score, the points of all other checks (a check would
otherwise correlate with itself). Both leave out submissions in which nothing could be run: who
fails every check at once says nothing about one of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import numpy as np

from grader.catalog import Assignment
from grader.inbox import times
from grader.model import Grade, Outcome, Standing

ENOUGH: Final = 10
"""Students before a check is called unfair."""
HARDLY_ANY: Final = 0.1
DO_WELL: Final = 0.7
BINS: Final = 20

_SIGNS: Final = {
    "attack": ("your program wrote something of its own", "your program closed the pipe"),
    "crashed": ("your program crashed", "your program ended"),
    "hung": ("no answer within", "it waits for something that never comes"),
}
NOTES: Final = {
    "error": "not judged",
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
"""What may be noted of a submission, the gravest first."""


@dataclass(frozen=True, slots=True)
class CheckFigures:
    """One check, over the class."""

    id: str
    title: str
    max_points: float
    judged: int
    passed: int
    partly: int
    failed: int
    unknown: int
    difficulty: float | None
    """Share passing of those judged; None if there are none."""
    discrimination: float | None
    """Point-biserial with the rest score; None where either does not vary."""
    flags: tuple[str, ...] = ()
    """Why the check looks unfair, in words."""


@dataclass(frozen=True, slots=True)
class MistakeFigures:
    """One mistake, and who made it (their places in the sequence of grades)."""

    id: str
    hint: str
    students: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ScoreFigures:
    """The scores that there are, in a few numbers."""

    count: int
    mean: float
    median: float
    lower: float
    """A quarter has less."""
    upper: float
    """A quarter has more."""
    full: int
    none: int


@dataclass(frozen=True, slots=True)
class Table:
    """Grades as arrays: a row a student, a column a check; NaN where there is no verdict."""

    ids: tuple[str, ...]
    points: np.ndarray
    passed: np.ndarray
    most: np.ndarray
    """Points to be had in each check."""

    @property
    def shares(self) -> np.ndarray:
        """The share of the points of each check that each student has."""
        worth = np.where(self.most > 0, self.most, 1.0)
        shares: np.ndarray = np.where(self.most > 0, self.points / worth, self.passed)
        return shares


def check_ids(grades: Iterable[Grade]) -> list[str]:
    """The checks that occur, in order."""
    return list(dict.fromkeys(outcome.id for grade in grades for outcome in grade.outcomes))


def table(grades: Sequence[Grade]) -> Table:
    """Grades as arrays; a check that could not be judged has no number."""
    ids = check_ids(grades)
    column = {name: number for number, name in enumerate(ids)}
    points = np.full((len(grades), len(ids)), np.nan)
    passed, most = points.copy(), np.zeros(len(ids))
    for row, grade in enumerate(grades):
        for outcome in grade.outcomes:
            place = column[outcome.id]
            most[place] = max(most[place], outcome.max_points)
            if outcome.status != "error":
                points[row, place] = outcome.points
                passed[row, place] = outcome.status == "passed"
    return Table(tuple(ids), points, passed, most)


def scores(grades: Iterable[Grade]) -> ScoreFigures | None:
    """The scores that count, in a few numbers; None if nobody has one. Who is excused has none."""
    graded = [grade for grade in grades if grade.final is not None]
    values = np.array([grade.final for grade in graded], float)
    if not values.size:
        return None
    lower, median, upper = np.percentile(values, [25, 50, 75])
    full = sum((grade.final or 0) >= grade.max_score for grade in graded)
    return ScoreFigures(
        len(values), float(values.mean()), float(median), float(lower), float(upper),
        full, int((values == 0).sum()),
    )  # fmt: skip


def histogram(grades: Iterable[Grade], most: float) -> list[tuple[float, float, int]]:
    """(from, to, how many) of scores; the last bin has full marks and what is above them."""
    values = [grade.final for grade in grades if grade.final is not None]
    edges = np.linspace(0.0, most, BINS + 1)
    counts, _ = np.histogram(np.clip(values, 0.0, most), edges)
    ends = zip(edges, edges[1:], counts, strict=False)
    return [(float(low), float(high), int(count)) for low, high, count in ends]


def checks(grades: Sequence[Grade]) -> list[CheckFigures]:
    """Every check over the class, in order."""
    titles = {o.id: o.title for grade in grades for o in grade.outcomes}
    ran = [grade for grade in grades if has_run(grade)]
    made = table(ran)
    column = {name: number for number, name in enumerate(made.ids)}
    unknown = Counter(o.id for grade in grades for o in grade.outcomes if o.status == "error")
    return [
        _figures(made, column[name], title, unknown[name]) if name in column
        else CheckFigures(name, title, _most(grades, name), 0, 0, 0, 0, unknown[name], None, None)
        for name, title in titles.items()
    ]  # fmt: skip


def mistakes(grades: Sequence[Grade]) -> list[MistakeFigures]:
    """The mistakes that were recognised, the most frequent first."""
    who: dict[str, dict[int, None]] = {}
    hints: dict[str, str] = {}
    for row, grade in enumerate(grades):
        for outcome in grade.outcomes:
            # What a hidden check recognised stands where students do not read.
            name = outcome.mistake or str(outcome.instructor.get("mistake", ""))
            if name:
                who.setdefault(name, {})[row] = None
                hints.setdefault(name, outcome.hint or str(outcome.instructor.get("hint", "")))
    found = [MistakeFigures(name, hints[name], tuple(rows)) for name, rows in who.items()]
    return sorted(found, key=lambda mistake: (-len(mistake.students), mistake.id))


def notes(assignment: Assignment, grade: Grade) -> list[str]:
    """What is to be noted of a submission: keys of `NOTES`, in its order."""
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
    """How late it was handed in: by the student's own date, or else by that of the assignment."""
    if grade.standing is not None:
        return timedelta() if grade.standing.excused else grade.standing.late_by
    submitted = times.moment(grade.submission.submitted_at)
    if submitted is None or assignment.due is None:
        return timedelta()
    if submitted.tzinfo is None:
        submitted = submitted.replace(tzinfo=assignment.due.tzinfo)
    return assignment.late_by(submitted)


def has_run(grade: Grade) -> bool:
    """Whether anything of the submission was run: a stub is not, nor what is no Python."""
    return any(o.seconds > 0 or o.points > 0 or o.status == "error" for o in grade.outcomes)


def signs(outcome: Outcome) -> set[str]:
    """What one check tells of the program: keys of `NOTES`."""
    if outcome.status != "failed":
        return {"error"} if outcome.status == "error" else set()
    found = {name for name, texts in _SIGNS.items() if any(t in outcome.message for t in texts)}
    trace = str(outcome.instructor.get("traceback", "")).strip()
    if trace.rpartition("\n")[2].startswith("PermissionError: [Errno 1]"):
        found.add("forbidden")
    return found


def _most(grades: Iterable[Grade], name: str) -> float:
    return max(o.max_points for grade in grades for o in grade.outcomes if o.id == name)


def _figures(made: Table, place: int, title: str, unknown: int) -> CheckFigures:
    known = ~np.isnan(made.passed[:, place])
    passed, points = made.passed[known, place], made.points[known, place]
    others = np.arange(len(made.ids)) != place
    rest = np.nansum(made.points[known][:, others], axis=1)
    judged, won = len(passed), int(passed.sum())
    partly = int(((points > 0) & (passed == 0)).sum())
    difficulty = won / judged if judged else None
    discrimination = point_biserial(passed, rest)
    losers = rest[passed == 0]
    well = float(losers.mean() / made.most[others].sum()) if losers.size and others.any() else 0.0
    return CheckFigures(
        made.ids[place], title, float(made.most[place]), judged, won, partly,
        judged - won - partly, unknown, difficulty, discrimination,
        _flags(judged, difficulty, discrimination, well),
    )  # fmt: skip


def point_biserial(passed: np.ndarray, rest: np.ndarray) -> float | None:
    """The correlation of a verdict (0 or 1) with a score; None where either does not vary."""
    if len(passed) < 2 or np.ptp(passed) == 0 or np.ptp(rest) < 1e-9:
        return None
    return float(np.corrcoef(passed, rest)[0, 1])


def _flags(
    judged: int, difficulty: float | None, discrimination: float | None, well: float
) -> tuple[str, ...]:
    """Why a check looks unfair; a correlation within chance (5 %, one-sided) is no reason."""
    if judged < ENOUGH or difficulty is None:
        return ()
    found = []
    if discrimination is not None and discrimination < -1.645 / judged**0.5:
        found.append("who does well otherwise fails it more often")
    if difficulty <= HARDLY_ANY and well >= DO_WELL:
        who = "nobody passes" if difficulty == 0 else "hardly anybody passes"
        found.append(f"{who}, though they have {round(100 * well)} % of all other points")
    return tuple(found)
