"""Add names of later Python versions that this one lacks, if a few lines can define them.

    supply()
    from itertools import batched      # on Python 3.11 as on 3.12

Students may have a newer Python than the grader. A name that is not added here is refused with a
message that states the grader's version (`grader.sandbox.guest.imports.version_note`).
"""

from __future__ import annotations

import collections.abc
import copy
import heapq
import inspect
import itertools
import math
import operator
import os
import re
import types
import typing
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any


def supply() -> None:
    """Add the missing names to the modules of the standard library."""
    for module, names in _names().items():
        for name, value in names.items():
            if not hasattr(module, name):
                setattr(module, name, value)


def _names() -> dict[Any, dict[str, Any]]:
    return {
        itertools: {"batched": _batched},
        math: {"sumprod": _sumprod, "fma": lambda x, y, z: x * y + z},
        copy: {"replace": _replace},
        warnings: {"deprecated": _decorator},
        inspect: {"markcoroutinefunction": lambda function: function},
        collections.abc: {"Buffer": collections.abc.ByteString},
        heapq: {
            "heapify_max": _private("_heapify_max"), "heappop_max": _private("_heappop_max"),
            "heapreplace_max": _private("_heapreplace_max"),
            "heappush_max": _heappush_max, "heappushpop_max": _heappushpop_max,
        },
        operator: {
            "is_none": lambda value: value is None, "is_not_none": lambda value: value is not None,
        },
        os: {"process_cpu_count": os.cpu_count},
        re: {"PatternError": re.error},
        types: {"get_original_bases": lambda c: c.__dict__.get("__orig_bases__", c.__bases__)},
        typing: {
            "TypeAliasType": lambda name, value, **_: types.new_class(name, (list,)),
            "is_protocol": lambda kind: getattr(kind, "_is_protocol", False),
            "override": lambda method: method, "ReadOnly": typing.Required, "NoDefault": object(),
            "TypeIs": typing.TypeGuard, "get_protocol_members": lambda kind: frozenset(),
        },
    }  # fmt: skip


def _batched(iterable: Iterable[Any], n: int, *, strict: bool = False) -> Iterator[tuple[Any, ...]]:
    if n < 1:
        raise ValueError("n must be at least one")
    iterator = iter(iterable)
    while batch := tuple(itertools.islice(iterator, n)):
        if strict and len(batch) != n:
            raise ValueError("batched(): incomplete batch")
        yield batch


def _sumprod(p: Iterable[Any], q: Iterable[Any]) -> Any:
    return sum(x * y for x, y in zip(p, q, strict=True))


def _replace(value: Any, /, **changes: Any) -> Any:
    return (
        value.__replace__(**changes) if hasattr(value, "__replace__") else _rebuilt(value, changes)
    )


def _rebuilt(value: Any, changes: dict[str, Any]) -> Any:
    import dataclasses

    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.replace(value, **changes)
    return value._replace(**changes)


def _private(name: str) -> Any:
    return getattr(heapq, name, None)


def _heappush_max(heap: list[Any], item: Any, /) -> None:
    heap.append(item)
    _private("_siftdown_max")(heap, 0, len(heap) - 1)


def _heappushpop_max(heap: list[Any], item: Any, /) -> Any:
    return _private("_heapreplace_max")(heap, item) if heap and item < heap[0] else item


def _decorator(message: str, /, **_: Any) -> Callable[[Any], Any]:
    return lambda decorated: decorated
