"""The catalogue of an exercise: its named mistakes and their hints."""

from __future__ import annotations

import re
import sys
import types
from collections.abc import Mapping, Sequence

from msgspec import Struct, field

from grader.notebook import without_demos


class Hint(Struct, frozen=True):
    """A hint without the solution: a fact and a question, then 80-160 words of explanation."""

    question: str
    more: str


class Mistake(Struct, frozen=True):
    """A typical mistake, as code: the solution with a wrong line.

    ``swap`` maps pieces of the solution's text, each occurring exactly once, to their replacements;
    ``code`` is appended and redefines whole functions. ``function`` contains the mistake;
    ``affects`` names other functions whose checks may fail because of it.
    """

    id: str
    function: str
    swap: Mapping[str, str] = field(default_factory=dict)
    code: str = ""
    affects: tuple[str, ...] = ()


class Catalogue(Struct, frozen=True):
    """The mistakes of one exercise, and the solution's source to which they apply."""

    source: str
    mistakes: Sequence[Mistake]
    hints: Mapping[str, Hint]
    lookalikes: Sequence[Mistake] = ()
    """Programs that give a mistake's answers in some checks; they are never named to students."""


def module_of(source: str, name: str) -> types.ModuleType:
    """Return the module that ``source``, which is trusted, defines."""
    module = types.ModuleType(name)
    before = sys.modules.get(name)
    sys.modules[name] = module  # dataclasses look up their module
    try:
        exec(compile(source, f"<{name}>", "exec"), module.__dict__)  # noqa: S102  # ours, not a student's
    finally:
        sys.modules.pop(name)
        if before is not None:
            sys.modules[name] = before
    return module


def mistaken(source: str, mistake: Mistake) -> str:
    """Return the solution's source with the mistake; raise ValueError if it does not fit."""
    return mistaken_files([source], mistake)[0]


def mistaken_files(sources: Sequence[str], mistake: Mistake) -> list[str]:
    """Return the files of a solution with the mistake; raise ValueError if it does not fit.

    Demonstration cells are left out, because the same text may occur in them. The mistake's code is
    appended to the file that defines its function.
    """
    made = [without_demos(source) for source in sources]
    for right, wrong in mistake.swap.items():
        times = sum(text.count(right) for text in made)
        if times != 1:
            raise ValueError(f"{mistake.id}: {right!r} occurs {times} times, not once")
        made = [text.replace(right, wrong) for text in made]
    if mistake.code:
        begins = re.compile(
            rf"^(async def|def|class) {re.escape(mistake.function)}\b", re.MULTILINE
        )
        at = next((at for at, text in enumerate(made) if begins.search(text)), 0)
        made[at] = f"{made[at]}\n\n{mistake.code}\n"
    return made


def both(source: str, one: Mistake, other: Mistake) -> str:
    """Return the solution's source with two mistakes; raise ValueError if they do not fit."""
    return mistaken(mistaken(source, one), other)
