r"""Describe a grade as text of limited length, for every format with room for text.

>>> for_lms("a long message", 6)
'a long\n[cut: 14 characters in all]'

Messages may contain text from a student (the traceback of a file that did not load), so control
characters and half surrogates are removed here; each format escapes the rest. Only the two
functions for staff read an outcome's ``instructor`` field.
"""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from grader.model import Grade, Outcome
from grader.results import cards, wording
from grader.results.visibility import for_student
from grader.text import MOST, for_lms, lms_line

STEPS: Final = (MOST, 2_000, 400, 100, 0)
NOT_GRADED: Final = (
    "This submission could not be graded. It is not your fault, and no points are lost. "
    "Please tell the course staff."
)


def said(grade: Grade, outcome: Outcome, most: int = MOST, waits: bool = False) -> str:
    """Return the text for the student below the title of a check.

    The first check of a root cause shows its card; the others refer to that check.

    Args:
        grade: The grade, for its cards.
        outcome: The check.
        most: Limit in characters of each part of the text.
        waits: Whether the system itself holds back checks until the due date.
    """
    shown = _shown(grade, waits)
    outcome = next((each for each in shown.outcomes if each.id == outcome.id), outcome)
    parts = _of_card(shown, outcome)
    if not parts and outcome.status in ("waiting", "manual"):
        parts = [wording.not_judged(outcome) if outcome.status == "waiting" else wording.MANUAL]
    if not parts:
        hint = f"Hint: {outcome.hint}" if outcome.hint else ""
        parts = [outcome.message, hint, outcome.more]
    return "\n\n".join(for_lms(part, most) for part in parts if part)


def comment(grade: Grade, most: int) -> str:
    """Return the text about a grade for systems with a single comment field."""
    if grade.final is None:
        return ""
    shown = for_student(grade)
    head = f"{number(grade.final)} of {wording.points(grade.max_score)}."
    parts = [head, *grade.reasons, grade.message]
    for entry in cards.entries(shown):
        if entry.sentence != grade.message and (
            not entry.message or entry.message != grade.message
        ):
            parts.append("\n".join(entry_lines(entry)))
    parts += [f"{lms_line(o.title)}: {wording.not_judged(o)}" for o in _waiting(shown)]
    return for_lms("\n".join(filter(None, parts)), most)


def verdict(outcome: Outcome) -> str:
    """Return the verdict on a check in words."""
    return wording.VERDICTS[outcome.status]


def _waiting(grade: Grade) -> list[Outcome]:
    explained = {o.id for outcomes in cards.by_card(grade).values() for o in outcomes}
    return [o for o in grade.outcomes if o.status == "waiting" and o.id not in explained]


def entry_lines(entry: cards.CardView) -> list[str]:
    """Describe one thing to fix in a few lines."""
    example = wording.example_lines(entry.example) if entry.example else []
    follow = entry.consequences
    lines = [
        f"{lms_line(entry.sentence, 500)} ({wording.points_lost(entry.lost)})",
        *(for_lms(line, 500) for line in (entry.message, *example, entry.question) if line),
    ]
    return [*lines, wording.consequences(len(follow), cards.lost(follow))] if follow else lines


def _of_card(grade: Grade, outcome: Outcome) -> list[str]:
    """Return the parts of the card that explains a check, if there is one."""
    for entry in cards.explained(grade):
        if entry.card is None or outcome not in (*entry.checks, *entry.consequences):
            continue
        first = cards.first_checks(grade)[entry.card.id]
        if outcome.id != first.id:
            return [wording.follows_from(lms_line(first.title))]
        example = "\n".join(wording.example_lines(entry.example)) if entry.example else ""
        question = f"{wording.QUESTION} {entry.question}" if entry.question else ""
        count = len(entry.consequences)
        follow = wording.consequences(count, cards.lost(entry.consequences)) if count else ""
        return [entry.sentence, example, question, entry.more, follow]
    return []


def _shown(grade: Grade, waits: bool) -> Grade:
    """Return the grade without held-back texts; a job's clock decides nothing."""
    if waits:
        later = [replace(o, visibility="") if o.visibility == "after_due_date" else o
                 for o in grade.outcomes]  # fmt: skip
        grade = replace(grade, outcomes=tuple(later))
    return for_student(grade)


def overall(grade: Grade, remarks: tuple[str, ...] = (), most: int = MOST) -> str:
    """Return the text about the whole submission; reasons of an error are only for staff."""
    if grade.status == "error":
        passed = sum(outcome.status == "passed" for outcome in grade.outcomes)
        judged = sum(outcome.status != "error" for outcome in grade.outcomes)
        known = f"Of {len(grade.outcomes)} checks {judged} could be judged, {passed} passed."
        return "\n\n".join([NOT_GRADED, *([known] if grade.outcomes else [])])
    return "\n\n".join(for_lms(part, most) for part in (*remarks, grade.message) if part)


def held_back(grade: Grade) -> str:
    """Return the messages of hidden checks, one line each. Not for students."""
    told = [
        f"{outcome.title} ({outcome.id}): {outcome.status}: {message}"
        for outcome in grade.outcomes
        if outcome.visibility == "hidden" and (message := outcome.instructor.get("message"))
    ]
    return "\n".join(map(lms_line, told))


def for_staff(grade: Grade) -> str:
    """Return why a submission could not be graded, or ''. Not for students."""
    if grade.status != "error":
        return ""
    reasons = [grade.submission.error or grade.message]
    for outcome in grade.outcomes:
        if outcome.status == "error":
            trace = str(outcome.instructor.get("traceback", outcome.message))
            reasons.append(f"{outcome.id}:\n{trace}")
    return "\n".join(for_lms(reason) for reason in reasons if reason)


def number(value: float) -> str:
    """Write a number of points with at most two decimals.

    >>> [number(value) for value in (87.5, 100.0, 33.333333, -0.0)]
    ['87.5', '100', '33.33', '0']
    """
    return f"{round(value, 2) + 0.0:.10g}"


def in_html(text: str) -> str:
    """Return the text as HTML that displays exactly this text."""
    return html.escape(text).replace("\n", "<br>")


def fitted(render: Callable[[int], bytes], limit: int) -> bytes:
    """Return the document with texts as long as possible within ``limit`` bytes."""
    data = b""
    for most in STEPS:
        data = render(most)
        if len(data) <= limit:
            break
    return data
