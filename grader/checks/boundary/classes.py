"""The classes of a program's objects: ``type(h)`` in a hidden test.

    type(h) == student.Shop          # also `is`, `in`, and isinstance(h, type(other))
    type(h).__name__ == "Shop"

A test module finds `type_of` where it looks for ``type``. Of a handle it gives the class, as the
program's worker says: a fact, like that of `isinstance`. A student's metaclass is not asked.
"""

from __future__ import annotations

import sys
from typing import Any

from grader.checks.boundary.handles import Handle, class_of


class _TypeOf(type):
    """Lets `type_of` be called and tested as Python's ``type`` is."""

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


class type_of(metaclass=_TypeOf):  # it stands for the built-in `type`
    """Return the class of a handle's object as a handle; Python's ``type`` for everything else."""


def give_type(folder: str) -> None:
    """Let the modules of the tests in ``folder`` find `type_of` where they look for ``type``."""
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and file.startswith(folder):
            vars(module).setdefault("type", type_of)
