"""A student's file, run and checked in this process, which is the student's own.

`examine` prints its lines as they come. It runs in a Python of its own (`grader.selfcheck.main`),
so that a submission that ends it or never ends leaves somebody to tell.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import linecache
import sys
import threading
import types
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from grader.notebook import Cell, NotebookError, read_source
from grader.sandbox.guest.imports import future_flags
from grader.sandbox.guest.stand_ins import INERT
from grader.selfcheck.checks import (
    LIMIT,
    Namespace,
    Result,
    Verdict,
    captured,
    checks,
    first_lines,
    trace,
    where,
)
from grader.selfcheck.public_tests import exercise_of, load_public
from grader.selfcheck.report import FAILED, OK, Report, headed, outcome
from grader.selfcheck.time_limit import OverranError, time_limit

CODES: Final = {70: OK, 71: FAILED}
"""What `examine` returns, and what that means: a student's own ``exit(0)`` is neither."""
STAND_INS: Final = frozenset({"IPython", "grader", "matplotlib", "numpy"})
"""What a submission may import besides the standard library; all but NumPy do nothing there."""

busy = threading.Event()
"""Set where a file is examined: a `check` left in it does nothing."""


def examine(file: str, public: str) -> int:
    """Check a file in this process, print lines as they come, and return one of `CODES`."""
    busy.set()
    path, tests = Path(file), load_public(Path(public))
    name = exercise_of(Path(public))
    print(f"{path.name}, checked by the public tests of {name}\n", flush=True)
    for module in getattr(tests, "IMPORTS", ()):  # large ones may take longer than a check may
        with contextlib.suppress(ImportError):
            importlib.import_module(module)
    namespace, results = load(path, name)
    for line in _foreign(path, getattr(tests, "IMPORTS", ())):
        print(f"  {line}")
    for result in results:
        print(f"{headed(result.title)}{outcome(result)}", flush=True)
    broken = any(result.verdict == "failed" for result in results)
    gradients = False
    for each in () if broken else checks(namespace, tests):
        if each.gradient and not gradients:
            print("\nGradients, beside the numeric ones of your own functions\n")
            gradients = True
        print(headed(each.title), end="", flush=True)
        results.append(each.run())
        print(outcome(results[-1]), flush=True)
    report = Report(name, tuple(results), path.name)
    print(f"\n{report.summary}\n{report.advice}", flush=True)
    return next(code for code, status in CODES.items() if status == report.status)


def load(file: Path, name: str) -> tuple[Namespace, list[Result]]:
    """Run a file as the module ``name``: its names, and what went wrong.

    A cell of a notebook that raises does not keep the others from running, as in the grader, so it
    is only noted: what it leaves undefined fails in a check of its own.
    """
    module = sys.modules[name] = types.ModuleType(name)
    module.__dict__.update(__file__=str(file), display=INERT, get_ipython=INERT)
    try:
        cells = read_source(file.name, file.read_bytes())
    except (NotebookError, OSError) as error:
        return module.__dict__, [Result(f"{file.name} can be read", "failed", str(error))]
    verdict: Verdict = "failed" if file.suffix.lower() == ".py" else "noted"
    outcomes = [_run_cell(cell, module.__dict__, verdict) for cell in cells]
    return module.__dict__, [outcome for outcome in outcomes if outcome is not None]


def _run_cell(cell: Cell, namespace: dict[str, object], verdict: Verdict) -> Result | None:
    """Run a cell, and return what went wrong if anything did, as ``verdict``."""
    title = f"{cell.title} runs from top to bottom"
    lines = cell.source.splitlines(keepends=True)
    linecache.cache[cell.title] = (len(cell.source), None, lines, cell.title)
    with captured() as printed:
        try:
            flags = future_flags(namespace)
            code = compile(cell.source, cell.title, "exec", flags, dont_inherit=True)
            with time_limit(LIMIT):
                exec(code, namespace)  # noqa: S102  # the student's own code, at the student's wish
            return None
        except OverranError as error:
            message = where(f"still running after {LIMIT:g} s", error, namespace)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            message = trace(error, namespace)
    return Result(title, verdict, message, printed=first_lines(printed.getvalue()))


def _foreign(file: Path, allowed: Sequence[str]) -> Iterator[str]:
    """Lines about imports that the grader will not have."""
    known = sys.stdlib_module_names | STAND_INS | {*allowed}
    names: dict[str, None] = {}
    try:
        for cell in read_source(file.name, file.read_bytes()):
            for node in ast.walk(ast.parse(cell.source)):
                if isinstance(node, ast.Import):
                    names |= dict.fromkeys(alias.name for alias in node.names)
                elif isinstance(node, ast.ImportFrom):
                    names[node.module or "."] = None
    except (NotebookError, OSError, SyntaxError, ValueError):
        return
    for name in dict.fromkeys(name.partition(".")[0] for name in names):
        if name not in known:
            have = f"{', '.join([*allowed, 'NumPy'])} and the standard library"
            yield f"note: you import {name or '.'}; the grader will have {have}"
