"""Arguments and answers of calls that keep the exact types of plain values.

    given = arguments({"exact": [node, ...]})     # in the worker: tuples, sets and text as they are
    answer("a,b".split(","), MAX_ANSWER)          # [node], or a word that says why not

A call of `worker` passes its arguments as ``{"exact": [node, ...]}``, and asks for the leaf
"exact".
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any, Final

from grader.sandbox.guest.packing import Packer
from grader.sandbox.guest.values import MAX_BYTES, TABLES, TooLargeError, unpack
from grader.sandbox.guest.wire import MAX_NODES, Ref, WireError

EXACT: Final = "exact"
"""The ``want`` of a leaf that keeps its type, and the key of arguments that keep their types."""


class _ObjectError(Exception):
    """A value is not plain."""


def packed(values: Sequence[Any]) -> dict[str, Any]:
    """Return the arguments for a request, which may hold a `Ref`; raise TypeError for objects."""
    return {EXACT: [Packer(_only_references).pack(value) for value in values]}


def arguments(packed: Any) -> list[Any]:
    """Return the arguments of a request, in either of the two forms."""
    if type(packed) is dict:
        return [unpack(node, _no_object) for node in packed[EXACT]]
    return list(packed)


def answer(value: Any, room: int = MAX_BYTES) -> Any:
    """Return ``[node]`` for a plain value of at most ``room`` bytes, or one of `REFUSALS`."""
    try:
        return [Packer(_refuse, MAX_NODES, room).pack(value)]
    except _ObjectError:
        return "not-plain"
    except TooLargeError:
        return "too-large"


def rebuilt(node: Any, has_tables: bool) -> Any:
    """Return the plain value of a node that a worker sent; raise `WireError` for anything else.

    Args:
        node: A node in the answer.
        has_tables: Whether it may be a table of pandas, which is then loaded here.
    """

    def table(node: list[Any]) -> Any:
        if not has_tables or node[0] not in TABLES:
            raise WireError("an object among plain values")
        importlib.import_module("grader.sandbox.guest.frames")
        return unpack(node, _no_object)

    return unpack(node, table)


def _refuse(value: Any) -> Any:
    raise _ObjectError


def _only_references(value: Any) -> Any:
    if type(value) is Ref:
        return value
    raise TypeError(f"a {type(value).__name__} cannot be an argument of a case; give plain values")


def _no_object(node: list[Any]) -> Any:
    raise WireError("an object among plain values")
