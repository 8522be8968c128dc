"""Run the public tests of an exercise on a student's own functions.

``checks(namespace, public)`` returns the checks. They need no solution, sandbox or other process,
and never raise: a `Result` describes the outcome. A student's exception is shown with the student's
frames only, an unwritten function is not a failure, and an infinite loop is interrupted.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import os
import traceback
import types
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final, Literal

import numpy as np
from msgspec import Struct, field
from msgspec.structs import replace

from grader.checks.expect import Cache
from grader.selfcheck import wording
from grader.selfcheck.gradient_table import Row, table
from grader.selfcheck.refused import refusing
from grader.selfcheck.time_limit import OverranError, time_limit
from grader.text import nearest

LIMIT: Final = float(os.environ.get("GRADER_CHECK_SECONDS", "10"))
"""Seconds for one check, and for running the file; a slow machine may need more."""
MOST_FRAMES: Final = 6
MOST_PRINTED: Final = 10
WIDEST: Final = 200
"""Number of lines to show, and of characters per line."""

Verdict = Literal["passed", "failed", "unwritten", "noted"]
Namespace = Mapping[str, Any]


class Result(Struct, frozen=True):
    """The result of one check.

    ``unwritten`` names a function that is not written yet. A ``noted`` result (a notebook cell
    raised) does not fail the check.
    """

    title: str
    verdict: Verdict
    message: str = ""
    rows: tuple[Row, ...] = ()
    unwritten: str = ""
    printed: str = ""


class SelfCheck(Struct, frozen=True):
    """A check to run, and the line that describes it."""

    title: str
    run: Callable[[], Result]
    gradient: bool = False


# --- the student --------------------------------------------------------------------------------


class Notes(Struct):
    """Values that are kept from one check to the next."""

    changed: dict[str, str] = field(default_factory=dict)
    """By function: the argument that it modified."""
    overran: dict[str, str] = field(default_factory=dict)
    """By function: the message when it exceeded its time."""


class OwnFunctions:
    """A student's functions by name, called with copies, so that modified arguments are noticed.

    Values that the student's functions returned (caches) are passed back unchanged.
    """

    def __init__(self, namespace: Namespace, notes: Notes) -> None:
        self._namespace, self._notes = namespace, notes
        self._returned: dict[int, Any] = {}
        self._last = ""

    def __getattr__(self, name: str) -> Any:
        if name not in self._namespace:
            raise AssertionError(self._undefined(name))
        thing = self._namespace[name]
        if isinstance(thing, type) or not callable(thing):
            return thing
        return partial(self._call, name, thing)

    def _call(self, name: str, function: Callable[..., Any], *args: Any, **named: Any) -> Any:
        if name in self._notes.overran:
            raise AssertionError(f"not run again: {self._notes.overran[name]}")
        self._last = name
        given = [self._copied(argument) for argument in args]
        try:
            with refusing() as found:
                result = function(*given, **named)
        except (OSError, RuntimeError) as error:
            if found:
                error.add_note(wording.REFUSED.format(found[-1]))
            raise
        except TypeError as error:
            if not _own(error, self._namespace):
                raise AssertionError(f"{name} cannot be called as in the stub: {error}") from None
            raise
        for position, (before, after) in enumerate(zip(args, given, strict=True)):
            if after is not before and not _same(before, after):
                self._notes.changed.setdefault(name, _parameter(function, position))
        for part in (result, *(result if isinstance(result, (tuple, list)) else ())):
            self._returned[id(part)] = part
        return result

    def _undefined(self, name: str) -> str:
        """Return a message about a missing function, with a name that may be meant for it."""
        near = nearest(name, [each for each in self._namespace if not each.startswith("__")])
        return f"your file does not define `{name}`" + (f"; did you mean `{near}`?" if near else "")

    def _copied(self, value: Any) -> Any:
        if id(value) in self._returned:
            return value
        if isinstance(value, np.ndarray):
            return value.copy()
        if type(value) in (dict, Cache):
            return {key: self._copied(item) for key, item in value.items()}
        if type(value) in (list, tuple):
            return type(value)(self._copied(item) for item in value)
        return value


def _same(before: Any, after: Any) -> bool:
    """Return whether an argument is unchanged; a cache may have new keys."""
    try:
        return _equal(before, after)
    except (TypeError, ValueError):  # the new value is of another kind, perhaps an array
        return False


def _equal(before: Any, after: Any) -> bool:
    if isinstance(before, np.ndarray):
        return np.shape(after) == before.shape and np.array_equal(before, after, equal_nan=True)
    if isinstance(before, dict):
        if len(after) > len(before) and not isinstance(before, Cache):
            return False
        return all(key in after and _same(item, after[key]) for key, item in before.items())
    if isinstance(before, (list, tuple)):
        return len(before) == len(after) and all(map(_same, before, after))
    return before is after or bool(before == after)


def _parameter(function: Callable[..., Any], position: int) -> str:
    try:
        return list(inspect.signature(function).parameters)[position]
    except (IndexError, TypeError, ValueError):
        return f"number {position + 1}"


# --- checks -------------------------------------------------------------------------------------


def checks(namespace: Namespace, public: types.ModuleType) -> list[SelfCheck]:
    """Return the checks of an exercise's public tests, in order."""
    notes = Notes()
    found = [
        SelfCheck(_title(test), partial(_run, namespace, notes, _title(test), test))
        for name, test in vars(public).items()
        if name.startswith("test_") and inspect.isfunction(test)
    ]
    for gradient in getattr(public, "GRADIENTS", ()):
        title = f"{gradient.function}: {_title(gradient.at)}"
        run = partial(_run, namespace, notes, title, partial(table, gradient))
        found.append(SelfCheck(title, run, gradient=True))
    return found


def _title(function: Callable[..., Any]) -> str:
    return " ".join((inspect.getdoc(function) or function.__name__).split()).rstrip(".")


def _run(
    namespace: Namespace,
    notes: Notes,
    title: str,
    test: Callable[[OwnFunctions], Sequence[Row] | None],
) -> Result:
    """Run one test, and return its result whatever happens."""
    student, known = OwnFunctions(namespace, notes), set(notes.changed)
    with captured() as printed:
        try:
            with time_limit(LIMIT):
                rows = tuple(test(student) or ())
            passed = all(row.right for row in rows)
            result = Result(title, "passed" if passed else "failed", rows=rows)
        except OverranError as error:
            result = Result(title, "failed", _overran(error, student, namespace))
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            result = _raised(title, error, namespace)
    changed = {name: what for name, what in notes.changed.items() if name not in known}
    return _with_changes(replace(result, printed=first_lines(printed.getvalue())), changed)


def _with_changes(result: Result, changed: Mapping[str, str]) -> Result:
    """Return the result, failed if a function has modified its arguments."""
    if not changed:
        return result
    told = [f"{name} changes its argument {what}: work on a copy" for name, what in changed.items()]
    message = "\n".join([*([result.message] if result.message else []), *told])
    return replace(result, verdict="failed", message=message)


def _raised(title: str, error: BaseException, namespace: Namespace) -> Result:
    own = _own(error, namespace)
    if isinstance(error, NotImplementedError):
        name = own[-1][0].f_code.co_qualname if own else ""
        return Result(title, "unwritten", unwritten=name)
    if isinstance(error, AssertionError) and not own:
        return Result(title, "failed", str(error))
    if own:
        return Result(title, "failed", f"your code raised an exception:\n{trace(error, namespace)}")
    return Result(title, "failed", _unusable(error))


def _unusable(error: BaseException) -> str:
    """Return a message about a student's value for which the test itself raised."""
    if isinstance(error, KeyError):
        return f"a dict that your code returned has no key {error}"
    if isinstance(error, ModuleNotFoundError):
        return f"{error}: this exercise needs it, so install it first"
    said = f"{type(error).__name__}: {error}"
    return f"your code returned something other than its docstring says ({said})"


def _own(error: BaseException, namespace: Namespace) -> list[tuple[types.FrameType, int]]:
    """Return the frames of a traceback that belong to the student's code."""
    walked = traceback.walk_tb(error.__traceback__)
    return [(frame, line) for frame, line in walked if frame.f_globals is namespace]


def trace(error: BaseException, namespace: Namespace) -> str:
    """Return a traceback in Python's format with only the student's last frames."""
    own = _own(error, namespace)[-MOST_FRAMES:]
    frames = traceback.StackSummary.extract(iter(own))
    try:
        said = "".join(traceback.format_exception_only(type(error), error))
    except Exception:  # a student's exception whose text cannot be obtained
        said = type(error).__name__
    return ("".join(frames.format()) + said).rstrip()


@contextlib.contextmanager
def captured() -> Iterator[io.StringIO]:
    """Capture printed output; warnings are dropped, since they are not failures."""
    printed = io.StringIO()
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(printed),
    ):
        warnings.simplefilter("ignore")
        yield printed


def first_lines(text: str) -> str:
    """Return the beginning of printed text; a gradient check prints hundreds of times."""
    lines = text.rstrip().splitlines()
    more = len(lines) - MOST_PRINTED
    first = [line if len(line) <= WIDEST else f"{line[:WIDEST]}…" for line in lines[:MOST_PRINTED]]
    return "\n".join(first + ([f"... and {more:,} more lines"] if more > 0 else []))


# --- time ---------------------------------------------------------------------------------------


def _overran(error: OverranError, student: OwnFunctions, namespace: Namespace) -> str:
    name = student._last
    told = wording.overran(name, LIMIT)
    student._notes.overran[name] = told
    return where(told, error, namespace)


def where(told: str, error: OverranError, namespace: Namespace) -> str:
    """Return the message about exceeded time, with the line that was running."""
    lines = "".join(traceback.StackSummary.extract(iter(_own(error, namespace)[-2:])).format())
    return f"{told}. It was here:\n{lines}".rstrip()
