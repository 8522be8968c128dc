"""Find code in a student's source that the grader will refuse: imports, and too new syntax.

foreign([Cell("layers.py", "import torch")], ["scipy"])   # [Found("layers.py", 1, "torch", False)]
too_new('t"{x}"', "3.11")                                 # 1, the line
"""

from __future__ import annotations

import ast
import re
import sys
import tokenize
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from grader import newer_syntax
from grader.notebook import Cell
from grader.sandbox.guest import stand_ins


class Found(NamedTuple):
    """An import that the grader refuses. ``runs``: whether it runs when the file is loaded."""

    title: str
    line: int
    module: str
    guarded: bool
    runs: bool


def foreign(cells: Sequence[Cell], allowed: Sequence[str]) -> list[Found]:
    """Return the imports of modules that the grader lacks, the first one of each module."""
    known = sys.stdlib_module_names | stand_ins.NAMES | {"numpy", *allowed}
    written = {
        match[1]
        for cell in cells
        for match in re.finditer(r"'writefile', '(\w+)\.py'", cell.source)
    }
    found: dict[str, Found] = {}
    for cell in cells:
        try:
            tree = ast.parse(cell.source)
        except (SyntaxError, ValueError, RecursionError):
            continue
        for module, line, guarded, runs in _imports(tree, False, True):
            if module not in known | written:
                found.setdefault(module, Found(cell.title, line, module, guarded, runs))
    return list(found.values())


def _imports(node: ast.AST, guarded: bool, runs: bool) -> Iterator[tuple[str, int, bool, bool]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield alias.name.partition(".")[0], child.lineno, guarded, runs
        elif isinstance(child, ast.ImportFrom):
            yield (child.module or ".").partition(".")[0], child.lineno, guarded, runs
        else:
            function = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
            guards = isinstance(child, (ast.Try, ast.If))
            yield from _imports(child, guarded or guards, runs and not function)


def too_new(source: str, version: str) -> int:
    """Return the first line with syntax that Python ``version`` lacks; 0 if there is none.

    Syntax that the grader rewrites (`grader.newer_syntax`) does not count.
    """
    major, minor = map(int, version.split(".")[:2])
    if sys.version_info[:2] <= (major, minor):
        return 0
    source = newer_syntax.rewritten(source)
    try:
        ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return 0
    try:
        ast.parse(source, feature_version=(major, minor))
    except SyntaxError as error:
        return error.lineno or 1
    return _nested_string(source) if (major, minor) < (3, 12) else 0


def _nested_string(source: str) -> int:
    """Return the line of an f-string whose field reuses its quotes, which needs Python 3.12."""
    begins = getattr(tokenize, "FSTRING_START", -1)
    ends = getattr(tokenize, "FSTRING_END", -1)
    lines = iter(source.splitlines(keepends=True))
    open_quotes: list[str] = []
    for token in tokenize.generate_tokens(lambda: next(lines, "")):
        if token.type == ends:
            open_quotes.pop()
        elif token.type in (begins, tokenize.STRING):
            quote = token.string.lstrip("rRbBfFuU")[:3]
            quote = quote if quote in ("'''", '"""') else quote[:1]
            if quote in open_quotes:
                return token.start[0]
            if token.type == begins:
                open_quotes.append(quote)
    return 0
