"""Read an instructor's nbgrader notebook (the ``source`` version, with solutions)."""

from __future__ import annotations

import ast
import re
from typing import Any, Final

from grader.authoring.importers.cells import (
    HandGraded,
    Imported,
    ProgramPart,
    SourceCell,
    TestCell,
    identifier,
    is_python,
    without_magics,
)
from grader.authoring.stub import stub

BEGIN: Final = re.compile(r"^([ \t]*)#.*\bBEGIN SOLUTION\b.*$", re.MULTILINE)
END: Final = re.compile(r"^([ \t]*)#.*\bEND SOLUTION\b.*$", re.MULTILINE)
HIDDEN: Final = re.compile(r"^[ \t]*#.*\b(BEGIN|END) HIDDEN TESTS\b.*$\n?", re.MULTILINE)
SCHEME: Final = re.compile(r"#+ *BEGIN MARK SCHEME.*?#+ *END MARK SCHEME", re.DOTALL)


def convert(cells: list[SourceCell], title: str) -> Imported:
    """Return the exercise that the cells describe."""
    found = Imported(title)
    for cell in cells:
        about = cell.metadata.get("nbgrader", {})
        about = about if isinstance(about, dict) else {}
        if _is_test(cell, about):
            found.add_test(_test(cell, about))
        elif about.get("grade") or about.get("task"):
            found.manual.append(_question(cell, about, found))
            found.add_part(_part(cell, about))
        elif cell.kind != "raw":
            found.add_part(_part(cell, about))
    return found


def _is_test(cell: SourceCell, about: dict[str, Any]) -> bool:
    return cell.kind == "code" and bool(about.get("grade")) and not about.get("solution")


def _test(cell: SourceCell, about: dict[str, Any]) -> TestCell:
    return TestCell(
        name=str(about.get("grade_id") or f"cell_{cell.number}"),
        source=HIDDEN.sub("", cell.source),
        points=_points(about),
        cell=cell.number,
        hidden=bool(HIDDEN.search(cell.source)),
    )


def _points(about: dict[str, Any]) -> float:
    try:
        return max(0.0, float(about.get("points", 0) or 0))
    except (TypeError, ValueError):
        return 0.0


def _question(cell: SourceCell, about: dict[str, Any], found: Imported) -> HandGraded:
    text = next((part.source for part in found.parts[::-1] if part.kind == "markdown"), "")
    name = identifier(str(about.get("grade_id") or f"cell_{cell.number}")).replace("_", "-")
    lines = [line.strip("#* ") for line in text.splitlines() if line.strip("#* ")]
    return HandGraded(name, (lines[0] if lines else name)[:100], _points(about) or 1.0)


def _part(cell: SourceCell, about: dict[str, Any]) -> ProgramPart:
    if cell.kind != "code":
        answer = bool(about.get("solution") or about.get("task"))
        text = "*Write your answer here.*" if answer else SCHEME.sub("", cell.source)
        return ProgramPart("markdown", text.strip())
    source = without_magics(cell.source)
    if about.get("solution"):
        source = marked(source)
    return ProgramPart("code", source.strip("\n"))


def marked(source: str) -> str:
    """Return a solution cell with our markers; without markers, all of it is the solution."""
    if BEGIN.search(source):
        text = _with_markers(source)
        if _has_stub(text):
            return text
        source = END.sub("", BEGIN.sub("", source))
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return source
    lines = source.split("\n")
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    if not functions or len(functions) != len(tree.body):
        return _as_a_whole(source)
    for node in functions[::-1]:
        _mark_body(lines, node)
    text = "\n".join(lines)
    return text if _has_stub(text) else _as_a_whole(source)


def _as_a_whole(source: str) -> str:
    return f"# BEGIN SOLUTION\n{source.strip()}\n# END SOLUTION"


def _with_markers(source: str) -> str:
    """Return a cell with our markers; an end marker gets the indentation of its start."""
    lines, indent = [], ""
    for line in source.split("\n"):
        if begin := BEGIN.match(line):
            indent = begin[1]
            line = f"{indent}# BEGIN SOLUTION"
        elif END.match(line):
            line = f"{indent}# END SOLUTION"
        lines.append(line)
    return "\n".join(lines)


def _has_stub(source: str) -> bool:
    """Return whether the markers of a cell match, and the rest is valid Python."""
    try:
        return is_python(stub(source))
    except (SyntaxError, ValueError):
        return False


def _mark_body(lines: list[str], node: ast.FunctionDef) -> None:
    """Mark the body of a function after its docstring as the solution."""
    body = node.body[1:] if ast.get_docstring(node) is not None and node.body[1:] else node.body
    if body[0].lineno == node.lineno:
        return
    indent = " " * body[0].col_offset
    lines.insert(body[-1].end_lineno or 0, f"{indent}# END SOLUTION")
    lines.insert(body[0].lineno - 1, f"{indent}# BEGIN SOLUTION")
