"""Build the stub and the notebook of an exercise from its solution."""

from __future__ import annotations

import ast
import contextlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal

from msgspec import Struct

from grader.course.assignment import SpeedLimit
from grader.notebook import BEGIN_SOLUTION, END_SOLUTION

HEADER: Final = re.compile(r"# %%(?P<text> \[markdown\])?(?: tags=(?P<tags>\[.*\]))?\s*")

GAP: Final = "raise NotImplementedError"

BLANK: Final = re.compile(r"(?P<before>\s*(?:return|\w+ =) ).+?\s*# BLANK(?P<end>\s*)")
"""Matches a line whose expression students complete, in a step that is not graded."""

GUARD: Final = 'if __name__ == "__main__":'


def stub(source: str, speed: Mapping[str, SpeedLimit] | None = None) -> str:
    """Replace each solution by a gap; add speed limits with points to the docstrings.

    A region at the left margin with whole functions is removed completely; in a line that ends in
    ``# BLANK`` the expression becomes ``...``.

    Raises:
        ValueError: The markers do not match; the message contains the line.
    """
    lines = [
        BLANK.sub(r"\g<before>...  # your formula\g<end>", line)
        if line.rstrip().endswith("# BLANK")
        else line
        for line in source.splitlines(keepends=True)
    ]
    for begin, end in reversed(list(regions_of(lines))):
        indent = lines[begin].partition("#")[0]
        lines[begin : end + 1] = [f"{indent}{GAP}\n"] if indent else []
        if not indent:
            _close_up(lines, begin)
    return _with_limits("".join(lines).rstrip() + "\n", speed or {})


def regions_of(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the first and last line of each region, counted from 0."""
    begin = None
    for number, line in enumerate(lines):
        marker = line.strip()
        if marker == BEGIN_SOLUTION:
            if begin is not None:
                raise ValueError(
                    f"line {number + 1}: a solution begins inside the one of line {begin + 1}"
                )
            begin = number
        elif marker == END_SOLUTION:
            if begin is None:
                raise ValueError(f"line {number + 1}: the end of a solution without its beginning")
            if line.partition("#")[0] != lines[begin].partition("#")[0]:
                raise ValueError(f"line {number + 1}: indented differently from line {begin + 1}")
            yield begin, number
            begin = None
    if begin is not None:
        raise ValueError(f"line {begin + 1}: a solution without its end")


def _close_up(lines: list[str], at: int) -> None:
    """Delete blank lines after a region, except one before a cell; no cell becomes empty."""
    while at < len(lines) and not lines[at].strip():
        del lines[at]
    if at < len(lines) and lines[at].startswith("# %%"):
        if at and lines[at - 1].strip() == "# %%":
            del lines[at - 1]
        else:
            lines.insert(at, "\n")


def _with_limits(source: str, speed: Mapping[str, SpeedLimit]) -> str:
    """Add each speed limit as the last line of its function's docstring."""
    lines = source.splitlines(keepends=True)
    for node in reversed(ast.parse(source).body):
        if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name not in speed:
            continue
        first = node.body[0]
        last, indent = (first.end_lineno or 0) - 1, " " * first.col_offset
        text, quotes = lines[last].rstrip()[:-3].rstrip(), lines[last].rstrip()[-3:]
        if ast.get_docstring(node) is None or quotes not in ('"""', "'''"):
            raise ValueError(f"line {node.lineno}: {node.name} has no docstring in triple quotes")
        before = f"{text}\n\n" if text else "\n"
        note = f"Graded too: {speed_limit_note(speed[node.name])} (see README.md)."
        lines[last] = f"{before}{indent}{note}\n{indent}{quotes}\n"
    return "".join(lines)


def speed_limit_note(limit: SpeedLimit) -> str:
    """Describe how fast a function must be, and for how many points."""
    return f"at most {limit.ratio:g} times the time of array code, for {points_note(limit.points)}"


def points_note(points: float) -> str:
    """Return a number of points in words."""
    return "1 point" if points == 1 else f"{round(points, 2):g} points"


class PercentCell(Struct, frozen=True):
    """A cell of a script in percent format, without its header."""

    kind: Literal["markdown", "code"]
    source: str
    tags: tuple[str, ...] = ()


def cells(source: str) -> tuple[PercentCell, ...]:
    """Return the cells of a percent script; its docstring is the first, under its title.

    A script without ``# %%`` is one cell. Raises ValueError if a header or a line of text is
    malformed.
    """
    title, text = introduction(source)
    found = [PercentCell("markdown", f"# {title}\n\n{text}".strip())] if title else []
    lines = source.splitlines()
    starts = [n for n, line in enumerate(lines) if line.startswith("# %%")]
    if not starts:
        return (*found, PercentCell("code", _without_docstring(source)))
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        header = HEADER.fullmatch(lines[start])
        if not header:
            raise ValueError(f"line {start + 1}: not the header of a cell: {lines[start][:60]!r}")
        body = lines[start + 1 : end]
        if header["text"]:
            body = [_uncommented(line, number) for number, line in enumerate(body, start + 2)]
        text = "\n".join(body).strip("\n")
        tags = tuple(json.loads(header["tags"] or "[]"))
        found.append(PercentCell("markdown" if header["text"] else "code", text, tags))
    for cell in found:
        if "demo" in cell.tags and cell.kind == "code":
            _check_demo(cell.source)
    return tuple(found)


def _check_demo(source: str) -> None:
    """Raise ValueError unless a demonstration cell only defines names outside a main guard.

    Notebooks are graded without these cells. A script is imported, and must not show anything then.
    """
    for node in ast.parse(source).body:
        text = ast.unparse(node).partition("\n")[0]
        if not (_only_defines(node) or text == GUARD.replace('"', "'")):
            raise ValueError(f"a cell tagged demo runs {text[:60]!r}: put it under {GUARD}")


def _only_defines(node: ast.stmt) -> bool:
    """Return whether a statement defines a function or class, imports, or assigns a literal."""
    if isinstance(node, ast.Assign):
        with contextlib.suppress(ValueError):
            ast.literal_eval(node.value)
            return True
    return isinstance(
        node,
        ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom,
    )


def introduction(source: str) -> tuple[str, str]:
    """Return title and text of an exercise: the first line and the rest of its docstring."""
    docstring = ast.get_docstring(ast.parse(source)) or ""
    title, _, text = docstring.partition("\n")
    return title.strip(), text.strip()


def _without_docstring(source: str) -> str:
    first = ast.parse(source).body[:1]
    end = first[0].end_lineno if ast.get_docstring(ast.parse(source)) and first else 0
    return "\n".join(source.splitlines()[end:]).strip("\n")


def _uncommented(line: str, number: int) -> str:
    if line.strip() and not line.startswith("#"):
        raise ValueError(f"line {number}: text must be in comments; begin the line with `# `")
    return line.removeprefix("#").removeprefix(" ").rstrip()
