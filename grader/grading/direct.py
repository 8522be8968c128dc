"""Call a plain hidden test without pytest's protocol."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from functools import cache
from types import ModuleType
from typing import Any, Final

import pytest
from msgspec import Struct

from grader.grading import plugin
from grader.grading.marks import READERS, params_of
from grader.grading.session import Bench

_MARKS: Final = {"parametrize", *READERS}
_FIXTURE: Final = type(plugin.check)
"""The class of what ``@pytest.fixture`` makes."""


class Plain(Struct, frozen=True):
    """A test that needs nothing of pytest but to be called: no fixture, mark or hook but ours.

    Set-up, call and tear-down the usual way take pytest 0.4 ms a test, more than most tests do.
    """

    item: pytest.Function
    params: Mapping[str, Any]
    wanted: tuple[str, ...]

    @classmethod
    @cache
    def of(cls, item: pytest.Item) -> Plain | None:
        """Return the same for ``item``, or None if it needs more."""
        if type(item) is not pytest.Function or item.cls is not None:
            return None
        if any(folder.joinpath("conftest.py").exists() for folder in item.path.parents[:2]):
            return None
        wanted, params = tuple(inspect.signature(item.obj).parameters), params_of(item)
        if {mark.name for mark in item.iter_markers()} - _MARKS:
            return None
        if plugin.OURS.keys() & params.keys() or not _are_known(item, params):
            return None
        return cls(item, params, wanted)

    def run(self, bench: Bench) -> None:
        """Call it, and note the outcome on the bench."""

        def call() -> None:
            given = {
                name: self.params[name]
                if name in self.params
                else plugin.OURS[name](bench, self.item)
                for name in self.wanted
            }
            self.item.obj(**given)
            bench.peers.settle()
            plugin.finish(self.item)

        peers = bench.peers
        peers.runner = None if "check" in self.wanted else call.__code__
        info = pytest.CallInfo.from_call(call, "call")
        peers.runner = None
        if peers.starts_over():
            plugin.clean(self.item)
            info = pytest.CallInfo.from_call(call, "call")
        plugin.note(bench, self.item, info)


def _are_known(item: pytest.Function, params: Mapping[str, Any]) -> bool:
    """Return whether every fixture is one of ours, or only a parameter's value."""
    wanted = inspect.signature(item.obj).parameters.keys()
    if not wanted <= plugin.OURS.keys() | params.keys():
        return False
    # Our own fixtures ask for `request`; a test that does needs pytest's protocol.
    if not set(item.fixturenames) <= plugin.OURS.keys() | params.keys() | {"request"}:
        return False
    return not _has_fixtures(item.module)


@cache
def _has_fixtures(module: ModuleType) -> bool:
    """Return whether a test file defines or imports fixtures, which may replace one of ours."""
    return any(isinstance(value, _FIXTURE) for value in vars(module).values())
