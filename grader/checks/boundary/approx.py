"""Compare numbers, arrays and nested containers of them within a tolerance: ``approx``.

assert student.forward(x) == approx(reference.forward(x))
assert approx({"loss": 0.5}, extra_keys=True) == student.train(x)
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping, Set
from typing import Any, Final

import numpy as np

_NUMBER: Final = {"b": "bool", "i": "int", "u": "int", "f": "float", "c": "complex"}
_ACCEPTED: Final = {
    "bool": {"bool"},
    "int": {"int"},
    "float": {"int", "float"},
    "complex": {"int", "float", "complex"},
}
"""For each kind of expected number, the kinds that are accepted."""


class approx:  # used like a function, as pytest's approx is
    """A value that compares equal to everything within a tolerance, on either side of ``==``.

    Numbers differ by at most ``atol + rtol * abs(expected)``, and NaN equals NaN. An int is
    accepted for an expected float, but only an equal int for an expected int. A list, a tuple and
    an array are different. Text, bools and all other values must be equal.
    """

    __array_ufunc__: Any = None  # with an array on the left, Python then asks this class, not NumPy
    __hash__: Any = None

    def __init__(
        self, expected: Any, rtol: float = 1e-5, atol: float = 0, extra_keys: bool = False
    ) -> None:
        """Create a value that equals ``expected`` within the tolerances.

        Args:
            expected: A number, array or container; the handle of a tensor counts as an array.
            rtol: Largest difference, relative to each expected number.
            atol: Largest additional difference, in absolute terms.
            extra_keys: Whether a dict may have more keys than the expected one.
        """
        self.expected = np.asarray(expected) if _is_handle(expected) else expected
        self.rtol, self.atol, self.extra_keys = rtol, atol, extra_keys

    def __eq__(self, other: object) -> bool:
        return self._same(other, self.expected)

    def __ne__(self, other: object) -> bool:
        return not self._same(other, self.expected)

    def __repr__(self) -> str:
        return f"approx({self.expected!r})"

    def _same(self, got: Any, expected: Any) -> bool:
        if isinstance(expected, approx):
            return bool(expected == got)
        if isinstance(expected, np.ndarray):
            return self._same_array(np.asarray(got) if _is_handle(got) else got, expected)
        if _is_handle(got):
            return bool(got == expected)  # raises UndecidableError
        if isinstance(expected, (numbers.Number, np.bool_)):
            return self._same_number(got, expected)
        if isinstance(expected, Mapping):
            return self._same_dict(got, expected)
        if isinstance(expected, (list, tuple)):
            kind = list if isinstance(expected, list) else tuple
            return (
                isinstance(got, kind)
                and len(got) == len(expected)
                and all(map(self._same, got, expected))
            )
        if isinstance(expected, Set):
            return isinstance(got, Set) and bool(got == expected)
        return type(got) is type(expected) and _equal(got, expected)

    def _same_number(self, got: Any, expected: Any) -> bool:
        want, have = _kind(expected), _kind(got)
        if want not in _ACCEPTED:
            return type(got) is type(expected) and bool(got == expected)
        if have not in _ACCEPTED[want]:
            return False
        if want in ("bool", "int"):
            return bool(got == expected)
        if got == expected or (got != got and expected != expected):
            return True
        limit = self.atol + self.rtol * abs(expected)
        return bool(math.isfinite(limit) and abs(got - expected) <= limit)

    def _same_array(self, got: Any, expected: np.ndarray) -> bool:
        if not isinstance(got, np.ndarray) or got.shape != expected.shape:
            return False
        want, have = _NUMBER.get(expected.dtype.kind), _NUMBER.get(got.dtype.kind)
        if want is None:
            return got.dtype.kind == expected.dtype.kind and bool(np.all(got == expected))
        if have not in _ACCEPTED[want]:
            return False
        if want in ("bool", "int"):
            return np.array_equal(got, expected)
        return np.allclose(got, expected, rtol=self.rtol, atol=self.atol, equal_nan=True)

    def _same_dict(self, got: Any, expected: Mapping[Any, Any]) -> bool:
        if not isinstance(got, Mapping) or not expected.keys() <= got.keys():
            return False
        if len(got) != len(expected) and not self.extra_keys:
            return False
        return all(self._same(got[key], item) for key, item in expected.items())


def _kind(value: Any) -> str:
    if isinstance(value, (bool, np.bool_)):
        return "bool"
    if isinstance(value, (int, np.integer)):
        return "int"
    if isinstance(value, (float, np.floating)):
        return "float"
    return "complex" if isinstance(value, (complex, np.complexfloating)) else ""


def _equal(got: Any, expected: Any) -> bool:
    """Return whether two values are equal; pandas objects need their own comparison."""
    if hasattr(expected, "equals"):
        return bool(expected.equals(got))
    return bool(got == expected)


def _is_handle(value: Any) -> bool:
    return hasattr(type(value), "_grader_reference")
