"""Put many changes of a function or class into one program, in which a number selects one.

    source = with_variants(definition, {1: edit, 2: edit})
    # def f(x):
    #     if _which_ == 1: return -x
    #     elif _which_ == 2: return x + 1
    #     else: return x

To compile one program for all changes, and to repeat only the changed statement in it, costs a small
part of compiling one program for each. (Untch, Offutt and Harrold, 1993, call this a mutant schema.)
"""

from __future__ import annotations

import ast
import copy
import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Final

from grader.checks.diagnosis.edit_places import Edit
from grader.checks.diagnosis.mutants import made

WHICH: Final = "_which_"
"""The global variable with the number of the change."""
_PLACEHOLDER: Final = re.compile(r"^( *)_variant_(\d+)_$", re.MULTILINE)
_BODIES: Final = ("body", "orelse", "finalbody")


def with_variants(node: ast.stmt, edits: Mapping[int, Edit]) -> str:
    """Return the source of a function or class with changes that `WHICH` selects.

    Args:
        node: The definition.
        edits: The changes of it, each with its number.
    """
    places = dict(_places(node))
    texts: dict[int, str] = {}
    chosen: dict[int, list[int]] = {}
    for number, edit in edits.items():
        statement, body = places.get(id(edit.at), (None, _home(node, edit).body))
        before = list(body)
        with made([edit]):
            new = _new(before, body) or [statement] if statement is not None else body
            texts[number] = "\n".join(map(ast.unparse, new))
        chosen.setdefault(id(body if statement is None else statement), []).append(number)
    whole = ast.unparse(_chosen(node, chosen))
    return _PLACEHOLDER.sub(lambda found: _indented(texts[int(found[2])], found[1]), whole)


def _home(node: ast.stmt, edit: Edit) -> ast.FunctionDef:
    """Return the function that an edit changes: the definition itself, or a method of the class."""
    functions = [each for each in ast.walk(node) if isinstance(each, ast.FunctionDef)]
    return next(each for each in functions if each.name == edit.home)


def _places(node: ast.stmt) -> Iterator[tuple[int, tuple[ast.stmt, list[ast.stmt]]]]:
    """Yield the id of each node in a statement's bodies, with its statement and that one's body."""
    for body in _bodies(node):
        for statement in body:
            for each in _expressions(statement):
                yield id(each), (statement, body)
            yield from _places(statement)


def _bodies(node: ast.AST) -> Iterator[list[ast.stmt]]:
    for name in _BODIES:
        body = getattr(node, name, None)
        if isinstance(body, list) and body:
            yield body
    for each in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
        yield each.body


def _expressions(statement: ast.AST) -> Iterator[ast.AST]:
    """Yield a statement and the nodes in it that belong to no statement inside it."""
    yield statement
    for child in ast.iter_child_nodes(statement):
        if not isinstance(child, ast.stmt):
            yield from _expressions(child)


def _new(before: list[ast.stmt], after: list[ast.stmt]) -> list[ast.stmt]:
    """Return the statements that an edit has put in place of one."""
    kept = set(map(id, before))
    return [each for each in after if id(each) not in kept]


def _chosen(node: ast.stmt, chosen: Mapping[int, list[int]]) -> ast.stmt:
    """Return a statement in which placeholders stand for the changes of it, and inside it."""
    new = copy.copy(node)
    for name in _BODIES:
        if isinstance(body := getattr(node, name, None), list):
            setattr(new, name, _selected([_chosen(each, chosen) for each in body], chosen, body))
    for name in ("handlers", "cases"):
        inner = [copy.copy(each) for each in getattr(node, name, ())]
        for each in inner:
            each.body = [_chosen(one, chosen) for one in each.body]
        if inner:
            setattr(new, name, inner)
    [new] = _selected([new], chosen, node)
    return new


def _selected(
    statements: list[ast.stmt], chosen: Mapping[int, list[int]], old: ast.stmt | list[ast.stmt]
) -> list[ast.stmt]:
    """Return statements in a conditional that selects a change of ``old``, if it has any."""
    for number in reversed(chosen.get(id(old), [])):
        test = ast.Compare(ast.Name(WHICH), [ast.Eq()], [ast.Constant(number)])
        statements = [ast.If(test, [ast.Expr(ast.Name(f"_variant_{number}_"))], statements)]
    return statements


def _indented(text: str, indent: str) -> str:
    # a string of several lines is written with `\n` by unparse, so no line begins inside one
    return "\n".join(indent + line for line in text.split("\n"))


# --- the line of a change -----------------------------------------------------------------------


def line_of(node: ast.stmt, edit: Edit) -> int:
    """Return the line of the first statement that an edit changes, moves or removes."""
    before = list(_statements(node, 0))
    with made([edit]):
        after = list(_statements(node, 0))
    same = {each[:3] for each in after}
    changed = [line for *key, line in before if tuple(key) not in same]
    order = (one[3] for one, other in itertools.zip_longest(before, after) if one != other and one)
    return next(itertools.chain(changed, order), node.lineno)


def _statements(node: ast.stmt, depth: int) -> Iterator[tuple[int, int, str, int]]:
    """Yield the id, depth, text and line of each statement, without the statements inside it."""
    inner = [each for each in ast.iter_child_nodes(node) if not isinstance(each, ast.stmt)]
    handlers = [each for each in inner if isinstance(each, ast.ExceptHandler)]
    yield id(node), depth, "".join(ast.dump(each) for each in inner), node.lineno
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            yield from _statements(child, depth + 1)
    for each in handlers:
        for child in each.body:
            yield from _statements(child, depth + 1)
