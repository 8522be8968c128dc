"""Describe arrays by other known values: terms, factors and slopes too many or too few."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import numpy as np

from grader.checks.compare import TOLERANCE
from grader.checks.diagnosis.pairs import (
    FEWEST,
    Pair,
    factor_of,
    for_each,
    holds_for_all,
    near,
    sigmoid,
)

PROBED: Final = 16
"""Number of entries of an array with which most known values are ruled out at once."""
SLIGHT: Final = 1e-9
"""Smaller products, relative to the right array, give no evidence about their factor."""
_Made = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Computes a candidate for the student's array from the right array and a known value."""


def shared(pairs: Sequence[Pair]) -> list[str]:
    """Return the names that are known for all inputs."""
    names = set.intersection(*(set(pair.known) for pair in pairs))
    return [name for name in pairs[0].known if name in names]


def possible(pairs: Sequence[Pair], tries: Iterable[_Made], factor: bool = False) -> list[str]:
    """Return the known names that a few entries of each array do not rule out.

    Args:
        pairs: The array on each input.
        tries: Ways to combine the right array with a known value.
        factor: Whether the student's array may be any multiple of that.
    """
    names, tries = shared(pairs), [*tries]
    for pair in sorted(pairs, key=lambda pair: -pair.right.size):
        if names and pair.right.size and pair.got.shape == pair.right.shape:
            names = _not_ruled_out(pair, names, tries, factor)
    return names


def _not_ruled_out(
    pair: Pair, names: Sequence[str], tries: Sequence[_Made], factor: bool
) -> list[str]:
    places, rows = _probed(pair)
    fitting = [name for name in names if name in rows]
    if not fitting:
        return []
    got, right = pair.got.take(places), pair.right.take(places)
    known = np.stack([rows[name] for name in fitting])
    limit = 2 * TOLERANCE * float(np.abs(pair.got).max())
    least = SLIGHT * float(np.abs(pair.right).max())
    ruled_out = np.ones(len(fitting), bool)
    with np.errstate(all="ignore"):
        for make in tries:
            made = make(right, known)
            if factor:
                ruled_out &= _is_no_multiple(got, made, limit, least)
            else:
                ruled_out &= (np.abs(got - made) > limit).any(axis=1)
    return [name for name, is_out in zip(fitting, ruled_out, strict=True) if not is_out]


@functools.lru_cache(maxsize=32)
def _probed(pair: Pair) -> tuple[np.ndarray, Mapping[str, np.ndarray]]:
    """Return some places of an array, and each known value there that can be stretched to it."""
    places = np.unique(np.linspace(0, pair.right.size - 1, PROBED, dtype=int))
    every = {name: _entries(each, pair.right.shape, places) for name, each in pair.known.items()}
    return places, {name: row for name, row in every.items() if row is not None}


def _entries(array: np.ndarray, shape: tuple[int, ...], places: np.ndarray) -> np.ndarray | None:
    """Return entries of an array broadcast to a shape; None if it does not fit."""
    if array.shape != shape:
        try:
            array = np.broadcast_to(array, shape)
        except ValueError:
            return None
    return array.take(places)


def _is_no_multiple(got: np.ndarray, made: np.ndarray, limit: float, least: float) -> np.ndarray:
    """Return for each row of ``made`` whether ``got`` is not a multiple of it."""
    top = np.take_along_axis(made, np.abs(made).argmax(axis=1)[:, None], axis=1)
    beside = got[np.abs(made).argmax(axis=1)][:, None]
    off = np.abs(got * top - beside * made)
    is_out = (off > limit * (np.abs(made) + np.abs(top))).any(axis=1)
    return np.asarray(is_out & (np.abs(top[:, 0]) > least))


def terms(pairs: Sequence[Pair]) -> str:
    """Describe the term or the factor that is missing or too many, or ''."""
    for name in possible(pairs, (np.add, np.subtract)):
        for words, sign in (
            (f"lacks the term {name}", -1.0),
            (f"has the term {name} too many", 1.0),
        ):
            if holds_for_all(pairs, lambda p, n=name, s=sign: _adds(p, n, s)):  # type: ignore[misc]
                return words
    for name in sorted(
        possible(pairs, (np.multiply, np.divide)), key=lambda name: not name.startswith("`")
    ):
        for words, test in (
            (f"is multiplied by {name} once too often", lambda p, q: p.right * q),
            (f"lacks the factor {name}", lambda p, q: p.right / q),
        ):
            with np.errstate(all="ignore"):
                if holds_for_all(pairs, lambda p, n=name, t=test: _is_factor(p, t(p, p.known[n]))):  # type: ignore[misc]
                    return words
    return ""


def _adds(pair: Pair, name: str, sign: float) -> bool:
    other = pair.known[name]
    if not np.any(other):
        return False
    return near(pair.got, np.broadcast_to(pair.right + sign * other, pair.right.shape))


def _is_factor(pair: Pair, made: np.ndarray) -> bool:
    return made.shape == pair.right.shape and bool(np.isfinite(made).all()) and near(pair.got, made)


_SLOPES: Final[dict[str, Callable[[np.ndarray], np.ndarray]]] = {
    "{0} (1 - {0})": lambda v: v * (1 - v),
    "1 - {0}^2": lambda v: 1 - v**2,
    "1 - {0}": lambda v: 1 - v,
    "the square of {0}": np.square,
}


def slopes(pairs: Sequence[Pair]) -> str:
    """Describe the slope and the number by which an array is multiplied once too often."""
    if sum(pair.right.size > 1 for pair in pairs) < FEWEST:
        return ""  # a single number is a multiple of anything
    tries = [lambda right, known, s=slope: right * s(known) for slope in _SLOPES.values()]
    for name in possible(pairs, tries, factor=True):
        for words, slope in _SLOPES.items():
            try:
                numbers = for_each(pairs, lambda p, n=name, s=slope: _number(p, s(p.known[n])))  # type: ignore[misc]
            except ValueError:  # shapes that do not match
                continue
            if numbers is None:
                continue
            telling = [(n, p) for n, p in zip(numbers, pairs, strict=True) if n]
            if sum(pair.right.size > 1 for _, pair in telling) < FEWEST:
                continue
            besides = _number_in_words([n for n, _ in telling], [p for _, p in telling])
            if besides is not None:
                return f"is multiplied by {words.format(name)} once too often{besides}"
    return ""


def _number_in_words(numbers: Sequence[float], pairs: Sequence[Pair]) -> str | None:
    """Describe a number that all inputs share, or a multiple of one of their sizes; or None."""
    if (same := _common(numbers)) is not None:
        return "" if abs(same - 1) < 1e-4 else f", and by {same:.4g}"
    for size in pairs[0].sizes:
        times = _share(numbers, pairs, size)
        if times:
            return (
                f", and by {size}"
                if abs(times - 1) < 1e-4
                else f", and by {times:.4g} times {size}"
            )
    return None


def _share(numbers: Sequence[float], pairs: Sequence[Pair], size: str) -> float:
    """Return the multiple of an input's size that each number is; 0 if there is none."""
    times = 0.0
    for number, pair in zip(numbers, pairs, strict=True):
        each = pair.sizes.get(size, 0.0)
        if not each or (times and abs(number / each - times) > 2e-5 * abs(times)):
            return 0.0
        times = times or number / each
    return times


def _common(numbers: Sequence[float]) -> float | None:
    """Return the number that all of these equal, or None."""
    first = numbers[0] if numbers else 0.0
    is_same = first and all(abs(number - first) <= 2e-5 * abs(first) for number in numbers)
    return first if is_same else None


def _number(pair: Pair, factor: np.ndarray) -> float | None:
    """Return the number by which the right array and ``factor`` are multiplied, or None.

    0 if the product is almost 0, as with a slope far from 0, and the student's array is too.
    """
    made = pair.right * factor
    if made.shape != pair.right.shape or not np.isfinite(made).all():
        return None
    least = SLIGHT * float(np.abs(pair.right).max())
    if np.abs(made).max() <= least:
        return 0.0 if np.abs(pair.got).max() <= least else None
    return factor_of(Pair(pair.got, made))


_OF_KNOWN: Final[dict[str, Callable[[np.ndarray], np.ndarray]]] = {
    "the absolute value of": np.abs,
    "the opposite of": np.negative,
    "the square of": np.square,
    "the exponential of": np.exp,
    "the sigmoid of": sigmoid,
    "the tanh of": np.tanh,
    "the positive part of": lambda a: np.maximum(a, 0),
}


def equal_values(pairs: Sequence[Pair]) -> str:
    """Describe the known value, or a function of one, that an array equals, or ''."""
    for name in possible(pairs, [lambda _, known: known]):
        if holds_for_all(pairs, lambda p, n=name: p.got.size > 0 and near(p.got, p.known[n])):  # type: ignore[misc]
            given = name.startswith("`")
            return f"is just {name}, unchanged" if given else f"holds {name} instead"
    tries = [lambda _, known, f=function: f(known) for function in _OF_KNOWN.values()]
    for name in possible(pairs, tries):
        for words, function in _OF_KNOWN.items():
            with np.errstate(all="ignore"):
                if holds_for_all(pairs, lambda p, n=name, f=function: _is_of(p, f(p.known[n]))):  # type: ignore[misc]
                    return f"is {words} {name}"
    return ""


def _is_of(pair: Pair, made: np.ndarray) -> bool:
    return pair.got.size > 1 and bool(np.isfinite(made).all()) and near(pair.got, made)
