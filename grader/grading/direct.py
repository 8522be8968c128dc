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
from grader.grading.memory import room
from grader.grading.session import Bench

_MARKS: Final = {"parametrize", *READERS}
_FIXTURE: Final = type(plugin.check)
"""The type of the objects that ``@pytest.fixture`` creates."""


class Plain(Struct, frozen=True):
    """A test that can be called without pytest: it uses no fixture, mark or hook but ours.

    Pytest's own set-up, call and tear-down take 0.4 ms per test, longer than most tests run.
    """

    item: pytest.Function
    params: Mapping[str, Any]
    wanted: tuple[str, ...]

    @classmethod
    @cache
    def of(cls, item: pytest.Item) -> Plain | None:
        """Return a `Plain` for ``item``, or None if the test needs pytest's protocol."""
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
        """Call the test and record its outcome on the bench."""

        def call() -> None:
            with bench.memory.limited(room(self.item, bench.assignment)):
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
    """Return whether every fixture is ours or a parameter of the test."""
    wanted = inspect.signature(item.obj).parameters.keys()
    if not wanted <= plugin.OURS.keys() | params.keys():
        return False
    # Our own fixtures ask for `request`; a test that asks for it itself needs pytest's protocol.
    if not set(item.fixturenames) <= plugin.OURS.keys() | params.keys() | {"request"}:
        return False
    return not _has_fixtures(item.module)


@cache
def _has_fixtures(module: ModuleType) -> bool:
    """Return whether a test file defines or imports fixtures, which could replace ours."""
    return any(isinstance(value, _FIXTURE) for value in vars(module).values())
