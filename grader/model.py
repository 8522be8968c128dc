"""The nouns of the grader: frozen values, no behaviour beyond arithmetic, no imports of ours.

>>> outcome = Outcome("test_relu.py::test_relu", "relu is 0 below zero", "passed", 4.0, 4.0)
>>> Grade(Submission("ada", "ada.py"), 4.0, (outcome,)).score
4.0
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

from msgspec import Struct, field

Status = Literal["passed", "failed", "error", "waiting", "manual"]
"""The verdict on one check.

``failed`` is the student's doing. ``error`` is ours: we could not tell, and it is never a zero.
``waiting`` is *not judged yet*: something else must be correct first (``Outcome.blocked_by``).
``manual`` is a question that a person grades and has not graded yet.
"""

Cause = Literal[
    "",
    "wrong",
    "raised",
    "overran",
    "crashed",
    "pipe",
    "undefined",
    "unwritten",
    "modified",
    "unsteady",
    "refused",
    "slow",
    "kind",
    "message",
]
"""Why a check failed, for code that must decide; a message is only for readers.

``wrong`` values · ``raised`` an exception · ``overran`` a time limit · ``crashed`` the worker ·
``undefined`` function · ``unwritten`` stub · ``modified`` arguments · ``unsteady`` repeats ·
``refused`` value (no array where one is due) · ``slow`` · ``kind`` (an object where a value is due) ·
``message`` (the test's own words: assert, ``pytest.fail``, ``partial_credit``)
"""

VISIBILITIES = ("visible", "after_due_date", "hidden")
"""Of a hidden check a student reads title, verdict and points: the rest is the instructor's."""


def seconds(value: float) -> float:
    """Round a time to two digits, so that a submission can say little by its times.

    >>> [seconds(value) for value in (1.8734, 0.00126, 12.61)]
    [1.9, 0.0013, 13.0]
    """
    return float(f"{value:.2g}")


class Limits(Struct, frozen=True):
    """The limits of one submission; seconds are CPU seconds if they say so, else wall."""

    call_cpu: float = 2.0
    """CPU seconds for one call; a quarter of it once another function has used up all of its."""
    import_cpu: float = 10.0
    """CPU seconds for what runs on import."""
    call_wall: float = 30.0
    """Wall seconds for one call: a backstop."""
    idle_wall: float = 3.0
    """Wall seconds that a call may sleep without using any CPU."""
    total: float = 20.0
    """CPU seconds, and seconds spent asleep, for the whole submission."""
    memory_mb: int = 1024
    """Address space beyond what the preloaded libraries take, in MiB."""

    @property
    def patience(self) -> float:
        """Return the wall seconds after which a grading process counts as hung."""
        return 60 + 3 * self.total


class Submission(Struct, frozen=True):
    """One student's work as handed in, and what the LMS says about it."""

    student: str
    file: str
    source: bytes = b""
    problem: str = ""
    """Why there is nothing to grade (graded 0 with this reason), if so."""
    error: str = ""
    """Why *we* cannot tell what to grade (never a zero), if so."""
    note: str = ""
    name: str = ""
    email: str = ""
    sid: str = ""
    group: str = ""
    submitted_at: str = ""
    marked_late: bool = False
    """Whether the LMS marks it as late; it matters where there is no time."""
    is_ambiguous: bool = False
    """Whether the error is that several files are possible; the student can settle it."""


class Outcome(Struct, frozen=True):
    """The result of one check. ``instructor`` is never shown to a student."""

    id: str
    title: str
    status: Status
    points: float
    max_points: float
    message: str = ""
    mistake: str = ""
    hint: str = ""
    more: str = ""
    seconds: float = 0.0
    cause: Cause = ""
    blocked_by: str = ""
    """What a ``waiting`` check waits for, in words for the student."""
    root_cause: str = ""
    """The id of the `Card` that explains this outcome, if one does."""
    visibility: str = ""
    """When the student reads more than the verdict: at once if empty, else one of `VISIBILITIES`."""
    instructor: Mapping[str, Any] = field(default_factory=dict)
    credit: str = ""
    """Why a failed check keeps some of its points; the message ends with it."""
    missing: str = ""
    """The name that a plain test asked for and the submission does not define."""


class Example(Struct, frozen=True):
    """The smallest demonstration example that shows a mistake; all of it may be shown."""

    call: str
    """The call and its inputs, as a student would type it."""
    returned: str = ""
    """What the student's function returned, or ''."""
    correct: str = ""
    raised: str = ""
    """The exception and its text, with the student's own line, instead of ``returned``."""


class Card(Struct, frozen=True):
    """One root cause on a student's page."""

    id: str
    sentence: str
    """One true sentence: what is wrong, and where."""
    function: str = ""
    array: str = ""
    mistake: str = ""
    """The id of a catalogued mistake, if it has a name."""
    example: Example | None = None
    question: str = ""
    more: str = ""
    """A longer hint with something to do."""
    analogue: str = ""
    """A worked example with other numbers."""
    consequences: tuple[str, ...] = ()
    """Ids of the checks that failed because of this one."""
    points: float = 0.0
    """Points lost to this root cause, consequences included."""
    cluster: str = ""
    """A key that submissions with the same wrong behaviour share."""
    picture: str = ""
    """An SVG of the exercise's graph with the student's own values, or ''."""


class Standing(Struct, frozen=True):
    """A student's standing by the course's policy: see `grader.results.policy`."""

    final: float | None
    """The score that counts; None when we could not tell, or the student is excused."""
    due: datetime | None = None
    """The date that holds for this student, extension included."""
    late_by: timedelta = timedelta()
    penalty: float = 0.0
    """Percent of the score that lateness costs."""
    excused: bool = False
    attempts: int = 1
    """How many hand-ins this one was chosen from: 0 for who is excused and has none."""
    adjustments: tuple[Mapping[str, str], ...] = ()
    """Each ``change`` made by hand that holds, and its ``reason``."""
    lines: tuple[str, ...] = ()
    """Return the reasons why the final score differs, in words for the student."""
    instructor: Mapping[str, str] = field(default_factory=dict)


class Grade(Struct, frozen=True):
    """A submission and its outcomes."""

    submission: Submission
    max_score: float
    outcomes: tuple[Outcome, ...] = ()
    message: str = ""
    seconds: float = 0.0
    instructor: Mapping[str, Any] = field(default_factory=dict)
    cards: tuple[Card, ...] = ()
    """Root causes, in the order in which data flows through the student's functions."""
    seed: int | None = None
    """The seed of this submission's inputs, where it differs from the run's."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """What this grade depends on (course, grader, Python, NumPy), where it differs from the run's."""
    standing: Standing | None = None
    """What the policy says of it; never kept in the store."""

    @property
    def status(self) -> Literal["graded", "error", "excused"]:
        """Return ``error`` if any check could not be judged: then there is no score."""
        if self.absent:
            return "excused"
        unknown = self.submission.error or any(o.status == "error" for o in self.outcomes)
        return "error" if unknown else "graded"

    @property
    def score(self) -> float | None:
        """Return the sum of the points; None if it could not, or need not, be judged."""
        if self.status != "graded":
            return None
        return round(sum(outcome.points for outcome in self.outcomes), 6)

    @property
    def first_failure(self) -> Outcome | None:
        """Return the first check that was not passed; questions for a person are not checks."""
        return next((o for o in self.outcomes if o.status not in ("passed", "manual")), None)

    @property
    def outstanding(self) -> float:
        """Return the points of manual questions that nobody has graded yet."""
        return round(sum(each.max_points for each in self.outcomes if each.status == "manual"), 6)

    @property
    def final(self) -> float | None:
        """Return the score that counts, after the course's policy."""
        return self.standing.final if self.standing else self.score

    @property
    def excused(self) -> bool:
        """Return whether an instructor's entry excludes the grade."""
        return self.standing is not None and self.standing.excused

    @property
    def absent(self) -> bool:
        """Return whether there is an excuse and no graded submission."""
        return self.standing is not None and not self.standing.attempts

    @property
    def reasons(self) -> tuple[str, ...]:
        """Return the reasons why the final score differs, in words for the student."""
        return self.standing.lines if self.standing else ()
