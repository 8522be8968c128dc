"""Name the quantities in a sentence: arrays, sizes of arguments, other known values."""

from __future__ import annotations

import copy
import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np

from grader.checks.arrays import Path, leaves
from grader.checks.case import Case, Part
from grader.checks.diagnosis import examples
from grader.checks.diagnosis.diagnostics import Arrays
from grader.checks.reference import Module
from grader.sandbox.student import Answer, Refused

MOST_KEPT: Final = 32
"""Number of inputs whose answers to single examples are cached for all submissions."""


def halves(question: str) -> tuple[str, str]:
    """Split a hint into its statement and its question.

    >>> halves("z1: it is not zero. What passes?")
    ('z1: it is not zero.', 'What passes?')
    """
    head, mark, last = question.strip().rpartition(". ")
    return (f"{head}.", last) if mark else ("", question.strip())


def about(function: str, fact: str, where: str = "") -> str:
    """Write the statement of a hint about a function, and where it holds.

    >>> about("loss", "The answer is a sum.", " (for m = 2)")
    'loss: the answer is a sum (for m = 2).'
    """
    first, _, rest = fact.removesuffix(".").partition(" ")
    fact = f"{first.lower() if first in _ARTICLES else first} {rest}"
    return f"{fact}{where}." if fact.startswith(f"{function} ") else f"{function}: {fact}{where}."


_ARTICLES = (
    "A", "All", "An", "At", "Each", "Every", "For", "In", "One", "Only", "Rows", "Some", "The",
    "There", "Where", "With",
)  # fmt: skip
"""First words of a statement that are not names and become lower case after a colon."""


def neutral(more: str) -> str:
    """Remove claims about the student's code from a longer hint that several variants share.

    >>> neutral("Copy the example. Yours grow tenfold. What should change?")
    'Copy the example. What should change?'
    """
    sentences = re.split(r"(?<=[.?!]) ", more)
    return " ".join(each for each in sentences if not each.startswith(_CLAIMS))


_CLAIMS = ("Yours", "Your ", "It does not", "In your code", "Here ", "The same", "Somewhere")


def subject(reference: Module, function: str, path: Path) -> str:
    """Name an array of an answer at the start of a sentence."""
    name = named(reference, function, path)
    return f"{function}: {'the result' if name == f'`{function}`' else name}"


def named(reference: Module, function: str, path: Path) -> str:
    """Name an array of an answer: its key, or the docstring's name for this result."""
    name = examples.label(function, path)
    if not name.startswith("result "):
        return f"`{name}`"
    return _returned(reference, function, int(name.split()[1]))


def _returned(reference: Module, function: str, position: int) -> str:
    """Name one of several results as the docstring does: "Return (h, c)", `h, c = step(...)`."""
    text = reference.docstring(function)
    found = re.search(r"[Rr]eturns? \(([\w, ]+)\)", text)
    found = found or re.search(rf">>> ([\w, ]+) = {re.escape(function)}\(", text)
    names = found[1].split(", ") if found else []
    return f"`{names[position]}`" if position < len(names) else f"value {position + 1}"


def listed(reference: Module, function: str, paths: Sequence[Path]) -> str:
    """Name the values at some paths of an answer, as the subject of a sentence."""
    names = [named(reference, function, path) for path in paths][:4]
    return f"{', '.join(names)} {'is' if len(names) == 1 else 'are'}"


def refused(answer: Answer) -> list[Path]:
    """Return the paths of the values that could not be read."""
    return [path for path, leaf in leaves(answer.value) if isinstance(leaf, Refused)]


def ask(sentence: str) -> str:
    """Return a question that helps with a sentence about a wrong answer."""
    if any(word in sentence for word in ("factor", "times", "multiplied")):
        return "Which numbers multiply or divide it, and how often does each of them come in?"
    if "shape" in sentence or "axis" in sentence or "transposed" in sentence:
        return "What does each axis of the array count?"
    if "term" in sentence:
        return "Which terms belong to the sum?"
    return "Work this example out by hand. At which line does your code first differ?"


def plain(value: Any) -> str | None:
    """Return a plain value as text, or None for an array or a container."""
    return str(value) if value is None or isinstance(value, (int, float, str)) else None


def sizes(reference: Module, case: Case) -> dict[str, float]:
    """Return the sizes of a case's arguments, by their names in a sentence."""
    found: dict[str, float] = {}
    for name, value in zip(examples.parameters(reference, case), case.args, strict=False):
        if isinstance(value, Part):
            found = {**sizes(reference, value.case), **found}
        for words, size in _sizes_of(name, value):
            found.setdefault(words, size)
    return found


def _sizes_of(name: str, value: Any) -> Iterator[tuple[str, float]]:
    if isinstance(value, np.ndarray):
        axes = (
            "the number of rows of",
            "the number of columns of",
            "the length of the last axis of",
        )
        for words, size in zip(axes, value.shape, strict=False):
            yield f"{words} `{name}`", size
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield f"`{name}`", value
    elif isinstance(value, list):
        yield f"the length of `{name}`", len(value)
    elif isinstance(value, dict):
        yield f"the number of entries of `{name}`", len(value)
        for key, item in value.items():
            if isinstance(item, np.ndarray):
                yield from _sizes_of(str(key), item)


def known(reference: Module, case: Case, right: Arrays, path: Path) -> dict[str, np.ndarray]:
    """Return the other right arrays of an answer and the arguments, by name."""
    found: dict[str, np.ndarray] = {}
    for key, array in right.items():
        if key != path:
            found[f"the right value of `{examples.label(case.function, key)}`"] = array
    for name, value in zip(examples.parameters(reference, case), case.args, strict=False):
        if isinstance(value, (np.ndarray, float)) and np.asarray(value).dtype.kind == "f":
            found[f"`{name}`"] = np.asarray(value)
            if not right[path].ndim and np.size(value):
                found[f"the mean of `{name}`"] = np.asarray(np.mean(value))
        elif isinstance(value, Mapping):
            for key, item in value.items():
                if isinstance(item, (np.ndarray, float)):
                    found[f"`{key}` of `{name}`"] = np.asarray(item)
    return found


def counts(reference: Module, case: Case, rows: int) -> dict[str, np.ndarray]:
    """Return the integer arguments with one number per row, also those of parts."""
    found: dict[str, np.ndarray] = {}
    for name, value in zip(examples.parameters(reference, case), case.args, strict=False):
        if isinstance(value, Part):
            found |= counts(reference, value.case, rows)
        elif isinstance(value, np.ndarray) and value.dtype.kind in "iu" and value.shape == (rows,):
            found[f"`{name}`"] = value
    return found


def shares(reference: Module, case: Case, right: Arrays, path: Path) -> dict[str, np.ndarray]:
    """Return the contributions of the first and the last example to a sum over examples."""
    answers = _by_example(reference, case)
    if any(path not in answer for answer in answers) or not answers:
        return {}
    m, each = len(answers), [answer[path] for answer in answers]
    if any(one.shape != right[path].shape for one in each):
        return {}
    for share in (1.0, 1 / m):
        if np.allclose(sum(each) * share, right[path], rtol=1e-9, atol=0):
            return {"only the share of the last example": each[-1] * share,
                    "only the share of the first example": each[0] * share}  # fmt: skip
    return {}


@functools.lru_cache(maxsize=MOST_KEPT)
def _by_example(reference: Module, case: Case) -> Sequence[Arrays]:
    """Return the correct answer to each example alone; empty if a single example is not accepted."""
    m, ours = _examples(case), reference.unkept()
    if m < 2:
        return ()
    try:
        return [ours.expected(_one(case, m, row))[1] for row in range(m)]
    except Exception:  # not every function accepts a single example
        return ()


def _examples(case: Case) -> int:
    """Return the number of rows of the last array argument, its examples; 0 if unknown."""
    arrays = [each for each in case.args if isinstance(each, np.ndarray) and each.ndim == 2]
    return len(arrays[-1]) if arrays else 0


def _one(case: Case, m: int, row: int) -> Case:
    made = copy.copy(case)
    made.__dict__["args"] = tuple(_row(each, m, row) for each in case.args)
    return made


def _row(value: Any, m: int, row: int) -> Any:
    """Return one row of every array with ``m`` rows, also in listed caches and parts."""
    if isinstance(value, Part):
        return Part(_one(value.case, m, row), value.item)
    if isinstance(value, dict) and not any(key.startswith(("W", "b")) for key in map(str, value)):
        return {key: _row(item, m, row) for key, item in value.items()}
    if isinstance(value, np.ndarray) and value.ndim == 2 and len(value) == m:
        return value[row : row + 1]
    return value
