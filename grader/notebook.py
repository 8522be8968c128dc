"""What a student wrote, as cells of Python text: read as data, never run.

A ``.py`` file is one cell; a notebook gives one for each code cell, without what only IPython
can run. Lines keep their numbers, so that a message about line 7 of cell 3 is right.

>>> document = b'''{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [
...     {"cell_type": "markdown", "metadata": {}, "source": "# ReLU"},
...     {"cell_type": "code", "metadata": {}, "source": "%matplotlib inline\\\\nx = 7 % 4"}]}'''
>>> read(document).cells
(Cell(title='cell 1', source='\\nx = 7 % 4'),)
>>> read_source("relu.py", b"x = 1")
(Cell(title='relu.py', source='x = 1'),)

Whether a cell is good Python is judged where it is run, cell by cell: nothing is compiled here.
"""

from __future__ import annotations

import codecs
import io
import json
import logging
import re
import tokenize
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from grader.errors import UserError

MIB = 1024 * 1024
MAX_PY = 1 * MIB
MAX_IPYNB = 16 * MIB
MAX_CELLS = 5000
MAX_OBJECTS = 400_000

KEPT = frozenset({"capture", "memit", "prun", "time", "timeit"})
"""Cell magics that run their cell as Python: the line goes, the cell stays."""

MAGIC = re.compile(r"[%!?]")
"""Begins a magic, and is somewhere in every line that only IPython can run."""
ASSIGNED = re.compile(r"[^\W\d][\w.,\s*:\[\]'\"]*=\s*(?:%[^\W\d]|!)")
HELP = re.compile(r"(?:[%\w.*]|\[[^\]'\"]*\]|\['[^']*'\]|\[\"[^\"]*\"\])+\?{1,2}\s*")
CELL_MAGIC = re.compile(r"\s*%%\s*(\w*)")
LEXEME = re.compile(r"\\.|\"\"\"|'''|[\"'#()\[\]{}]", re.DOTALL)
BOMS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
ASCII = bytes(range(32, 127))
NOT_FOR_SOURCE = frozenset({"idna", "punycode", "raw_unicode_escape", "unicode_escape"})
"""Python takes these cookies; the first two are also quadratic in the size of the file."""


class NotebookError(UserError):
    """Why a file cannot be read, in one line."""


class Cell(NamedTuple):
    """A piece of Python, and what to call it when something in it is wrong."""

    title: str
    source: str


@dataclass(frozen=True, slots=True)
class Notebook:
    """The code cells of a notebook. Titles count code cells from 1, those left out too."""

    cells: tuple[Cell, ...]

    @property
    def sources(self) -> tuple[str, ...]:
        """The text of each cell."""
        return tuple(cell.source for cell in self.cells)


def read_source(name: str, data: bytes) -> tuple[Cell, ...]:
    """The cells of a ``.py`` or ``.ipynb`` file; raises `NotebookError`."""
    if name.lower().endswith(".ipynb"):
        return read(data).cells
    return (Cell(name.rpartition("/")[2], decode(data)),)


def decode(data: bytes) -> str:
    """The text of a ``.py`` file by its BOM or PEP 263 cookie; raises `NotebookError`."""
    _check_size(data, MAX_PY)
    _check_utf8(data)
    if b"\0" in data:
        raise NotebookError("the file holds null bytes: it is no text")
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
    """The code cells of an ``.ipynb`` file, of any nbformat; raises `NotebookError`."""
    _check_size(data, MAX_IPYNB)
    _check_utf8(data)
    try:
        document = _upgraded(data.decode("utf-8-sig"))
        code = [cell for cell in document["cells"] if cell["cell_type"] == "code"]
        return Notebook(tuple(_cells(code)))
    except NotebookError:
        raise
    except UnicodeDecodeError:
        raise NotebookError("the notebook is not UTF-8") from None
    except (RecursionError, MemoryError):
        raise NotebookError("the notebook is nested too deeply") from None
    except Exception:  # nbformat's upgrades raise whatever they stumble over, NameError too
        raise NotebookError("the file is not a notebook, or a damaged one") from None


def _upgraded(text: str) -> dict[str, Any]:
    """The notebook as nbformat 4, not validated: only its cells are wanted."""
    document = _json(text)
    major = document.get("nbformat", 1)
    if major == 4:
        return document
    import nbformat

    if major not in nbformat.versions:
        raise NotebookError("the notebook is of a version of nbformat that is not known")
    with _quietly():
        notebook = nbformat.versions[major].to_notebook_json(document)
        upgraded: dict[str, Any] = nbformat.convert(notebook, 4)  # type: ignore[no-untyped-call]
    return upgraded


def _json(text: str) -> dict[str, Any]:
    """The document without what its cells have printed and drawn."""
    if text.count("[") + text.count("{") > MAX_OBJECTS:
        raise NotebookError(f"the notebook holds over {MAX_OBJECTS:,} brackets")
    try:
        document: dict[str, Any] = json.loads(text, object_hook=_bare)
        return {"metadata": {}} | document
    except ValueError:
        raise NotebookError("the file is not JSON, so it is no notebook") from None


def _bare(part: dict[str, Any]) -> dict[str, Any]:
    """A cell without outputs, and with the metadata that nbformat wants to see."""
    if "cell_type" not in part:
        return part
    source = part.get("source")
    whole = {"source": "".join(source)} if isinstance(source, list) else {}
    return {"metadata": {}} | part | whole | {"outputs": []}


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep nbformat from telling the terminal what a student's notebook says."""
    log = logging.getLogger("traitlets")
    before, log.disabled = log.disabled, True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.disabled = before


def _cells(code: list[Any]) -> Iterator[Cell]:
    if len(code) > MAX_CELLS:
        raise NotebookError(f"the notebook has over {MAX_CELLS:,} code cells")
    if sum(len(cell["source"]) for cell in code) > MAX_PY:
        raise NotebookError("the notebook holds over 1 MiB of code")
    for number, cell in enumerate(code, 1):
        if "demo" in (cell.get("metadata", {}).get("tags") or ()):
            continue
        source = python_of(cell["source"])
        if source.strip():
            yield Cell(f"cell {number}", source)


def python_of(cell: str) -> str:
    """The cell without magics, shell and help lines, every other line in its place.

    >>> python_of("%%time\\nif x:\\n    !ls\\ny = !date\\nnp.dot?\\nz = (7\\n     % 4)")
    '\\nif x:\\n    pass\\n\\n\\nz = (7\\n     % 4)'
    """
    lines = _dedented(_sound(cell).split("\n"))
    for number, line in enumerate(lines):
        magic = CELL_MAGIC.match(line)
        if magic and magic[1] not in KEPT:
            return ""
        if line.strip() and not magic:
            break
        lines[number] = ""
    if any(_is_ipython(line.lstrip()) for line in lines if MAGIC.search(line)):
        lines = list(_python_lines(lines))
    return "\n".join(lines)


def _python_lines(lines: list[str]) -> Iterator[str]:
    """The lines, those that begin a statement and are IPython's replaced."""
    quote, depth, continued, dropping = "", 0, False, False
    for line in lines:
        begins = not (quote or depth or continued)
        dropping = (begins and _is_ipython(line.lstrip())) or (dropping and continued)
        if dropping:
            continued = line.endswith("\\")
            line = _nothing(line) if begins else ""
        else:
            quote, depth, continued = _scan(line + "\n", quote, depth)
        yield line


def _is_ipython(statement: str) -> bool:
    return bool(MAGIC.match(statement) or ASSIGNED.match(statement) or HELP.fullmatch(statement))


def _nothing(line: str) -> str:
    """What stands for a dropped line: ``pass`` where a block might need it."""
    indent = line[: len(line) - len(line.lstrip())]
    return f"{indent}pass" if indent else ""


def _scan(line: str, quote: str, depth: int) -> tuple[str, int, bool]:
    """Where the next line stands: the open quote, open brackets, and after a backslash or not."""
    lexeme = ""
    for match in LEXEME.finditer(line):
        lexeme = match[0]
        if quote:
            # In 'a''' the first of three quotes closes, the other two are an empty string.
            closes = lexeme == quote or (len(lexeme) == 3 and lexeme[0] == quote)
            quote = "" if closes else quote
        elif lexeme[0] in "\"'":
            quote = lexeme
        elif lexeme == "#":
            break
        elif lexeme in "([{":
            depth += 1
        elif lexeme in ")]}":
            depth = max(0, depth - 1)
    continued = lexeme == "\\\n"
    if len(quote) == 1 and not continued:
        quote = ""
    return quote, depth, continued


def _dedented(lines: list[str]) -> list[str]:
    """IPython takes the first line's indentation off the whole cell; so do we."""
    first = next((line for line in lines if line.strip()), "")
    indent = first[: len(first) - len(first.lstrip())]
    return [line.removeprefix(indent) for line in lines] if indent else lines


def _sound(text: str) -> str:
    """The text with plain newlines, and nothing in it that UTF-8 cannot say."""
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
