"""Programs that answer without computing: no check may give them points."""

from __future__ import annotations

import ast
from collections.abc import Collection
from typing import Final

from grader.authoring.stub import stub

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
"""Answers with which no check may be passed that a student writes for."""
_ANSWERS: Final = """

import types as _types

def _constant(*args, **named):
    return ANSWER


def _answer_constantly(names):
    for _name, _value in list(names.items()):
        if isinstance(_value, _types.FunctionType) and not _name.startswith("_"):
            yield _name


for _name in list(_answer_constantly(globals())):
    globals()[_name] = _constant
for _class in [each for each in globals().values() if isinstance(each, type)]:
    if _class.__module__ == __name__:
        for _name, _value in list(vars(_class).items()):
            if isinstance(_value, _types.FunctionType) and _name != "__init__":
                setattr(_class, _name, _constant)
"""


def filled(source: str, fill: str) -> str:
    """Return a program whose answers have the right shapes, and ``fill`` in every entry."""
    return f"{source}{_CONSTANT}".replace("FILL", fill)


def answering(source: str, value: str, variables: Collection[str] = ()) -> str:
    """Return a program whose functions and methods all return ``value``; classes stay.

    The ``variables`` of the module hold ``value`` too.
    """
    held = "".join(f"\n{name} = {value}" for name in sorted(variables))
    return f"{source}{_ANSWERS}".replace("ANSWER", value) + f"{held}\n"


def written_by_students(source: str) -> set[str]:
    """Return the variables of a solution that its stub does not define."""
    return _variables(source) - _variables(stub(source))


def _variables(source: str) -> set[str]:
    return {
        name.id
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign)
        for name in ast.walk(node)
        if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
    }
