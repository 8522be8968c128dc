r"""What is said of a grade, as text of bounded length: for every format that has room for words.

>>> for_lms("a long message", 6)
'a long\n[cut: 14 characters in all]'

Messages may hold what a student wrote (a traceback of a file that did not load): control
characters and half surrogates go here, and each format escapes what is left in its own way.
Nothing of an outcome's ``instructor`` is ever read, but by the two functions for staff.
"""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Final

from grader.model import Grade, Outcome
from grader.text import MOST, for_lms, lms_line

STEPS: Final = (MOST, 2_000, 400, 100, 0)
NOT_GRADED: Final = (
    "This submission could not be graded. It is not your fault, and no points are lost. "
    "Please tell the course staff."
)


def said(outcome: Outcome, most: int = MOST, waits: bool = False) -> str:
    """What a student reads below the title of a check.

    ``waits``: the system itself shows what is for later only after the due date; no other does.
    """
    if outcome.visibility == "hidden" or (outcome.visibility == "after_due_date" and not waits):
        return ""
    hint = f"Hint: {outcome.hint}" if outcome.hint else ""
    return "\n\n".join(
        for_lms(part, most) for part in (outcome.message, hint, outcome.more) if part
    )


def overall(grade: Grade, remarks: tuple[str, ...] = (), most: int = MOST) -> str:
    """What a student reads about the whole submission. Why *we* failed is for staff alone."""
    if grade.status == "error":
        passed = sum(outcome.status == "passed" for outcome in grade.outcomes)
        judged = sum(outcome.status != "error" for outcome in grade.outcomes)
        known = f"Of {len(grade.outcomes)} checks {judged} could be judged, {passed} passed."
        return "\n\n".join([NOT_GRADED, *([known] if grade.outcomes else [])])
    return "\n\n".join(for_lms(part, most) for part in (*remarks, grade.message) if part)


def held_back(grade: Grade) -> str:
    """What hidden checks said, a line each. Not for students."""
    told = [
        f"{outcome.title} ({outcome.id}): {outcome.status}: {message}"
        for outcome in grade.outcomes
        if outcome.visibility == "hidden" and (message := outcome.instructor.get("message"))
    ]
    return "\n".join(map(lms_line, told))


def for_staff(grade: Grade) -> str:
    """Why a submission could not be graded; '' if it could. Not for students."""
    if grade.status != "error":
        return ""
    reasons = [grade.submission.error or grade.message]
    for outcome in grade.outcomes:
        if outcome.status == "error":
            trace = str(outcome.instructor.get("traceback", outcome.message))
            reasons.append(f"{outcome.id}:\n{trace}")
    return "\n".join(for_lms(reason) for reason in reasons if reason)


def number(value: float) -> str:
    """A number of points as a person writes it.

    >>> [number(value) for value in (87.5, 100.0, 33.333333, -0.0)]
    ['87.5', '100', '33.3333', '0']
    """
    return f"{round(value, 4) + 0.0:.10g}"


def in_html(text: str) -> str:
    """The text as HTML that shows just that."""
    return html.escape(text).replace("\n", "<br>")


def fitted(render: Callable[[int], bytes], limit: int) -> bytes:
    """The document with texts as long as leave it within ``limit`` bytes, if any do."""
    data = b""
    for most in STEPS:
        data = render(most)
        if len(data) <= limit:
            break
    return data
