"""How the command line speaks: one safe line at a time."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from grader.catalog import Course

OK, USAGE, ERROR = 0, 2, 3


def stop(message: str) -> NoReturn:
    """End with one line on stderr and status 2."""
    print(f"grader: {safe(message)}", file=sys.stderr)
    raise SystemExit(USAGE)


def is_told(error: Exception) -> bool:
    """Whether an exception is one of ours, whose text is for the user."""
    told = ("CatalogError", "InboxError", "StoreError", "EngineError", "GraderError",
            "NotebookError", "ReleaseError", "ExportError", "BundleError", "PushError")  # fmt: skip
    return type(error).__name__ in told or isinstance(error, OSError)


def told(error: Exception) -> str:
    """What an exception says to the user, in a line."""
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return f"{error.filename}: {error.strerror[0].lower()}{error.strerror[1:]}"
    return str(error)


def say(line: str) -> None:
    """Print a line, whatever is in it."""
    print(safe(line))


def safe(text: str) -> str:
    """Text of unknown origin for the terminal: no escapes, no control characters, one line."""
    return "".join(c if c.isprintable() else " " if c in "\t\n" else "\ufffd" for c in text)


def here() -> Course:
    """The course of the folder we stand in."""
    from grader import catalog

    return catalog.load(catalog.find_course(Path.cwd()))
