"""The classes of a program's objects: ``type(h)`` in a hidden test.

    type(h) == student.Shop          # also `is`, `in`, and isinstance(h, type(other))
    type(h).__name__ == "Shop"

In a test module ``type`` refers to `type_of`. For a handle it returns the class that the worker
reports, a fact like the result of `isinstance`; a student's metaclass is not asked.
"""

from __future__ import annotations

import sys
from typing import Any

from grader.checks.boundary.handles import Handle, class_of


class _TypeOf(type):
    """Makes `type_of` behave like Python's ``type`` in calls and tests."""

    def __call__(cls, *args: Any, **named: Any) -> Any:
        if len(args) == 1 and isinstance(args[0], Handle) and not named:
            return class_of(args[0])
        return type(*args, **named)

    def __instancecheck__(cls, other: Any) -> bool:
        return isinstance(other, type)

    def __subclasscheck__(cls, other: type) -> bool:
        return issubclass(other, type)

    def __eq__(cls, other: object) -> bool:
        return other is type or other is cls

    def __hash__(cls) -> int:
        return hash(type)


class type_of(metaclass=_TypeOf):  # replaces the built-in `type`
    """Return the class of a handle's object as a handle; Python's ``type`` for everything else."""


def give_type(folder: str) -> None:
    """Replace ``type`` by `type_of` in the modules of the tests in ``folder``."""
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and file.startswith(folder):
            vars(module).setdefault("type", type_of)
