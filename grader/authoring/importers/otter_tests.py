"""Read otter's tests, from files in a folder ``tests/`` or from a notebook's metadata.

Both have two formats: ``test = {...}`` with doctests, and functions marked ``@test_case``.
"""

from __future__ import annotations

import ast
import doctest
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from grader.authoring.importers.cells import TestCell


def in_folder(folder: Path, wanted: Collection[str]) -> Iterator[TestCell]:
    """Yield the tests of the files in a folder.

    Args:
        folder: The folder, which may be missing.
        wanted: The names that the notebook checks; if none is a file here, all files count.
    """
    files = sorted(folder.glob("*.py")) if folder.is_dir() else []
    for file in [f for f in files if f.stem in wanted] or files:
        yield from _of_source(file.stem, file.read_text(encoding="utf-8", errors="replace"))


def in_metadata(metadata: dict[str, Any]) -> Iterator[TestCell]:
    """Yield the tests stored in a notebook itself, under ``otter``, ``tests``."""
    about = metadata.get("otter")
    tests = about.get("tests") if isinstance(about, dict) else None
    for name, test in tests.items() if isinstance(tests, dict) else ():
        if isinstance(test, dict):
            yield from _suites(str(name), test)
        elif isinstance(test, str | list):
            yield from _of_source(str(name), "".join(test))


def _of_source(stem: str, source: str) -> Iterator[TestCell]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return
    for node in tree.body:
        if (value := _assigned(node, "test")) is not None:
            try:
                yield from _suites(stem, ast.literal_eval(value))
            except (ValueError, TypeError, AttributeError):
                return
    yield from _functions(stem, tree, source)


def _suites(stem: str, test: dict[str, Any]) -> Iterator[TestCell]:
    cases = [case for suite in test.get("suites", []) for case in suite.get("cases", [])]
    points = number(test.get("points"), 1.0)
    for place, case in enumerate(cases, 1):
        code = case.get("code", "")
        yield TestCell(
            name=f"{test.get('name') or stem}_{place}" if len(cases) > 1 else stem,
            source=from_doctest("".join(code) if isinstance(code, list) else str(code)),
            points=number(case.get("points"), points / max(len(cases), 1)),
            cell=place,
            hidden=bool(case.get("hidden")),
            question=stem,
        )


def _functions(stem: str, tree: ast.Module, source: str) -> Iterator[TestCell]:
    """Yield functions marked ``@test_case``, each after the top-level code of its file."""
    marked = [
        (node, mark)
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        for mark in node.decorator_list
        if "test_case" in ast.unparse(mark)
    ]
    functions = {id(node) for node, _ in marked}
    above = [
        text
        for node in tree.body
        if id(node) not in functions
        and not (text := ast.unparse(node)).startswith(("from otter", "import otter"))
    ]
    said = [value for node in tree.body if (value := _assigned(node, "points")) is not None]
    points = number(_constant(said[0]) if said else None, 1.0)
    for place, (node, mark) in enumerate(marked, 1):
        keywords = mark.keywords if isinstance(mark, ast.Call) else []
        options = {each.arg: _constant(each.value) for each in keywords}
        text = "\n".join(source.split("\n")[node.lineno - 1 : node.end_lineno])
        yield TestCell(
            name=f"{stem}_{place}" if len(marked) > 1 else stem,
            source="\n".join([*above, text, call(node)]),
            points=number(options.get("points"), points / len(marked)),
            cell=place,
            hidden=bool(options.get("hidden")),
            question=stem,
        )


def _assigned(node: ast.stmt, name: str) -> ast.expr | None:
    """Return the value that a statement assigns to a name, or None."""
    if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
        return node.value
    return None


def _constant(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError:
        return None


def with_calls(source: str) -> str:
    """Return a test cell with a call of each function, if it only defines functions."""
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return source
    functions = [node for node in body if isinstance(node, ast.FunctionDef)]
    if len(functions) < len([n for n in body if not isinstance(n, ast.Import | ast.ImportFrom)]):
        return source
    tests = [call(node) for node in functions if node.name.startswith("test")]
    return "\n".join([source, *tests])


def call(node: ast.FunctionDef) -> str:
    """Return the call that otter makes of a test: arguments are variables of the same names."""
    return f"{node.name}({', '.join(each.arg for each in node.args.args)})"


def number(value: Any, other: float) -> float:
    """Return a number of points in otter's forms: a number, a list, or ``each``."""
    if isinstance(value, dict):
        value = value.get("each")
    if isinstance(value, list):
        value = sum(each for each in value if isinstance(each, int | float))
    return float(value) if isinstance(value, int | float) and value >= 0 else other


def from_doctest(text: str) -> str:
    """Return doctest code as statements that compare the results."""
    lines = []
    for example in doctest.DocTestParser().get_examples(text):
        source = example.source.rstrip("\n")
        if not example.want.strip():
            lines.append(source)
            continue
        lines.append(shown(source, example.want))
    return "\n".join(lines)


def shown(source: str, want: str) -> str:
    """Return code that compares what ``source`` prints and displays with ``want``."""
    tree = ast.parse(source)
    body = source
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        last = tree.body[-1]
        lines = source.split("\n")
        before = "\n".join(lines[: last.lineno - 1])
        expression = ast.get_source_segment(source, last.value) or ast.unparse(last.value)
        body = f"{before}\nshow(({expression}))".strip("\n")
    indented = "\n".join(f"    {line}" if line else line for line in body.split("\n"))
    return f"with shows({want!r}):\n{indented}"
