"""Every sentence of the service that is not in a template."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

SIGNED_OUT: Final = (
    "You are not signed in. Open your personal link again. If it was used already, ask your "
    "instructor for a new one; on a device where you are signed in you can also make one yourself."
)
NOT_FOUND: Final = "This page does not exist, or you may not see it."
FORGED: Final = "This form is not valid any more. Go back, reload the page, and send it again."
FULL: Final = (
    "Your file was NOT stored: the disk of the server is full. Please try again in a few minutes. "
    "Staff can see that this has happened."
)
BUSY: Final = "The database is busy, and your file was NOT stored. Please send it again."
CLOSED: Final = "This assignment is closed: submissions are not accepted any more."
NOT_OPEN: Final = "This assignment is not open yet."
OURS: Final = (
    "Your submission could not be graded. This is our problem, not yours. Your submission is stored, "
    "it is not counted as zero, and staff will grade it again."
)
RESTARTING: Final = "Your submission is stored. The grader is being restarted."
LINK_USED: Final = (
    "This link does not work any more: it was used already, or it is older than 14 days. "
    "Ask your instructor for a new one."
)
NO_REASON: Final = "Write a reason of 1 to 500 characters."
NO_STUDENT: Final = "There is no such student in this course."
NO_SCORE: Final = "Write the score as a number, such as 80 or 87.5."
NO_DATE: Final = "Choose a date and a time."
STALE: Final = "The course or the results have changed since this was shown. Look at it again."
UNEXPECTED: Final = "Something went wrong on the server. Nothing was changed. Please try again."


def waiting(ahead: int) -> str:
    """Say that an attempt is stored and how many others are graded before it."""
    others = "1 submission is" if ahead == 1 else f"{ahead:,} submissions are"
    return f"Saved. {others} ahead of yours." if ahead else "Saved. It is being graded."


def moment(text: str, zone: str) -> str:
    """Return a stored time in the course's time zone, to the minute."""
    return (
        f"{datetime.fromisoformat(text).astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}" if text else ""
    )


def score(value: float | None) -> str:
    """Return a score with at most two decimals, or a dash."""
    return "–" if value is None else f"{round(value, 2):g}"
