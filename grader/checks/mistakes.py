"""The catalogue of an exercise: its mistakes and hints."""

from __future__ import annotations

import re
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
    """Return the solution's source with the wrong line put in; raises ValueError if it does not fit."""
    return mistaken_files([source], mistake)[0]


def mistaken_files(sources: Sequence[str], mistake: Mistake) -> list[str]:
    """Return the files of a solution with the wrong line put in; raises ValueError if it does not fit.

    Demonstration cells are left out: the same piece of text may stand in them. The mistake's code is
    appended to the file that defines its function.
    """
    made = [without_demos(source) for source in sources]
    for right, wrong in mistake.swap.items():
        times = sum(text.count(right) for text in made)
        if times != 1:
            raise ValueError(f"{mistake.id}: {right!r} occurs {times} times, not once")
        made = [text.replace(right, wrong) for text in made]
    if mistake.code:
        begins = re.compile(rf"^(def|class) {re.escape(mistake.function)}\b", re.MULTILINE)
        at = next((at for at, text in enumerate(made) if begins.search(text)), 0)
        made[at] = f"{made[at]}\n\n{mistake.code}\n"
    return made


def both(source: str, one: Mistake, other: Mistake) -> str:
    """Return the solution's source with two mistakes; raises ValueError if they do not fit."""
    return mistaken(mistaken(source, one), other)
