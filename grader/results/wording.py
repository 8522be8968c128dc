"""All texts of pages, LMS comments and the class report, in one place for translation.

Templates use these texts as ``say``; sentences that contain numbers are functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from grader.model import Example, Outcome

VERDICTS: Final = {
    "passed": "passed",
    "partial": "partial",
    "failed": "failed",
    "waiting": "not judged yet",
    "manual": "to be graded",
    "error": "not judged",
}
"""The verdicts on a check in words; ``partial`` means failed with some of its points."""

# --- a student's page ---

FEEDBACK: Final = "Feedback"
SCORE: Final = "Score"
EXCUSED: Final = "Excused"
NO_SCORE: Final = "No score yet"
NOT_YOUR_FAULT: Final = (
    "Your work could not be judged in full. This is not your fault, and you lose no points: "
    "it will be judged again."
)
TO_FIX: Final = "What to fix"
INPUT: Final = "input"
RETURNED: Final = "you return"
CORRECT: Final = "correct"
RAISED: Final = "your error"
QUESTION: Final = "Question:"
MORE: Final = "Something to try"
COUNTED_ABOVE: Final = "its points are counted above"
ANALOGUE: Final = "A worked example with other numbers"
PICTURE: Final = "Your values and gradients"
LEGEND: Final = (
    "Above each arrow: your value. Below: your gradient. A frame marks the first wrong one."
)
HELD_BACK: Final = "Your course shows only the verdict of this check for now."
WAITING: Final = "Not judged yet"
MANUAL: Final = "A person grades this"
UNKNOWN: Final = "Could not be judged"
CORRECT_SO_FAR: Final = "What is correct"
NEXT: Final = "What to do next"
AGAIN: Final = "Submit again if your course allows it."
EXCUSED_NEXT: Final = "Nothing: you are excused."
ALL_CORRECT: Final = "Everything is correct. Well done."
JUDGED_LATER: Final = "Your instructors will tell you when it has been judged."
FOOTER: Final = "Your program ran in a sandbox, apart from the tests."


def number(value: float, digits: int = 2) -> str:
    """Write a number without trailing zeros, with a true minus sign.

    >>> number(4.0), number(87.456), number(-0.5)
    ('4', '87.46', '−0.5')
    """
    text = f"{value:.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace("-", "−") if text.strip("-0.") else "0"


def plural(count: int, one: str, many: str = "") -> str:
    """Write a count with its noun.

    >>> plural(1, "check"), plural(2, "check")
    ('1 check', '2 checks')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def points(value: float) -> str:
    """Write points with their noun.

    >>> points(1.0), points(21.4)
    ('1 point', '21.4 points')
    """
    text = number(value)
    return f"{text} {'point' if text == '1' else 'points'}"


def points_lost(value: float) -> str:
    """Write how many points something costs.

    >>> points_lost(1.0), points_lost(0.0)
    ('1 point lost', 'no points lost')
    """
    return f"{points(value)} lost" if number(value) != "0" else "no points lost"


def consequences(count: int, lost: float) -> str:
    """Write how many checks follow from a root cause.

    >>> consequences(33, 21.4)
    'and 33 checks that follow from it (21.4 points)'
    """
    follow = "check that follows" if count == 1 else "checks that follow"
    return f"and {count:,} {follow} from it ({points(lost)})"


def kept(outcome: Outcome) -> str:
    """Return why a failed check keeps some of its points, or ''.

    >>> kept(Outcome("t::W2", "W2", "failed", 4.0, 5.0, credit="correct given your own z2"))
    'partial credit: correct given your own z2'
    """
    is_partial = outcome.status == "failed" and outcome.points > 0
    return f"partial credit: {outcome.credit}" if is_partial and outcome.credit else ""


def one_reason(count: int, named: bool) -> str:
    """Return the heading of several checks that failed together."""
    if named:
        return f"{count} checks point to one mistake"
    return f"{count} checks failed for the same reason"


def affected(count: int) -> str:
    """Return the heading of the list of checks that show a mistake."""
    return f"the {plural(count, 'check')}"


def topic(title: str, good: int, count: int) -> str:
    """Return a topic's name, with the number of passed checks unless all passed.

    >>> topic("Loss", 4, 4), topic("Backward", 3, 7)
    ('Loss', 'Backward (3 of 7)')
    """
    return title if good == count else f"{title} ({good} of {count})"


def passed(count: int, earned: float, topics: Sequence[str]) -> str:
    """Return a line about what is correct.

    >>> passed(7, 20.0, ["Loss", "Backward (3 of 7)"])
    '7 checks passed (20 points): Loss, Backward (3 of 7)'
    """
    return f"{plural(count, 'check')} passed ({points(earned)}): {', '.join(topics)}"


def test_first(command: str, in_notebook: bool) -> tuple[str, str]:
    """Return advice before the next submission, and the command for it."""
    if in_notebook:
        return "Test your work first: run the last cell of the notebook, or", command
    return "Test your work first, as often as you like:", command


# --- the class report ---

NOT_EXPLAINED: Final = "not explained"
NOTED: Final = {
    "error": "Some checks could not be judged. This is our problem to fix; there is no score yet.",
    "undiagnosed": "The scores count. Looking for what went wrong raised an error in the grader.",
    "attack": "The program wrote to the pipe that carries answers, or closed it. It gained nothing.",
    "forbidden": "The program asked for something that the sandbox refuses: a file, a socket, a process.",
    "crashed": "The interpreter ended: by a signal, or by exit.",
    "hung": "A call used up its time limit.",
    "blank": "The unchanged stub, no file, or an unreadable one. Not counted in the figures of checks.",
    "late": "By each student's own due date, extensions included.",
    "excused": "Their work does not count: they are in none of the scores above.",
    "extended": "They have a later due date.",
    "by-hand": "Somebody changed these scores by hand, for the reason given.",
}
"""The explanation for staff of each kind of note."""


# --- plain text, for LMS comments and the terminal ---


def example_lines(example: Example) -> list[str]:
    """Write an example as lines of text."""
    rows = ((INPUT, example.call), (RETURNED, example.returned), (CORRECT, example.correct),
            (RAISED, example.raised))  # fmt: skip
    return [f"{name}: {text}" for name, text in rows if text]


def follows_from(title: str) -> str:
    """Return a reference from a consequence to the check that explains its root cause."""
    return f"Follows from: {title}"


def not_judged(outcome: Outcome) -> str:
    """Return a sentence about why a check has no verdict yet."""
    return f"Not judged yet: {outcome.blocked_by}." if outcome.blocked_by else "Not judged yet."
