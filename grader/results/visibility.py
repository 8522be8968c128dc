"""Hold back what a student may not read yet, on pages, in grades.json and LMS comments.

    shown = for_student(grade, due=grade.standing.due, now=datetime.now(UTC))

For a check marked ``visibility("hidden")`` a student always reads only title, verdict and points;
for one marked ``visibility("after_due_date")`` until the student's due date. Held-back fields move
to ``instructor``, which only staff read.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from msgspec.structs import replace

from grader.model import Card, Grade, Outcome

TOLD: Final = ("message", "mistake", "hint", "more", "blocked_by", "root_cause", "credit")
"""The fields of an outcome that can be held back: all except title, verdict and points."""


def is_held_back(outcome: Outcome, due: datetime | None, now: datetime) -> bool:
    """Return whether a student may read only title, verdict and points of a check.

    If there is no due date, ``after_due_date`` holds back forever.
    """
    if outcome.visibility == "after_due_date":
        return due is None or now < due
    return outcome.visibility == "hidden"


def for_student(grade: Grade, due: datetime | None = None, now: datetime | None = None) -> Grade:
    """Return the grade with everything that is held back now moved to ``instructor``.

    Args:
        grade: The grade as stored, for staff.
        due: The due date, if the grade has no `Standing` with the student's due date.
        now: The time of reading; None for the present time.
    """
    date = grade.standing.due if grade.standing is not None else due
    if date is not None and date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    at = now or datetime.now(UTC)
    held = {each.id for each in grade.outcomes if is_held_back(each, date, at)}
    if not held:
        return grade
    outcomes = tuple(_bare(each) if each.id in held else each for each in grade.outcomes)
    kept = {each.root_cause for each in outcomes if each.root_cause}
    cards = tuple(_without(card, held) for card in grade.cards if card.id in kept)
    return replace(grade, outcomes=outcomes, cards=cards)


def for_staff(outcome: Outcome) -> Outcome:
    """Return an outcome with the held-back fields restored, for reports to staff."""
    if not outcome.visibility:
        return outcome
    held: dict[str, Any] = {
        name: text
        for name in TOLD
        if not getattr(outcome, name) and isinstance(text := outcome.instructor.get(name), str)
    }
    return replace(outcome, **held) if held else outcome


def _bare(outcome: Outcome) -> Outcome:
    told = {name: value for name in TOLD if (value := getattr(outcome, name))}
    bare = replace(
        outcome, message="", mistake="", hint="", more="", blocked_by="", root_cause="", credit=""
    )
    return replace(bare, instructor={**outcome.instructor, **told})


def _without(card: Card, held: set[str]) -> Card:
    return replace(card, consequences=tuple(each for each in card.consequences if each not in held))
