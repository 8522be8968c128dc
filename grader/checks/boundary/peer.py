"""One program in a worker, as one hidden test sees it: send requests, receive values and handles.

    peer = Peer(student, test=3, roots=("/course/tests/hidden",), trail=trail)
    module = peer.module()            # see `grader.checks.boundary.handles`
    module.relu(np.array([-1.0]))     # one request to the worker

The peer of the reference has no trail. While the reference is graded as a submission, its trail is
recorded; for every student it then determines where a handle may be returned (see
`grader.checks.boundary.kinds`).
"""

from __future__ import annotations

import builtins
import importlib
import sys
import time
import types
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Final, Protocol, cast

import numpy as np
from msgspec import Struct

from grader.checks.boundary.callbacks import KEPT_TOO_LONG, Callbacks
from grader.checks.boundary.changed_arguments import restore
from grader.checks.boundary.channel import REFERENCE, Channel, Reference
from grader.checks.boundary.deferred import Deferred, Waiting, are_fixed, is_calm
from grader.checks.boundary.kinds import (
    ACCEPTED,
    END,
    NOTHING,
    Place,
    Seen,
    Trail,
    Tree,
    fits,
    misfit,
    stands_for_an_object,
    tree_of,
    word_of,
)
from grader.checks.boundary.names import Names, names_of
from grader.checks.boundary.places import Places
from grader.checks.boundary.raised import (
    ExceptionClasses,
    KindError,
    RefusedError,
    StudentRaisedError,
    UndecidableError,
    UndefinedError,
)
from grader.sandbox.faults import StudentError
from grader.sandbox.guest import values, wire
from grader.sandbox.guest.operations import CHUNK as MAX_CHUNK
from grader.sandbox.guest.operations import EXCEPTION
from grader.sandbox.guest.packing import Packer
from grader.sandbox.guest.values import Tag
from grader.sandbox.student import Student
from grader.text import from_worker

MAX_NESTED: Final = 50
"""Depth of nested calls of the test's own functions."""
MAX_CALLED: Final = 5.0
"""CPU seconds of the test's own functions that one program may use: half of a test's limit."""
MAX_ELEMENTS: Final = 20_000
"""Elements that one loop over an object may fetch."""
CHUNK: Final = 64
"""Elements of a container that are fetched in one request."""
OWN: Final = 1 << 7
"""Flag of an object whose class is defined in the program's source."""
_LIST, _DICT, _HANDLE = (int(each) for each in (Tag.LIST, Tag.DICT, Tag.HANDLE))
_LIMIT_NODES: Final = 1_000_000
_LIMIT_BYTES: Final = wire.MAX_FRAME - (1 << 16)


class HasReference(Protocol):
    """The parts of a handle that a peer uses."""

    _grader_peer: Peer
    _grader_reference: Reference
    _grader_flags: int


class _Fetched(Struct):
    """Elements of an iterator that were fetched but not used yet."""

    elements: deque[Any]
    ended: bool


class Made(Protocol):
    """Creates handles: `grader.checks.boundary.handles` is above this module."""

    def __call__(self, peer: Peer, reference: Reference, flags: int) -> Any:
        """Create the handle of an object in the worker."""


REASONS: Final = {
    "too-large": "is too large, or nested too deeply",
    "no-value": "is an object without a plain value",
    "no-array": "cannot be read as an array",
}


class Peer:
    """The trusted side of a program during one test."""

    def __init__(
        self,
        student: Student,
        *,
        test: int,
        roots: Sequence[str],
        made: Made,
        trail: Trail | None = None,
        cpu: float = 0.0,
        runner: types.CodeType | None = None,
    ) -> None:
        """Start a test on ``student``.

        Args:
            student: The program and its worker.
            test: A number unique for this worker; a new one invalidates all earlier handles.
            roots: Folders of the hidden tests; the trail records places in their lines.
            made: Creates a handle of (peer, reference, flags).
            trail: The reference's values in this test; None for the reference itself.
            cpu: CPU seconds for one request, if different from the assignment's limit.
            runner: The function that calls the test, if it can call it again (see `deferred`).
        """
        self.student, self.trail = student, trail
        self._roots, self._made, self._runner = tuple(roots), made, runner
        self._channel = Channel(student, test, cpu)
        self._deferred = Deferred(self._channel)
        self._places = Places(self._roots, {} if trail is None else trail.codes)
        self._callbacks = Callbacks()
        self._arrived = 0
        self._depth = 0
        self._called = 0.0
        self._classes = ExceptionClasses()
        self._known: Names | None = None
        self._ahead: dict[Reference, _Fetched] = {}
        self.classes: dict[Reference, Any] = {}
        """The single handle of each class that has occurred in the test."""

    # --- operations for handles ---

    def do(
        self,
        operation: str,
        reference: Reference,
        *arguments: Any,
        name: str = "",
        raw: bool = False,
    ) -> Any:
        """Execute an operation on an object, and return the value, checked against the trail.

        Args:
            operation: One of `grader.sandbox.guest.operations`.
            reference: The object.
            *arguments: The arguments of the operation, as nodes of `values`.
            name: The function or attribute, for messages and for the place.
            raw: Skip the trail, because the caller checks the value itself.
        """
        if raw or self.trail is None:
            return self._result(self._ask(operation, reference, arguments, name), name)
        place = self._places.of(sys._getframe(1), operation, name)
        visit = self.trail.visit(place)
        if operation == "operate" and self._may_wait(place, visit, arguments[1:]):
            return self._later(operation, reference, arguments, place, visit, name)
        value = self._result(self._ask(operation, reference, arguments, name), name)
        self.check(place, visit, value, name)
        return value

    def call(
        self,
        reference: Reference,
        args: tuple[Any, ...],
        named: Mapping[str, Any],
        how: dict[str, Any],
        name: str,
    ) -> Any:
        """Call an object; update arguments in this process if the reference changed them too."""
        nodes = (
            [_LIST, *map(self.pack, args)],
            self.pack(dict(named)) if named else [_DICT],
        )
        how = dict(how)
        place, visit, kinds = None, 0, None
        if self.trail is not None:
            place = self._places.of(sys._getframe(1), "call", name)
            visit = self.trail.visit(place)
            if not self.trail.recording:
                kinds = self.trail.expected(place, visit).changed
            how["changed"] = True if kinds is None else list(kinds)
        elif args or named:
            how["changed"] = True
        self._channel.refuse_overrun(reference)
        if place is not None and how == {"changed": []}:
            given = (*nodes[0][1:], *nodes[1][1:])
            if self._may_wait(place, visit, given):
                return self._later("call", reference, (*nodes, how), place, visit, name)
        reply = self._ask("call", reference, (*nodes, how), name)
        value = self._result(reply, name)
        changed = self._restore(reply[3], args, named, kinds)
        if place is not None:
            self.check(place, visit, value, name, changed)
        return value

    def check(
        self,
        place: Any,
        visit: int,
        value: Any,
        name: str,
        changed: Mapping[int | str, Tree] = {},
    ) -> None:
        """Record a value, or raise `KindError` if the reference's value was of another kind."""
        if self.trail is None:
            return
        if self.trail.recording:
            tree = tree_of(value) if self._arrived else None
            self.trail.record(place, Seen(word_of(value), tree, changed))
        elif self._arrived:
            seen = self.trail.expected(place, visit)
            if not fits(value, seen.tree):
                raise KindError(misfit(name, value, seen))

    def reached(self, operation: str, name: str = "") -> None:
        """Raise `UndecidableError` unless the reference executed this operation here too."""
        if self.trail is None or self.trail.recording:
            return
        if self._places.of(sys._getframe(1), operation, name) not in self.trail.seen:
            raise UndecidableError(f"an object is used where {name or 'a value'} is expected")

    def undecidable(self, what: str) -> UndecidableError:
        """Return the exception for an operation whose result the student's class would decide."""
        line = self._places.line(sys._getframe(2))
        return UndecidableError("an object is used where a value is expected", f"{line}: {what}")

    def following(self, reference: Reference, ahead: bool) -> tuple[Any] | None:
        """Return the next element of an iterator, or None at its end.

        Elements are fetched one by one, because an iterator may have side effects; ``ahead``
        fetches chunks. For a student, as many are fetched at once as the reference's run used here.
        """
        place, visit = self._places.of(sys._getframe(1), "next", ""), 0
        count = CHUNK if ahead else 1
        if self.trail is not None:
            visit = self.trail.visit(place)
            if not self.trail.recording:
                count = max(count, self.trail.used(place, visit))
        fetched = self._ahead.setdefault(reference, _Fetched(deque(), False))
        if not fetched.elements and not fetched.ended:
            reply = self._ask("next", reference, (min(count, MAX_CHUNK),), "next")
            match self._value(reply[2]):
                case (bool(ended), list(found)) if len(found) <= count and (found or ended):
                    fetched.elements.extend(found)
                    fetched.ended = ended
                case _:
                    raise self._channel.violated()
        if not fetched.elements:
            if self.trail is not None and self.trail.recording:
                self.trail.record(place, END)
            return None
        element = fetched.elements.popleft()
        self._arrived = 1
        self.check(place, visit, element, "")
        return (element,)

    def is_method(self, reference: Reference, name: str, flags: int) -> bool:
        """Return whether the attribute is a function or class in the program's source.

        If so, looking it up and calling it are one request.
        """
        names = self.names()
        own = names.methods if flags & OWN else frozenset()
        known = name in (names.functions if reference == (0,) else own)
        if not known or self.trail is None:
            return known
        place = self._places.of(sys._getframe(1), "get", name)
        visit = self.trail.visit(place)
        if self.trail.recording:
            self.trail.record(place, Seen("a function", "function"))
            return True
        seen = self.trail.expected(place, visit)
        if seen is not NOTHING and seen.tree not in ACCEPTED["function"]:
            raise KindError(misfit(name, None, seen))
        return True

    def names(self) -> Names:
        """Return the names that the program's source defines."""
        if self._known is None:
            self._known = names_of(self.student.program)
        return self._known

    # --- values out ---

    def pack(self, value: Any) -> Any:
        """Return the node of an argument."""
        kind = type(value)
        if kind is float or value is None:
            return value
        if stands_for_an_object(kind):
            return self._referred(value)
        if "pandas" in sys.modules:
            self._with_frames()
        return Packer(self._outgoing, _LIMIT_NODES, _LIMIT_BYTES).pack(value)

    def _outgoing(self, value: Any) -> Any:
        held = getattr(type(value), "handle", None) if isinstance(value, BaseException) else None
        held = value.handle if isinstance(value, type) and hasattr(value, "handle") else held
        found = value if held is None else held
        if stands_for_an_object(type(found)):
            return self._referred(found)
        if isinstance(value, type):
            return _class_node(value)
        if isinstance(value, (types.ModuleType, BaseException)) or not callable(value):
            kind = type(value).__name__
            raise TypeError(f"a {kind} cannot be sent to a submission; send values or functions")
        self.settle()
        return [int(Tag.FUNCTION), self._callbacks.passed(next(self._channel.numbers), value)]

    def _referred(self, found: HasReference) -> Any:
        peer = found._grader_peer
        if peer is not self:
            whose = "another test" if peer.student is self.student else "another program"
            raise TypeError(f"a handle of {whose} cannot be used here")
        self._callbacks.referred(found._grader_reference[0])
        return [REFERENCE, *found._grader_reference]

    # --- deferred requests: see `deferred` ---

    def _may_wait(self, place: Any, visit: int, given: Sequence[Any]) -> bool:
        """Return whether a request can be deferred, because its answer was an object before."""
        trail, runner = self.trail, self._runner
        return (
            runner is not None
            and trail is not None
            and not trail.recording
            and trail.expected(place, visit).tree == "object"
            and not self._callbacks.has_any()
            and are_fixed(given)
            and is_calm(sys._getframe(2), self._roots, runner)
        )

    def _later(
        self,
        operation: str,
        reference: Reference,
        arguments: Sequence[Any],
        place: Place,
        visit: int,
        name: str,
    ) -> Any:
        """Defer a request, and return a handle for its result."""
        request = self._channel.request(operation, reference, arguments)
        number = request[1]
        handle = self._made(self, (-number,), 0)
        accept = partial(self._accept, number, handle, place, visit, name)
        self._deferred.add(Waiting(request, accept))
        return handle

    def settle(self) -> None:
        """Send the deferred requests; raise `StartOver` if an answer is not like the reference's."""
        self._deferred.settle()

    def starts_over(self) -> bool:
        """Return whether the finished test must run again in a new worker."""
        return self._deferred.starts_over()

    def _accept(
        self, number: int, handle: Any, place: Place, visit: int, name: str, reply: Any
    ) -> None:
        """Connect the handle of a deferred request to the object that was returned."""
        match reply:
            case ["done", int(got), [*_] as node, None] if got == number:
                self._arrived = 0
                value = self._value(node)
                self.check(place, visit, value, name)
                if stands_for_an_object(type(value)):
                    for slot in ("__class__", "_grader_reference", "_grader_flags"):
                        object.__setattr__(handle, slot, getattr(value, slot))
                    return
        raise KindError("no object came")

    # --- requests ---

    def _ask(
        self, operation: str, reference: Reference, arguments: Sequence[Any], name: str
    ) -> list[Any]:
        self._deferred.settle()
        request = self._channel.request(operation, reference, arguments)
        before = self._callbacks.begin(reference[0])
        try:
            return self._answered(request, name)
        finally:
            self._callbacks.end(before)

    def _answered(self, request: list[Any], name: str) -> list[Any]:
        """Send a request, and answer the program's calls of the test's functions."""
        left, number, message = self._channel.seconds, request[1], request
        self._arrived = 0
        self._channel.ready()
        while True:
            reply = self._channel.send(message, left, request)
            match reply:
                case ["done", int(got), _, _] if got == number:
                    return cast(list[Any], reply)
                case ["raised", int(got), [*_], [*_], int(), int(), str(), str(), _] if (
                    got == number
                ):
                    raise self._raised(reply, name)
                case ["refused", int(got), str(reason)] if got == number:
                    told = REASONS.get(reason, "cannot be read")
                    raise RefusedError(f"what {name or 'an operation'} gives {told}")
                case ["asks", int(got), int(key), [*args], dict(named)] if got == number:
                    left -= self.student.cpu
                    if left <= 0 or self._called > MAX_CALLED:
                        raise self._channel.endless(request)
                    message = self._asked(key, args, named, name)
                case _:
                    raise self._channel.violated()

    def _asked(self, key: int, args: list[Any], named: dict[Any, Any], name: str) -> list[Any]:
        """Call a function of the test for the program, and return the reply to send."""
        try:
            function = self._callbacks.callable_now(key)
        except KeyError:
            raise self._channel.violated() from None
        if self._depth >= MAX_NESTED:
            raise self._channel.violated()
        if function is None:
            return ["raise", "RuntimeError", KEPT_TOO_LONG]
        place = visit = None
        if self.trail is not None:
            place = self._places.of(sys._getframe(1), "asks", name)
            visit = self.trail.visit(place)
        given = [self._value(node) for node in args]
        words = {str(word): self._value(node) for word, node in named.items()}
        if place is not None and visit is not None:
            self.check(place, visit, [given, words], name)
        self._depth += 1
        started = time.thread_time()
        try:
            return ["return", self.pack(function(*given, **words))]
        except BaseException as error:
            if isinstance(error, Exception) and not _is_verdict(error):
                kind = next(k for k in type(error).__mro__ if getattr(builtins, k.__name__, 0) is k)
                return ["raise", kind.__name__, str(error)[:4000]]
            self._channel.interrupt()
            raise
        finally:
            self._depth -= 1
            if not self._depth:
                self._called += time.thread_time() - started
                self.student.spend(time.thread_time() - started)

    # --- values in ---

    def _result(self, reply: list[Any], name: str) -> Any:
        return self._value(reply[2])

    def _value(self, node: Any) -> Any:
        started = time.thread_time()
        try:
            return values.unpack(node, self._incoming)
        except wire.WireError as error:
            stopped = self._channel.violated()
            stopped.detail = str(error)
            raise stopped from None
        finally:
            self.student.spend(time.thread_time() - started)

    def _with_frames(self) -> bool:
        """Return whether the assignment allows pandas, whose module is then loaded on demand."""
        allowed = "pandas" in self.student.program.imports
        if allowed:
            importlib.import_module("grader.sandbox.guest.frames")
        return allowed

    def _incoming(self, node: list[Any]) -> Any:
        if node[0] in values.TABLES and self._with_frames():
            return values.unpack(node, self._incoming)
        match node:
            case [tag, int(key), str(name), [*bases], int(flags)] if (
                tag == _HANDLE
                and 0 <= key < 1 << 31
                and (not bases or all(type(base) is str for base in bases))
            ):
                self._arrived += 1
                self._callbacks.arrived(key)
                names = self.names()
                own = OWN if name in names.classes or names.classes & set(bases) else 0
                handle = self._made(self, (key,), flags & (OWN - 1) | own)
                if flags & EXCEPTION:
                    return self._exception_class(name, bases, handle)
                return handle
        raise wire.WireError("an unknown node")

    def _exception_class(self, name: str, bases: list[str], handle: Any) -> Any:
        own = [each for each in (name, *bases) if not _is_exception(each)]
        kinds = [each for each in bases if _is_exception(each)] + ["BaseException"]
        if _is_exception(name):
            return getattr(builtins, name)
        found = self._classes.of(own, kinds)
        found.handle = handle
        return found

    def _raised(self, reply: list[Any], name: str) -> StudentRaisedError:
        _, _, kinds, own, cell, line, trace, text, thrown = reply
        if not all(type(each) is str for each in (*kinds, *own)):
            raise self._channel.violated()
        if kinds == ["undefined"]:
            missing = from_worker(name or text, 100)
            return UndefinedError(missing, self.student.why_undefined(missing))
        error = self.student.raised(name or "an operation", kinds, cell, line, trace)
        kind = self._classes.of(own, [each for each in kinds if each])
        raised = kind(from_worker(text), str(error), error.kinds, error.detail)
        if thrown is not None:
            raised.thrown = self._value(thrown)
            if not stands_for_an_object(type(raised.thrown)):
                raise self._channel.violated()
        return raised

    def _restore(
        self,
        changed: Any,
        args: tuple[Any, ...],
        named: Mapping[str, Any],
        kinds: Mapping[int | str, Tree] | None,
    ) -> dict[int | str, Tree]:
        """Apply changes of arguments from the worker in this process, if they were requested.

        Args:
            changed: The worker's list of [place, node].
            args: The arguments.
            named: The keyword arguments.
            kinds: The arguments that the reference changed, with the kinds in them; None for all.

        Returns:
            The kinds of the objects in the arguments that were changed.
        """
        if changed is None:
            return {}
        found: dict[int | str, Tree] = {}
        for pair in changed if type(changed) is list else [None]:
            match pair:
                case [int(place) | str(place), node] if kinds is None or place in kinds:
                    given = named if type(place) is str else args
                    new = self._value(node)
                    if kinds is not None and not fits(new, kinds[place]):
                        raise KindError(
                            "an argument that you change holds an object of another kind"
                        )
                    with suppress(LookupError):
                        restore(given[place], new)  # type: ignore[index]  # by its kind, one of the two
                        found[place] = tree_of(new)
                case _:
                    raise self._channel.violated()
        return found


def _class_node(kind: type) -> Any:
    if getattr(builtins, kind.__name__, None) is kind:
        return [int(Tag.CLASS), kind.__name__]
    if getattr(np, kind.__name__, None) is kind:
        return [int(Tag.CLASS), kind.__name__, "np"]
    raise TypeError(f"the class {kind.__name__} cannot be sent to a submission")


def _is_verdict(error: Exception) -> bool:
    """Return whether an exception is a failed assertion of the test, which must not be lost."""
    return isinstance(error, AssertionError) and not isinstance(error, StudentError)


def _is_exception(name: str) -> bool:
    kind = getattr(builtins, name, None)
    return isinstance(kind, type) and issubclass(kind, BaseException)
