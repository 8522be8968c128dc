"""One exercise in memory: its reference, its mistakes and its hints."""

from __future__ import annotations

import ast
import importlib
import types
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.checks.boundary.worker_module import (
    TURNS,
    WorkerModule,
    Workshop,
    alone,
    needs_worker,
)
from grader.checks.case import Case
from grader.checks.joined_files import joined
from grader.checks.mistakes import Catalogue, module_of
from grader.checks.reference import Caches, Module
from grader.notebook import without_demos
from grader.sandbox.student import Student

if TYPE_CHECKING:
    from grader.checks.diagnosis.mutants import Mutant


@dataclass(repr=False)
class Exercise:
    """The solution of one exercise, in this process or in a worker, and its mistakes."""

    name: str
    source: str
    reference: Module
    catalogue: Catalogue
    demonstrations: Callable[..., Iterable[Case]] | None = None
    """The course's series of small inputs, if any: see `grader.checks.diagnosis.diagnostics`."""
    text: str = ""
    """The solution's source; messages use the names of variables that students can see in it."""

    @property
    def caches(self) -> Caches:
        """Return the cache keys of each function: see `grader.checks.reference.Caches`."""
        return self.reference.caches

    def edited(self, source: str, name: str = "edited") -> Module:
        """Return an edited solution that runs in the same place as the solution."""
        if isinstance(self.reference, WorkerModule):
            return self.reference.edited(source)
        return Module(module_of(source, name), self.caches)

    def mutated(self, first: Mutant, *others: Mutant) -> Module:
        """Return the solution with small edits and with a counter in its loops."""
        if isinstance(self.reference, WorkerModule):
            return self.reference.edited(TURNS + first.text(*others))
        return Module(first.module(*others), self.caches)


def load_exercise(
    course: Path,
    name: str,
    start: Callable[[], Student] | None = None,
    solution: Sequence[Path] = (),
) -> Exercise:
    """Read the solution, its mistakes and the cache keys of the contract.

    The solution is trusted, so it may run in this process. It runs in a worker, and so do edited
    ones, if it imports more than NumPy and the standard library, has several files, or if its
    checks use data. The same applies if there are only plain tests: neither cases.py nor
    mistakes.py.

    Args:
        course: The folder of the course.
        name: The name of the exercise.
        start: Returns the solution as a program; without it, a separate fork server is started.
        solution: The files of the solution, the main one first, if it is not solution.py.
    """
    folder = course / "reference" / name
    files = solution or (folder / "solution.py",)
    texts = {file.name: file.read_text(encoding="utf-8") for file in files}
    text, source = texts[files[0].name], joined(texts)
    hidden = course / "tests" / "hidden" / name
    plain = not (folder / "mistakes.py").exists() and not (hidden / "cases.py").exists()
    apart = plain or _uses_data(course, name, text) or files[0].name != "solution.py"
    cases = _cases(course, name)
    caches: Caches = getattr(cases, "CACHES", {})
    known: Any = types.SimpleNamespace(MISTAKES=(), HINTS={})
    if (folder / "mistakes.py").exists():
        known = module_of((folder / "mistakes.py").read_text(encoding="utf-8"), f"{name}.mistakes")
    if apart or needs_worker(source):
        workshop = Workshop(start or partial(alone, name, source))
        edition = workshop.edition(source) if len(texts) > 1 else ""
        reference: Module = WorkerModule(workshop, source, caches, edition)
    else:
        reference = Module(module_of(source, f"{name}.reference"), caches)
    catalogue = Catalogue(source, known.MISTAKES, known.HINTS, getattr(known, "LOOKALIKES", ()))
    return Exercise(
        name, source, reference, catalogue, getattr(cases, "demonstrations", None), text
    )


def _cases(course: Path, name: str) -> types.ModuleType:
    """Return the exercise's cases.py, or an empty module: the file is optional."""
    if not (course / "tests" / "hidden" / name / "cases.py").exists():
        return types.ModuleType("cases")
    return importlib.import_module(f"{name}.cases")


def _uses_data(course: Path, name: str, text: str) -> bool:
    """Return whether checks may need files in ``data/``, apart from those for demo cells."""
    files = [each for each in (course / "exercises" / name / "data").rglob("*") if each.is_file()]
    tests = (course / "tests" / "hidden" / name).rglob("*.py")
    # Without comments, because text cells may mention the file, too.
    code = ast.unparse(ast.parse(without_demos(text)))
    graded = "\n".join([code, *(each.read_text(encoding="utf-8") for each in tests)])
    return any(each.name not in text or each.name in graded for each in files)
