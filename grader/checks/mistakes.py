"""The catalogue of an exercise: its mistakes and hints."""

from __future__ import annotations

import sys
import types
from collections.abc import Mapping, Sequence

from msgspec import Struct, field

from grader.notebook import without_demos


class Hint(Struct, frozen=True):
    """A hint without the answer: a fact and a question, then 80-160 plain words."""

    question: str
    more: str


class Mistake(Struct, frozen=True):
    """A mistake students make, as code: the solution with the wrong line put in.

    ``swap`` maps pieces of the solution's text, each occurring exactly once, to their replacements;
    ``code`` is appended and so redefines whole functions. ``function`` is where the mistake is made;
    ``affects`` names other functions whose checks may lose marks with it.
    """

    id: str
    function: str
    swap: Mapping[str, str] = field(default_factory=dict)
    code: str = ""
    affects: tuple[str, ...] = ()


class Catalogue(Struct, frozen=True):
    """The mistakes of one exercise, and the source that they are made from."""

    source: str
    mistakes: Sequence[Mistake]
    hints: Mapping[str, Hint]
    lookalikes: Sequence[Mistake] = ()
    """Programs that answer like a mistake in some checks; they are never named."""


def module_of(source: str, name: str) -> types.ModuleType:
    """Return the module that ``source``, code of ours, makes."""
    module = types.ModuleType(name)
    before = sys.modules.get(name)
    sys.modules[name] = module  # dataclasses look their module up
    try:
        exec(compile(source, f"<{name}>", "exec"), module.__dict__)  # noqa: S102  # ours, not a student's
    finally:
        sys.modules.pop(name)
        if before is not None:
            sys.modules[name] = before
    return module


def mistaken(source: str, mistake: Mistake) -> str:
    """Return the solution's source with the wrong line put in; raises ValueError if it does not fit.

    Demonstration cells are left out: the same piece of text may stand in them.
    """
    source = without_demos(source)
    for right, wrong in mistake.swap.items():
        if source.count(right) != 1:
            raise ValueError(
                f"{mistake.id}: {right!r} occurs {source.count(right)} times, not once"
            )
        source = source.replace(right, wrong)
    return f"{source}\n\n{mistake.code}\n" if mistake.code else source


def both(source: str, one: Mistake, other: Mistake) -> str:
    """Return the solution's source with two mistakes; raises ValueError if they do not fit."""
    return mistaken(mistaken(source, one), other)
