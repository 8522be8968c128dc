"""Output of the command line: print one safe line at a time."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from grader.errors import UserError
from grader.text import for_terminal

if TYPE_CHECKING:
    from grader.course.assignment import Course

OK, USAGE, ERROR = 0, 2, 3


def stop(message: str) -> NoReturn:
    """End with one line on stderr and status 2."""
    print(f"grader: {for_terminal(message)}", file=sys.stderr)
    raise SystemExit(USAGE)


def is_for_users(error: Exception) -> bool:
    """Return whether an exception's text is meant for the user."""
    return isinstance(error, UserError | OSError)


def line_of(error: Exception) -> str:
    """Return an exception's text for the user, as one line."""
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return f"{error.filename}: {error.strerror[0].lower()}{error.strerror[1:]}"
    return str(error)


def say(line: str) -> None:
    """Print a line of any origin safely."""
    print(for_terminal(line))


def here(given: Iterable[Path] = ()) -> Course:
    """Load the course of the current folder, or the one in GRADER_COURSE.

    ``given``: the files and folders to grade; a course among them is refused.
    """
    from grader.course import catalog

    return catalog.load(catalog.find_course(Path.cwd(), given))
