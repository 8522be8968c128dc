"""Public tests: what a student can check without the answers, run on the student's own functions.

An exercise's ``test_public.py`` says what to check. A test is a function of the student; its
docstring is the line that is shown, and what it asserts is said in words for students::

    EXERCISE = "two_layer_network"

    def test_relu(student):
        '''relu keeps what is positive and makes the rest 0.'''
        expect("relu([-0.5, 2])", student.relu(np.array([-0.5, 2.0])), [0, 2])

    GRADIENTS = [Gradient("backward", at=batch, loss=mean_loss, backward=gradients, wrt=("W1",))]

Each `Gradient` becomes a table, in the manner of makemore's ``cmp``: every array beside the numeric
gradient of the student's own forward. The docstring of ``at`` says what is drawn.

``checks(namespace, module)`` is what there is to run; nothing of it needs an answer, a sandbox or
another process, and nothing raises: a `Result` says what became of it.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import signal
import threading
import time
import traceback
import types
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from typing import Any, Final, Literal

import numpy as np

from grader.compare import REASONS, TOLERANCE
from grader.gradients import Agreement, Gradient, Point, by_coordinate

SEED: Final = 1
"""Public inputs are the same each time: what was wrong can be looked at again."""
LIMIT: Final = 10.0
"""Seconds for one check, and for what runs on import."""
COARSE: Final = 300.0
"""How much longer the numeric step is where a forward computes in single precision."""
COARSE_TOLERANCE: Final = 1e-2
MOST_FRAMES: Final = 6
MOST_PRINTED: Final = 10
MOST_SHOWN: Final = 6
"""Arrays with more entries are not written out."""

Verdict = Literal["passed", "failed", "unwritten"]
Namespace = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One array of a gradient's table."""

    name: str
    shape: str
    difference: str
    words: str
    right: bool


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one check. ``unwritten`` names the function that is not written yet."""

    title: str
    verdict: Verdict
    message: str = ""
    rows: tuple[Row, ...] = ()
    unwritten: str = ""
    printed: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """Something to run, and the line that says what it is."""

    title: str
    run: Callable[[], Result]
    gradient: bool = False


# --- what a test says ---------------------------------------------------------------------------


def expect(
    what: str, got: Any, want: Any, tolerance: float = TOLERANCE, integers: bool = False
) -> None:
    """Assert that ``got`` is ``want``, shape first; what is wrong is said of ``what``.

    ``tolerance`` is relative to the largest entry wanted.
    """
    wanted = np.asarray(want, np.float64)
    array = shaped(what, got, wanted.shape)
    assert not integers or not array.size or array.dtype.kind in "iu", f"{what}: not integers"
    array = array.astype(np.float64)
    scale = np.abs(wanted[np.isfinite(wanted)]).max(initial=0.0)
    right = np.isclose(array, wanted, rtol=0, atol=tolerance * scale, equal_nan=True)
    if right.all():
        return
    if array.size <= MOST_SHOWN:
        raise AssertionError(f"{what} is {_shown(array)}; it should be {_shown(wanted)}")
    worst = tuple(int(i) for i in np.argwhere(~right)[0])
    raise AssertionError(
        f"{what} is wrong at {list(worst)}: it is {_shown(array[worst])} there, and should be "
        f"{_shown(wanted[worst])} ({int((~right).sum())} of {right.size} entries are wrong)"
    )


def shaped(what: str, got: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Assert that ``got`` is an array of numbers of that shape, and return it."""
    array = _read(what, got)
    transposed = ": transposed?" if array.ndim == 2 and array.shape == shape[::-1] else ""
    assert array.shape == shape, f"{what} has shape {array.shape}; it should be {shape}{transposed}"
    return array


def finite(what: str, got: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Assert that ``got`` is of that shape, without NaN or infinity, and return it."""
    array = shaped(what, got, shape).astype(np.float64)
    assert np.isfinite(array).all(), f"{what} holds NaN or infinity: {_shown(array)}"
    return array


def pair(what: str, got: Any, of: str) -> tuple[Any, Any]:
    """Assert that ``got`` is a tuple of two things, and return them."""
    assert got is not None, f"{what} {REASONS['none']}"
    two = isinstance(got, (tuple, list)) and len(got) == 2
    assert two, f"{what} should be a pair: {of}"
    return got[0], got[1]


def entries(what: str, got: Any, keys: Sequence[str]) -> dict[str, Any]:
    """Assert that ``got`` is a dict with these keys, and return it with no others."""
    assert got is not None, f"{what} {REASONS['none']}"
    assert isinstance(got, Mapping), f"{what} {REASONS['not-dict']}"
    missing = [key for key in keys if key not in got]
    assert not missing, f"{what} has no key {', '.join(map(repr, missing))}"
    return {key: got[key] for key in keys}


def _read(what: str, got: Any) -> np.ndarray:
    assert got is not None, f"{what} {REASONS['none']}"
    masked = isinstance(got, np.ma.MaskedArray) and np.ma.getmaskarray(got).any()
    assert not masked, f"{what} {REASONS['masked']}"
    try:
        array = np.asarray(got)
    except (TypeError, ValueError):
        raise AssertionError(f"{what} {REASONS['unreadable']}") from None
    assert array.dtype.kind != "c", f"{what} {REASONS['complex']}"
    assert array.dtype.kind in "biuf", f"{what} {REASONS['object']}"
    return array


def _shown(array: Any) -> str:
    if np.ndim(array) == 0:
        return f"{float(array):.6g}"
    shown = np.array2string(
        np.asarray(array), separator=", ", threshold=20, max_line_width=10_000,
        formatter={"float_kind": lambda number: f"{number:.6g}"},
    )  # fmt: skip
    return " ".join(shown.split())


# --- the student --------------------------------------------------------------------------------


@dataclass
class Notes:
    """What is kept from one check to the next."""

    changed: dict[str, str] = field(default_factory=dict)
    """By function: the argument that it changed."""
    overran: dict[str, str] = field(default_factory=dict)
    called: bool = False


class Student:
    """A student's functions by name. Each is called with copies: a change of an argument is seen.

    What the student's own functions returned (a cache) is handed back as it is.
    """

    def __init__(self, namespace: Namespace, notes: Notes) -> None:
        self._namespace, self._notes = namespace, notes
        self._returned: dict[int, Any] = {}
        self._last = ""

    def __getattr__(self, name: str) -> Any:
        if name not in self._namespace:
            raise AssertionError(f"there is no {name} in what you wrote; the stub has one")
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
            result = function(*given, **named)
        except TypeError as error:
            if not _own(error, self._namespace):
                raise AssertionError(f"{name} cannot be called as in the stub: {error}") from None
            raise
        self._notes.called = True
        for position, (before, after) in enumerate(zip(args, given, strict=True)):
            if after is not before and not _same(before, after):
                self._notes.changed.setdefault(name, _parameter(function, position))
        for part in (result, *(result if isinstance(result, (tuple, list)) else ())):
            self._returned[id(part)] = part
        return result

    def _copied(self, value: Any) -> Any:
        if id(value) in self._returned:
            return value
        if isinstance(value, np.ndarray):
            return value.copy()
        if type(value) is dict:
            return {key: self._copied(item) for key, item in value.items()}
        if type(value) in (list, tuple):
            return type(value)(self._copied(item) for item in value)
        return value


def _same(before: Any, after: Any) -> bool:
    """Whether an argument is what it was; a dict may have got keys (a cache's are nobody's)."""
    if isinstance(before, np.ndarray):
        return np.shape(after) == before.shape and np.array_equal(before, after, equal_nan=True)
    if isinstance(before, dict):
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


def checks(namespace: Namespace, public: types.ModuleType) -> list[Check]:
    """What the public tests of an exercise have to run on a student's names, in order."""
    notes = Notes()
    found = [
        Check(_title(test), partial(_run, namespace, notes, _title(test), test))
        for name, test in vars(public).items()
        if name.startswith("test_") and inspect.isfunction(test)
    ]
    for gradient in getattr(public, "GRADIENTS", ()):
        title = f"{gradient.function}: {_title(gradient.at)}"
        table = partial(_run, namespace, notes, title, partial(_table, gradient))
        found.append(Check(title, table, gradient=True))
    title = "No function changes what it is given"
    found.append(Check(title, partial(_unchanged, notes, title)))
    return found


def _title(function: Callable[..., Any]) -> str:
    return " ".join((inspect.getdoc(function) or function.__name__).split()).rstrip(".")


def _run(
    namespace: Namespace,
    notes: Notes,
    title: str,
    test: Callable[[Student], Sequence[Row] | None],
) -> Result:
    """Run one test, whatever it does."""
    student = Student(namespace, notes)
    with captured() as printed:
        try:
            with time_limit(LIMIT):
                rows = tuple(test(student) or ())
            passed = all(row.right for row in rows)
            result = Result(title, "passed" if passed else "failed", rows=rows)
        except OverranError as error:
            result = Result(title, "failed", _overran(error, student, namespace))
        except (Exception, SystemExit) as error:
            result = _raised(title, error, namespace)
    return replace(result, printed=first_lines(printed.getvalue()))


def _unchanged(notes: Notes, title: str) -> Result:
    if notes.changed:
        told = [f"{name} changes its argument {what}" for name, what in notes.changed.items()]
        message = "\n".join([*told, "Somebody else may still need it: work on a copy."])
        return Result(title, "failed", message)
    return Result(title, "passed" if notes.called else "unwritten")


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
    """What to say when it is our line that stumbled over what the student's code returned."""
    if isinstance(error, KeyError):
        return f"a dict that your code returned has no key {error}"
    if isinstance(error, ModuleNotFoundError):
        return f"{error}: this exercise needs it, so install it first"
    said = f"{type(error).__name__}: {error}"
    return f"your code returned something else than its docstring says ({said})"


def _own(error: BaseException, namespace: Namespace) -> list[tuple[types.FrameType, int]]:
    """The frames of a traceback that are the student's."""
    walked = traceback.walk_tb(error.__traceback__)
    return [(frame, line) for frame, line in walked if frame.f_globals is namespace]


def trace(error: BaseException, namespace: Namespace) -> str:
    """A traceback as Python prints it, cleaned to the student's frames, the last of them."""
    own = _own(error, namespace)[-MOST_FRAMES:]
    frames = traceback.StackSummary.extract(iter(own))
    try:
        said = "".join(traceback.format_exception_only(type(error), error))
    except Exception:  # an exception of the student's own whose text cannot be had
        said = type(error).__name__
    return ("".join(frames.format()) + said).rstrip()


@contextlib.contextmanager
def captured() -> Iterator[io.StringIO]:
    """Keep what is printed; warnings fail nobody and are left out."""
    printed = io.StringIO()
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(printed),
    ):
        warnings.simplefilter("ignore")
        yield printed


def first_lines(text: str) -> str:
    lines = text.rstrip().splitlines()
    more = len(lines) - MOST_PRINTED
    return "\n".join(lines[:MOST_PRINTED] + ([f"... and {more:,} more lines"] if more > 0 else []))


# --- time ---------------------------------------------------------------------------------------


class OverranError(Exception):
    """Something ran over its time; raised from the interrupt that shows where it was."""


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Interrupt what runs inside after a time, by Ctrl-C's own way: it works on every system.

    Raises `OverranError` with the traceback of what was interrupted. Only the main thread can be
    interrupted; in another one there is no limit.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    fired = threading.Event()
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(seconds, _interrupt, (fired,))
    timer.daemon = True
    timer.start()
    try:
        yield
        timer.cancel()
        if fired.is_set():
            time.sleep(1.0)  # the interrupt is on its way: it comes here
    except KeyboardInterrupt as error:
        if not fired.is_set():
            raise
        raise OverranError(seconds).with_traceback(error.__traceback__) from None
    finally:
        timer.cancel()
        signal.signal(signal.SIGINT, before)


def _interrupt(fired: threading.Event) -> None:
    import _thread

    fired.set()
    _thread.interrupt_main()


def _overran(error: OverranError, student: Student, namespace: Namespace) -> str:
    name = student._last
    told = f"{name} was still running after {LIMIT:g} s"
    student._notes.overran[name] = told
    where = "".join(traceback.StackSummary.extract(iter(_own(error, namespace)[-2:])).format())
    return f"{told}. Is there a loop that never ends? It was here:\n{where}".rstrip()


# --- gradients ----------------------------------------------------------------------------------


def _table(gradient: Gradient, student: Student) -> list[Row]:
    """Each array that the gradient is taken with respect to, beside the numeric one."""
    at = gradient.at(np.random.default_rng(SEED))
    given = gradient.backward(student, at)
    assert given is not None, f"what {gradient.function} returns {REASONS['none']}"
    assert isinstance(given, Mapping), f"what {gradient.function} returns {REASONS['not-dict']}"
    return [_row(gradient, student, at, name, given) for name in gradient.wrt]


def _row(
    gradient: Gradient, student: Student, at: Point, name: str, given: Mapping[str, Any]
) -> Row:
    if name not in given:
        return Row(name, "-", "-", "MISSING from what you return", False)
    try:
        array = _read("it", given[name]).astype(np.float64)
    except AssertionError as error:
        return Row(name, "-", "-", f"WRONG: {error}", False)
    wanted = np.shape(at[name])
    if array.shape != wanted:
        turned = ": transposed?" if array.ndim == 2 and array.shape == wanted[::-1] else ""
        return Row(name, str(array.shape), "-", f"WRONG SHAPE: {name} is {wanted}{turned}", False)
    found = _against(gradient, student, at, name, array)
    words, right = _words(found), found.agrees
    if not right and not found.constant and np.isfinite(found.largest):
        if _is_rough(gradient, student, at, name):
            found = _against(gradient, student, at, name, array, COARSE)
            right = found.largest <= COARSE_TOLERANCE
            words = f"{'right' if right else 'WRONG'} (roughly: your forward has few digits)"
        else:
            words += _fact(gradient, student, at, name, array)
    return Row(name, str(array.shape), f"{found.largest:.1e}", words, right)


def _words(found: Agreement) -> str:
    if found.constant:
        return "WRONG: your own loss does not change with it"
    if found.skipped and found.skipped == found.size:
        return "NOT JUDGED: each entry stands at a kink"
    word = "right" if found.agrees else "WRONG"
    skipped = f" ({found.skipped} of {found.size} entries skipped: at a kink)"
    return f"{word}{skipped if found.skipped else ''}"


def _against(
    gradient: Gradient,
    student: Student,
    at: Point,
    name: str,
    given: np.ndarray,
    unit: float = 1.0,
) -> Agreement:
    """Compare ``given`` with the numeric gradient, the array counted in units of ``unit``."""

    def loss(module: Any, moved: Point) -> float:
        return gradient.loss(module, {**moved, name: np.asarray(moved[name]) * unit})

    counted = {**at, name: np.asarray(at[name], np.float64) / unit}
    alone = replace(
        gradient, loss=loss, backward=lambda module, here: {name: given * unit}, wrt=(name,)
    )
    return by_coordinate(alone, student, counted)[0]


def _is_rough(gradient: Gradient, student: Student, at: Point, name: str) -> bool:
    """Whether the loss, on a short straight line, jumps as one of float64 cannot.

    The third difference over steps of 1e-5 is some 1e-15 of a smooth loss and 1e-8 in float32.
    """
    array = np.asarray(at[name], np.float64)
    line = np.random.default_rng(SEED).standard_normal(array.shape) * 1e-5
    losses = [float(gradient.loss(student, {**at, name: array + k * line})) for k in range(12)]
    return float(np.abs(np.diff(losses, 3)).max()) > 1e-10 * max(np.abs(losses).max(), 1e-3)


def _fact(gradient: Gradient, student: Student, at: Point, name: str, given: np.ndarray) -> str:
    """Say by which simple factor a wrong gradient is off, if there is one."""
    sizes = {size for array in at.values() for size in np.shape(array) if size > 1}
    facts = {-1.0: "right but for its sign", 0.5: "twice the right one", 2.0: "half the right one"}
    facts |= {1.0 / n: f"{n} times too large, and {n} is a size in the inputs" for n in sizes}
    facts |= {1.0 * n: f"{n} times too small, and {n} is a size in the inputs" for n in sizes}
    for factor, fact in islice(facts.items(), 12):
        if _against(gradient, student, at, name, given * factor).agrees:
            return f": {fact}"
    return ""
