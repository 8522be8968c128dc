"""Describe how the right arrays become a student's: by factors, terms, places, other values.

    relation(pairs, known)      # "m times too large", "transposed", "right in the first row only", ...

A relation must hold on every failing input, within the verdict's tolerance.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import numpy as np
from msgspec import Struct, field
from msgspec.structs import replace

from grader.checks.compare import TOLERANCE

FEWEST: Final = 2
"""Number of inputs on which a relation must hold."""
FEWEST_ENTRIES: Final = 4
"""Number of wrong entries, over all inputs, for which it must hold."""

PROBED: Final = 16
"""Number of entries of an array with which most known values are ruled out at once."""

_Test = Callable[["Pair"], bool]
_Made = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Computes a candidate for the student's array from the right array and a known value."""


class Pair(Struct, frozen=True, eq=False):
    """One array of an answer with the right one, and other known values of that input."""

    got: np.ndarray
    right: np.ndarray
    sizes: Mapping[str, float] = field(default_factory=dict)
    """Sizes of the arguments by description, such as "the number of rows of `X`"."""
    known: Mapping[str, np.ndarray] = field(default_factory=dict)
    """Other right arrays of the answer, and arguments, by name."""
    first: np.ndarray | None = None
    """The first argument, if it has the shape of the answer."""
    counts: Mapping[str, np.ndarray] = field(default_factory=dict)
    """Integer arguments with one number per row of the answer, by name."""


def near(one: np.ndarray, other: np.ndarray, tolerance: float = TOLERANCE) -> bool:
    """Return whether two arrays agree within the verdict's tolerance; NaN equals NaN."""
    if one.shape != other.shape:
        return False
    if not one.size:
        return True
    finite = np.isfinite(other)
    if not np.array_equal(finite, np.isfinite(one)):
        return False
    if not finite.any():
        return bool(np.array_equal(one, other, equal_nan=True))
    scale = float(np.abs(other[finite]).max())
    return float(np.abs(one[finite] - other[finite]).max()) <= tolerance * max(scale, 1e-300)


def relation(pairs: Sequence[Pair]) -> str:
    """Return the relation that holds on all inputs, as words to follow the array's name, or ''.

    Args:
        pairs: The array on each input where it is wrong.
    """
    pairs = _with_one_name_each([_floats(pair) for pair in pairs])
    if not pairs or any(not pair.right.size for pair in pairs):
        return ""
    for look in (_shapes, _not_finite):
        if found := look(pairs):
            return found
    if len(pairs) < FEWEST or sum(int(_off(pair).sum()) for pair in pairs) < FEWEST_ENTRIES:
        return ""  # so few numbers agree with many relations by chance
    for look in (_factors, _row_factors, _unary, _places, _terms, _slopes, _others, _where):
        if found := look(pairs):
            return found
    return _constant(pairs)


def quantity(pairs: Iterable[Pair]) -> str:
    """Return the known quantity that the student's array equals on all inputs, or ''.

    If it equals none of them on the first input, the other ``pairs`` are not computed.
    """
    found: list[Pair] = []
    for pair in pairs:
        found.append(_floats(pair))
        if len(found) == 1 and not _others(found):
            return ""
    return _others(found) if len(found) >= FEWEST else ""


def multiples(pairs: Sequence[Pair]) -> str:
    """Describe answers, or rows, that are multiples of the right ones, a weak relation; or ''."""
    pairs = [_floats(pair) for pair in pairs]
    whole = [_ratio(p) for p in pairs if np.count_nonzero(p.right) > 1]
    if len(whole) >= FEWEST and None not in whole and all(_ratio(p) for p in pairs):
        return (
            f"is the right value times one number that depends on the input (here {whole[0]:.4g})"
        )
    if any(pair.right.ndim < 2 or pair.got.shape != pair.right.shape for pair in pairs):
        return ""
    rows = [Pair(*each) for pair in pairs for each in zip(pair.got, pair.right, strict=True)]
    telling = [row for row in rows if np.count_nonzero(row.right) > 1]
    is_zero = all(row.right.any() or not row.got.any() for row in rows)
    if len(telling) < FEWEST_ENTRIES or not is_zero or None in [_ratio(row) for row in telling]:
        return ""
    return "has in each row the right values times one number of this row"


def is_slip(pairs: Sequence[Pair]) -> bool:
    """Return whether an array is right apart from a factor, a term or an order."""
    pairs = _with_one_name_each([_floats(pair) for pair in pairs])
    if len(pairs) < FEWEST or any(pair.got.shape != pair.right.shape for pair in pairs):
        return False
    return any(look(pairs) for look in (_factors, _places, _terms, _slopes))


def _floats(pair: Pair) -> Pair:
    return Pair(
        np.asarray(pair.got, np.float64),
        np.asarray(pair.right, np.float64),
        pair.sizes,
        {key: np.asarray(each, np.float64) for key, each in pair.known.items()},
        None if pair.first is None else np.asarray(pair.first, np.float64),
        pair.counts,
    )


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


def _all(pairs: Sequence[Pair], test: _Test) -> bool:
    try:
        return all(test(pair) for pair in pairs)
    except (ValueError, IndexError, FloatingPointError):
        return False


# --- shapes -------------------------------------------------------------------------------------


def _shapes(pairs: Sequence[Pair]) -> str:
    if all(pair.got.shape == pair.right.shape for pair in pairs):
        return ""
    tries: list[tuple[str, _Test]] = [
        ("has the right values with an axis of length 1 too many",
         lambda p: p.got.ndim > p.right.ndim and near(p.got.reshape(p.right.shape), p.right)),
        ("has the right values with an axis of length 1 too few",
         lambda p: p.got.ndim < p.right.ndim and near(p.got.reshape(p.right.shape), p.right)),
        ("is transposed: rows and columns have changed places",
         lambda p: p.got.ndim >= 2 and near(p.got.T, p.right)),
        ("is the right array, transposed and not summed over the examples",
         lambda p: p.got.ndim == 2 and p.right.ndim == 1 and near(p.got.sum(1), p.right)),
        ("is not summed over the examples: it has one row for each",
         lambda p: p.got.ndim == p.right.ndim + 1 and near(p.got.sum(0), p.right)),
        ("is not averaged: it has one entry for each example",
         lambda p: p.right.ndim == 0 and near(np.asarray(p.got.mean()), p.right)),
        ("is not added up: it has one entry for each example",
         lambda p: p.right.ndim == 0 and near(np.asarray(p.got.sum()), p.right)),
        ("is summed over the wrong axis, or over too many",
         lambda p: p.right.ndim >= 1 and p.got.ndim <= p.right.ndim
         and near(np.asarray(p.got.sum()), np.asarray(p.right.sum()))),
        ("lacks its last entry along the first axis",
         lambda p: _have_rows(p) and len(p.got) == len(p.right) - 1 and near(p.got, p.right[:-1])),
        ("lacks its first entry along the first axis",
         lambda p: _have_rows(p) and len(p.got) == len(p.right) - 1 and near(p.got, p.right[1:])),
        ("has the right entries and more after them",
         lambda p: _have_rows(p) and len(p.got) > len(p.right) and near(p.got[: len(p.right)], p.right)),
        ("has the right entries and more before them",
         lambda p: _have_rows(p) and len(p.got) > len(p.right) and near(p.got[-len(p.right) :], p.right)),
        ("holds the right values in another arrangement",
         lambda p: p.got.size == p.right.size and near(np.sort(p.got.ravel()), np.sort(p.right.ravel()))),
    ]  # fmt: skip
    wrong = [pair for pair in pairs if pair.got.shape != pair.right.shape]
    for words, test in tries:
        if _all(wrong, test):
            return words
    return _shape_said(wrong)


def _have_rows(pair: Pair) -> bool:
    return bool(pair.got.ndim and pair.right.ndim)


def _shape_said(pairs: Sequence[Pair]) -> str:
    for axes in (("the rows", 0), ("the columns", 1)):
        words, axis = axes
        if _all(
            pairs,
            lambda p, axis=axis: (
                p.got.ndim == p.right.ndim  # type: ignore[misc]
                and [i for i in range(p.got.ndim) if p.got.shape[i] != p.right.shape[i]] == [axis]
            ),
        ):
            more = all(pair.got.shape[axis] > pair.right.shape[axis] for pair in pairs)
            fewer = all(pair.got.shape[axis] < pair.right.shape[axis] for pair in pairs)
            if more or fewer:
                return f"has too {'many' if more else 'few'} of {words}"
    if _all(pairs, lambda p: p.got.ndim >= 2 and p.got.shape == p.right.shape[::-1]):
        return "has the shape of its transpose: rows and columns have changed places"
    return "has another shape"


def _not_finite(pairs: Sequence[Pair]) -> str:
    if not any((~np.isfinite(pair.got) & np.isfinite(pair.right)).any() for pair in pairs):
        return ""
    wrong = np.concatenate([pair.got[np.isfinite(pair.right)].ravel() for pair in pairs])
    kinds = (("NaN", np.isnan(wrong)), ("infinite", np.isinf(wrong)))
    what = " or ".join(word for word, found in kinds if found.any())
    some = " in some places," if any(pair.right.ndim for pair in pairs) else " for some inputs,"
    places = "" if all(_is_off_everywhere(pair) for pair in pairs) else some
    large = [
        pair for pair in pairs if pair.first is not None and pair.first.shape == pair.got.shape
    ]
    if large and len(large) == len(pairs):
        bad = min(float(np.abs(p.first[~np.isfinite(p.got)]).min(initial=np.inf)) for p in pairs
                  if p.first is not None)  # fmt: skip
        good = max(float(np.abs(p.first[np.isfinite(p.got)]).max(initial=0)) for p in pairs
                   if p.first is not None)  # fmt: skip
        if bad > good:
            return f"is {what} where the input is far from 0, and finite near 0"
    return f"is {what}{places} where a finite number is correct"


def _is_off_everywhere(pair: Pair) -> bool:
    return not np.isfinite(pair.got[np.isfinite(pair.right)]).any()


# --- numbers ------------------------------------------------------------------------------------

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


def _ratio(pair: Pair) -> float | None:
    """Return the factor between the student's array and the right one, or None."""
    if pair.got.shape != pair.right.shape or not pair.right.any():
        return None
    finite = np.isfinite(pair.right) & np.isfinite(pair.got)
    got, right = pair.got[finite], pair.right[finite]
    ratio = float((got * right).sum() / (right * right).sum()) if right.any() else 0.0
    return ratio if ratio and near(pair.got, ratio * pair.right) else None


def _of_all(pairs: Sequence[Pair], number: Callable[[Pair], float | None]) -> list[float] | None:
    """Return a number for each pair, or None as soon as one pair has none."""
    found: list[float] = []
    for pair in pairs:
        if (each := number(pair)) is None:
            return None
        found.append(each)
    return found


def _factors(pairs: Sequence[Pair]) -> str:
    ratios = _of_all(pairs, _ratio)
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
    return _ratio(Pair(pair.got, made))


def _sigmoid(z: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-z)))


def _many(array: np.ndarray) -> np.ndarray:
    if array.size < 2:
        raise ValueError
    return array


_UNARY: Final[dict[str, Callable[[np.ndarray], np.ndarray]]] = {
    "is the absolute value of the right one": np.abs,
    "is the square of the right value": np.square,
    "is the square root of the right value": np.sqrt,
    "is the sigmoid of the right value": _sigmoid,
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


def _unary(pairs: Sequence[Pair]) -> str:
    if not all(pair.got.any() for pair in pairs):
        return ""
    with np.errstate(all="ignore"):
        for words, function in _UNARY.items():
            if _all(pairs, lambda p, f=function: near(p.got, f(p.right))):  # type: ignore[misc]
                return words
        for words, function in _UNARY.items():
            if _all(pairs, lambda p, f=function: near(f(p.got), p.right)):  # type: ignore[misc]
                return (
                    f"has the right value for {words.removeprefix('is ').split(' of ')[0]}"
                    * (" of " in words)
                    or ""
                )
    limits = {float(np.abs(pair.got).max()) for pair in pairs}
    limit = max(limits)
    if limit and _all(pairs, lambda p: near(p.got, np.clip(p.right, -limit, limit))):
        return f"is clipped: no entry is larger than {limit:.4g}"
    return ""


def _places(pairs: Sequence[Pair]) -> str:
    tries: list[tuple[str, _Test]] = [
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
         lambda p: p.right.size > 3 and near(np.sort(p.got.ravel()), np.sort(p.right.ravel()))),
        ("adds up, entry by entry, along the first axis",
         lambda p: len(p.right) > 1 and near(p.got, np.cumsum(p.right, axis=0))),
    ]  # fmt: skip
    for words, test in tries:
        if _all([p for p in pairs if p.right.ndim], test) and any(p.right.ndim for p in pairs):
            return words
    return ""


def _permuted(got: np.ndarray, right: np.ndarray) -> bool:
    if got.shape != right.shape:
        return False
    one, other = got[np.lexsort(got.T.round(6))], right[np.lexsort(right.T.round(6))]
    return near(one, other)


# --- other quantities ---------------------------------------------------------------------------


def _shared(pairs: Sequence[Pair]) -> list[str]:
    names = set.intersection(*(set(pair.known) for pair in pairs))
    return [name for name in pairs[0].known if name in names]


def _possible(pairs: Sequence[Pair], tries: Iterable[_Made], factor: bool = False) -> list[str]:
    """Return the known names that a few entries of each array do not rule out.

    Args:
        pairs: The array on each input.
        tries: Ways to combine the right array with a known value.
        factor: Whether the student's array may be any multiple of that.
    """
    names, tries = _shared(pairs), [*tries]
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


def _terms(pairs: Sequence[Pair]) -> str:
    for name in _possible(pairs, (np.add, np.subtract)):
        for words, sign in (
            (f"lacks the term {name}", -1.0),
            (f"has the term {name} too many", 1.0),
        ):
            if _all(pairs, lambda p, n=name, s=sign: _adds(p, n, s)):  # type: ignore[misc]
                return words
    for name in sorted(
        _possible(pairs, (np.multiply, np.divide)), key=lambda name: not name.startswith("`")
    ):
        for words, test in (
            (f"is multiplied by {name} once too often", lambda p, q: p.right * q),
            (f"lacks the factor {name}", lambda p, q: p.right / q),
        ):
            with np.errstate(all="ignore"):
                if _all(pairs, lambda p, n=name, t=test: _is_factor(p, t(p, p.known[n]))):  # type: ignore[misc]
                    return words
    return ""


SLIGHT: Final = 1e-9
"""Smaller products, relative to the right array, give no evidence about their factor."""
_SLOPES: Final[dict[str, Callable[[np.ndarray], np.ndarray]]] = {
    "{0} (1 - {0})": lambda v: v * (1 - v),
    "1 - {0}^2": lambda v: 1 - v**2,
    "1 - {0}": lambda v: 1 - v,
    "the square of {0}": np.square,
}


def _slopes(pairs: Sequence[Pair]) -> str:
    """Describe the slope and the number by which an array is multiplied once too often."""
    if sum(pair.right.size > 1 for pair in pairs) < FEWEST:
        return ""  # a single number is a multiple of anything
    tries = [lambda right, known, s=slope: right * s(known) for slope in _SLOPES.values()]
    for name in _possible(pairs, tries, factor=True):
        for words, slope in _SLOPES.items():
            try:
                numbers = _of_all(pairs, lambda p, n=name, s=slope: _number(p, s(p.known[n])))  # type: ignore[misc]
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
    return _ratio(Pair(pair.got, made))


def _adds(pair: Pair, name: str, sign: float) -> bool:
    other = pair.known[name]
    if not np.any(other):
        return False
    return near(pair.got, np.broadcast_to(pair.right + sign * other, pair.right.shape))


def _is_factor(pair: Pair, made: np.ndarray) -> bool:
    return made.shape == pair.right.shape and bool(np.isfinite(made).all()) and near(pair.got, made)


def _others(pairs: Sequence[Pair]) -> str:
    for name in _possible(pairs, [lambda _, known: known]):
        if _all(pairs, lambda p, n=name: p.got.size > 0 and near(p.got, p.known[n])):  # type: ignore[misc]
            given = name.startswith("`")
            return f"is just {name}, unchanged" if given else f"holds {name} instead"
    tries = [lambda _, known, f=function: f(known) for function in _OF_KNOWN.values()]
    for name in _possible(pairs, tries):
        for words, function in _OF_KNOWN.items():
            with np.errstate(all="ignore"):
                if _all(pairs, lambda p, n=name, f=function: _is_of(p, f(p.known[n]))):  # type: ignore[misc]
                    return f"is {words} {name}"
    return ""


_OF_KNOWN: Final[dict[str, Callable[[np.ndarray], np.ndarray]]] = {
    "the absolute value of": np.abs,
    "the opposite of": np.negative,
    "the square of": np.square,
    "the exponential of": np.exp,
    "the sigmoid of": _sigmoid,
    "the tanh of": np.tanh,
    "the positive part of": lambda a: np.maximum(a, 0),
}


def _is_of(pair: Pair, made: np.ndarray) -> bool:
    return pair.got.size > 1 and bool(np.isfinite(made).all()) and near(pair.got, made)


# --- where it is wrong --------------------------------------------------------------------------


def _where(pairs: Sequence[Pair]) -> str:
    tries: list[tuple[str, Callable[[Pair], np.ndarray]]] = [
        ("is wrong only where the input is exactly 0", lambda p: _of(p.first) == 0),
        ("is wrong only where the input is negative", lambda p: _of(p.first) < 0),
        ("is wrong only where the input is positive", lambda p: _of(p.first) > 0),
        ("is wrong only where the right value is 0", lambda p: p.right == 0),
        ("is wrong only where the right value is negative", lambda p: p.right < 0),
        ("is right in the first row only", lambda p: _rows(p) > 0),
        ("is right in the last row only", lambda p: _rows(p) < len(p.right) - 1),
        ("is wrong in the last row only", lambda p: _rows(p) == len(p.right) - 1),
        ("is wrong in the first row only", lambda p: _rows(p) == 0),
        ("is wrong in the first column only", lambda p: _columns(p) == 0),
        ("is wrong in the last column only", lambda p: _columns(p) == p.right.shape[1] - 1),
        ("is right in the first column only", lambda p: _columns(p) > 0),
    ]
    for words, place in tries:
        if _all(pairs, lambda p, where=place: _is_wrong_at(p, where(p))):  # type: ignore[misc]
            if "is right" in words and _all(pairs, lambda p, w=place: not p.right[~w(p)].any()):  # type: ignore[misc]
                continue  # entries that are always 0 are right in many wrong programs
            if all(pair.right.ndim == 1 for pair in pairs):
                words = words.replace("row", "entry")
            there = np.concatenate([pair.got[_off(pair)] for pair in pairs])
            is_one = bool((there == there[0]).all()) and "right value is 0" not in words
            return f"{words}, and is {there[0]:.4g} there" if is_one else words
    if _all(pairs, _is_divided):
        return "is divided by a whole number in some places, and right in the others"
    if _all(pairs, lambda p: not p.got[_off(p)].any()):
        share = [_off(pair).mean() for pair in pairs]
        if min(share) == 1:
            return "is all 0 where other numbers are correct"
        return "is 0 in some places where another number is correct"
    return ""


def _is_divided(pair: Pair) -> bool:
    off = _off(pair)
    if off.all() or not pair.got[off].all():
        return False
    ratios = pair.right[off] / pair.got[off]
    return bool((np.abs(ratios - np.round(ratios)) < 1e-4).all() and (ratios > 1.5).all())


def _of(first: np.ndarray | None) -> np.ndarray:
    if first is None:
        raise ValueError
    return first


def _rows(pair: Pair) -> np.ndarray:
    if pair.right.ndim < 1 or len(pair.right) < 2:
        raise ValueError
    shape = (-1, *[1] * (pair.right.ndim - 1))
    return np.broadcast_to(np.arange(len(pair.right)).reshape(shape), pair.right.shape)


def _columns(pair: Pair) -> np.ndarray:
    if pair.right.ndim != 2 or pair.right.shape[1] < 2:
        raise ValueError
    return np.broadcast_to(np.arange(pair.right.shape[1]), pair.right.shape)


def _off(pair: Pair) -> np.ndarray:
    scale = float(np.abs(pair.right[np.isfinite(pair.right)]).max(initial=0))
    return np.asarray(
        ~np.isclose(pair.got, pair.right, rtol=0, atol=TOLERANCE * scale, equal_nan=True)
    )


def _is_wrong_at(pair: Pair, place: np.ndarray) -> bool:
    off = _off(pair)
    return (
        place.shape == off.shape and bool(off.any()) and not off[~place].any() and (not place.all())
    )


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
