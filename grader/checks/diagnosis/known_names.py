"""Find the names that students know from the stub, because sentences must avoid others.

    known_names(solution_text)     # {"W1", "a1", "z1", "relu", ...}; not the solution's local names

A mutant edits the solution, whose local variables students never see: they could not understand "as
if the line that changes `smoothed` were left out".
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator
from typing import Final

from grader.notebook import BEGIN_SOLUTION, without_solutions

_WORD: Final = re.compile(r"[^\W\d]\w*")
_QUOTED: Final = re.compile(r"`[^`]*`|\"\w+\"|\$[^$]*\$|^\s*>>> .*$", re.MULTILINE)


def known_names(text: str) -> frozenset[str] | None:
    """Return the names that a solution's stub shows; None if no part is marked as solution.

    All words of docstrings count. In other prose, a lower-case word counts only if it is quoted.
    """
    if BEGIN_SOLUTION not in text:
        return None
    shown = without_solutions(text)
    found = {*dir(builtins), *_of_code(shown), *_of_prose(shown)}
    return frozenset(found | {f"d{name}" for name in found})


def _of_code(shown: str) -> Iterator[str]:
    try:
        tree = ast.parse(shown)
    except SyntaxError:  # the indented part of an unmarked statement
        yield from _WORD.findall(shown)
        return
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.arg(arg=name) | ast.Attribute(attr=name):
                yield name
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
                yield from _WORD.findall(ast.get_docstring(node) or "")
            case ast.Constant(value=str() as text) if text.isidentifier():
                yield text


def _of_prose(shown: str) -> Iterator[str]:
    for quoted in _QUOTED.findall(shown):
        yield from _WORD.findall(quoted)
    for word in _WORD.findall(shown):
        if len(word) <= 2 or not (word.isalpha() and word[1:].islower()):
            yield word
