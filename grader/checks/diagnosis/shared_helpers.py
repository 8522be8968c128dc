"""Recognise causes of two functions that are one slip in a student's helper.

    for kept, other, more in repeated(causes, source, asked, called_by):
        ...      # ``other`` is the same slip as ``kept``; ``more`` is a sentence about it

The two functions must call a common function of the file that is not part of the exercise. Either
both have the same explanation, or the first is an edit of a solution's helper that the second function
also calls, and nothing else explains the second.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Final

from grader.checks.diagnosis import call_graph
from grader.checks.diagnosis.views import Cause

MOST_NAMED: Final = 3
"""Number of common helpers that a sentence names."""


def repeated(
    causes: Sequence[Cause],
    source: str,
    asked: Collection[str],
    called_by: Callable[[str], Collection[str]],
) -> Iterator[tuple[Cause, Cause, str]]:
    """Yield (earlier cause, cause that repeats it, sentence about the repetition).

    Args:
        causes: The causes in the order of the page.
        source: The student's text.
        asked: The functions of the exercise.
        called_by: Returns the solution's functions that a function calls, also indirectly.
    """
    gone: list[Cause] = []
    for number, other in enumerate(causes):
        for first in causes[:number]:
            if any(first is each for each in gone) or first.function == other.function:
                continue
            is_same = _said_of(first) == _said_of(other)
            is_edited = bool(first.helper) and other.is_plain
            if not is_same and not (is_edited and first.helper in called_by(other.function)):
                continue
            if shared := _shared(source, first.function, other.function, asked):
                is_said = is_same and not other.is_plain
                too = "The same holds for {}" if is_said else "{} is wrong too"
                gone.append(other)
                yield first, other, f"{too.format(other.function)}; both use your {shared}."
                break


def _said_of(cause: Cause) -> str:
    """Return the part of a cause's sentence after the function's name."""
    return cause.sentence.rpartition(cause.function)[2].lstrip(":")


def _shared(source: str, one: str, other: str, asked: Collection[str]) -> str:
    """Return the names of helpers that both functions use independently, in words; or ''."""
    inner, outer = (call_graph.called(source, name) for name in (one, other))
    if one in outer or other in inner:
        return ""
    found = [f"`{name}`" for name in sorted((inner & outer) - set(asked))]
    if len(found) > MOST_NAMED:
        return "helper functions"
    return " and ".join([", ".join(found[:-1]), found[-1]] if len(found) > 1 else found)
