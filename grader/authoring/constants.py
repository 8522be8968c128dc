"""Programs that return constants without computing: no check may give them points."""

from __future__ import annotations

import ast
from collections.abc import Collection
from typing import Final

from grader.authoring.stub import regions_of, stub

_CONSTANT: Final = """

def _filled(value):
    if isinstance(value, dict):
        return {key: _filled(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(_filled(item) for item in value)
    return np.full(np.shape(value), FILL, np.asarray(value).dtype)


def _made_constant(function):
    def constant(*args):
        try:
            return _filled(function(*args))
        except Exception:
            return FILL

    return constant


import types as _types

for _name, _value in list(globals().items()):
    if isinstance(_value, _types.FunctionType) and not _name.startswith("_"):
        globals()[_name] = _made_constant(_value)
"""


CONSTANTS: Final = ("0", "1", "[]", "None")
"""Constants that no check of a student's function may accept."""
_ANSWERS: Final = """

import types as _types

def _constant(*args, **named):
    return ANSWER


def _answer_constantly(names):
    for _name, _value in list(names.items()):
        if isinstance(_value, _types.FunctionType) and not _name.startswith("_"):
            yield _name


def _of_class(value):
    if isinstance(value, property):
        return property(_constant)
    if isinstance(value, (staticmethod, classmethod)):
        return type(value)(_constant)
    return _constant if isinstance(value, _types.FunctionType) else value


for _name in list(_answer_constantly(globals())):
    globals()[_name] = _constant
for _class in [each for each in globals().values() if isinstance(each, type)]:
    if _class.__module__ == __name__:
        for _name, _value in list(vars(_class).items()):
            if _name not in ("__init__", "__new__") and _of_class(_value) is not _value:
                setattr(_class, _name, _of_class(_value))
"""


def filled(source: str, fill: str) -> str:
    """Return a program whose results have the right shapes, with ``fill`` in every entry."""
    return f"{source}{_CONSTANT}".replace("FILL", fill)


def answering(source: str, value: str, variables: Collection[str] = ()) -> str:
    """Return a program whose functions and methods all return ``value``; classes stay.

    The ``variables`` of the module also get this ``value``.
    """
    held = "".join(f"\n{name} = {value}" for name in sorted(variables))
    return f"{source}{_ANSWERS}".replace("ANSWER", value) + f"{held}\n"


def without_state(source: str) -> str:
    """Return a solution whose classes have no state: no ``__init__`` by students, no attributes.

    If a check passes with a constant program only because that kept its ``__init__``, the check
    does compare something: the code in ``__init__``.
    """
    lines = source.splitlines(keepends=True)
    regions = [number for begin, end in regions_of(lines) for number in range(begin + 1, end + 2)]
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            node.body = [kept for each in node.body for kept in _stateless(each, set(regions))] or [
                ast.Pass()
            ]
    return ast.unparse(ast.fix_missing_locations(tree))


def _stateless(node: ast.stmt, regions: Collection[int]) -> list[ast.stmt]:
    """Return the remaining statements of a class member; in solution regions only methods stay."""
    if isinstance(node, ast.FunctionDef) and node.name == "__init__":
        kept = [each for each in node.body if each.lineno not in regions]
        node.body = kept or [ast.Pass()]
        return [node]
    if isinstance(node, ast.Assign | ast.AnnAssign) and node.lineno in regions:
        return []
    return [node]


def written_by_students(source: str) -> set[str]:
    """Return the variables of a solution that its stub lacks, or defines in another way."""
    lines = source.splitlines(keepends=True)
    regions = {number for begin, end in regions_of(lines) for number in range(begin + 1, end + 2)}
    inside = [node for node in ast.parse(source).body if node.lineno in regions]
    again = variables_of(ast.unparse(ast.Module(inside, [])))
    return again | variables_of(source) - variables_of(stub(source))


def variables_of(source: str) -> set[str]:
    """Return the variables that a program assigns at the top level."""
    return {
        name.id
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign)
        for name in ast.walk(node)
        if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
    }
