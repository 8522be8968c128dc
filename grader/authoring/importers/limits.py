"""Choose the limits of an imported exercise from the seconds that its solution used.

limits = enough(course.assignment(name).limits, used)
entry_line(before, limits)           # 'limits: {call_cpu: 24, total: 75}', or ''
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from grader.model import Limits
from grader.sandbox.student import TRIALS, Budget

MARGIN: Final = 3
"""Students' programs may take this many times as long as the solution."""
LONGEST: Final = 900.0
"""Seconds for the solution and its tests: notebooks may simulate and train."""
KEYS: Final = ("call_cpu", "import_cpu", "total")


def generous(usual: Limits) -> Limits:
    """Return the limits under which the solution is measured."""
    return replace(
        usual, call_cpu=LONGEST, import_cpu=LONGEST, call_wall=LONGEST, total=LONGEST / TRIALS
    )


def enough(usual: Limits, used: Iterable[Budget]) -> Limits:
    """Return the usual limits, raised where `MARGIN` times the measured seconds exceed them."""
    for each in used:
        seconds = (each.longest, each.loading, max(each.used, each.trials / TRIALS))
        needed = {
            key: float(math.ceil(MARGIN * spent))
            for key, spent in zip(KEYS, seconds, strict=True)
            if MARGIN * spent > getattr(usual, key)
        }
        usual = replace(usual, **needed)
    return usual


def together(first: Budget, second: Budget) -> Budget:
    """Return the seconds of two runs that tested different cells of one notebook."""
    return Budget(
        used=first.used + second.used,
        trials=first.trials + second.trials,
        loading=max(first.loading, second.loading),
        longest=max(first.longest, second.longest),
    )


def entry_line(usual: Limits, limits: Limits) -> str:
    """Return the line of assignments.yaml with the limits that were raised, or ''."""
    raised = [
        f"{key}: {getattr(limits, key):g}"
        for key in KEYS
        if getattr(limits, key) != getattr(usual, key)
    ]
    return f"limits: {{{', '.join(raised)}}}" if raised else ""
