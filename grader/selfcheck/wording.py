"""All texts of the self-check, in one place for review and translation."""

from __future__ import annotations

import platform
from typing import Final

VERDICTS: Final = {
    "passed": "ok", "failed": "FAILED", "unwritten": "not written yet", "noted": "note",
}  # fmt: skip
OLDEST: Final = "3.11"
"""The oldest Python that a grader may use, unless ``PYTHON`` in the public tests names another."""

# --- what the grader refuses ---

WRITES_FILE: Final = "writes a file ({})"
READS_FILE: Final = "reads a file that the grader does not have ({})"
MAKES_FOLDER: Final = "makes a folder ({})"
CHANGES_FILE: Final = "changes a file ({})"
LISTS_FOLDER: Final = "lists a folder ({})"
STARTS_PROGRAM: Final = "starts another program"
STARTS_THREAD: Final = "starts a thread"
USES_NETWORK: Final = "uses the network"
IMPORTS: Final = "imports {}"
NEWER: Final = "uses syntax that is newer than Python {}"

SUBMITTED: Final = "{} lies beside the file"
NOT_BESIDE: Final = "it is submitted together with {}, and there is no file of this name here"
REFUSED: Final = "the grader refuses this: it {}"
STILL_RAN: Final = "{} raised an error (the rest still ran)"
STOPPED: Final = "{} ran for too long"
INVALID: Final = "{} is valid Python"
RECORDED: Final = "the same problem as in “{}”"


def heading(file: str, name: str, grader: str) -> str:
    """Return the first line of a check: the file, the exercise and both versions of Python."""
    return (
        f"{file}, checked by the public tests of {name}\n"
        f"This computer has Python {platform.python_version()}; the grader runs {version(grader)}.\n"
    )


def version(grader: str) -> str:
    """Return the grader's version of Python in words; '' means unknown."""
    return f"Python {grader}" if grader else f"Python {OLDEST} or newer"


def allowed(imports: list[str]) -> str:
    """Return the allowed imports in words."""
    return f"{', '.join([*imports, 'NumPy'])} and the standard library"


def place(title: str, line: int, one_file: bool) -> str:
    """Return the place of a problem: ``line 3``, or ``cell 2, line 3``.

    >>> place("cell 2", 3, False)
    'cell 2, line 3'
    """
    where = f"line {line}" if line else ""
    return (where or title) if one_file else ", ".join(filter(None, [title, where]))


def overran(what: str, seconds: float) -> str:
    """Return the message about something that exceeded its time."""
    return f"{what} was stopped after {seconds:g} s (infinite loop?)"


def misnamed(file: str, name: str) -> str:
    """Return the message about a file whose name is not the exercise's."""
    return f"the grader expects {name}.py or {name}.ipynb, not {file}: rename the file"


# --- what to do next ---


def failed_first(title: str) -> str:
    """Return the advice after a failure."""
    return (
        f"Next: fix the first failed check, “{title}”, then run the check again: "
        "later failures may have the same cause."
    )


def unwritten(function: str) -> str:
    """Return the advice if a function is not written."""
    return f"Next: write {function} (it raises NotImplementedError now), then run the check again."


def hand_in(file: str) -> str:
    """Return the advice if everything passed."""
    return (
        "Next: read the docstrings once more (the grader uses other shapes and other numbers), "
        f"and submit {file or 'this file'}."
    )


# --- the steps and pictures of a notebook ---

BLANK: Final = "still blank; replace the ... in {} by a formula"
BLANK_RAISED: Final = "{} raised {}."
BLANK_SHAPE: Final = "{} has shape {}; the correct shape is {}."
BLANK_WRONG: Final = "{} gives {}; the correct value is {}."
NEEDS: Final = "needs `{}`, which is not written yet; run this cell again when it is"
NEEDS_MODULE: Final = "needs {0}; install it with: python -m pip install {0}"
NEEDS_FILE: Final = "needs the file {}, which lies beside the notebook in the exercise's zip"
TOO_LONG: Final = "stopped in `{}` after {:g} s; check your functions with the last cell first"
ENDED: Final = "stopped in `{}`: {}; check your functions with the last cell first"
