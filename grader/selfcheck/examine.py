"""Run and check a student's file in this process.

`examine` prints its lines as they are produced. `grader.selfcheck.runner` starts it in a separate
Python process, so that a submission that exits or hangs is reported. The same modules as in the
grader (`grader.sandbox.guest.program`, `imports`) decide what runs and what may be imported;
`refused` adds the rest.
"""

from __future__ import annotations

import contextlib
import importlib
import re
import sys
import threading
import traceback
import types
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from msgspec.structs import replace

from grader.ipython import python_of
from grader.notebook import Cell, NotebookError, read_source
from grader.sandbox.guest import stand_ins
from grader.sandbox.guest.imports import Gate
from grader.sandbox.guest.program import Running
from grader.sandbox.guest.watch import Place
from grader.selfcheck import source, wording
from grader.selfcheck.allowances import Allowances
from grader.selfcheck.checks import LIMIT, Namespace, Result, captured, checks, first_lines, where
from grader.selfcheck.public_tests import exercise_of, load_public
from grader.selfcheck.refused import allow_files, refusing
from grader.selfcheck.report import FAILED, OK, Report, headed, outcome
from grader.selfcheck.time_limit import OverranError, time_limit

CODES: Final = {70: OK, 71: FAILED}
"""Exit statuses of `examine` and their meaning; a student's ``exit(0)`` gives none of them."""
SUFFIX: Final = re.compile(r"[-_ ]*\(?\d*\)?", re.ASCII)
"""Matches what a browser or an LMS appends to a file's name."""

busy = threading.Event()
"""Set while a file is examined, so that a `check` call left in it does nothing."""


def examine(file: str, public: str) -> int:
    """Check a file in this process, print lines as they are produced, and return one of `CODES`."""
    busy.set()
    path, tests = Path(file), load_public(Path(public))
    name, version = exercise_of(Path(public)), str(getattr(tests, "PYTHON", ""))
    allowed = Allowances.of(tests)
    imports = list(allowed.imports)
    print(wording.heading(path.name, name, version), flush=True)
    _load_packages(imports)
    module = allowed.module(name)
    allow_files(path.resolve().parent, allowed.data, allowed.writes)
    helpers = allowed.helpers(path)
    namespace, results, readable = load(path, module, imports, version or wording.OLDEST, helpers)
    results = [*_misnamed(path, module), *_missing(path, allowed), *results]
    for result in results:
        print(f"{headed(result.title)}{outcome(result)}", flush=True)
    gradients = False
    said: dict[str, str] = {}
    for each in checks(namespace, tests) if readable else ():
        if each.gradient and not gradients:
            print("\nYour gradients, compared with the numeric gradients of your own functions\n")
            gradients = True
        print(headed(each.title), end="", flush=True)
        results.append(_once(each.run(), said))
        print(outcome(results[-1]), flush=True)
    report = Report(name, tuple(results), path.name)
    print(f"\n{report.summary}\n{report.advice}", flush=True)
    return next(code for code, status in CODES.items() if status == report.status)


def _load_packages(names: Sequence[str]) -> None:
    """Import the packages that an assignment allows, as the grader does before a submission runs.

    Large ones take longer than a check may. PyTorch loads a part with the first step of an
    optimiser, and its writes to files would be refused then.
    """
    for name in names:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    if "torch" in sys.modules:
        importlib.import_module("grader.sandbox.guest.torch_bridge").load_lazy_parts()


def _once(result: Result, said: dict[str, str]) -> Result:
    """Return a result that refers to an earlier one instead of repeating its text."""
    if result.verdict != "failed" or result.rows or not result.message:
        return result
    first = said.setdefault(result.message, result.title)
    same = first != result.title
    return replace(result, message=wording.RECORDED.format(first), printed="") if same else result


def _misnamed(file: Path, name: str) -> Iterator[Result]:
    stem = file.stem.casefold()
    if not (stem.startswith(name.casefold()) and SUFFIX.fullmatch(stem[len(name) :])):
        title = f"the file has the name of the exercise, {name}"
        yield Result(title, "failed", wording.misnamed(file.name, name))


def _missing(file: Path, allowed: Allowances) -> Iterator[Result]:
    for name in allowed.missing(file):
        yield Result(wording.SUBMITTED.format(name), "failed", wording.NOT_BESIDE.format(file.name))


# --- running the file ---------------------------------------------------------------------------


def load(
    file: Path,
    name: str,
    imports: Sequence[str] = (),
    version: str = wording.OLDEST,
    helpers: Sequence[tuple[str, str]] = (),
) -> tuple[Namespace, list[Result], bool]:
    """Run a file as the module ``name``.

    Args:
        file: A Python file or notebook.
        name: The name of the module.
        imports: Modules that may be imported besides NumPy and the standard library.
        version: The grader's version of Python.
        helpers: Name and text of other files that it can import.

    Returns:
        Its names; what failed, or will fail in the grader; and whether anything could run.
    """
    try:
        cells = read_source(file.name, file.read_bytes())
    except (NotebookError, OSError) as error:
        return {}, [Result(f"{file.name} can be read", "failed", str(error))], False
    gate = _OwnGate(imports)
    running = Running(name, cells, gate, helpers)
    with captured() as printed:
        running.run(_LoadingClock(gate))
    texts = [*cells, *(Cell(*helper) for helper in helpers)]
    results = list(_problems(running, texts))
    if results:
        results[0] = replace(results[0], printed=first_lines(printed.getvalue()))
    invalid = (
        len(cells) == 1 and bool(running.raised) and isinstance(running.raised[0], SyntaxError)
    )
    own = [*(Path(file).parts[0].removesuffix(".py") for file, _ in helpers), name]
    return running.names, [*results, *_refused_text(texts, imports, own, version)], not invalid


class _OwnGate(Gate):
    """The grader's import gate, closed only while the student's code runs."""

    def __init__(self, imports: Sequence[str]) -> None:
        super().__init__(imports, real=("grader",))
        self.shut = False
        for name in list(sys.modules):
            top = name.partition(".")[0]
            if top != "grader" and (
                top in stand_ins.NAMES or top not in self._allowed | {"__main__"}
            ):
                del sys.modules[name]
        sys.meta_path.insert(0, self)

    def find_spec(self, name: str, path: object = None, target: object = None) -> Any:
        """Decide like the grader's gate while the student's code runs."""
        return super().find_spec(name, path, target) if self.shut else None


class _LoadingClock:
    """Time limits from `time_limit`, which works on every system; it also records refusals."""

    def __init__(self, gate: _OwnGate) -> None:
        self._gate, self._overran = gate, 0

    def used_up(self) -> bool:
        """Return whether only definitions should run."""
        return self._overran > 1

    @contextlib.contextmanager
    def guard(self, place: Place) -> Iterator[None]:
        """Run the block with the grader's limits."""
        found: list[str] = []
        try:
            with time_limit(LIMIT), refusing() as found, self._shut():
                yield
        except OverranError:
            self._overran += 1
            raise
        except KeyboardInterrupt as error:
            error.is_fatal = True  # type: ignore[attr-defined]  # `Running` looks for it
            raise
        except BaseException as error:
            with contextlib.suppress(AttributeError):
                error.refused = found  # type: ignore[attr-defined]  # for `_problems`
            raise

    @contextlib.contextmanager
    def _shut(self) -> Iterator[None]:
        self._gate.shut = True
        try:
            yield
        finally:
            self._gate.shut = False


def _problems(running: Running, cells: Sequence[Cell]) -> Iterator[Result]:
    """Yield results for the statements that did not run."""
    one = len(cells) == 1 and cells[0].title.endswith(".py")
    for (_, cell, line, text), error in zip(running.problems, running.raised, strict=True):
        title = cells[cell].title if cell >= 0 else cells[0].title
        at = wording.place(title, _line_of(error, title) or line, one)
        refused = getattr(error, "refused", [])
        if isinstance(error, SyntaxError) and one:
            yield Result(wording.INVALID.format(title), "failed", text.rstrip())
        elif isinstance(error, OverranError):
            said = where(wording.overran(at, LIMIT), error, running.names)
            yield Result(wording.STOPPED.format(at), "failed", said)
        elif isinstance(error, ModuleNotFoundError):
            yield _refusal(at, wording.IMPORTS.format(error.name), text)
        elif refused and isinstance(error, (OSError, RuntimeError)):
            yield _refusal(at, refused[-1], text)
        else:
            yield Result(wording.STILL_RAN.format(at), "noted", text.rstrip())


def _line_of(error: BaseException, title: str) -> int:
    """Return the line of the statement that did not run, not of a function that it called."""
    walked = traceback.walk_tb(error.__traceback__)
    return next((line for frame, line in walked if frame.f_code.co_filename == title), 0)


def _refusal(at: str, what: str, text: str = "") -> Result:
    message = "\n".join(filter(None, [wording.REFUSED.format(what), text.rstrip()]))
    return Result(f"{at}: the grader can run this", "failed", message)


def _refused_text(
    cells: Sequence[Cell], imports: Sequence[str], own: Sequence[str], version: str
) -> Iterator[Result]:
    """Yield what the grader will refuse although it did not fail here.

    Args:
        cells: The cells that will be submitted.
        imports: Modules of the grader, besides NumPy and the standard library.
        own: Modules that will be submitted.
        version: The grader's version of Python.
    """
    one = len(cells) == 1 and cells[0].title.endswith(".py")
    for found in source.foreign(cells, [*imports, *own]):
        at = wording.place(found.title, found.line, one)
        what = wording.IMPORTS.format(found.module)
        if found.guarded:
            said = f"{at} {what}; the grader has {wording.allowed(list(imports))}"
            yield Result(f"{at} {what}", "noted", said)
        elif not found.runs:
            yield _refusal(at, f"{what}; it has {wording.allowed(list(imports))}")
    yield from _too_new(cells, version, one)


def _too_new(cells: Sequence[Cell], version: str, one: bool) -> Iterator[Result]:
    for cell in cells:
        if line := source.too_new(cell.source, version):
            yield _refusal(wording.place(cell.title, line, one), wording.NEWER.format(version))


def of_history(history: Any, tests: types.ModuleType) -> list[Result]:
    """Return what the grader will refuse in a notebook's history (IPython's ``In``)."""
    if not isinstance(history, list):
        return []
    texts = [(number, text) for number, text in enumerate(history) if isinstance(text, str)]
    cells = [Cell(f"In [{number}]", python_of(text)) for number, text in texts if text.strip()]
    imports, version = list(getattr(tests, "IMPORTS", ())), str(getattr(tests, "PYTHON", ""))
    found = [
        _refusal(f"{each.title}, line {each.line}", wording.IMPORTS.format(each.module))
        for each in source.foreign(cells, imports)
        if not each.guarded
    ]
    return [*found, *_too_new(cells, version or wording.OLDEST, one=False)]
