"""The shared values of the grader: frozen, with no logic but arithmetic, and no imports of ours.

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

``failed`` means that the student's answer is wrong. ``error`` means that we could not judge it; it is
never a zero. ``waiting`` means *not judged yet*: something else must be correct first
(``Outcome.blocked_by``). ``manual`` is a question that a person has not graded yet.
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
"""Why a check failed, for code to compare; messages are only for readers.

``wrong`` values · ``raised`` an exception · ``overran`` a time limit · ``crashed`` the worker ·
``undefined`` function · ``unwritten`` stub · ``modified`` arguments · ``unsteady`` repeats ·
``refused`` value (not an array) · ``slow`` · ``kind`` (an object where a value is expected) ·
``message`` (the test's own text: assert, ``pytest.fail``, ``partial_credit``)
"""

VISIBILITIES = ("visible", "after_due_date", "hidden")
"""Of a hidden check, students read only title, verdict and points."""


def seconds(value: float) -> float:
    """Round a time to two digits, so that a submission cannot encode much in its times.

    >>> [seconds(value) for value in (1.8734, 0.00126, 12.61)]
    [1.9, 0.0013, 13.0]
    """
    return float(f"{value:.2g}")


class Limits(Struct, frozen=True):
    """The limits of one submission; seconds are wall-clock time unless they say CPU."""

    call_cpu: float = 2.0
    """CPU seconds for one call; a quarter of this once another function has timed out."""
    import_cpu: float = 10.0
    """CPU seconds for loading the file."""
    call_wall: float = 30.0
    """Wall seconds for one call, in case the other limits fail."""
    idle_wall: float = 3.0
    """Wall seconds that a call may sleep without using the CPU."""
    total: float = 20.0
    """CPU seconds plus seconds asleep, for the whole submission."""
    memory_mb: int = 1024
    """Address space in MiB, in addition to the preloaded libraries."""

    @property
    def patience(self) -> float:
        """Return the wall seconds after which a grading process counts as hung."""
        return 60 + 3 * self.total


class Submission(Struct, frozen=True):
    """One student's submitted work, with what the LMS says about it."""

    student: str
    file: str
    source: bytes = b""
    problem: str = ""
    """Why there is nothing to grade, which gives 0 points; '' otherwise."""
    error: str = ""
    """Why *we* cannot tell what to grade, which is never a zero; '' otherwise."""
    note: str = ""
    name: str = ""
    email: str = ""
    sid: str = ""
    group: str = ""
    submitted_at: str = ""
    marked_late: bool = False
    """Whether the LMS marks it as late; used if it gives no time."""
    is_ambiguous: bool = False
    """Whether the error is that several files are possible, which the student can settle."""


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
    """The id of the `Card` that explains this outcome, or ''."""
    visibility: str = ""
    """When the student may read the details: '' for immediately, or one of `VISIBILITIES`."""
    instructor: Mapping[str, Any] = field(default_factory=dict)
    credit: str = ""
    """Why a failed check keeps some of its points; the message ends with this text."""
    missing: str = ""
    """The name that a plain test used and that the submission does not define."""


class Example(Struct, frozen=True):
    """The smallest demonstration example that shows a mistake; all of it may be shown."""

    call: str
    """The call and its inputs, as Python code."""
    returned: str = ""
    """The result of the student's function, or ''."""
    correct: str = ""
    raised: str = ""
    """The exception and its text, with the student's line, instead of ``returned``."""


class Card(Struct, frozen=True):
    """One root cause on a student's page."""

    id: str
    sentence: str
    """A true sentence that says what is wrong and where."""
    function: str = ""
    array: str = ""
    mistake: str = ""
    """The id of a mistake in the catalogue, or ''."""
    example: Example | None = None
    question: str = ""
    more: str = ""
    """A longer hint that suggests something to do."""
    analogue: str = ""
    """A worked example with other numbers."""
    consequences: tuple[str, ...] = ()
    """Ids of the checks that failed as a consequence."""
    points: float = 0.0
    """Points lost to this root cause, including its consequences."""
    cluster: str = ""
    """A key that submissions with the same wrong behaviour share."""
    picture: str = ""
    """An SVG of the exercise's graph with the student's own values, or ''."""


class Standing(Struct, frozen=True):
    """A student's standing under the course's policy: see `grader.results.policy`."""

    final: float | None
    """The score that counts; None if it could not be judged, or the student is excused."""
    due: datetime | None = None
    """The due date of this student, including an extension."""
    late_by: timedelta = timedelta()
    penalty: float = 0.0
    """The late penalty, in percent of the score."""
    excused: bool = False
    attempts: int = 1
    """Number of submissions to choose from; 0 for an excused student without any."""
    adjustments: tuple[Mapping[str, str], ...] = ()
    """Each valid manual ``change``, with its ``reason``."""
    lines: tuple[str, ...] = ()
    """The reasons why the final score differs, in words for the student."""
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
    """Root causes, in the order of the data flow through the student's functions."""
    seed: int | None = None
    """The seed of this submission's inputs, if different from the run's."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """The versions behind the grade (course, grader, Python, NumPy), if different from the run's."""
    standing: Standing | None = None
    """The standing under the policy; never stored."""

    @property
    def status(self) -> Literal["graded", "error", "excused"]:
        """Return ``error`` if any check could not be judged, so that there is no score."""
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
        """Return the first check that did not pass, apart from manual questions."""
        return next((o for o in self.outcomes if o.status not in ("passed", "manual")), None)

    @property
    def outstanding(self) -> float:
        """Return the points of manual questions that are not graded yet."""
        return round(sum(each.max_points for each in self.outcomes if each.status == "manual"), 6)

    @property
    def final(self) -> float | None:
        """Return the score that counts, after the course's policy."""
        return self.standing.final if self.standing else self.score

    @property
    def excused(self) -> bool:
        """Return whether an instructor's entry excuses the student."""
        return self.standing is not None and self.standing.excused

    @property
    def absent(self) -> bool:
        """Return whether the student is excused without a graded submission."""
        return self.standing is not None and not self.standing.attempts

    @property
    def reasons(self) -> tuple[str, ...]:
        """Return the reasons why the final score differs, in words for the student."""
        return self.standing.lines if self.standing else ()
