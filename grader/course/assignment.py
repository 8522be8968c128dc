"""An assignment and a course, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Final, Literal
from zoneinfo import ZoneInfo

from msgspec import Struct, field
from msgspec.structs import replace

from grader import parcel, timestamps
from grader.course.yaml_nodes import FILE, CatalogError, quoted
from grader.model import Limits
from grader.text import nearest

DAY: Final = timedelta(days=1)


class SpeedLimit(Struct, frozen=True):
    """A limit of ``ratio`` times the reference's CPU time, with separate points."""

    ratio: float
    points: float


class Step(Struct, frozen=True):
    """Submissions later than ``after`` lose ``lose`` percent of the score."""

    after: timedelta
    lose: float


class Late(Struct, frozen=True):
    """The late penalty, in percent of the score: per started day, or in steps.

    >>> Late(per_day=10, at_most=50).penalty(timedelta(hours=25))
    20.0
    >>> Late(steps=(Step(timedelta(), 5), Step(timedelta(days=2), 40))).penalty(timedelta(days=3))
    40.0
    """

    per_day: float = 0.0
    at_most: float = 100.0
    cut_off: timedelta | None = None
    """Time after which the whole score is lost."""
    steps: tuple[Step, ...] = ()
    marked: float | None = None
    """Percent lost if the LMS marks a submission as late without a time."""

    def penalty(self, late_by: timedelta) -> float:
        """Return the percentage of the score that is lost with this lateness."""
        if late_by <= timedelta():
            return 0.0
        if self.cut_off is not None and late_by > self.cut_off:
            return 100.0
        if self.steps:
            return float(max((s.lose for s in self.steps if late_by > s.after), default=0.0))
        days_begun = -(-late_by // DAY)
        return float(min(self.at_most, self.per_day * days_begun))


class Lateness(Struct, frozen=True):
    """The lateness of one submission by the course's rule."""

    at: datetime | None
    """The time of submission, in UTC; None if unknown."""
    due: datetime | None
    """The due date of this student."""
    late_by: timedelta = timedelta()
    penalty: float = 0.0
    """Percent of the score."""
    marked: bool = False
    """Whether the LMS marks it as late."""


def calendar_time(start: datetime, end: datetime, zone: tzinfo) -> timedelta:
    """Return the time from ``start`` to ``end``, counting calendar days in ``zone``.

    A day lasts from a clock time to the same clock time on the next day, even if that takes 23 or
    25 hours.
    """
    if end <= start:
        return timedelta()
    first = start.astimezone(zone)
    days = max((end.astimezone(zone).date() - first.date()).days, 0)
    passed = _days_after(first, days)
    if passed > end:
        days -= 1
        passed = _days_after(first, days)
    return days * DAY + min(end.astimezone(UTC) - passed, DAY)


def _days_after(first: datetime, days: int) -> datetime:
    """Return the same clock time some days later, in UTC."""
    if not days:
        return first.astimezone(UTC)
    # adding days to a time with a zone keeps its clock time
    return (first + days * DAY).astimezone(UTC)


class CheckSetting(Struct, frozen=True):
    """One check's settings in assignments.yaml; at most one of the three is set."""

    points: float | None = None
    """The points of the check, replacing those of its mark."""
    skip: str = ""
    """The reason for leaving out the check and its points."""
    full: str = ""
    """The reason for giving everyone full points."""


class ManualQuestion(Struct, frozen=True):
    """A question that a person grades."""

    id: str
    title: str
    points: float


class Assignment(Struct, frozen=True):
    """One exercise with this course's settings."""

    name: str
    title: str
    points: float = 100.0
    """The points for passing every check; speed limits and manual questions add to them."""
    scaled: bool = False
    """Whether the marks' points are scaled to ``points``; otherwise their sum is the maximum."""
    runtime: Literal["numpy", "torch"] = "numpy"
    imports: tuple[str, ...] = ()
    """Modules that may be imported in addition to NumPy and the standard library."""
    limits: Limits = field(default_factory=Limits)
    speed: Mapping[str, SpeedLimit] = field(default_factory=dict)
    """Stricter speed limits, by function."""
    due: datetime | None = None
    grace: timedelta = timedelta()
    late: Late | None = None
    attempts: Literal["last", "best"] = "last"
    """Which of several submissions counts."""
    opens: datetime | None = None
    """When `grader serve` shows the assignment and accepts submissions; None for at once."""
    closes: datetime | None = None
    """When `grader serve` stops accepting, if not at the late policy's cut-off: see `closing`."""
    hold_off: timedelta = timedelta()
    """Minimum time between two submissions of a student to `grader serve`."""
    zone: tzinfo | None = None
    """The course's time zone."""
    lms: Mapping[str, Mapping[str, int | str]] = field(default_factory=dict)
    checks: Mapping[str, CheckSetting] = field(default_factory=dict)
    """Changes to single checks, by ``file::function`` or by the function's name."""
    files: tuple[str, ...] = ()
    """The files that students submit, if there are several; the first is ``student``."""
    extra_files: bool = False
    """Whether additional Python files of the submission can be imported."""
    manual: tuple[ManualQuestion, ...] = ()
    writes: bool = False
    """Whether a worker gets a private folder in which it may write files."""
    mistakes: Mapping[str, float] = field(default_factory=dict)
    """The least percentage of the points that a recognised mistake costs, by its id."""

    @property
    def student_files(self) -> tuple[str, ...]:
        """Return the names of the files that a student submits, the main one first."""
        return self.files or (f"{self.name}.py",)

    @property
    def module(self) -> str:
        """Return the name of the main file as a module."""
        return self.student_files[0].removesuffix(".py")

    @property
    def max_score(self) -> float:
        """Return the maximum score, with speed limits and manual questions."""
        return self.points + self.extra_points

    @property
    def extra_points(self) -> float:
        """Return the points of speed limits and manual questions."""
        speed = sum(limit.points for limit in self.speed.values())
        return speed + sum(question.points for question in self.manual)

    def worth(self, max_score: float) -> Assignment:
        """Return the assignment with the maximum score of an earlier run."""
        return replace(self, points=max_score - self.extra_points)

    @property
    def closing(self) -> datetime | None:
        """Return when `grader serve` stops accepting: ``closes``, due plus cut-off, or never."""
        if self.closes is None and self.due and self.late and self.late.cut_off is not None:
            return self.due + self.late.cut_off
        return self.closes

    def lateness(
        self,
        submitted: str,
        due: datetime | None = None,
        *,
        marked: bool = False,
        zone: tzinfo | None = None,
    ) -> Lateness:
        """Return how late a submission is and what that costs; the only place with this rule.

        Args:
            submitted: The time of submission, in any form that LMSs write, or ''.
            due: The student's due date, if different from the assignment's.
            marked: Whether the LMS marks it as late; used only if the LMS gives no time.
            zone: Time zone for times without one, and for the calendar; by default the course's.
        """
        date = due or self.due
        zone = zone or self.zone or (date and date.tzinfo) or UTC
        at = timestamps.in_utc(submitted, zone)
        if date is None or at is None:
            # the LMS may not know about the extension
            extended = due is not None and due != self.due
            cost = self.late.marked if self.late and marked and date and not extended else None
            return Lateness(at, date, marked=marked, penalty=cost or 0.0)
        late_by = calendar_time(date, at, zone)
        late_by = late_by if late_by > self.grace else timedelta()
        penalty = self.late.penalty(late_by) if self.late else 0.0
        return Lateness(at, date, late_by, penalty, marked)


class Course(Struct, frozen=True):
    """A folder with ``assignments.yaml``, and the content of that file."""

    folder: Path
    title: str
    timezone: ZoneInfo | None = None
    assignments: tuple[Assignment, ...] = ()
    extensions: Path | None = None
    """The CSV of extensions and excuses, which `grader.results.policy` reads."""

    def assignment(self, name: str) -> Assignment:
        """Return an assignment by name; raise `CatalogError` with the nearest name."""
        for each in self.assignments:
            if each.name == name:
                return each
        names = [each.name for each in self.assignments]
        known = f"write one of: {', '.join(names)}" if names else f"add it to {FILE}"
        near = nearest(name, names)
        meant = f"did you mean {near}?" if near else known
        raise CatalogError(f"unknown assignment {quoted(name)}; {meant}")

    def solutions(self, name: str) -> tuple[Path, ...]:
        """Return the files of the solution: one, or several with ``files:``."""
        folder = self.folder / "reference" / name
        listed = next((each.files for each in self.assignments if each.name == name), ())
        return tuple(folder / file for file in listed or ("solution.py",))

    def solution(self, name: str) -> Path:
        """Return the main file of the solution, the module ``student`` in a hidden test."""
        return self.solutions(name)[0]

    def solution_texts(self, name: str) -> tuple[str, ...]:
        """Return the source of each file of the solution."""
        return tuple(path.read_text(encoding="utf-8") for path in self.solutions(name))

    def released(self, name: str) -> bytes:
        """Return the released stub; empty if there are several files, or no stub."""
        assignment = self.assignment(name)
        stub = self.exercise(name) / f"{assignment.module}.py"
        return stub.read_bytes() if stub.is_file() and len(assignment.files) < 2 else b""

    def submitted(self, name: str, texts: Sequence[str] = ()) -> tuple[str, bytes]:
        """Return (file, content) of a submission with these sources, or with the solution's.

        Args:
            name: The exercise.
            texts: One source for each of the students' files; missing ones are the solution's.
        """
        files = self.assignment(name).student_files
        texts = (*texts, *self.solution_texts(name)[len(texts) :])
        pairs = zip(files, (text.encode() for text in texts), strict=True)
        return files[0], parcel.packed(dict(pairs))

    def hidden_tests(self, name: str) -> Path:
        """Return the folder of the exercise's hidden tests."""
        return self.folder / "tests" / "hidden" / name

    def exercise(self, name: str) -> Path:
        """Return the folder that students receive."""
        return self.folder / "exercises" / name

    def data(self, name: str) -> Path:
        """Return the folder of data files for students and their programs."""
        return self.exercise(name) / "data"

    def grading_files(self, name: str) -> list[Path]:
        """Return the files that a machine needs for grading, besides the entry and the secret."""
        hidden, reference = self.hidden_tests(name), self.solution(name).parent
        unneeded = {"variants", "oracle.py"}
        paths = [
            *(p for p in reference.rglob("*") if p.relative_to(reference).parts[0] not in unneeded),
            *hidden.rglob("*"),
            *(hidden.parent / "shared").rglob("*"),
            *hidden.parent.glob("*.*"),
            *self.data(name).rglob("*"),
        ]
        return sorted({path for path in paths if _is_needed(path)})


def _is_needed(path: Path) -> bool:
    passing = {"__pycache__", ".ipynb_checkpoints"}.intersection(path.parts)
    return path.is_file() and not path.is_symlink() and not passing
