"""Recognise answers that are right for changed arguments: another order, option or row.

    for edit in argument_edits(reference, cases):
        edit.clause        # "the first row of `X` were 0", to follow "as if"
        edit(case.args)    # the arguments with this change

These edits do not depend on the reference's source, so they also describe mistakes in programs with
another structure: a loop that starts at 1, a context read backwards, one branch copied to another.
Each is tried on all diagnostic inputs, after the edits of the reference.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
from msgspec import Struct

from grader.checks.case import Case
from grader.checks.diagnosis import examples
from grader.checks.reference import Module

MOST_OPTIONS: Final = 4
"""Number of values of an option that are exchanged for each other."""

Change = Callable[[Any], Any]
_Described = tuple[str, str, Change]


class ArgumentEdit(Struct, frozen=True):
    """A change of one argument."""

    clause: str
    question: str
    position: int
    change: Change

    def __call__(self, args: Sequence[Any]) -> list[Any]:
        """Return copies of the arguments, one of them changed; raise if the change does not fit."""
        changed = copy.deepcopy(list(args))
        changed[self.position] = self.change(changed[self.position])
        return changed

    def call(self, function: Callable[..., Any], *args: Any) -> Any:
        """Return the result of a function with the changed arguments."""
        return function(*self(args))


def argument_edits(reference: Module, cases: Sequence[Case]) -> Iterator[ArgumentEdit]:
    """Yield the changes that fit the types of a function's arguments."""
    for position, name in enumerate(examples.parameters(reference, cases[0])):
        values = [case.args[position] for case in cases if position < len(case.args)]
        if len(values) == len(cases):
            for clause, question, change in _of_values(f"`{name}`", values):
                yield ArgumentEdit(clause, question, position, change)


def _of_values(name: str, values: Sequence[Any]) -> Iterator[_Described]:
    if all(isinstance(value, np.ndarray) for value in values):
        yield from _of_arrays(name, values)
    elif all(isinstance(value, str) for value in values):
        yield from _of_options(name, list(dict.fromkeys(values))[:MOST_OPTIONS])
    elif all(isinstance(value, list) for value in values):
        yield from _of_lists(name, values)
    elif all(isinstance(value, dict) for value in values):
        yield from _of_dicts(name, values)
    elif all(type(value) is int for value in values):
        ask = f"Which {name} does your code count with, the first time and the last time?"
        yield f"{name} were one larger", ask, lambda value: value + 1
        yield f"{name} were one smaller", ask, lambda value: value - 1
    elif all(isinstance(value, (int, float)) for value in values):
        ask = f"Where does {name} come into your formula?"
        yield f"{name} were 1", ask, lambda value: type(value)(1)
        yield f"{name} were 0", ask, lambda value: type(value)(0)


def _of_arrays(name: str, values: Sequence[np.ndarray]) -> Iterator[_Described]:
    is_float = all(value.dtype.kind == "f" for value in values)
    dims = min(value.ndim for value in values)
    ask = f"Which entries of {name} does your code read, and in which order?"
    if not is_float:
        yield f"each entry of {name} were one larger", ask, lambda value: value + 1
        yield f"each entry of {name} were one smaller", ask, lambda value: np.maximum(value - 1, 0)
        yield f"each entry of {name} were one smaller, 0 the last one", ask, lambda value: value - 1
    for axis, places in enumerate(("row", "column") if dims == 2 else _AXES[:dims]):
        where = f"of {name}" if dims == 2 else f"along the {places} axis of {name}"
        what = places if dims == 2 else "entry"
        yield f"{name} stood in the opposite order along its {_AXES[axis]} axis", ask, _flip(axis)
        if is_float:
            yield f"the first {what} {where} were 0", ask, _zero(axis, 0)
            yield f"the last {what} {where} were 0", ask, _zero(axis, -1)
        if axis and dims > 2:
            each = f"each {what} {where} were equal to the"
            yield f"{each} first one", ask, _same(axis, 0)
            yield f"{each} last one", ask, _same(axis, -1)
    if is_float:
        yield f"{name} had the opposite sign", ask, np.negative
        yield f"{name} were taken without its signs", ask, np.abs
        yield f"{name} were all 0", ask, np.zeros_like
        yield f"{name} were cut to whole numbers", ask, np.trunc


_AXES: Final = ("first", "second", "third")


def _flip(axis: int) -> Change:
    return lambda value: np.flip(value, axis)


def _zero(axis: int, place: int) -> Change:
    def change(value: np.ndarray) -> np.ndarray:
        np.moveaxis(value, axis, 0)[place] = 0
        return value

    return change


def _same(axis: int, place: int) -> Change:
    return lambda value: np.broadcast_to(value.take([place], axis), value.shape).copy()


def _of_options(name: str, options: Sequence[str]) -> Iterator[_Described]:
    for one, other in itertools.permutations(options, 2):
        ask = f"Which line of your code is run for {name} = {one!r}?"
        yield f"{name} were {other!r} where it is {one!r}", ask, _instead(one, other)


def _instead(one: str, other: str) -> Change:
    return lambda value: other if value == one else value


def _of_lists(name: str, values: Sequence[list[Any]]) -> Iterator[_Described]:
    ask = f"Which elements of {name} does your code reach, the first and the last too?"
    yield f"the first element of {name} were left out", ask, lambda value: value[1:]
    yield f"the last element of {name} were left out", ask, lambda value: value[:-1]
    yield f"{name} stood in the opposite order", ask, lambda value: value[::-1]
    inner = [each for value in values for each in value]
    if inner and all(isinstance(each, (list, np.ndarray)) for each in inner):
        each_of = f"of each element of {name}"
        yield f"the first entry {each_of} were left out", ask, lambda v: [x[1:] for x in v]
        yield f"the last entry {each_of} were left out", ask, lambda v: [x[:-1] for x in v]
        yield (
            f"the entries {each_of} came in the opposite order",
            ask,
            lambda v: [x[::-1] for x in v],
        )


def _of_dicts(name: str, values: Sequence[Mapping[str, Any]]) -> Iterator[_Described]:
    shared = set.intersection(*(set(value) for value in values))
    for key in [key for key in values[0] if key in shared]:
        items = [value[key] for value in values]
        if all(isinstance(item, np.ndarray) and item.dtype.kind == "f" for item in items):
            ask = f"Where does `{key}` come into your formula?"
            for words, change in (
                ("were all 0", np.zeros_like),
                ("had the opposite sign", np.negative),
                ("were taken without its signs", np.abs),
            ):
                yield f"`{key}` of {name} {words}", ask, _in_dict(key, change)


def _in_dict(key: str, change: Change) -> Change:
    return lambda value: {**value, key: change(value[key])}
