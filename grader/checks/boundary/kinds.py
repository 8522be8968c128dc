"""Kinds of objects, and the trail of a test: where the reference returned an object.

A handle may appear only where the reference returned a handle of the same kind. Otherwise an object
whose operators always return True could decide the verdict of ``abs(f(x) - 4.0) < 1e-9``. A place
is an instruction of the test, the operation, the name, and the number of the visit:

    trail.record(place, Seen(word_of(value), tree_of(value)))     # while the reference runs
    fits(value, trail.expected(place, visit).tree)                # for each student
"""

from __future__ import annotations

import numbers
from collections import deque
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

import numpy as np
from msgspec import Struct, field

from grader.sandbox.guest.operations import (
    CALLABLE,
    CLASS,
    FUNCTION,
    ITERATOR,
    MODULE,
    TENSOR,
)

PYTHONS: Final = "exception of Python"
"""The kind of a built-in exception, to which ``except student.Own`` must not be widened."""
_FUNCTIONS: Final = frozenset({"function", "class", "callable"})
_INSTANCES: Final = frozenset({"object", "iterator", "callable", "tensor"})
ACCEPTED: Final = {
    "function": _FUNCTIONS,
    "class": _FUNCTIONS,
    PYTHONS: frozenset({PYTHONS, "class"}),
    "callable": _FUNCTIONS | _INSTANCES,
    "object": _INSTANCES,
    "iterator": _INSTANCES,
    "tensor": frozenset({"tensor"}),
    "module": frozenset({"module"}),
}
"""For each kind that the reference returned, the kinds that a student's object may have."""


@cache
def kind_of(flags: int) -> str:
    """Return the kind of an object, given the flags of its handle."""
    for flag, kind in (
        (CLASS, "class"), (MODULE, "module"), (TENSOR, "tensor"), (FUNCTION, "function"),
        (ITERATOR, "iterator"), (CALLABLE, "callable"),
    ):  # fmt: skip
        if flags & flag:
            return kind
    return "object"


_HANDLES: Final[set[type]] = set()
"""The classes of handles seen so far; looking up an attribute of the class takes longer."""


def stands_for_an_object(kind: type) -> bool:
    """Return whether a class is a class of handles."""
    if kind in _HANDLES:
        return True
    if hasattr(kind, "_grader_reference"):
        _HANDLES.add(kind)
    return kind in _HANDLES


def handle_kind(value: Any) -> str:
    """Return the kind of a handle or of an exception class; '' for other values."""
    if stands_for_an_object(type(value)):
        return kind_of(value._grader_flags)
    if not isinstance(value, type):
        return ""
    return "class" if hasattr(value, "handle") else PYTHONS


class Inside(Struct, frozen=True):
    """The kinds of the handles in a container, by index or key."""

    parts: dict[Any, Tree]
    known: frozenset[Any]
    """The indices or keys of the reference's container."""
    others: Tree
    """The kinds allowed at other indices or keys: those of all known ones, if they are equal."""


Tree = str | Inside | None
"""The kinds of the handles in a value: for a handle its kind, for plain values None."""


def tree_of(value: Any) -> Tree:
    """Return the kinds of the handles in ``value``."""
    if found := handle_kind(value):
        return found
    parts: dict[Any, Tree] = {}
    known = set()
    for key, item in _items(value):
        known.add(key)
        if (tree := tree_of(item)) is not None:
            parts[key] = tree
    if not parts:
        return None
    first = next(iter(parts.values()))
    alike = len(parts) == len(known) and all(each == first for each in parts.values())
    return Inside(parts, frozenset(known), first if alike else None)


def fits(value: Any, tree: Tree) -> bool:
    """Return whether ``tree`` accepts every handle in ``value``."""
    if found := handle_kind(value):
        return isinstance(tree, str) and found in ACCEPTED[tree]
    for key, item in _items(value):
        inner: Tree = None
        if isinstance(tree, Inside):
            inner = tree.parts.get(key) if key in tree.known else tree.others
        if not fits(item, inner):
            return False
    return True


def _items(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, (list, tuple, deque)):
        yield from enumerate(value)
    elif isinstance(value, slice):
        yield from enumerate((value.start, value.stop, value.step))


Place = tuple[int, int, str, str]
"""Code object and instruction of the test, operation, name."""


class Seen(Struct, frozen=True):
    """The reference's value at one place of a test."""

    word: str
    """A description of the value: "a number"."""
    tree: Tree = None
    changed: Mapping[int | str, Tree] = field(default_factory=dict)
    """The kinds of the handles in each argument that the call changed, by index or name."""


NOTHING: Final = Seen("nothing")
END: Final = Seen("the end of a loop")


class Trail(Struct):
    """The reference's values in one test, in the order in which the test reads them."""

    recording: bool
    seen: dict[Place, list[Seen]] = field(default_factory=dict)
    visits: dict[Place, int] = field(default_factory=dict)
    codes: dict[int, Any] = field(default_factory=dict)
    """Code objects by id; keeping them prevents that an id is reused."""

    def again(self) -> Trail:
        """Return the same trail from the start, for a student's run."""
        return Trail(False, self.seen, {}, self.codes)

    def visit(self, place: Place) -> int:
        """Count a visit of a place and return its number."""
        number = self.visits.get(place, 0)
        self.visits[place] = number + 1
        return number

    def expected(self, place: Place, visit: int) -> Seen:
        """Return the reference's value; for extra visits, the value that it always had, if any."""
        seen = self.seen.get(place)
        if seen is None:
            return NOTHING
        if visit < len(seen):
            return seen[visit]
        first = seen[0]
        alike = all(each.tree == first.tree and each.changed == first.changed for each in seen)
        return first if alike else Seen(first.word)

    def used(self, place: Place, visit: int) -> int:
        """Return how many elements the reference used here from this visit on, with the end."""
        seen = self.seen.get(place, [])
        count = next((i for i, each in enumerate(seen[visit:]) if each is END), None)
        return len(seen) - visit if count is None else count + 1

    def record(self, place: Place, seen: Seen) -> None:
        """Record a value of the reference."""
        once = _ONCE.setdefault(seen.word, seen) if _plain(seen) else seen
        self.seen.setdefault(place, []).append(once)


def _plain(seen: Seen) -> bool:
    return seen.tree is None and not seen.changed


_ONCE: Final[dict[str, Seen]] = {END.word: END}
"""One shared instance of each plain entry, because a test may have thousands."""

_WORDS: Final[tuple[tuple[Any, str], ...]] = (
    ((bool, np.bool_), "True or False"), (numbers.Number, "a number"), (str, "text"),
    (np.ndarray, "an array"), (list, "a list"), (tuple, "a tuple"), (dict, "a dict"),
    ((set, frozenset), "a set"), (bytes, "bytes"), (type(None), "None"),
)  # fmt: skip


def word_of(value: Any) -> str:
    """Return a description of a plain value, such as "a number"."""
    return next((word for kinds, word in _WORDS if isinstance(value, kinds)), "a plain value")


def misfit(name: str, value: Any, seen: Seen) -> str:
    """Return the message about a value whose handles do not fit the reference's."""
    what = f"{name} gives" if name else "an operation on your object gives"
    if handle_kind(value) == PYTHONS and seen.tree == "class":
        return f"{what} one of Python's own exceptions where a class of yours is expected"
    if value is not None and not handle_kind(value):
        return f"{what} {word_of(value)} with an object where a plain value is expected"
    if seen.tree is not None or seen.word == "nothing":
        return f"{what} an object where another kind of value is expected"
    return f"{what} an object where {seen.word} is expected"
