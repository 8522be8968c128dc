"""Run a submission cell by cell, and describe what it raises in the student's own lines.

    running = Running("two_layer_network", [["cell 1", "x = 1"], ["cell 2", "x = 1 / 0"]])
    running.run(10.0, goes_on=True)
    # [[["ZeroDivisionError", "ArithmeticError", ...], 1, 1, "Traceback ..."]]
    running.module.x

It is loaded beside student code, in a worker, and by the student's own check.
"""

from __future__ import annotations

import builtins
import linecache
import os
import signal
import sys
import traceback
import types
from collections.abc import Sequence
from typing import Any, Final

from grader.sandbox.guest.imports import INERT, future_flags

MAX_TEXT: Final = 4000
MAX_PROBLEMS: Final = 20
"""Report at most this many problems: more would fill the frame."""


class Running:
    """A submission as a module, with the titles and texts of its cells."""

    def __init__(self, name: str, cells: Sequence[Sequence[str]]) -> None:
        self.module = types.ModuleType(name)
        self.module.__dict__.update(
            display=INERT, get_ipython=INERT, __file__=f"{name}.py",
            help=INERT, exit=sys.exit, quit=sys.exit,  # what -S leaves out
        )  # fmt: skip
        self._cells = cells
        self._titles = [title for title, _ in cells]

    def run(self, cpu: float, goes_on: bool) -> list[Any]:
        """Run the cells and return the problems; stop at the first one unless ``goes_on``.

        A cell of a notebook may use half of the ``cpu`` seconds that are left.
        """
        sys.modules[self.module.__name__] = self.module
        problems: list[Any] = []
        for title, source in self._cells:
            used = _cpu()
            problem = self._run_cell(title, source, cpu / 2 if goes_on else 0.0)
            cpu = max(cpu - (_cpu() - used), 0.1)
            if problem and len(problems) < MAX_PROBLEMS:
                problems.append(problem)
            if problem and not goes_on:
                break
        return problems

    def _run_cell(self, title: str, source: str, cpu: float) -> list[Any] | None:
        lines = source.splitlines(keepends=True)
        linecache.cache[title] = (len(source), None, lines, title)
        try:
            flags = future_flags(self.module.__dict__)
            code = compile(source, title, "exec", flags, dont_inherit=True)
            with _Alarm(cpu):
                exec(code, self.module.__dict__)  # noqa: S102  # this is what a worker is for
        except BaseException as error:
            return self.describe(error)
        return None

    def describe(self, error: BaseException) -> list[Any]:
        """Return [kinds, cell, line, text] of an exception, from the student's frames only."""
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if frame.filename in self._titles]
        place = (own[-1].filename, own[-1].lineno or 0) if own else ("", 0)
        if isinstance(error, SyntaxError) and error.filename in self._titles:
            place = (str(error.filename), error.lineno or 0)
        cell = self._titles.index(place[0]) if place[0] else -1
        return [_kinds(error), cell, place[1], _text(error, own)]


def _kinds(error: BaseException) -> list[str]:
    kind = type(error)
    if getattr(builtins, kind.__name__, None) is not kind:
        kinds = [
            base.__name__ for base in kind.__mro__ if getattr(builtins, base.__name__, 0) is base
        ]
        return ["", *kinds]
    return [base.__name__ for base in kind.__mro__]


def _text(error: BaseException, own: list[traceback.FrameSummary]) -> str:
    try:
        said = "".join(traceback.format_exception_only(type(error), error))
    except BaseException:
        said = type(error).__name__
    trace = "".join(traceback.format_list(own[-6:]))
    return (trace + said)[-MAX_TEXT:].encode("utf-8", "replace").decode("utf-8")


class _Alarm:
    """Raise `_Abandoned` in a cell that has used ``cpu`` CPU seconds; 0 is no alarm."""

    def __init__(self, cpu: float) -> None:
        self._cpu = cpu

    def __enter__(self) -> None:
        if self._cpu:
            signal.signal(signal.SIGPROF, self._ring)
            signal.setitimer(signal.ITIMER_PROF, self._cpu, 0.2)

    def __exit__(self, *_: object) -> None:
        if self._cpu:
            signal.setitimer(signal.ITIMER_PROF, 0)

    def _ring(self, *_: object) -> None:
        raise _Abandoned(f"this cell ran for over {self._cpu:.3g} s and was abandoned")


class _Abandoned(BaseException):
    """Not an `Exception`: a student's ``except Exception`` in a loop must not swallow it."""


def _cpu() -> float:
    usage = os.times()
    return usage.user + usage.system
