r"""Read a student's file as cells of Python text, without running anything.

A ``.py`` file is one cell; a notebook has one per code cell. IPython's lines (magics, shell
commands, help) are removed or converted to Python, also in a script that Colab saved. Newer syntax
is rewritten for this Python version if possible. Lines keep their numbers, so that a message about
line 7 of cell 3 is right.

>>> document = b'''{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [
...     {"cell_type": "markdown", "metadata": {}, "source": "# ReLU"},
...     {"cell_type": "code", "metadata": {}, "source": "%matplotlib inline\\nx = 7 % 4"}]}'''
>>> read(document).cells
(Cell(title='cell 1', source='\nx = 7 % 4'),)
>>> read_source("relu.py", b"x = 1")
(Cell(title='relu.py', source='x = 1'),)

Whether a cell is valid Python is found out in the worker.
"""

from __future__ import annotations

import codecs
import io
import json
import re
import tokenize
from collections.abc import Iterator
from typing import Any, NamedTuple

from msgspec import Struct

from grader import ipython, newer_syntax, parcel
from grader.errors import UserError

MIB = 1024 * 1024
MAX_PY = 1 * MIB
MAX_IPYNB = 64 * MIB
MAX_CELLS = 5000
MAX_OBJECTS = 400_000

MAX_SIGNS = 4_000_000
"""Number of brackets and strings that are scanned to find a notebook's outputs."""

IPYTHON_LINE = r"\n[ \t]*(?:![^[=]|%%?[a-z])"
FUNCTION = r"(?m)^[ \t]*(?:async[ \t]+)?def[ \t]+([^\W\d]\w{0,99})[ \t]*\("
BEGIN_SOLUTION, END_SOLUTION = "# BEGIN SOLUTION", "# END SOLUTION"
TO_CODE = "change the type of these cells to Code"
SIGN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.DOTALL)
BOMS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
ASCII = bytes(range(32, 127))
NOT_FOR_SOURCE = frozenset({"idna", "punycode", "raw_unicode_escape", "unicode_escape"})
"""Python accepts these encodings; the first two also take time quadratic in the file's size."""


class NotebookError(UserError):
    """A file cannot be read; the message is one line."""


class Cell(NamedTuple):
    """A piece of Python, with the title to use in messages about it."""

    title: str
    source: str


class Notebook(Struct, frozen=True):
    """The code cells of a notebook. Titles count code cells from 1, including skipped ones."""

    cells: tuple[Cell, ...]

    @property
    def sources(self) -> tuple[str, ...]:
        """Return the text of each cell."""
        return tuple(cell.source for cell in self.cells)


def read_source(name: str, data: bytes) -> tuple[Cell, ...]:
    """Return the cells of a ``.py`` or ``.ipynb`` file; raise `NotebookError`.

    A notebook that was saved as ``.py`` is read as a notebook. If there are several files
    (`grader.parcel`), the cells are those of the main one.
    """
    if parcel.is_parcel(data):
        name, data = next(iter(parcel.files_of(name, data).items()))
    if name.lower().endswith(".ipynb") or _is_notebook(data):
        cells = read(data).cells
        if not cells:
            raise NotebookError("the code cells of the notebook are empty")
        return cells
    text = decode(data)
    if not text.strip():
        raise NotebookError("the file is empty")
    if all(line.lstrip()[:1] in ("", "#") for line in text.split("\n")):
        raise NotebookError("the file has no code, only comments")
    return (Cell(name.rpartition("/")[2], _script(text)),)


def _script(text: str) -> str:
    """Return the text of a ``.py`` file as Python: Colab keeps lines such as ``!pip install``."""
    if re.search(IPYTHON_LINE, f"\n{text}") and not newer_syntax.parses(text):
        text = ipython.python_of(text)
    return newer_syntax.python_of(text)


def read_helpers(name: str, data: bytes) -> tuple[Cell, ...]:
    """Return each Python file besides the main one as a cell such as ``data.py``.

    Args:
        name: The name of the main file.
        data: The submission: one file, or several (`grader.parcel`).
    """
    found = []
    for file, content in list(parcel.files_of(name, data).items())[1:]:
        stem, _, suffix = file.rpartition(".")
        if suffix.lower() in ("py", "ipynb"):
            cells = read_source(file, content)
            found.append(Cell(f"{stem}.py", "\n\n".join(cell.source for cell in cells)))
    return tuple(found)


def markdown_of(data: bytes) -> tuple[str, ...]:
    """Return the Markdown cells of a notebook as text; empty if it cannot be read."""
    try:
        _check_size(data, MAX_IPYNB)
        cells = _cells_of(_json(data.decode("utf-8-sig")))
    except (NotebookError, UnicodeDecodeError, RecursionError, MemoryError):
        return ()
    texts = (_text(cell) for cell in cells if cell.get("cell_type") == "markdown")
    return tuple(_sound(text) for text in texts)


def _is_notebook(data: bytes) -> bool:
    """Return whether a file is a notebook's JSON, whatever its name."""
    begins = data.removeprefix(codecs.BOM_UTF8).lstrip()[:1] == b"{"
    if not (begins and b'"cells"' in data and b'"cell_type"' in data):
        return False
    try:
        return bool(_cells_of(_json(data.decode("utf-8-sig"))))
    except (NotebookError, UnicodeDecodeError, RecursionError, MemoryError):
        return False


def decode(data: bytes) -> str:
    """Return the text of a ``.py`` file by its BOM or PEP 263 cookie; raise `NotebookError`."""
    _check_size(data, MAX_PY)
    _check_utf8(data)
    if b"\0" in data:
        raise NotebookError("the file has null bytes, so it is not text")
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        if not _is_for_source(encoding):
            raise LookupError
        return _sound(data.decode(encoding))
    except UnicodeError as error:
        encoding = getattr(error, "encoding", encoding)
        raise NotebookError(f"the file is not in the encoding it says ({encoding})") from None
    except SyntaxError:
        raise NotebookError("the file is not UTF-8 and names no encoding Python knows") from None
    except LookupError:
        raise NotebookError("the encoding the file names is not one for Python source") from None


def _is_for_source(encoding: str) -> bool:
    name = codecs.lookup(encoding).name.replace("-", "_")
    return name not in NOT_FOR_SOURCE and ASCII.decode(encoding) == ASCII.decode("ascii")


def read(data: bytes) -> Notebook:
    """Return the code cells of an ``.ipynb`` file of any version; raise `NotebookError`."""
    _check_size(data, MAX_IPYNB)
    _check_utf8(data)
    if not data.strip():
        raise NotebookError("the file is empty")
    try:
        cells = _cells_of(_json(data.decode("utf-8-sig")))
    except UnicodeDecodeError:
        raise NotebookError("the notebook is not UTF-8") from None
    except (RecursionError, MemoryError):
        raise NotebookError("the notebook is nested too deeply") from None
    code = [cell for cell in cells if cell.get("cell_type", "code") == "code"]
    if not code:
        raise NotebookError(_without_code(cells))
    return Notebook(tuple(_code(code)))


def _without_code(cells: list[dict[str, Any]]) -> str:
    """Return the message about a notebook without code cells."""
    if not cells:
        return "the notebook has no cells"
    found = sorted(_functions(cells))
    if not found:
        return "the notebook has no code cells: all of its text is in Markdown or raw cells"
    names = ", ".join(found[:8])
    return f"the notebook has no code cells: {names} are in Markdown or raw cells; {TO_CODE}"


def functions_outside(data: bytes) -> frozenset[str]:
    """Return the names of functions in cells of a notebook that are not code."""
    try:
        cells = _cells_of(_json(data.decode("utf-8-sig")))
    except (NotebookError, UnicodeDecodeError, RecursionError, MemoryError):
        return frozenset()
    return _functions([cell for cell in cells if cell.get("cell_type", "code") != "code"])


def _functions(cells: list[dict[str, Any]]) -> frozenset[str]:
    return frozenset(name for cell in cells for name in re.findall(FUNCTION, _text(cell)))


def _json(text: str) -> Any:
    """Parse a notebook; if it is large, its outputs are not parsed."""
    if text.count("[") + text.count("{") > MAX_OBJECTS:
        text = _without_outputs(text)
        if text.count("[") + text.count("{") > MAX_OBJECTS:
            raise NotebookError(f"the notebook has over {MAX_OBJECTS:,} brackets")
    try:
        return json.loads(text, strict=False)
    except RecursionError:
        return json.loads(_without_outputs(text), strict=False)
    except ValueError:
        raise NotebookError("the file is not JSON, so it is not a notebook") from None


def _without_outputs(text: str) -> str:
    """Remove the lists of outputs from a notebook's JSON."""
    kept: list[str] = []
    position = start = depth = 0
    wanted = False
    for count, match in enumerate(SIGN.finditer(text)):
        if count > MAX_SIGNS:
            raise NotebookError(f"the notebook has over {MAX_SIGNS:,} brackets and strings")
        sign = match[0]
        if depth:
            depth += (sign in "[{") - (sign in "]}")
            if not depth:
                kept.append(text[position:start])
                position = match.end() - 1
        elif sign == "[" and wanted:
            start, depth = match.end(), 1
        wanted = sign == '"outputs"'
    return "".join([*kept, text[position:]])


def _cells_of(document: Any) -> list[dict[str, Any]]:
    """Return the cells of a document of nbformat 4, or of the worksheets of nbformat 2 and 3."""
    if not isinstance(document, dict):
        raise NotebookError("the file is not a notebook: it has no cells")
    sheets = document.get("worksheets")
    holders = [document, *(sheets if isinstance(sheets, list) else [])]
    lists = [holder.get("cells") for holder in holders if isinstance(holder, dict)]
    found = [cells for cells in lists if isinstance(cells, list)]
    if not found:
        raise NotebookError("the file is not a notebook: it has no cells")
    return [cell for cells in found for cell in cells if isinstance(cell, dict)]


def _code(cells: list[dict[str, Any]]) -> Iterator[Cell]:
    """Yield the non-empty code cells, as Python."""
    if len(cells) > MAX_CELLS:
        raise NotebookError(f"the notebook has over {MAX_CELLS:,} code cells")
    texts = [_text(cell) for cell in cells]
    if sum(map(len, texts)) > MAX_PY:
        raise NotebookError("the notebook has over 1 MiB of code")
    for number, (cell, text) in enumerate(zip(cells, texts, strict=True), 1):
        source = "" if "demo" in _tags(cell) else ipython.python_of(_sound(text))
        if source.strip():
            yield Cell(f"cell {number}", newer_syntax.python_of(source))


def without_demos(source: str) -> str:
    """Blank the percent cells of a script that are tagged ``demo``; lines keep their numbers.

    They only show something and are never graded; `read` skips them in a notebook.
    """
    kept, demo = [], False
    for line in source.split("\n"):
        if line.startswith("# %%"):
            demo = '"demo"' in line or "'demo'" in line
        kept.append("" if demo else line)
    return "\n".join(kept)


def without_solutions(source: str) -> str:
    """Return a solution without the lines between solution markers, which students write."""
    kept, inside = [], False
    for line in source.split("\n"):
        inside = inside or line.strip() == BEGIN_SOLUTION
        kept.append("" if inside else line)
        inside = inside and line.strip() != END_SOLUTION
    return "\n".join(kept)


def _text(cell: dict[str, Any]) -> str:
    """Return the text of a cell: ``source``, or ``input`` up to nbformat 3; '' if there is none."""
    source = cell.get("source", cell.get("input"))
    if isinstance(source, list):
        parts = [part for part in source if isinstance(part, str)]
        bare = "source" not in cell and not any("\n" in part for part in parts)  # nbformat 2
        return ("\n" if bare else "").join(parts)
    return source if isinstance(source, str) else ""


def _tags(cell: dict[str, Any]) -> list[Any]:
    metadata = cell.get("metadata")
    tags = metadata.get("tags") if isinstance(metadata, dict) else None
    return tags if isinstance(tags, list) else []


def _sound(text: str) -> str:
    """Return the text with plain newlines, without characters that UTF-8 cannot encode."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.encode("utf-8", "replace").decode("utf-8")


def _check_size(data: bytes, limit: int) -> None:
    if len(data) > limit:
        raise NotebookError(
            f"the file is {len(data) / MIB:.1f} MiB; over {limit // MIB} MiB is not read"
        )


def _check_utf8(data: bytes) -> None:
    for bom, name in BOMS.items():
        if data.startswith(bom):
            raise NotebookError(f"the file is saved as {name}; save it as UTF-8")
