"""One student's page: the score, what to look at again, what is right, and what to do next.

    feedback.render(run, assignment, grade) -> bytes
    feedback.file_name("ada") == "ada.html"

Failed checks stand first. Those that come of one mistake stand together, so that its hint is read
once; so do those that failed for the same reason. Nothing under an ``instructor`` key is read here.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

from grader.course.assignment import Assignment
from grader.model import Grade, Outcome
from grader.results import page
from grader.results.store import Run

_PLAIN: Final = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,79}")
_PORTS: Final = (f"{device}{number}" for device in ("com", "lpt") for number in range(10))
_RESERVED: Final = {"con", "prn", "aux", "nul", *_PORTS}
_MANY: Final = 6
"""Checks with one reason that are listed; with more, the list is folded."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Failed checks that have one cause: a mistake that was recognised, or the same message."""

    outcomes: tuple[Outcome, ...]
    message: str
    """The message, if it is the same for all."""
    hint: str = ""
    more: str = ""

    @property
    def lost(self) -> float:
        """The points that it cost."""
        return sum(o.max_points - o.points for o in self.outcomes)

    @property
    def folded(self) -> bool:
        """Whether the list of its checks says little: they are many, and all alike."""
        return bool(self.message) and len(self.outcomes) > _MANY


@dataclass(frozen=True, slots=True)
class Topic:
    """Checks that stand in one file of hidden tests."""

    title: str
    outcomes: tuple[Outcome, ...]


def render(run: Run, assignment: Assignment, grade: Grade) -> bytes:
    """The page of one student, complete in itself; everything in it may be shown to them."""
    failed = [o for o in grade.outcomes if o.status == "failed"]
    found = findings(failed)
    said = {finding.message for finding in found}
    return page.render(
        "feedback.html",
        styles=("page.css", "feedback.css"),
        assignment=assignment,
        submission=grade.submission,
        grade=grade,
        handed_in=page.time(grade.submission.submitted_at, _zone(assignment)),
        share=share(grade),
        verdict=verdict,
        findings=found,
        unknown=[o for o in grade.outcomes if o.status == "error"],
        right=topics(o for o in grade.outcomes if o.status == "passed"),
        counts=_counts(grade),
        message="" if grade.message in said else grade.message,
        command=f"grader check {assignment.name}.py",
        in_notebook=grade.submission.file.endswith(".ipynb"),
        version=run.versions.get("grader", ""),
    )


def verdict(outcome: Outcome) -> str:
    """The verdict in a word: a failed check with some of its points is passed in part."""
    if outcome.status == "failed" and outcome.points > 0:
        return "partly"
    return outcome.status


def share(grade: Grade) -> float:
    """The score as a share of the maximum, for the bar; extra points do not make it longer."""
    if grade.final is None or grade.max_score <= 0:
        return 0.0
    return min(1.0, max(0.0, grade.final / grade.max_score))


def findings(failed: Iterable[Outcome]) -> list[Finding]:
    """Failed checks by their cause, in the order in which the checks stand.

    One that says the very words of another, of which the mistake is known, has the same cause.
    """
    failed = list(failed)
    known = {o.message: o.mistake for o in failed if o.hint and o.message}
    groups: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in failed:
        mistake = outcome.mistake if outcome.hint else known.get(outcome.message, "")
        cause = ("mistake", mistake) if mistake else ("message", outcome.message)
        if outcome.visibility == "hidden":  # whatever it failed for, it does not say so
            cause = ("check", outcome.id)
        groups.setdefault(cause, []).append(outcome)
    return [_finding(outcomes) for outcomes in groups.values()]


def topics(outcomes: Iterable[Outcome]) -> list[Topic]:
    """Checks by the file that they stand in, in order."""
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(topic(outcome.id), []).append(outcome)
    return [Topic(title, tuple(group)) for title, group in groups.items()]


def topic(check: str) -> str:
    """What a check is about, by its file.

    >>> topic("test_loss.py::test_loss_from_logits")
    'Loss'
    """
    stem = check.partition("::")[0].removesuffix(".py").removeprefix("test_")
    return stem.replace("_", " ").capitalize()


def file_name(student: str) -> str:
    """A file's name for any student: safe everywhere, and never the same for two.

    What is a plain name already stays as it is. Anything else is spelt in plain letters as far as
    it can be, and told apart by a hash after a ``~``, which no plain name has.

    >>> file_name("ada.lovelace@example.org")
    'ada.lovelace@example.org.html'
    >>> file_name("Zoë")
    'zoe~c6a12698582fc1104ea24107a2d72681.html'
    """
    if _PLAIN.fullmatch(student) and student.partition(".")[0] not in _RESERVED:
        return f"{student}.html"
    letters = unicodedata.normalize("NFKD", student[:200]).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", letters.lower()).strip("-")[:40] or "student"
    digest = hashlib.sha256(student.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return f"{slug}~{digest}.html"


def _zone(assignment: Assignment) -> tzinfo | None:
    return assignment.due.tzinfo if assignment.due else None


def _finding(outcomes: Sequence[Outcome]) -> Finding:
    messages = {outcome.message for outcome in outcomes}
    message = outcomes[0].message if len(messages) == 1 else ""
    told = next((outcome for outcome in outcomes if outcome.hint), outcomes[0])
    return Finding(tuple(outcomes), message, told.hint, told.more)


def _counts(grade: Grade) -> list[tuple[str, int]]:
    verdicts = [verdict(outcome) for outcome in grade.outcomes]
    every = [(name, verdicts.count(name)) for name in ("passed", "partly", "failed", "error")]
    return [(name, count) for name, count in every if count]
