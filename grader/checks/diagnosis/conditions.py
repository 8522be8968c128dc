"""Describe the difference between inputs with wrong answers and inputs with right ones.

    told_apart(reference, bad, good)     # " (for n = 2)", " (a text of length 0)", or ""

A condition must hold for all inputs of the first group and for none of the second, and a program
must be able to test it: randomly drawn sizes differ by chance.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from grader.checks.case import Case
from grader.checks.diagnosis import examples, quantities
from grader.checks.reference import Module

WITNESSES: Final = 2
"""Number of inputs, or of sizes, that must agree to exclude chance."""
MOST_NOTES: Final = 2
"""Number of notes of inputs in a condition."""
_DICTS: Final = "the number of entries"


def told_apart(reference: Module, bad: Sequence[Case], good: Sequence[Case]) -> str:
    """Describe what only the first inputs have in common, or return ''."""
    return _noted(bad, good) or of_arguments(reference, bad, good)


def _noted(bad: Sequence[Case], good: Sequence[Case]) -> str:
    notes = {case.note for case in bad}
    is_told = good and bad and "" not in notes and not notes & {case.note for case in good}
    return f" ({' and '.join(sorted(notes))})" if is_told and len(notes) <= MOST_NOTES else ""


def of_arguments(reference: Module, bad: Sequence[Case], good: Sequence[Case]) -> str:
    """Describe the argument or size that distinguishes the first inputs, or return ''."""
    if not good or not bad:
        return ""
    names = examples.parameters(reference, bad[0])
    for position, name in enumerate(names):
        values, others = (_plain(cases, position) for cases in (bad, good))
        is_drawn = all(isinstance(each, float) for case in bad for each in case.args[position:][:1])
        if not is_drawn and len(values) == 1 and None not in values and not values & others:
            return f" (for {name} = {next(iter(values))})"
    for name in quantities.sizes(reference, bad[0]):
        sizes, others_too = (_sizes(reference, cases, name) for cases in (bad, good))
        if said := _of_sizes(name, sizes, others_too, name in {f"`{each}`" for each in names}):
            return said
    return ""


def of_entries(reference: Module, bad: Sequence[Case], good: Sequence[Case]) -> str:
    """Describe a kind of entry in an array that only the first inputs have, or return ''."""
    if min(len(bad), len(good)) < WITNESSES:
        return ""
    for position, name in enumerate(examples.parameters(reference, bad[0])):
        arrays, others = (
            [case.args[position] for case in cases if len(case.args) > position]
            for cases in (bad, good)
        )
        if not all(isinstance(each, np.ndarray) and each.size for each in (*arrays, *others)):
            continue
        for words, has in _ENTRIES.items():
            if all(map(has, arrays)) and not any(map(has, others)):
                return f" (in our examples only where {words.format(name)})"
    return ""


_ENTRIES: Final[dict[str, Callable[[np.ndarray], bool]]] = {
    "`{}` is not all 0": lambda a: a.dtype.kind == "f" and bool(a.any()),
    "an entry of `{}` is negative": lambda a: a.dtype.kind == "f" and bool((a < 0).any()),
    "an entry of `{}` is positive": lambda a: a.dtype.kind == "f" and bool((a > 0).any()),
    "an entry of `{}` is exactly 0": lambda a: a.dtype.kind == "f" and bool((a == 0).any()),
    "a number occurs twice in `{}`": lambda a: a.dtype.kind in "iu" and len(np.unique(a)) < a.size,
}


def _plain(cases: Sequence[Case], position: int) -> set[str | None]:
    return {quantities.plain(case.args[position]) for case in cases if position < len(case.args)}


def _sizes(reference: Module, cases: Sequence[Case], name: str) -> list[float]:
    """Return a size of each input; an empty list if some input does not have it."""
    every = [quantities.sizes(reference, case).get(name) for case in cases]
    known = [each for each in every if each is not None]
    return known if len(known) == len(every) else []


def _of_sizes(name: str, bad: Sequence[float], good: Sequence[float], is_number: bool) -> str:
    """Describe how a size or a numeric argument distinguishes the first inputs, or return ''."""
    if not bad or not good:
        return ""
    sizes, others = set(bad), set(good)
    is_dict = name.startswith(_DICTS)
    if others == {1} and 1 not in sizes and not is_dict:
        return f" (in our examples only where {name} is more than 1)"
    if sizes == {1} and 1 not in others and not is_dict:
        return f" (in our examples only where {name} is 1)"
    if is_dict and len(others) >= WITNESSES and min(sizes) > max(others):
        return f" (in our examples only where {name} is {min(sizes):g} or more)"
    is_least = is_number or (is_dict and max(others) < min(sizes))
    if is_least and len(others) == 1 and not others & sizes and len(good) >= WITNESSES:
        return f" (in our examples right only where {name} is {next(iter(others)):g})"
    return ""


def of_errors(reference: Module, bad: Sequence[Case], good: Sequence[Case]) -> str:
    """Describe what inputs on which a function raises have in common, or return ''."""
    if not good or not bad:
        return ""
    if said := _noted(bad, good):
        return said
    for name in quantities.sizes(reference, bad[0]):
        sizes, others = (set(_sizes(reference, cases, name)) for cases in (bad, good))
        if not sizes or not others or sizes & others:
            continue
        is_dict = name.startswith(_DICTS)
        if len(others) == 1 and not (is_dict and min(sizes) < max(others)):
            return f", unless {name} is {next(iter(others)):g}"
        if len(sizes) == 1 and not is_dict:
            return f" where {name} is {next(iter(sizes)):g}"
    return ""
