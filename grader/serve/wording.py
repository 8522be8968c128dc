"""All sentences of the service that are not in a template."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from grader.inbox.beside import NOTHING, Beside

SIGNED_OUT: Final = (
    "You are not signed in. Open your personal link. Each link works once: if you have used yours, "
    "ask your instructor for a new one, or make one yourself on a device where you are signed in."
)
NOT_FOUND: Final = "This page does not exist, or you do not have access to it."
FORGED: Final = "This form has expired. Go back, reload the page, and send the form again."
FULL: Final = (
    "Your file was NOT stored, because the disk of the server is full. Please try again in a few "
    "minutes. Staff can see this."
)
BUSY: Final = "Your file was NOT stored, because the server is busy. Please send it again."
CLOSED: Final = (
    "This assignment is closed and no longer accepts submissions. If you need more time, ask your "
    "instructor for an extension."
)
NOT_OPEN: Final = "This assignment is not open yet."
OURS: Final = (
    "We could not grade your submission. This is our problem, not yours. Your file is stored, and it "
    "does not count as zero points. Staff can see this and can have it graded again. You may also "
    "submit again."
)
RESTARTING: Final = (
    "The grader is restarting, which takes a few seconds. Everything that was submitted is stored. "
    "Please try again."
)
LINK_USED: Final = (
    "This link does not work any more: it was used already, or it has expired. "
    "Ask your instructor for a new one."
)
WRONG_HOST: Final = "This service has another address. Use the link that you received."
NO_REASON: Final = "Write a reason of 1 to 500 characters."
NO_STUDENT: Final = "Choose a student of this course."
NO_SCORE: Final = "Write the score as a number, such as 80 or 87.5."
NO_DATE: Final = "Choose a date and a time."
NO_GRADEBOOK: Final = "Choose the gradebook file that you downloaded from your LMS."
STALE: Final = (
    "Nothing was stored, because the course or the results have changed since this page was shown. "
    "Look at the changes again."
)
UNEXPECTED: Final = (
    "Something went wrong on the server. Please try again. If it happens again, tell staff."
)


def files(name: str, takes: Beside) -> str:
    """Describe the files to choose: one file, or several together."""
    if takes == NOTHING:
        return "Your file (.py or .ipynb, or a .zip with one of them)"
    wanted = [f"{name}.py or .ipynb" if not takes.files else f"{name}.py", *takes.files]
    if takes.helpers:
        wanted.append("the Python files that it imports")
    if takes.texts:
        wanted.append("your written answers as .md or .txt, unless they are in the notebook")
    return f"Your files, all together or in one .zip: {'; '.join(wanted)}"


def submissions(count: int) -> str:
    """Write a number of submissions in words."""
    return "1 submission" if count == 1 else f"{count:,} submissions"


def class_summary(students: int, waiting: int) -> str:
    """Write the size of the class, and how many submissions are waiting."""
    people = "1 student" if students == 1 else f"{students:,} students"
    verb = "is" if waiting == 1 else "are"
    return f"{people}. {submissions(waiting)} {verb} waiting to be graded."


def state(attempts: int, waiting: int, errors: int) -> str:
    """Describe the state of a student's submissions, in the table of the class."""
    if errors:
        return "could not be graded"
    if waiting:
        return "waiting"
    return "graded" if attempts else "nothing submitted"


def waiting(ahead: int) -> str:
    """Write that an attempt is stored, and how many others are graded before it."""
    verb = "is" if ahead == 1 else "are"
    before = f"{submissions(ahead)} {verb} ahead of yours" if ahead else "It is being graded"
    return f"Your submission is saved. {before}. This page reloads by itself."


def moment(text: str, zone: str) -> str:
    """Return a stored time in the course's time zone, to the minute."""
    return (
        f"{datetime.fromisoformat(text).astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}" if text else ""
    )


def score(value: float | None) -> str:
    """Return a score with at most two decimals, or a dash."""
    return "–" if value is None else f"{round(value, 2):g}"
