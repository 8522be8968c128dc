"""Describe in which rows, columns or kinds of entries an array is wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from grader.checks.diagnosis.pairs import Pair, holds_for_all, wrong_entries


def where_wrong(pairs: Sequence[Pair]) -> str:
    """Describe the places outside which an array is right, or ''."""
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
        if holds_for_all(pairs, lambda p, where=place: _is_wrong_at(p, where(p))):  # type: ignore[misc]
            if "is right" in words and _are_zero_elsewhere(pairs, place):
                continue  # entries that are always 0 are right in many wrong programs
            if all(pair.right.ndim == 1 for pair in pairs):
                words = words.replace("row", "entry")
            there = np.concatenate([pair.got[wrong_entries(pair)] for pair in pairs])
            is_one = bool((there == there[0]).all()) and "right value is 0" not in words
            return f"{words}, and is {there[0]:.4g} there" if is_one else words
    if holds_for_all(pairs, _is_divided):
        return "is divided by a whole number in some places, and right in the others"
    if holds_for_all(pairs, lambda p: not p.got[wrong_entries(p)].any()):
        share = [wrong_entries(pair).mean() for pair in pairs]
        if min(share) == 1:
            return "is all 0 where other numbers are correct"
        return "is 0 in some places where another number is correct"
    return ""


def _are_zero_elsewhere(pairs: Sequence[Pair], place: Callable[[Pair], np.ndarray]) -> bool:
    return not any(pair.right[~place(pair)].any() for pair in pairs)


def _is_divided(pair: Pair) -> bool:
    off = wrong_entries(pair)
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


def _is_wrong_at(pair: Pair, place: np.ndarray) -> bool:
    off = wrong_entries(pair)
    return (
        place.shape == off.shape and bool(off.any()) and not off[~place].any() and (not place.all())
    )
