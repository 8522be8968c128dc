"""One exercise in memory: its reference, mistakes and hints."""

from __future__ import annotations

import importlib
import types
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from grader.checks.diagnosis import Catalogue
from grader.checks.mistakes import module_of
from grader.checks.reference import Caches, Module


@dataclass(repr=False)
class Exercise:
    """What a course has of one exercise in memory: all of it ours, none of it a student's."""

    name: str
    source: str
    reference: Module
    catalogue: Catalogue

    @property
    def caches(self) -> Caches:
        """See `grader.cases.Caches`."""
        return self.reference.caches


def load_exercise(course: Path, name: str) -> Exercise:
    """Read the solution, its mistakes and the contract's caches; ours, so it runs here.

    A solution that cannot (PyTorch's: this process never imports it) has a ``twin.py`` that does.
    """
    folder = course / "reference" / name
    source = (folder / "solution.py").read_text(encoding="utf-8")
    caches = _caches(course, name)
    known: Any = types.SimpleNamespace(MISTAKES=(), HINTS={})
    if (folder / "mistakes.py").exists():
        known = module_of((folder / "mistakes.py").read_text(encoding="utf-8"), f"{name}.mistakes")
    runs, mistakes, twin = source, known.MISTAKES, folder / "twin.py"
    if twin.exists():
        runs = twin.read_text(encoding="utf-8")
        mistakes = [replace(each, swap=each.twin, code="") for each in mistakes if each.twin]
    reference = Module(module_of(runs, f"{name}.reference"), caches)
    alike = getattr(known, "ALIKE", ())
    catalogue = Catalogue(runs, mistakes, known.HINTS, caches, alike)
    return Exercise(name, source, reference, catalogue)


def _caches(course: Path, name: str) -> Caches:
    """Return ``CACHES`` of the exercise's cases.py; both are optional."""
    if not (course / "tests" / "hidden" / name / "cases.py").exists():
        return {}
    cases = importlib.import_module(f"{name}.cases")
    caches: Caches = getattr(cases, "CACHES", {})
    return caches
