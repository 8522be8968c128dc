"""The interface for course authors: everything that a course file may import.

    from grader.testing import Case, Gradient, redrawn        # tests/hidden/NAME/cases.py
    from grader.testing import Hint, Mistake                  # reference/NAME/mistakes.py
    from grader.testing import expect, shaped                 # exercises/NAME/test_public.py
    from grader.testing import approx, partial_credit         # tests/hidden/NAME/test_NAME.py

Each name is loaded when it is first used, so that a public test does not load the sandbox.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from grader.checks.arrays import arrays_of
    from grader.checks.boundary.approx import approx
    from grader.checks.case import Case, Part, redrawn
    from grader.checks.compare import TOLERANCE, rough
    from grader.checks.expect import Cache, entries, expect, finite, pair, shaped
    from grader.checks.failure import Failed, partial_credit
    from grader.checks.gradients import Gradient
    from grader.checks.mistakes import Hint, Mistake
    from grader.checks.shown import show, shows
    from grader.sandbox.faults import StudentError

__all__ = [
    "TOLERANCE", "Cache", "Case", "Failed", "Gradient", "Hint", "Mistake", "Part", "StudentError",
    "approx", "arrays_of", "entries", "expect", "finite", "pair", "partial_credit", "redrawn",
    "rough", "shaped", "show", "shows",
]  # fmt: skip

_HOMES: Final = {
    "checks.boundary.approx": ("approx",),
    "checks.arrays": ("arrays_of",),
    "checks.case": ("Case", "Part", "redrawn"),
    "checks.compare": ("TOLERANCE", "rough"),
    "checks.expect": ("Cache", "entries", "expect", "finite", "pair", "shaped"),
    "checks.failure": ("Failed", "partial_credit"),
    "checks.gradients": ("Gradient",),
    "checks.mistakes": ("Hint", "Mistake"),
    "checks.shown": ("show", "shows"),
    "sandbox.faults": ("StudentError",),
}
_HOME: Final = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Load a public name from the module that defines it."""
    if name not in _HOME:
        raise AttributeError(f"grader.testing has no {name!r}")
    return getattr(importlib.import_module(f"grader.{_HOME[name]}"), name)
