"""Describe how the right arrays become a student's: by factors, terms, places, other values.

    relation(pairs, known)      # "m times too large", "transposed", "right in the first row only", ...

A relation must hold on every failing input, within the verdict's tolerance.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import numpy as np
from msgspec.structs import replace

from grader.checks.diagnosis.known_values import equal_values, slopes, terms
from grader.checks.diagnosis.pairs import (
    FEWEST,
    FEWEST_ENTRIES,
    Condition,
    Pair,
    as_floats,
    factor_of,
    for_each,
    holds_for_all,
    near,
    sigmoid,
    wrong_entries,
)
from grader.checks.diagnosis.relations_of_shapes import not_finite, of_shapes
from grader.checks.diagnosis.wrong_places import where_wrong


def relation(pairs: Sequence[Pair]) -> str:
    """Return the relation that holds on all inputs, as words to follow the array's name, or ''.

    Args:
        pairs: The array on each input where it is wrong.
    """
    pairs = _with_one_name_each([as_floats(pair) for pair in pairs])
    if not pairs or any(not pair.right.size for pair in pairs):
        return ""
    for look in (of_shapes, not_finite):
        if found := look(pairs):
            return found
    if (
        len(pairs) < FEWEST
        or sum(int(wrong_entries(pair).sum()) for pair in pairs) < FEWEST_ENTRIES
    ):
        return ""  # so few numbers agree with many relations by chance
    for look in (_factors, _row_factors, _unary, _places, terms, slopes, equal_values, where_wrong):
        if found := look(pairs):
            return found
    return _constant(pairs)


def quantity(pairs: Iterable[Pair]) -> str:
    """Return the known quantity that the student's array equals on all inputs, or ''.

    If it equals none of them on the first input, the other ``pairs`` are not computed.
    """
    found: list[Pair] = []
    for pair in pairs:
        found.append(as_floats(pair))
        if len(found) == 1 and not equal_values(found):
            return ""
    return equal_values(found) if len(found) >= FEWEST else ""


def multiples(pairs: Sequence[Pair]) -> str:
    """Describe answers, or rows, that are multiples of the right ones, a weak relation; or ''."""
    pairs = [as_floats(pair) for pair in pairs]
    whole = [factor_of(p) for p in pairs if np.count_nonzero(p.right) > 1]
    if len(whole) >= FEWEST and None not in whole and all(factor_of(p) for p in pairs):
        return (
            f"is the right value times one number that depends on the input (here {whole[0]:.4g})"
        )
    if any(pair.right.ndim < 2 or pair.got.shape != pair.right.shape for pair in pairs):
        return ""
    rows = [Pair(*each) for pair in pairs for each in zip(pair.got, pair.right, strict=True)]
    telling = [row for row in rows if np.count_nonzero(row.right) > 1]
    is_zero = all(row.right.any() or not row.got.any() for row in rows)
    if len(telling) < FEWEST_ENTRIES or not is_zero or None in [factor_of(row) for row in telling]:
        return ""
    return "has in each row the right values times one number of this row"


def is_slip(pairs: Sequence[Pair]) -> bool:
    """Return whether an array is right apart from a factor, a term or an order."""
    pairs = _with_one_name_each([as_floats(pair) for pair in pairs])
    if len(pairs) < FEWEST or any(pair.got.shape != pair.right.shape for pair in pairs):
        return False
    return any(look(pairs) for look in (_factors, _places, terms, slopes))


def _with_one_name_each(pairs: Sequence[Pair]) -> list[Pair]:
    """Leave out sizes that equal an earlier one on all inputs, as sizes of layers may."""
    first: dict[tuple[float, ...], str] = {}
    for name in pairs[0].sizes if pairs else ():
        first.setdefault(tuple(pair.sizes.get(name, 0.0) for pair in pairs), name)
    kept = set(first.values())
    return [
        replace(pair, sizes={name: size for name, size in pair.sizes.items() if name in kept})
        for pair in pairs
    ]


_NAMED: Final = {
    -1.0: "has the opposite sign",
    2.0: "is twice the right value",
    0.5: "is half the right value",
    1 / np.log(2): "is 1.4427 times too large, as if the logarithm had base 2",
    1 / np.log(10): "is 0.4343 times the right value, as if the logarithm had base 10",
    0.25: "is a quarter of the right value",
    4.0: "is four times the right value",
    2**-0.5: "is 0.7071 times the right value: a factor of 2 under a square root is missing",
    2**0.5: "is 1.4142 times the right value: a factor of 2 under a square root is too many",
    -2.0: "is twice the right value, with the opposite sign",
}


def _factors(pairs: Sequence[Pair]) -> str:
    ratios = for_each(pairs, factor_of)
    if ratios is None:
        return ""
    sized = _sized(pairs, ratios)
    first = ratios[0]
    same = all(abs(ratio - first) <= 2e-5 * abs(first) for ratio in ratios)
    if same:
        for value, words in _NAMED.items():
            if abs(first - value) <= 2e-5 * abs(value):
                return words
        if len(ratios) > 1 or not sized:
            return f"is always {first:.4g} times the right value"
    return sized


def _sized(pairs: Sequence[Pair], ratios: Sequence[float]) -> str:
    """Describe which size of the inputs the ratio equals."""
    names = set.intersection(*(set(pair.sizes) for pair in pairs))
    ordered = {
        name: [pair.sizes[name] for pair in pairs] for name in pairs[0].sizes if name in names
    }
    for power, words in (
        (1, "is too large by a factor: {}"),
        (-1, "is too small by a factor: {}"),
        (2, "is too large by a factor: the square of {}"),
        (-2, "is too small by a factor: the square of {}"),
        (-0.5, "is too small by a factor: the square root of {}"),
        (0.5, "is too large by a factor: the square root of {}"),
    ):
        for name, sizes in ordered.items():
            if len(set(sizes)) == 1 and sizes[0] == 1:
                continue
            if all(
                size > 0 and abs(ratio - size**power) <= 2e-5 * size**power
                for ratio, size in zip(ratios, sizes, strict=True)
            ):
                return words.format(name)
    first, ratio_there = pairs[0].sizes, ratios[0]
    for one, other in itertools.permutations(ordered, 2):
        if first[other] and abs(ratio_there - first[one] / first[other]) > 2e-5 * abs(ratio_there):
            continue  # most differ on the first input already
        if all(
            pair.sizes[other]
            and abs(ratio - pair.sizes[one] / pair.sizes[other]) <= 2e-5 * abs(ratio)
            for ratio, pair in zip(ratios, pairs, strict=True)
        ):
            return f"is off by a factor: {one}, divided by {other}"
    return ""


def _row_factors(pairs: Sequence[Pair]) -> str:
    """Describe the whole number per row, and the size, by which rows are multiplied."""
    names = set.intersection(*(set(pair.counts) for pair in pairs))
    for name in [name for name in pairs[0].counts if name in names]:
        for power, words in ((1, "times"), (-1, "divided by")):
            with np.errstate(divide="ignore"):
                rest = [_left_by(pair, pair.counts[name].astype(float) ** power) for pair in pairs]
            numbers = [each for each in rest if each]
            if None in rest or len(numbers) < FEWEST:
                continue
            said = f"is in each row the right value {words} its entry of {name}"
            if all(abs(number - 1) <= 2e-5 for number in numbers):
                return said
            telling = [pair for pair, number in zip(pairs, rest, strict=True) if number]
            if also := _sized(telling, numbers):
                return f"{said}, and {_BY_SIZE[also.split(':')[0]]} {also.split(': ')[1]}"
    return ""


_BY_SIZE: Final = {
    "is too large by a factor": "times",
    "is too small by a factor": "divided by",
    "is off by a factor": "times",
}


def _left_by(pair: Pair, weights: np.ndarray) -> float | None:
    """Return the factor left after multiplying each row by its weight; 0 if all is 0."""
    if pair.got.shape != pair.right.shape or not np.isfinite(pair.got).all():
        return None
    used = pair.right.reshape(len(pair.right), -1).any(axis=1)
    if not np.isfinite(weights[used]).all() or len(set(weights[used])) < min(2, used.sum()):
        return None
    made = np.zeros_like(pair.right)
    made[used] = pair.right[used] * weights[used].reshape(-1, *[1] * (pair.right.ndim - 1))
    if not made.any():
        return None if pair.got.any() else 0.0
    return factor_of(Pair(pair.got, made))


def _many(array: np.ndarray) -> np.ndarray:
    if array.size < 2:
        raise ValueError
    return array


_UNARY: Final[dict[str, Callable[[np.ndarray], np.ndarray]]] = {
    "is the absolute value of the right one": np.abs,
    "is the square of the right value": np.square,
    "is the square root of the right value": np.sqrt,
    "is the sigmoid of the right value": sigmoid,
    "is the tanh of the right value": np.tanh,
    "is the right value with its negative entries set to 0": lambda a: np.maximum(a, 0),
    "is the exponential of the right value": np.exp,
    "is the logarithm of the right value": np.log,
    "is 1 minus the right value": lambda a: 1 - a,
    "is 1 divided by the right value": lambda a: 1 / a,
    "is the right value, cut to whole numbers": np.trunc,
    "is the right value, rounded to whole numbers": np.round,
    "is the right value, rounded to two decimals": lambda a: np.round(a, 2),
    "is the right value, rounded to three decimals": lambda a: np.round(a, 3),
    "is the right value, rounded to four decimals": lambda a: np.round(a, 4),
    "is the right value, divided by its sum": lambda a: a / _many(a).sum(),
    "is the right value, divided by its length": lambda a: a / np.linalg.norm(_many(a)),
    "is the right value, divided by its largest entry": lambda a: a / np.abs(_many(a)).max(),
    "is the right value less its mean": lambda a: a - _many(a).mean(),
}

_MISSING: Final[dict[str, Callable[[np.ndarray], np.ndarray]]] = {
    "has the right absolute values, but other signs": np.abs,
    "lacks the sigmoid": sigmoid,
    "lacks the tanh": np.tanh,
}


def _unary(pairs: Sequence[Pair]) -> str:
    if not all(pair.got.any() for pair in pairs):
        return ""
    with np.errstate(all="ignore"):
        for words, function in _UNARY.items():
            if holds_for_all(pairs, lambda p, f=function: near(p.got, f(p.right))):  # type: ignore[misc]
                return words
        for words, function in _MISSING.items():
            if holds_for_all(pairs, lambda p, f=function: near(f(p.got), p.right)):  # type: ignore[misc]
                return words
    limits = {float(np.abs(pair.got).max()) for pair in pairs}
    limit = max(limits)
    if limit and holds_for_all(pairs, lambda p: near(p.got, np.clip(p.right, -limit, limit))):
        return f"is clipped: no entry is larger than {limit:.4g}"
    return ""


def _places(pairs: Sequence[Pair]) -> str:
    tries: list[tuple[str, Condition]] = [
        ("is transposed: rows and columns have changed places", lambda p: near(p.got, p.right.T)),
        ("is in the opposite order along the first axis", lambda p: near(p.got, p.right[::-1])),
        ("is in the opposite order along the second axis",
         lambda p: near(p.got, p.right[:, ::-1])),
        ("is one place late along the first axis",
         lambda p: len(p.right) > 2 and near(p.got[1:], p.right[:-1])),
        ("is one place early along the first axis",
         lambda p: len(p.right) > 2 and near(p.got[:-1], p.right[1:])),
        ("is one place late along the second axis",
         lambda p: p.right.shape[1] > 2 and near(p.got[:, 1:], p.right[:, :-1])),
        ("is one place early along the second axis",
         lambda p: p.right.shape[1] > 2 and near(p.got[:, :-1], p.right[:, 1:])),
        ("has the right rows in another order",
         lambda p: p.right.ndim == 2 and len(p.right) > 1 and _permuted(p.got, p.right)),
        ("holds the right values in other places",
         lambda p: p.right.size > 3 and _is_distinct(p.right)
         and near(np.sort(p.got.ravel()), np.sort(p.right.ravel()))),
        ("adds up, entry by entry, along the first axis",
         lambda p: len(p.right) > 1 and near(p.got, np.cumsum(p.right, axis=0))),
    ]  # fmt: skip
    for words, test in tries:
        if holds_for_all([p for p in pairs if p.right.ndim], test) and any(
            p.right.ndim for p in pairs
        ):
            return words
    return ""


def _is_distinct(values: np.ndarray) -> bool:
    """Return whether no value occurs twice; few numbers stand in other places by chance."""
    return len(np.unique(values)) == values.size


def _permuted(got: np.ndarray, right: np.ndarray) -> bool:
    if got.shape != right.shape:
        return False
    one, other = got[np.lexsort(got.T.round(6))], right[np.lexsort(right.T.round(6))]
    return near(one, other)


def _constant(pairs: Sequence[Pair]) -> str:
    if len({pair.got.tobytes() for pair in pairs}) == 1 < len({p.right.tobytes() for p in pairs}):
        one = pairs[0].got
        number = f"always {one.flat[0]:.4g}" if one.size == 1 else "the same"
        return f"is {number}, whatever the arguments are"
    if all(pair.got.size and (pair.got == pair.got.flat[0]).all() for pair in pairs) and all(
        (pair.right != pair.right.flat[0]).any() for pair in pairs
    ):
        return "has the same number in every entry"
    return ""
