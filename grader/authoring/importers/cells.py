"""Values for importers: a notebook's cells, and the exercise built from them."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Final, Literal

from msgspec import Struct, field
from msgspec.structs import replace

from grader.errors import UserError

MAX_BYTES: Final = 64 << 20
MAGIC: Final = re.compile(r"^([ \t]*)(?:[%!?].*|[\w.]+\?{1,2}[ \t]*)$", re.MULTILINE)
"""Matches a line that only IPython understands: ``%matplotlib inline``, ``!ls``, ``np.dot?``."""
ASSIGNED: Final = re.compile(r"^([ \t]*[\w, \t]+=)[ \t]*[%!].*$", re.MULTILINE)
"""Matches an assignment of the result of such a line: ``files = !ls``."""
CELL_MAGIC: Final = re.compile(r"\A\s*%%(\w+).*$", re.MULTILINE)
PYTHON_CELLS: Final = frozenset(
    {"time", "timeit", "capture", "prun", "python", "python3", "matplotlib"}
)
"""Cell magics whose cell is Python code."""


class ImportFailedError(UserError):
    """A notebook cannot be imported; the message is one line."""


class SourceCell(Struct, frozen=True):
    """One cell of an instructor's notebook."""

    number: int
    """The number of the cell, counted from 1."""
    kind: Literal["code", "markdown", "raw"]
    source: str
    metadata: dict[str, Any] = field(default_factory=dict)
    output: str = ""
    """The text that the cell printed or displayed."""


class TestCell(Struct, frozen=True):
    """One test of the notebook: its code, its points, and its expected output."""

    __test__: ClassVar[bool] = False  # not a test for pytest

    name: str
    source: str
    points: float
    cell: int
    """The number of the cell in the notebook."""
    position: int = 0
    """The number of parts of the program above it."""
    hidden: bool = False
    expected: str | None = None
    """The text that the code must print or display; None if output is not tested."""
    problem: str = ""
    """Why the cell cannot be imported, or ''."""
    cannot_fail: bool = False
    after: int = 0
    """The number of the program's code cells that must have run before it; 0 for all."""
    question: str = ""
    """The name by which the notebook runs it, if it is outside the cells."""


class ProgramPart(Struct, frozen=True):
    """A cell of the exercise: text, or code with solution regions."""

    kind: Literal["code", "markdown"]
    source: str


class HandGraded(Struct, frozen=True):
    """A manually graded question."""

    id: str
    title: str
    points: float


class SourceNotebook(Struct, frozen=True):
    """An instructor's notebook."""

    cells: list[SourceCell]
    metadata: dict[str, Any]
    """The notebook's metadata, in which otter stores tests."""


class Imported(Struct):
    """A notebook converted to an exercise."""

    title: str
    text: str = ""
    """The text of the exercise before its first cell."""
    parts: list[ProgramPart] = field(default_factory=list)
    tests: list[TestCell] = field(default_factory=list)
    manual: list[HandGraded] = field(default_factory=list)

    def add_part(self, part: ProgramPart) -> None:
        """Add a cell; code without content is skipped, and code that is not Python becomes text."""
        if part.kind == "code" and not part.source.strip():
            return
        if part.kind == "code" and not is_python(part.source):
            part = ProgramPart("markdown", f"```\n{part.source}\n```")
        self.parts.append(part)

    def add_test(self, test: TestCell, position: int | None = None) -> None:
        """Add a test with a unique name, at a position or at the end."""
        base = re.sub(r"\W+", "_", test.name).strip("_").lower() or f"cell_{test.cell}"
        taken = {each.name for each in self.tests}
        name, number = base, 2
        while name in taken:
            name, number = f"{base}_{number}", number + 1
        place = len(self.parts) if position is None else position
        self.tests.append(replace(test, name=name, position=place))


def read(path: Path) -> SourceNotebook:
    """Read a notebook; raise `ImportFailedError` with one line."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ImportFailedError(f"{path} is larger than {MAX_BYTES >> 20} MiB")
        document = json.loads(path.read_text(encoding="utf-8-sig"))
        found = document.get("cells")
        if found is None:  # nbformat 3
            found = [cell for sheet in document["worksheets"] for cell in sheet["cells"]]
        cells = [_cell(number, cell) for number, cell in enumerate(found, 1)]
        return SourceNotebook(cells, dict(document.get("metadata", {})))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ImportFailedError(
            f"{path} is not a notebook ({type(error).__name__}: {error}); give an .ipynb file"
        ) from None


def _cell(number: int, cell: dict[str, Any]) -> SourceCell:
    kind = cell.get("cell_type", "code")
    source = _text(cell.get("source", cell.get("input", "")))
    output = "".join(_outputs(cell.get("outputs", []))) if kind == "code" else ""
    known: Literal["code", "markdown", "raw"] = "markdown"
    if kind in ("code", "raw"):
        known = kind
    return SourceCell(number, known, source, dict(cell.get("metadata", {})), output)


def _outputs(outputs: list[dict[str, Any]]) -> Iterator[str]:
    for each in outputs:
        if each.get("output_type") == "stream" and each.get("name", "stdout") == "stdout":
            yield _text(each.get("text", ""))
        elif each.get("output_type") in ("execute_result", "display_data", "pyout"):
            yield _text(each.get("data", {}).get("text/plain", each.get("text", ""))) + "\n"


def _text(value: Any) -> str:
    return "".join(value) if isinstance(value, list) else str(value)


def without_magics(source: str) -> str:
    """Return code without parts that only IPython understands.

    A cell in another language becomes empty; plain Python is unchanged.
    """
    text = source.replace("\r\n", "\n")
    if is_python(text):
        return text
    if magic := CELL_MAGIC.match(text):
        if magic[1] not in PYTHON_CELLS:
            return ""
        text = text[magic.end() :]
    text = ASSIGNED.sub(r"\1 None", text)
    return MAGIC.sub(lambda line: f"{line[1]}pass" if line[1] else "", text)


def is_python(source: str) -> bool:
    """Return whether Python can parse a text."""
    try:
        ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def identifier(text: str) -> str:
    """Return a text as the name of an exercise."""
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_") or "exercise"
    return f"n_{name}" if name[0].isdigit() else name[:60]
