"""Search for one change of the student's own code that makes a function right.

    repairs = Repairs(asked, reference, functions)
    repairs.find(view)          # the changes after which the function is right, or an empty list
    repairs.are_right(found, cases)

The operators are those of the mutants, applied to the student's syntax tree: they find what is too
much or exchanged there, however the code is written, and mutants of the reference find what is
missing. The changed code runs in a worker of its own. Here only its answers are compared with the
right ones, so a sentence made from a repair is true of this submission. The search is limited by
the number of changes.
"""

from __future__ import annotations

import ast
import itertools
import os
from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct

from grader.checks.answers import Asked
from grader.checks.arrays import Path
from grader.checks.case import Case
from grader.checks.diagnosis.diagnostics import wrong_paths
from grader.checks.diagnosis.edit_places import Edit, note_kept
from grader.checks.diagnosis.mutants import count_turns, made
from grader.checks.diagnosis.repair_operators import OPERATORS
from grader.checks.diagnosis.views import View
from grader.checks.reference import COUNTER, Module
from grader.sandbox.faults import StudentError
from grader.sandbox.student import Answer
from grader.text import from_worker

MOST: Final = 250
"""Number of changes to try for one submission."""
MOST_NODES: Final = 3000
"""Definitions with more nodes are not changed."""
MOST_TURNS: Final = 20_000
"""Turns of all loops in one request."""
MOST_ENDED: Final = 3
"""Number of workers that may end in one search."""
LONGEST: Final = 0.2
"""CPU seconds for one request."""
_REPLACE: Final = f"""
def _replace(name, source):
    def same(old, new):
        kind = type(_replace)
        if type(old) is type(new) is kind and len(old.__code__.co_freevars) == len(new.__code__.co_freevars):
            old.__code__ = new.__code__
            return True
        return False

    def turn():
        nonlocal left
        left -= 1
        if left < 0:
            raise RuntimeError("a loop does not end")

    left = {MOST_TURNS}
    space = vars(student)
    space[{COUNTER!r}] = turn
    old = space.get(name)
    exec(compile(source, "<changed>", "exec", dont_inherit=True), space)
    if same(old, space[name]):
        space[name] = old  # other names and tables of the file refer to it
"""
"""A function for the worker, which replaces a definition of the student's module."""


class _Definition(Struct, eq=False):
    """A function or class at the top level of the student's file, as a tree to change."""

    title: str
    node: ast.FunctionDef | ast.ClassDef

    @property
    def functions(self) -> list[ast.FunctionDef]:
        """Return the function itself, or the methods of the class."""
        if isinstance(self.node, ast.FunctionDef):
            return [self.node]
        return [each for each in self.node.body if isinstance(each, ast.FunctionDef)]


class Repair(Struct, frozen=True, eq=False):
    """One change of the student's code."""

    definition: _Definition
    edit: Edit

    @property
    def line(self) -> int:
        """Return the line of the first statement that it changes."""
        return _line(self.definition.node, self.edit)

    @property
    def condition(self) -> str:
        """Return what the change does, to follow "would be right if"."""
        clause = self.edit.clause
        for word, other in (("too early", "earlier"), ("too late", "later")):
            clause = clause.replace(word, other)
        return from_worker(f"{clause} (line {self.line} of {self.definition.title})", 300)

    @property
    def question(self) -> str:
        """Return a question that leads to the place."""
        return from_worker(self.edit.question, 300)


class Repairs:
    """The changes of one submission's code, tried in a worker of its own."""

    def __init__(self, asked: Asked, reference: Module, functions: Sequence[str]) -> None:
        """Prepare a search.

        Args:
            asked: The program.
            reference: The right answers.
            functions: The functions that students write; each is changed only for its own answers.
        """
        self._asked, self._reference, self._functions = asked, reference, functions
        self._definitions: dict[str, _Definition] | None = None
        self._fresh: Asked | None = None
        self._generation = -1
        self._changed: list[_Definition] = []
        """The definitions that are replaced in the worker."""
        self._left, self._ended = MOST, 0

    def end(self) -> None:
        """End the worker."""
        if self._fresh is not None:
            self._fresh.student.end()

    def find(self, view: View) -> list[Repair]:
        """Return the changes after which a function is right; or some of its arrays are.

        Several changes each make some arrays right; together they make all of them right.
        """
        try:
            return self._find(view)
        except (RecursionError, ValueError, TypeError, AttributeError, KeyError, IndexError):
            # the operators are made for our own solutions, and a student may write anything
            if os.environ.get("GRADER_DEBUG"):
                raise
            return []

    def _find(self, view: View) -> list[Repair]:
        case, paths = _first(view)
        partly: list[tuple[Repair, set[Path]]] = []
        for repair in self._repairs(view.function):
            left = self._wrong([repair], [case])
            if left is None:
                continue
            if not left[0] and self.are_right([repair], view.cases):
                return [repair]
            if left[0] and set(left[0]) < set(paths):
                partly.append((repair, set(paths) - set(left[0])))
        return self._together(view, paths, partly)

    def _together(
        self, view: View, paths: Sequence[Path], partly: Sequence[tuple[Repair, set[Path]]]
    ) -> list[Repair]:
        """Return changes that together make all arrays right, each of them some."""
        open_paths, found = set(paths), list[Repair]()
        for repair, fixed in sorted(partly, key=lambda each: -len(each[1])):
            if fixed & open_paths and len(found) < MOST_ENDED:
                found.append(repair)
                open_paths -= fixed
        is_whole = len(found) > 1 and not open_paths and self.are_right(found, view.cases)
        return found if is_whole else []

    def are_right(self, repairs: Sequence[Repair], cases: Sequence[Case]) -> bool:
        """Return whether the changed program gives the right answers to these inputs."""
        left = self._wrong(repairs, cases)
        return left is not None and not any(left)

    # --- the changes ---

    def _repairs(self, function: str) -> Iterator[Repair]:
        """Yield the changes of a function and of its helpers, likely mistakes first."""
        homes = list(self._homes(function))
        for operator in OPERATORS:
            for definition in homes:
                for home in definition.functions:
                    for edit in operator(home):
                        if not self._left or self._ended >= MOST_ENDED:
                            return
                        self._left -= 1
                        yield Repair(definition, edit)

    def _homes(self, function: str) -> Iterator[_Definition]:
        """Yield the definitions that a function uses, itself first."""
        known = self._known()
        queue = [function] if function in known else []
        for name in queue:
            yield known[name]
            used = set(_names(known[name].node)) & known.keys() - set(self._functions)
            queue += sorted(used - set(queue))

    def _known(self) -> dict[str, _Definition]:
        """Return the functions and classes of the file by name."""
        if self._definitions is None:
            self._definitions = {}
            for title, source in self._asked.student.program.cells:
                tree = _parsed(source)
                note_kept(tree)
                for node in tree.body:
                    if isinstance(node, ast.FunctionDef | ast.ClassDef):
                        self._definitions[node.name] = _Definition(title, node)
            self._definitions = {
                name: each
                for name, each in self._definitions.items()
                if sum(1 for _ in ast.walk(each.node)) <= MOST_NODES
            }
            for each in self._definitions.values():
                count_turns(each.node)
        return self._definitions

    # --- the worker ---

    def _wrong(self, repairs: Sequence[Repair], cases: Sequence[Case]) -> list[list[Path]] | None:
        """Return the wrong arrays for each input after the changes; None without all answers."""
        definitions = list({id(each.definition): each.definition for each in repairs}.values())
        try:
            with made([each.edit for each in repairs]):
                for each in definitions:
                    ast.fix_missing_locations(each.node)
                sources = [ast.unparse(each.node) for each in definitions]
            answers = self._answers(definitions, sources, cases)
        except (StudentError, SyntaxError):
            self._ended += 1
            return None
        if not answers or any(answer.error is not None for answer in answers):
            return None
        pairs = zip(cases, answers, strict=True)
        return [wrong_paths(self._reference, case, answer) for case, answer in pairs]

    def _answers(
        self, definitions: Sequence[_Definition], sources: Sequence[str], cases: Sequence[Case]
    ) -> list[Answer]:
        """Return the answers of the program in which some definitions are replaced."""
        fresh = self._worker()
        fresh.forget()
        for each in [each for each in self._changed if each not in definitions]:
            self._run(f"_replace({each.node.name!r}, {ast.unparse(each.node)!r})")
        self._changed = list(definitions)
        for each, source in zip(definitions, sources, strict=True):
            if not self._run(f"_replace({each.node.name!r}, {source!r})"):
                return []
        return fresh.answers(cases)

    def _worker(self) -> Asked:
        """Return the worker, prepared for changes."""
        if self._fresh is None:
            self._fresh = self._asked.fresh()
            student = self._fresh.student
            # what a changed program does is not the student's doing
            student.overran, student.strikes = {}, set()
        student = self._fresh.student
        student.load()
        if student.generation != self._generation:
            self._generation, self._changed = student.generation, []
            self._run(_REPLACE)
        return self._fresh

    def _run(self, text: str) -> bool:
        """Run statements in the worker; return whether they raised nothing."""
        if self._fresh is None:
            return False
        reply = self._fresh.student.exchange(["do", 0, 0, "exec", 0, text], LONGEST)
        return isinstance(reply, list) and reply[:1] == ["done"]


def _first(view: View) -> tuple[Case, list[Path]]:
    """Return the smallest failing input, with its wrong arrays."""
    for case, _, paths in view.failing():
        return case, paths
    return view.errors[0][0], []


def _parsed(source: str) -> ast.Module:
    """Return the syntax tree of a cell, which may be changed; an empty one if it is not Python."""
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module([], [])


def _names(node: ast.AST) -> Iterator[str]:
    """Yield the names of variables and of functions that code uses."""
    for each in ast.walk(node):
        if isinstance(each, ast.Name):
            yield each.id
        elif isinstance(each, ast.Attribute):
            yield each.attr


# --- the line of a change -----------------------------------------------------------------------


def _line(node: ast.stmt, edit: Edit) -> int:
    """Return the line of the first statement that an edit changes, moves or removes."""
    before = list(_statements(node, 0))
    with made([edit]):
        after = list(_statements(node, 0))
    same = {each[:3] for each in after}
    changed = [line for *key, line in before if tuple(key) not in same]
    order = (one[3] for one, other in itertools.zip_longest(before, after) if one != other and one)
    return next(itertools.chain(changed, order), node.lineno)


def _statements(node: ast.stmt, depth: int) -> Iterator[tuple[int, int, str, int]]:
    """Yield the id, depth, text and line of each statement, without the statements inside it."""
    inner = [each for each in ast.iter_child_nodes(node) if not isinstance(each, ast.stmt)]
    handlers = [each for each in inner if isinstance(each, ast.ExceptHandler)]
    yield id(node), depth, "".join(ast.dump(each) for each in inner), node.lineno
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            yield from _statements(child, depth + 1)
    for each in handlers:
        for child in each.body:
            yield from _statements(child, depth + 1)
