r"""Read and write numbers as gradebooks do: ``1,000.00``, ``1.000,00``, ``1 000,00``, ``1'000.00``.

>>> parsed("1,000.00"), parsed("1.000,00"), parsed("1\u00a0000,5"), parsed("87.5")
(1000.0, 1000.0, 1000.5, 87.5)
>>> decimal_mark(["7,25", "name"])
','

An ambiguous cell (``1.000``) is not read, unless other cells of the file decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from grader.text import folded, one_line

BLANKS: Final = "'\u2019\u2018`\u00b4\u02bc\u066c_ \u00a0\u2009\u202f\u2007"
"""Other separators of thousands: apostrophes and blanks."""
LONGEST: Final = 24
EVIDENCE: Final = re.compile(
    r"(?:\d{1,3}(?:[., ]\d{3})*|\d+)(?P<mark>[.,])(?:\d{1,2}|\d{4,})", re.ASCII
)
AMBIGUOUS: Final = re.compile(r"[1-9]\d{0,2}[.,]\d{3}", re.ASCII)
CHUNK: Final = re.compile(rf"\d(?:[\d.,{re.escape(BLANKS)}]*\d)?")


def parsed(text: str, mark: str = "") -> float | None:
    """Return the number that a cell states, or None if there is none or it is ambiguous.

    Args:
        text: The cell.
        mark: The decimal mark of the file, if its other cells show it.
    """
    plain = folded(text)  # also converts full-width digits
    if not plain or len(plain) > LONGEST:
        return None
    marks = [c for c in plain if c in ".,"]
    if len(set(marks)) == 2:
        mark = marks[-1]
    elif len(marks) > 1:
        mark = "," if marks[0] == "." else "."
    elif AMBIGUOUS.fullmatch(plain):
        if not mark and marks == ["."]:
            return None
        # "1,000" alone is a thousand, because nobody writes three decimals after a comma
        mark = mark or "."
    elif marks:
        mark = marks[0]
    return _number(plain, mark or ".")


def _number(text: str, mark: str) -> float | None:
    """Read digits in groups of three, and decimals after ``mark``."""
    thousands = "".join({",", "."} - {mark}) + BLANKS
    group = f"[{re.escape(thousands)}]"
    pattern = rf"(\d+|\d{{1,3}}(?:{group}\d{{3}})+)(?:{re.escape(mark)}(\d+))?"
    match = re.fullmatch(pattern, text, re.ASCII)
    if match is None:
        return None
    whole = re.sub(group, "", match[1])
    return float(f"{whole}.{match[2] or 0}")


def decimal_mark(cells: Iterable[str]) -> str:
    """Return the decimal mark that the cells show; '' if they show none or both."""
    found = {m["mark"] for cell in cells if (m := EVIDENCE.fullmatch(folded(cell)))}
    return found.pop() if len(found) == 1 else ""


def stated(text: str) -> str:
    """Return the first number within a text such as ``up to 1,000 points``, or ''."""
    match = CHUNK.search(text)
    return match[0] if match else ""


def unreadable(text: str, where: str) -> str:
    """Return the message about a cell that is not a readable number."""
    return (
        f"{where}: '{one_line(text, 60)}' cannot be read as a number of points; "
        "write it as 1000 or 1000.0 there, and export again"
    )
