"""The reference solution and its answers to cases."""

from __future__ import annotations

import copy
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np

from grader.checks import exact
from grader.checks.arrays import Path, arrays_of
from grader.checks.case import Case, Part
from grader.checks.compare import scales
from grader.sandbox.guest.exact import EXACT
from grader.sandbox.guest.plain_values import as_leaf
from grader.sandbox.guest.wire import packed
from grader.sandbox.student import Call, Refused
from grader.text import nearest

Expected = tuple[Any, dict[Path, np.ndarray], dict[Path, float]]

Caches = Mapping[str, Sequence[str]]
"""For each function that returns a cache (its last value): the listed keys; empty if opaque."""


def wanted(
    value: Any, cache: Sequence[str] | None, is_shown: bool = False, is_exact: bool = False
) -> Any:
    """Return the form of answer to request from a worker, given the reference's answer.

    Args:
        value: The reference's answer (see `grader.sandbox.guest.worker`).
        cache: The listed keys of the cache, which is the last element; None if there is no cache.
        is_shown: Whether to request the values of these keys, instead of whether they exist.
        is_exact: Whether to request the answer without conversion, apart from its cache.
    """
    if is_exact and cache is None:
        return EXACT
    if isinstance(value, tuple):
        items = value if cache is None else value[:-1]
        parts = [wanted(item, None, is_exact=is_exact) for item in items]
        if cache is not None and is_shown:
            parts.append({key: wanted(value[-1][key], None) for key in cache})
        elif cache is not None:
            parts.append(dict.fromkeys(cache, "held") if cache else "held")
        return parts
    if isinstance(value, dict):
        return {key: wanted(item, None) for key, item in value.items()}
    return "int" if np.asarray(value).dtype.kind in "iu" and np.size(value) else "number"


def read(value: Any, want: Any) -> Any:
    """Return an answer computed in this process in the same form as a worker's answer."""
    if want == "held":
        return value is not None
    if want == EXACT:
        return exact.read(value)
    if isinstance(want, str):
        leaf = as_leaf(value)
        return Refused(leaf) if isinstance(leaf, str) else np.asarray(leaf)
    if isinstance(want, list):
        return [read(item, part) for item, part in zip(value, want, strict=True)]
    return {
        key: read(value[key], part) if key in value else Refused("missing")
        for key, part in want.items()
    }


class Module:
    """The reference or a mistake: trusted code that answers each case once, in this process."""

    def __init__(self, module: Any, caches: Caches) -> None:
        self.module, self.caches = module, caches
        self._raw: dict[Case, Any] = {}
        self._expected: dict[Case, Expected] = {}
        self._calls: dict[Case, Call] = {}
        self.answered: dict[Case, Any] = {}
        """Cached answers to cases, None if the program raises: see `diagnostics.answer_of`."""

    def raw(self, case: Case) -> Any:
        """Call the function on copies of its arguments; let its exceptions pass."""
        if case not in self._raw:
            args = [self._resolved(argument) for argument in case.args]
            with np.errstate(all="ignore"):
                self._raw[case] = self._function(case.function)(*args)
        return self._raw[case]

    def _function(self, name: str) -> Any:
        if hasattr(self.module, name):
            return getattr(self.module, name)
        near = nearest(name, self.names())
        meant = f"; did you mean {near!r}?" if near else ""
        raise AttributeError(f"Case({name!r}): the solution does not define {name}{meant}")

    def want(self, case: Case) -> Any:
        """Return the form of answer to request from a student for this case."""
        return self.expected(case)[0]

    def expected(self, case: Case) -> Expected:
        """Return the form to request, the right arrays by path, and the scale of each."""
        if case not in self._expected:
            keys = self.caches.get(case.function)
            want = wanted(self.raw(case), keys, case.shows_cache and bool(keys), case.exact)
            try:
                arrays = arrays_of(read(self.raw(case), want))
            except exact.ObjectError as error:
                raise TypeError(f"Case({case.function!r}, exact=True): {error}") from None
            self._expected[case] = want, arrays, scales(arrays, case.own_scale)
        return self._expected[case]

    def call(self, case: Case, args: tuple[Any, ...] | None = None) -> Call:
        """Build the call for a student; ``args`` replace arguments by the student's own values."""
        if case not in self._calls:
            keep = len(self._calls) if case.function in self.caches else -1
            given = args or case.args
            plain = Call(case.function, given, self.want(case), keep, exact=case.exact)
            if args is None:
                plain = plain._replace(packed=packed(plain.request()))
            self._calls[case] = plain
        return self._calls[case] if args is None else self._calls[case]._replace(arguments=args)

    def answer(self, case: Case, want: Any) -> Any:
        """Return the answer in the form of a worker's answer."""
        return read(self.raw(case), want)

    def forget(self) -> None:
        """Discard the stored answers."""
        self._raw.clear()
        self._expected.clear()
        self._calls.clear()
        self.answered.clear()

    def end(self) -> None:
        """End the worker of this module, if it has one; the next request starts a new one."""

    def _resolved(self, argument: Any) -> Any:
        if isinstance(argument, Part):
            whole = self.raw(argument.case)
            return whole if argument.item < 0 else whole[argument.item]
        return copy.deepcopy(argument)

    # --- its functions ---

    def names(self) -> list[str]:
        """Return the names that the module defines, in order."""
        return list(vars(self.module))

    def functions(self) -> list[str]:
        """Return the names of its functions."""
        return [name for name in self.names() if self._code(name) is not None]

    def parameters(self, function: str) -> Sequence[str]:
        """Return the names of a function's parameters."""
        code = getattr(self.module, function).__code__
        names: Sequence[str] = code.co_varnames[: code.co_argcount]
        return names

    def docstring(self, function: str) -> str:
        """Return a function's docstring, or ''."""
        return getattr(self.module, function).__doc__ or ""

    def called_by(self, function: str) -> list[str]:
        """Return the module's functions that a function's code mentions."""
        code = self._code(function)
        return [name for name in _names(code) if self._code(name) is not None] if code else []

    def _code(self, name: str) -> types.CodeType | None:
        found = vars(self.module).get(name)
        return found.__code__ if isinstance(found, types.FunctionType) else None

    # --- variants of the module ---

    def unkept(self) -> Module:
        """Return the same program with an empty store of answers."""
        return Module(self.module, self.caches)

    def restart(self) -> None:
        """Reset the loop counter before a call: see `grader.checks.diagnosis.mutants.Turns`."""
        if (turns := vars(self.module).get(COUNTER)) is not None:
            turns.restart()

    def with_parts(self, parts: Mapping[str, Callable[..., Any]]) -> Module:
        """Return this program with some functions replaced by ``parts``."""
        made = _copied(self.module, {})
        made.__dict__.update(parts)
        return Module(made, self.caches)

    def joined(self, others: Mapping[str, Module]) -> Module:
        """Return this program with functions of other programs, which then call each other."""
        parts = {name: getattr(other.module, name) for name, other in others.items()}
        made = _copied(self.module, parts)
        for other in others.values():
            if COUNTER in vars(other.module):
                made.__dict__.setdefault(COUNTER, vars(other.module)[COUNTER])
        return Module(made, self.caches)


COUNTER: Final = "_turn_"
"""The name of the loop counter in an edited solution."""


def _names(code: types.CodeType) -> Iterator[str]:
    yield from code.co_names
    for each in code.co_consts:
        if isinstance(each, types.CodeType):
            yield from _names(each)


def _copied(module: types.ModuleType, parts: Mapping[str, Any]) -> types.ModuleType:
    """Return a copy of a module in which its functions and ``parts`` see each other."""
    made = types.ModuleType(module.__name__)
    space = made.__dict__
    space.update(module.__dict__)
    for name, value in [*space.items(), *parts.items()]:
        if isinstance(value, types.FunctionType):
            space[name] = types.FunctionType(
                value.__code__, space, name, value.__defaults__, value.__closure__
            )
        elif name in parts:
            space[name] = value  # trusted code that needs the names of its own module
    return made
