"""Strictly read small tables that an instructor writes with a spreadsheet.

Separators are comma, semicolon or tab; the encoding is UTF-8. Errors name the file, line and
column.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from grader.course.fields import Wrong
from grader.course.yaml_nodes import CatalogError

MAX_BYTES: Final = 1024 * 1024


def rows(name: str, content: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each row with the number of its first line, for any of the separators."""
    first = content.lstrip("\r\n").splitlines()[:1]
    delimiter = max(",;\t", key=first[0].count) if first else ","
    found = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in found:
            if cells or line > 1:
                yield line, [cell.strip() for cell in cells]
            line = found.line_num + 1
    except csv.Error as error:
        raise wrong(f"{name}:{line}")(f"not CSV ({error})", "every quote twice") from None


def text(path: Path, instead: str) -> str:
    """Return the content of a table; ``instead`` is the advice if it cannot be read."""
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise wrong(str(path))(f"cannot be read ({reason})", instead) from None
    if len(data) > MAX_BYTES:
        raise wrong(f"{path.name}:1")("over 1 MiB", "a row a student")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        fact, instead = "not UTF-8", "the file again, saved as CSV UTF-8"
        raise wrong(f"{path.name}:{line}")(fact, instead) from None


def wrong(where: str, column: str = "") -> Wrong:
    """Return a function that creates the error for a cell, given the problem and the advice."""
    place = f"{where}: {column}: " if column else f"{where}: "
    return lambda fact, instead: CatalogError(f"{place}{fact}; write {instead}")
