"""Compare the values of a graph with the right ones, and find the first wrong one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final, Literal

from msgspec import Struct, field

from grader.graph.declaration import Graph, nodes, users

Verdict = Literal["correct", "first", "wrong", "follows", "missing"]
"""The verdict on a value.

``first``: wrong, and all values that it is computed from are right. ``follows``: wrong after that.
``wrong``: some value that it is computed from is unknown, so it may not be the first.
"""

TOLERANCE: Final = 1e-4
MOST_ENTRIES: Final = 6
"""Entries of an array that are printed; of a larger array only the shape is."""
LONGEST: Final = 28


class Marks(Struct, frozen=True):
    """The verdict on each value of the forward pass, and on each gradient."""

    values: Mapping[str, Verdict] = field(default_factory=dict)
    gradients: Mapping[str, Verdict] = field(default_factory=dict)


def judged(
    graph: Graph,
    got: Mapping[str, Any],
    correct: Mapping[str, Any],
    *,
    backward: bool = False,
    tolerance: float = TOLERANCE,
) -> dict[str, Verdict]:
    """Return the verdict on every name with a known right value.

    Args:
        graph: The graph, as declared.
        got: The student's value of each name.
        correct: The right values; names without one are not judged.
        backward: Follow the arrows backward: a gradient depends on those of the node's users.
        tolerance: Largest relative difference, by the largest entry of the correct value.

    Raises:
        GraphError: The graph cannot be read.
    """
    found = nodes(graph)
    made_of = {each.name: [*each.operands] for each in found.values()}
    before = users(found) if backward else made_of
    ends = {name for name in found if not before[name]}
    wrong: set[str] = set()
    verdicts: dict[str, Verdict] = {}
    for name in reversed(found) if backward else found:
        after_wrong = any(each in wrong for each in before[name])
        if name not in correct:
            wrong |= {name} if after_wrong else set()
        elif name in got and agree(got[name], correct[name], tolerance):
            verdicts[name] = "correct"
        else:
            wrong.add(name)
            known = all(each in correct or each in ends for each in before[name])
            first: Verdict = "first" if known else "wrong"
            verdicts[name] = "follows" if after_wrong else first if name in got else "missing"
    return verdicts


def agree(got: Any, correct: Any, tolerance: float = TOLERANCE) -> bool:
    """Return whether two numbers or arrays have the same shape and close entries."""
    one, other = entries(got), entries(correct)
    if one is None or other is None or shape(got) != shape(correct):
        return False
    scale = max((abs(value) for value in other if math.isfinite(value)), default=0.0)
    limit = tolerance * max(scale, 1e-6)
    return all(a == b or abs(a - b) <= limit for a, b in zip(one, other, strict=True))


def entries(value: Any) -> list[float] | None:
    """Return the entries of a number, a nested list or an array; None for anything else."""
    plain = value.tolist() if hasattr(value, "tolist") else value
    flat: list[float] = []
    stack = [plain]
    while stack:
        each = stack.pop()
        if isinstance(each, list | tuple):
            stack += reversed(each)
        elif isinstance(each, int | float):
            flat.append(float(each))
        else:
            return None
    return flat


def shape(value: Any) -> tuple[int, ...]:
    """Return the shape of a number, a nested list or an array."""
    if hasattr(value, "shape"):
        return tuple(value.shape)
    found: list[int] = []
    while isinstance(value, list | tuple):
        found.append(len(value))
        value = value[0] if value else None
    return tuple(found)


def shown(value: Any) -> str:
    """Write a value in few characters: four digits, small arrays in full, others by shape.

    >>> shown(-0.693147), shown([1.0, 2.5]), shown([[0.5, 0.0], [1.0, 1.0]]), shown([0.0] * 9)
    ('−0.6931', '(1, 2.5)', '((0.5, 0), (1, 1))', 'shape (9,)')
    """
    flat = entries(value)
    if flat is None:
        return "not a number"
    plain = value.tolist() if hasattr(value, "tolist") else value
    text = _nested(plain) if len(flat) <= MOST_ENTRIES else ""
    return text if text and len(text) <= LONGEST else f"shape {shape(value)}"


def _nested(value: Any) -> str:
    """Write numbers in nested brackets; an array with one row as that row."""
    if isinstance(value, list | tuple):
        if len(value) == 1:
            return _nested(value[0])
        return f"({', '.join(map(_nested, value))})"
    return number(float(value))


def number(value: float) -> str:
    """Write a number with four digits and a true minus sign.

    >>> number(-10.0), number(1 / 3), number(float("nan")), number(1e-12)
    ('−10', '0.3333', 'NaN', '1e−12')
    """
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    return f"{value + 0.0:.4g}".replace("-", "−").replace("e−0", "e−").replace("e+0", "e")
