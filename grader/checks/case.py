"""Cases: one call of one function, with inputs that are drawn once per run.

A hidden test describes its inputs by a function of a generator and the reference:

    def backward_cases(rng, reference):
        params, X, y = network(rng, m=5)
        _, cache = reference.forward(params, X)
        yield Case("backward", params, cache, y)

An opaque cache is written as a part of another case. Whoever answers provides it:

        first = Case("forward", params, X)
        yield Case("backward", params, Part(first, 1), y)
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from msgspec import Struct

from grader.checks.arrays import arrays_in
from grader.checks.compare import TOLERANCE


@dataclass(frozen=True, eq=False)  # a Struct cannot have this constructor
class Case:
    """One call. ``note`` describes its special feature in words that a student may read."""

    function: str
    args: tuple[Any, ...]
    note: str
    own_scale: bool
    entrywise: bool
    floor: float
    tolerance: float
    cpu: float
    exact: bool
    """Whether arguments and answer keep their types: see `grader.checks.exact`."""
    stands_alone: bool
    """Whether no argument is part of another case's result."""
    shows_cache: bool
    """Whether the answer includes the listed values of a cache, which are never graded."""

    def __init__(
        self,
        function: str,
        *args: Any,
        note: str = "",
        own_scale: bool = False,
        entrywise: bool = False,
        floor: float = 0.0,
        tolerance: float = TOLERANCE,
        cpu: float = 0.0,
        exact: bool = False,
    ) -> None:
        """Describe one call of a student's function.

        Lists and arrays are read as float64 alike, and dicts by the keys of the reference's answer.
        With ``exact`` the answer is any plain value (text, None, tuples, sets, nested ones), with
        the same types and values: a list is not a tuple, 1.0 is not 1, and a dict has no extra
        keys. Only floats may differ, by ``tolerance`` of their size.

        Args:
            function: The name of the function.
            args: Its arguments.
            note: A note for messages, such as "for N = 1".
            own_scale: See `grader.checks.compare`.
            entrywise: See `grader.checks.compare`.
            floor: See `grader.checks.compare`.
            tolerance: See `grader.checks.compare`.
            cpu: CPU seconds that the call may take; 0 for the assignment's limit.
            exact: Whether the answer must be the same plain value, types included.

        Raises:
            ValueError: ``exact`` is combined with ``own_scale`` or ``entrywise``, which are for
                arrays.
        """
        if exact and (own_scale or entrywise):
            other = "own_scale" if own_scale else "entrywise"
            raise ValueError(f"Case({function!r}): exact=True and {other}=True exclude each other")
        fields = {
            "function": function, "args": args, "note": note, "own_scale": own_scale,
            "entrywise": entrywise, "floor": floor, "tolerance": tolerance, "cpu": cpu,
            "exact": exact,
            "stands_alone": not any(isinstance(argument, Part) for argument in args),
            "shows_cache": False,
        }  # fmt: skip
        self.__dict__.update(fields)

    def with_cache(self) -> Case:
        """Return the same call, with the listed values of its cache in the answer."""
        made = copy.copy(self)
        made.__dict__["shows_cache"] = True
        return made

    def dims(self) -> set[int]:
        """Return the sizes that occur in the arguments."""
        return {size for array in arrays_in(self.args) for size in (*array.shape, len(array.shape))}


class Part(Struct, frozen=True):
    """An argument that is element ``item`` of the result of ``case``; -1 for the whole result."""

    case: Case
    item: int = -1


def redrawn(draw: Callable[[], Any], good: Callable[..., bool], tries: int = 5000) -> Any:
    """Draw until ``good(*drawn)`` is true; raise RuntimeError after ``tries`` attempts."""
    for _ in range(tries):
        drawn = draw()
        if good(*drawn):
            return drawn
    raise RuntimeError(f"{draw.__qualname__}: none of {tries} draws is good enough")
