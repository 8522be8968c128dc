"""Convert return values to plain arrays, or to a word that gives the reason if that fails.

    portable((a2, cache), ["number", "held"], [MAX_ANSWER])     # [array, True]
    modified(arguments_as_sent, arguments_now)                  # [0] if the first one changed

It runs in a worker beside student code; the reference's answers are read with the same code.
"""

from __future__ import annotations

import collections.abc
import itertools
import sys
from typing import Any, Final

import numpy as np

from grader.sandbox.guest import exact, wire
from grader.sandbox.guest.refusals import REFUSALS

MAX_ANSWER: Final = 4 << 20
"""Bytes of all arrays in one answer."""


def portable(value: Any, want: Any, room: list[int]) -> Any:
    """Return the parts of ``value`` that ``want`` asks for as arrays, or words of `REFUSALS`.

    ``room``: a list with the bytes of arrays still allowed, which is counted down.
    """
    if want == "held":
        return value is not None
    if type(value) is str and value in REFUSALS:  # the bridge to torch found no array
        return value
    if want == exact.EXACT:
        return exact.answer(value, room[0])
    if isinstance(want, str):
        leaf = as_leaf(value)
        room[0] -= leaf.nbytes if isinstance(leaf, np.ndarray) else 8
        return leaf if room[0] >= 0 else "too-large"
    if isinstance(want, list):
        if not isinstance(value, (tuple, list, np.ndarray)):
            return "none" if value is None else "not-pair"
        # iteration, since a named tuple may override its length
        items = list(itertools.islice(value, len(want) + 1))
        if len(items) != len(want):
            return "not-pair"
        return [portable(item, part, room) for item, part in zip(items, want, strict=True)]
    if not isinstance(value, collections.abc.Mapping):
        return "none" if value is None else "not-dict"
    return [
        portable(value[key], part, room) if key in value else "missing"
        for key, part in want.items()
    ]


_KINDS: Final = {
    "c": "complex",
    "S": "string",
    "U": "string",
    "M": "date",
    "m": "date",
    "V": "record",
}


def as_leaf(value: Any) -> Any:
    """Return ``value`` as a float, a plain array, or the word for the reason it cannot be one."""
    if type(value) is float or type(value) is np.float64:
        return float(value)
    if value is None:
        return "none"
    if "numpy.ma" in sys.modules and isinstance(value, np.ma.MaskedArray):
        if np.ma.getmaskarray(value).any():
            return "masked"
        value = value.data
    if "torch" in sys.modules and isinstance(value, sys.modules["torch"].Tensor):
        value = value.detach().cpu().numpy()
    try:
        array = np.asarray(value)
    except ValueError:
        return "ragged"
    kind = array.dtype.kind
    if kind == "O":
        return "object" if isinstance(value, np.ndarray) else _numbers(array)
    if kind in _KINDS:
        return _KINDS[kind]
    if kind == "b":
        return array.astype(np.bool_, order="C")
    fits = kind == "i" or (kind == "u" and array.itemsize < 8)
    return array.astype(np.int64 if fits else np.float64, order="C")


def _numbers(array: np.ndarray) -> Any:
    """Return an array of Python numbers, some of them too large for int64, as float64."""
    if array.size and all(type(item) in (int, float, bool) for item in array.flat):
        return array.astype(np.float64)
    return "object"


def modified(before: list[Any], after: list[Any]) -> list[int]:
    """Return indices of modified arguments; -1 - index for a dict that only gained keys."""
    found = []
    for i, (old, new) in enumerate(zip(before, after, strict=True)):
        if _differ(old, new):
            found.append(i)
        elif type(old) is dict and len(new) > len(old):
            found.append(-1 - i)
    return found


def _differ(before: Any, after: Any) -> bool:
    """Return whether an argument was modified; new keys in a dict do not count."""
    kind = type(before)
    if kind is np.ndarray:
        return not wire.is_as_sent(after, before)
    if kind is wire.Ref:
        return False
    if kind is dict:
        return type(after) is not dict or _dict_differs(before, after)
    if kind is list or kind is tuple:
        if type(after) is not kind or len(after) != len(before):
            return True
        return any(_differ(b, a) for b, a in zip(before, after, strict=True))
    try:
        return bool(before != after) and before == before
    except Exception:  # the new value is an array or a student's object, not a number
        return True


def _dict_differs(before: dict[Any, Any], after: dict[Any, Any]) -> bool:
    first = next(iter(before.values()), None)
    if type(first) is not np.ndarray:
        # numbers and text only, such as a graph with thousands of nodes: compare it in one step
        try:
            if before == after:
                return False
        except Exception:  # noqa: S110  # arrays are not compared like that
            pass
    return any(key not in after or _differ(item, after[key]) for key, item in before.items())
