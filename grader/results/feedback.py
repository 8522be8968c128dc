"""Render one student's page: the score, what to fix, what is correct, and what to do next.

    feedback.render(run, assignment, grade) -> bytes
    feedback.file_name("ada") == "ada.html"

The page has one card per root cause (`grader.results.cards`), in order, with the consequences
folded. It never reads from an ``instructor`` key; messages held back until the due date are moved
there first (`grader.results.visibility`).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo
from typing import Final

from msgspec import Struct

from grader.course.assignment import Assignment
from grader.model import Grade, Outcome
from grader.results import cards, page, wording
from grader.results.store import Run
from grader.results.visibility import for_student

_PLAIN: Final = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,79}")
_PORTS: Final = (f"{device}{number}" for device in ("com", "lpt") for number in range(10))
_RESERVED: Final = {"con", "prn", "aux", "nul", *_PORTS}


class Topic(Struct, frozen=True):
    """The checks in one file of hidden tests."""

    title: str
    outcomes: tuple[Outcome, ...]


def render(run: Run, assignment: Assignment, grade: Grade, now: datetime | None = None) -> bytes:
    """Return the page of one student as HTML; everything in it may be shown to the student.

    Args:
        run: The run, for the version in the footer.
        assignment: Its title, name and due date.
        grade: The grade as stored; held-back texts are removed here.
        now: The time of reading, which decides what is held back; None for the present time.
    """
    shown = for_student(grade, assignment.due, now)
    entries = cards.entries(shown)
    passed = [o for o in shown.outcomes if o.status == "passed"]
    said = {text for entry in entries for text in (entry.message, entry.sentence)}
    said |= {outcome.message for entry in entries for outcome in entry.checks}
    return page.render(
        "feedback.html",
        styles=("page.css", "feedback.css"),
        assignment=assignment,
        submission=shown.submission,
        grade=shown,
        handed_in=page.time(shown.submission.submitted_at, _zone(assignment)),
        share=share(shown),
        verdict=verdict,
        lost=cards.lost,
        entries=entries,
        open=_open(shown, entries),
        right=topics(passed),
        summary=_summary(shown.outcomes),
        counts=_counts(shown),
        message="" if shown.message in said else shown.message,
        test_first=wording.test_first(
            f"grader check {assignment.name}.py", shown.submission.file.endswith(".ipynb")
        ),
        version=run.versions.get("grader", ""),
    )


def verdict(outcome: Outcome) -> str:
    """Return a key of `wording.VERDICTS`; a failed check with some points is partial."""
    if outcome.status == "failed" and outcome.points > 0:
        return "partial"
    return outcome.status


def share(grade: Grade) -> float:
    """Return the score as a share of the maximum, at most 1 even with extra points."""
    if grade.final is None or grade.max_score <= 0:
        return 0.0
    return min(1.0, max(0.0, grade.final / grade.max_score))


def topics(outcomes: Iterable[Outcome]) -> list[Topic]:
    """Group checks by their file, in order."""
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(topic(outcome.id), []).append(outcome)
    return [Topic(title, tuple(group)) for title, group in groups.items()]


def topic(check: str) -> str:
    """Return the topic of a check, from the name of its file.

    >>> topic("test_loss.py::test_loss_from_logits")
    'Loss'
    """
    stem = check.partition("::")[0].removesuffix(".py").removeprefix("test_")
    return stem.replace("_", " ").capitalize()


def file_name(student: str) -> str:
    """Return a file name for a student: safe on every system, and unique.

    A plain id is kept. Any other id is converted to plain letters as far as possible, followed by
    ``~`` and a hash; plain ids contain no ``~``.

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


def _open(grade: Grade, entries: Sequence[cards.CardView]) -> list[tuple[str, str, list[Outcome]]]:
    """Return the checks without a verdict, as (key, heading, checks) for each kind."""
    told = {o.id for entry in entries for o in (*entry.checks, *entry.consequences)}
    kinds = (("waiting", wording.WAITING), ("manual", wording.MANUAL), ("error", wording.UNKNOWN))
    found = [
        (kind, title, [o for o in grade.outcomes if o.status == kind and o.id not in told])
        for kind, title in kinds
    ]
    return [each for each in found if each[2]]


def _summary(outcomes: Sequence[Outcome]) -> str:
    """Return a line that says which topics are fully or partly correct."""
    passed = [o for o in outcomes if o.status == "passed"]
    parts = []
    for each in topics(outcomes):
        good = sum(o.status == "passed" for o in each.outcomes)
        if good:
            parts.append(wording.topic(each.title, good, len(each.outcomes)))
    return wording.passed(len(passed), sum(o.points for o in passed), parts)


def _counts(grade: Grade) -> list[tuple[str, int]]:
    verdicts = [verdict(outcome) for outcome in grade.outcomes]
    every = [(name, verdicts.count(name)) for name in wording.VERDICTS]
    return [(name, count) for name, count in every if count]
