"""Describe wrong values in a sentence: by a relation to the right ones, or by their place.

    relation_of(view)             # "backward: `W1` has the opposite sign."
    unlike(view, ladder)          # "mean_pool: `pooled` is wrong (...)."

Each sentence has been checked on all diagnostic inputs of the function. It is about an array of the
smallest failing example, if possible.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from grader.checks.arrays import Path, at
from grader.checks.case import Case
from grader.checks.diagnosis import conditions, examples, quantities
from grader.checks.diagnosis.pairs import Pair
from grader.checks.diagnosis.relations import multiples, quantity, relation
from grader.checks.diagnosis.views import View

MOST_ARRAYS: Final = 12
"""Wrong arrays of a function to test for relations; a network may have hundreds."""


def relation_of(view: View) -> str:
    """Return a sentence with the relation of a wrong array to the right one, or ''."""
    found = related(view)
    return found[0] if found else ""


def related(view: View) -> tuple[str, Path] | None:
    """Return a sentence with the first relation found for a wrong array, and the array's path."""
    for path in _shown_first(view)[:MOST_ARRAYS]:
        pairs = list(pairs_of(view, path))
        if pairs and (said := relation(pairs) or quantity(shares_of(view, path))):
            where = common(view, path)
            subject = quantities.subject(view.reference, view.function, path)
            return f"{subject} {said}{where}.", path
    return None


def shares_of(view: View, path: Path) -> Iterator[Pair]:
    """Yield an array of each answer together with the contributions of single examples."""
    for n, case in enumerate(view.cases):
        if path in view.wrong[n] and path in view.arrays(n):
            right = view.reference.expected(case)[1]
            known = quantities.shares(view.reference, case, right, path)
            yield Pair(view.arrays(n)[path], right[path], {}, known)


def _shown_first(view: View) -> list[Path]:
    """Return the wrong arrays, those of the smallest failing example first."""
    _, _, shown = next(view.failing())
    return sorted(view.paths, key=lambda path: (path not in shown, path not in view.roots))


def pairs_of(view: View, path: Path) -> Iterator[Pair]:
    """Yield an array of each failing answer with the right one, until one is not an array."""
    for case, answer, paths in view.failing():
        got = at(answer.value, path) if path in paths else None
        if path not in paths:
            continue
        if not isinstance(got, np.ndarray):
            return
        right = view.reference.expected(case)[1]
        sizes = quantities.sizes(view.reference, case)
        known = quantities.known(view.reference, case, right, path)
        first = next((a for a in case.args if isinstance(a, np.ndarray)), None)
        fits = first is not None and first.shape == right[path].shape
        counts = quantities.counts(view.reference, case, len(got) if got.ndim else 0)
        yield Pair(got, right[path], sizes, known, first if fits else None, counts)


def unlike(view: View, ladder: Sequence[Case]) -> str:
    """Describe the first wrong array: which one, where it is wrong, and which ones are right."""
    path = _shown_first(view)[0]
    given = set(examples.parameters(view.reference, view.cases[0]))
    right = [
        key for key in view.reference.expected(view.cases[0])[1]
        if len(key) and all(key not in each for each in view.wrong)
        and examples.label(view.function, key) not in given
    ]  # fmt: skip
    others = f"; {quantities.listed(view.reference, view.function, right)} right" if right else ""
    where = common(view) or _of_entries(view) or _examples(view, ladder)
    if len(view.roots) > 1:
        wrong = quantities.listed(view.reference, view.function, view.roots)
        is_rest_given = not set(view.paths) <= set(view.roots)
        beside = "; what follows from them is right given these" if is_rest_given else others
        return f"{view.function}: {wrong} wrong{where}{beside}."
    said = multiples(list(pairs_of(view, path))) or "is wrong"
    return f"{quantities.subject(view.reference, view.function, path)} {said}{where}{others}."


def _of_entries(view: View) -> str:
    """Describe a kind of entry that only the failing inputs have, or return ''."""
    bad = [case for case, _, _ in view.failing()]
    good = [case for case, _ in view.answered() if case not in bad]
    return conditions.of_entries(view.reference, bad, good)


def _examples(view: View, ladder: Sequence[Case]) -> str:
    """Name the first failing demonstration if others are right, by their notes; or return ''."""
    bad = [case for case, _, _ in view.failing() if case in ladder and case.note]
    notes = {case.note for case in bad}
    good = [c.note for c, _ in view.answered() if c in ladder and c.note and c.note not in notes]
    if not bad or not good:
        return ""
    listed = list(dict.fromkeys(good))
    others = f" and {len(listed) - 3} others" if len(listed) > 3 else ""
    return f" (for “{bad[0].note}”; right for: {', '.join(listed[:3])}{others})"


def common(view: View, path: Path | None = None) -> str:
    """Describe what the failing inputs have in common and the others do not, or return ''."""
    bad = [case for case, _, paths in view.failing() if path is None or path in paths]
    good = [case for case, _ in view.answered() if case not in bad]
    if path is not None:
        good = [case for case in good if path in view.reference.expected(case)[1]]
    return conditions.told_apart(view.reference, bad, good)


def common_errors(view: View) -> str:
    """Describe what the inputs on which the function raises have in common, or return ''."""
    answered = [case for case, _ in view.answered()]
    return conditions.of_errors(view.reference, [case for case, _ in view.errors], answered)
