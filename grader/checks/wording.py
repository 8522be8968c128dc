"""Texts of messages of checks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from grader.checks import arrays
from grader.checks.arrays import Path
from grader.checks.case import Case
from grader.checks.compare import same
from grader.checks.failure import Failure
from grader.sandbox.faults import StudentError
from grader.sandbox.guest import refusals
from grader.sandbox.student import Answer, Refused

QUESTIONS: Final = {
    "overran": "What changes in each turn of the loop, and which value ends it? Print both.",
    "unwritten": "Which function do you write next, and what does its docstring promise?",
    "crashed": "What is the last line that prints something before the process ends?",
    "pipe": "Which line writes to a file or socket that it did not open?",
    "KeyError": "Which keys does the dict have at that line? Print them.",
    "IndexError": "How long is the sequence at that line, and which index is asked for? Print both.",
    "NameError": "Where does this name get its value, and is that line run before?",
    "AttributeError": "Of which type is the value before the dot? Print it.",
    "ZeroDivisionError": "For which input is the divisor 0 at that line?",
    "FloatingPointError": "How large is each value at that line? Print the smallest and the largest.",
    "OverflowError": "How large is each value at that line? Print the smallest and the largest.",
    "RecursionError": "For which input does the function not call itself again?",
}
"""Questions about a call without an answer, by the cause of the error or its exception."""
OTHER_ERROR: Final = "Which value has another shape or type at that line than you expect? Print it."


def question_about(error: StudentError) -> str:
    """Return a question that leads to the cause of an error."""
    known = (QUESTIONS.get(name) for name in (error.cause, *error.kinds))
    return next(filter(None, known), OTHER_ERROR)


def plain_fact(pairs: Sequence[tuple[np.ndarray, np.ndarray]], batch: Sequence[set[int]]) -> str:
    """Describe the simple change that turns the right arrays into the student's, or return ''.

    ``pairs``: (student's, right) array for each input; ``batch``: the sizes that occur in each.
    """
    if all(one.shape == other.T.shape and same(one, other.T) for one, other in pairs):
        return "transposed" if any(not same(o, r) for o, r in pairs) else ""
    ratios = [_ratio(one, other) for one, other in pairs]
    if any(ratio is None for ratio in ratios):
        return ""
    known = [ratio for ratio in ratios if ratio is not None]
    for value, words in ((-1.0, "right but for its sign"), (2.0, "twice the right one"),
                         (0.5, "half the right one")):  # fmt: skip
        if all(abs(ratio - value) < 1e-6 for ratio in known):
            return words
    if len(set(np.round(known, 6))) > 1 or len(known) == 1:
        if all(
            any(abs(ratio - n) < 1e-6 * n for n in sizes if n > 1)
            for ratio, sizes in zip(known, batch, strict=True)
        ):
            return "a whole number of times too large: a size that occurs in the inputs"
        if all(
            any(abs(ratio * n - 1) < 1e-6 for n in sizes if n > 1)
            for ratio, sizes in zip(known, batch, strict=True)
        ):
            return "too small by a size that occurs in the inputs"
    return ""


def _ratio(one: np.ndarray, other: np.ndarray) -> float | None:
    """Return the constant factor between two arrays, if there is one."""
    if one.shape != other.shape or not other.any() or not np.isfinite(one).all():
        return None
    with np.errstate(all="ignore"):  # the right array may contain infinity
        ratio = float((one * other).sum() / (other * other).sum())
    return ratio if same(one, ratio * other) and ratio else None


def first_fault(cases: Sequence[Case], faults: Sequence[str]) -> str:
    """Return the first fault, and the case in which it occurs if not in all cases."""
    first = next(fault for fault in faults if fault)
    notes = [c.note for c, fault in zip(cases, faults, strict=True) if fault]
    if all(notes) and len(notes) < len(faults):
        return f"{first} ({joined(list(dict.fromkeys(notes)))})"
    return first


def simple_change(failure: Failure) -> str:
    """Return the simple change that turns the right arrays into the student's, or ''."""
    pairs = []
    for case, answer in zip(failure.cases, failure.answers, strict=True):
        leaf = arrays.at(answer.value, failure.path)
        right = failure.asked.reference.expected(case)[1].get(failure.path)
        if not (isinstance(leaf, np.ndarray) and isinstance(right, np.ndarray)):
            return ""
        pairs.append((leaf.astype(np.float64), right.astype(np.float64)))
    fact = plain_fact(pairs, [case.dims() for case in failure.cases])
    return f"; {fact}" if fact else ""


def refusal_of(leaf: Refused, label: str) -> str:
    """Return the message about a part of an answer that cannot be read."""
    return f"{label} {refusals.REASONS.get(leaf.reason, 'cannot be read')}"


def unreadable(group: Sequence[tuple[Case, Answer]]) -> str:
    """Return the message about the first part that cannot be read, or ''."""
    for case, answer in group:
        for key, leaf in arrays.leaves(answer.value):
            if isinstance(leaf, Refused):
                return refusal_of(leaf, label_of(case.function, key))
    return ""


def label_of(function: str, path: Path) -> str:
    """Return the name of the array at ``path``, or of the whole answer."""
    keys = [str(key) for key in path if isinstance(key, str)]
    return keys[-1] if keys else f"what {function} returns"


def return_verb(functions: Sequence[str]) -> str:
    """Return the form of "return" that agrees with the number of functions."""
    return "return" if len(functions) > 1 else "returns"


def joined(words: Sequence[str]) -> str:
    """Join words as in a sentence: "a, b and c"."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
