"""Call a plain hidden test without pytest's protocol."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import pytest

from grader.grading.outcomes import outcome_of, params_of
from grader.grading.plugin import _OURS
from grader.grading.session import Bench

_MARKS: Final = {"parametrize", "points", "timed", "visibility"}


@dataclass(frozen=True, slots=True)
class Plain:
    """A test that needs nothing of pytest but to be called: no fixture, mark or hook but ours.

    Set-up, call and tear-down the usual way take pytest 0.4 ms a test, more than most tests do.
    """

    item: pytest.Function
    params: Mapping[str, Any]
    wanted: tuple[str, ...]

    @classmethod
    @cache
    def of(cls, item: pytest.Item) -> Plain | None:
        """The same for ``item``, or None if it needs more."""
        if type(item) is not pytest.Function or item.cls is not None:
            return None
        if any(folder.joinpath("conftest.py").exists() for folder in item.path.parents[:2]):
            return None
        wanted = tuple(inspect.signature(item.obj).parameters)
        if {mark.name for mark in item.iter_markers()} - _MARKS or "request" in wanted:
            return None
        # Who defines a fixture is nowhere public.
        definitions = item._fixtureinfo.name2fixturedefs
        if not all(_is_known(definitions[name][-1].func) for name in definitions):
            return None
        return cls(item, params_of(item), wanted)

    def run(self, bench: Bench) -> None:
        """Call it, and note the outcome on the bench."""

        def call() -> None:
            given = {
                name: self.params[name] if name in self.params else _OURS[name](bench, self.item)
                for name in self.wanted
            }
            self.item.obj(**given)

        info = pytest.CallInfo.from_call(call, "call")
        bench.outcomes.append(outcome_of(self.item, info, bench.scale))


def _is_known(fixture: Callable[..., Any]) -> bool:
    """Whether a fixture is one of ours, or only a parameter's value."""
    return fixture.__module__ == __name__ or fixture.__name__ == "get_direct_param_fixture_func"
