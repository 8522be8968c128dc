"""Describe arrays of a wrong shape, and numbers that are not finite."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from grader.checks.diagnosis.pairs import Condition, Pair, holds_for_all, near


def of_shapes(pairs: Sequence[Pair]) -> str:
    """Describe arrays of a wrong shape, or '' if the shapes are right."""
    if all(pair.got.shape == pair.right.shape for pair in pairs):
        return ""
    tries: list[tuple[str, Condition]] = [
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
        if holds_for_all(wrong, test):
            return words
    return _shape_said(wrong)


def _have_rows(pair: Pair) -> bool:
    return bool(pair.got.ndim and pair.right.ndim)


def _shape_said(pairs: Sequence[Pair]) -> str:
    for axes in (("the rows", 0), ("the columns", 1)):
        words, axis = axes
        if holds_for_all(
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
    if holds_for_all(pairs, lambda p: p.got.ndim >= 2 and p.got.shape == p.right.shape[::-1]):
        return "has the shape of its transpose: rows and columns have changed places"
    return "has another shape"


def not_finite(pairs: Sequence[Pair]) -> str:
    """Describe where an array is NaN or infinite instead of a number, or ''."""
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
