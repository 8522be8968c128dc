"""Search for a change of the student's own code that makes a function right.

    repairs = Repairs(asked, reference, functions)
    repairs.find(view)          # the changes after which the function is right, or an empty list
    repairs.are_right(found, cases)

Mutants of the reference find what is missing in a program. This finds what is too much or exchanged
there, however the program is written: the same operators change the student's syntax tree. The
changed program runs in a worker of its own, and here its answers are compared with the right ones,
so a sentence about a repair is true of this submission.
"""

from __future__ import annotations

import ast
import itertools
import os
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from msgspec import Struct

from grader.checks.answers import Asked
from grader.checks.arrays import Path, arrays_of
from grader.checks.case import Case, Part
from grader.checks.diagnosis.diagnostics import wrong_paths
from grader.checks.diagnosis.edit_places import Edit, note_kept
from grader.checks.diagnosis.mutants import count_turns, made
from grader.checks.diagnosis.repair_operators import OPERATORS, Operator, note_attributes
from grader.checks.diagnosis.variants import WHICH, with_variants
from grader.checks.diagnosis.views import View
from grader.checks.reference import COUNTER, Module
from grader.sandbox.faults import StudentError
from grader.sandbox.student import Answer
from grader.text import from_worker

MOST: Final = 1500
"""Number of changes to try for one submission."""
MOST_OF_ONE: Final = (600, 300)
"""Number of changes to try for one function, and beside one change that is made already."""
AT_ONCE: Final = 125
"""Number of changes in one program."""
IN_TURN: Final = 40
"""Number of changes by one operator before the others have their turn."""
PER_REQUEST: Final = 25
ENOUGH: Final = 50
"""Number of wrong entries beyond which an input tells no more than another one."""
MOST_NODES: Final = 3000
"""Definitions with more nodes are not changed."""
MOST_TURNS: Final = 20_000
"""Turns of all loops in one call."""
MOST_ENDED: Final = 4
"""Number of workers that may end in the searches for one submission."""
MOST_FIRST: Final = 2
"""Number of changes that make some entries right, beside which another change is tried."""
LONGEST: Final = 0.3
"""CPU seconds for one request."""
_PREPARED: Final = f"""
space = vars(student)
left = {MOST_TURNS}
kept = {{}}

def turn():
    global left
    left -= 1
    if left < 0:
        raise RuntimeError("a loop does not end")

def put(name, source):
    global left
    left = {MOST_TURNS}
    space[{COUNTER!r}], space[{WHICH!r}] = turn, 0
    old = kept.pop(name, space.get(name))
    exec(compile(source, "<changed>", "exec", dont_inherit=True), space)
    new = space[name]
    if type(old) is type(new) is type(put) and not (old.__closure__ or new.__closure__):
        old.__code__ = new.__code__  # other names of the function, and tables, refer to it
        space[name] = old

def vary(name, first):
    target = kept[name] = kept.get(name, space[name])
    depth, space[{WHICH!r}] = 0, first - 1

    def varied(*args, **named):
        nonlocal depth
        global left
        if not depth:
            space[{WHICH!r}] += 1
            left = {MOST_TURNS}
        depth += 1
        try:
            return target(*args, **named)
        finally:
            depth -= 1

    space[name] = varied
"""
"""Functions for the worker: ``put`` replaces a definition of the student's module.

``vary`` lets each call of a function select the next change.
"""


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
        self._base: Sequence[Repair] = ()
        self.tried: tuple[Case | None, list[tuple[Repair, Answer]]] = None, []
        """The input of the last search, and the answers of all programs that were not right."""
        self.wrong: list[Path] = []
        """The arrays that are wrong on this input in the student's program."""
        self._depth = 0

    def end(self) -> None:
        """End the worker."""
        if self._fresh is not None:
            self._fresh.student.end()

    def find(self, view: View, base: Sequence[Repair] = ()) -> list[Repair]:
        """Return the changes after which a function is right.

        Several changes each make some arrays right; together they make all of them right.

        Args:
            view: The answers of the function.
            base: Changes of earlier functions, which are made as well.
        """
        self._base = base
        try:
            with made([each.edit for each in base]):
                return self._find(view)
        except (RecursionError, ValueError, TypeError, AttributeError, KeyError, IndexError):
            # the operators are made for our own solutions, and a student may write anything
            if os.environ.get("GRADER_DEBUG"):
                raise
            return []
        finally:
            self._base = ()

    def _find(self, view: View) -> list[Repair]:
        case, paths = _telling(view)
        before = self._right_entries(case, view.answers[view.cases.index(case)])
        tried: list[tuple[Repair, Answer]] = []
        gains: list[tuple[int, Repair]] = []
        rest = itertools.islice(self._repairs(view.function), MOST_OF_ONE[self._depth])
        while some := list(itertools.islice(rest, AT_ONCE)):
            for repair, answer in zip(some, self._each(view.function, some, case), strict=False):
                if answer.error is not None:
                    continue
                if not wrong_paths(self._reference, case, answer) and self.are_right(
                    [repair], view.cases
                ):
                    return [repair]
                tried.append((repair, answer))
                gain = _gain(before, self._right_entries(case, answer))
                if gain > 0:
                    gains.append((gain, repair))
        found = self._beside(view, gains)
        self.tried, self.wrong = (case, tried), paths
        return found

    def _beside(self, view: View, gains: Sequence[tuple[int, Repair]]) -> list[Repair]:
        """Return a change that makes some entries right, with another one for the rest."""
        if self._depth:
            return []
        self._depth += 1
        base = self._base
        try:
            for _, repair in sorted(gains, key=lambda each: -each[0])[:MOST_FIRST]:
                self._base = [*base, repair]
                with made([repair.edit]):
                    found = self._find(view)
                if found:
                    return [repair, *found]
        finally:
            self._depth -= 1
            self._base = base
        return []

    def _right_entries(self, case: Case, answer: Answer) -> np.ndarray:
        """Return for each entry of the right answer whether an answer agrees."""
        if answer.error is not None:
            return np.zeros(0, bool)
        _, right, scales = self._reference.expected(case)
        mine, found = arrays_of(answer.value), []
        for path, array in right.items():
            got = mine.get(path)
            if got is None or got.shape != array.shape or array.dtype.kind not in "fiub":
                found.append(np.zeros(array.size, bool))
            else:
                with np.errstate(invalid="ignore"):
                    near = np.abs(got - array) <= max(case.tolerance * scales[path], case.floor)
                found.append(np.ravel(near))
        return np.concatenate(found) if found else np.zeros(0, bool)

    def of_arrays(self, view: View, whole: View) -> Repair | None:
        """Return a change of the last search that makes some arrays right, and no other wrong.

        Args:
            view: The arrays to make right.
            whole: All arrays of the function.
        """
        case, tried = self.tried
        wanted = {path for each, _, paths in view.failing() if each is case for path in paths}
        right = [path for path in whole.order if path not in whole.paths or path in view.paths]
        if case is None or not wanted:
            return None
        for repair, answer in tried:
            wrong = set(wrong_paths(self._reference, case, answer))
            is_nearer = wrong.isdisjoint(wanted) and wrong <= set(self.wrong)
            if is_nearer and self.are_right([repair], whole.cases, right):
                return repair
        return None

    def answers(self, repairs: Sequence[Repair], cases: Sequence[Case]) -> list[Answer] | None:
        """Return the changed program's answers to these inputs; None if one is missing."""
        definitions = self._definitions_of(repairs)
        try:
            with made([each.edit for each in repairs]):
                sources = [ast.unparse(each.node) for each in definitions]
            if not self._put(definitions, sources):
                return None
            answers = self._worker().answers(cases)
        except StudentError:
            self._ended += 1
            return None
        return None if any(answer.error is not None for answer in answers) else answers

    def confirmed(self, repairs: Sequence[Repair], cases: Sequence[Case]) -> bool:
        """Return whether the changed program is right on hidden inputs, in a worker for these."""
        self.end()
        try:
            return self.are_right(repairs, cases)
        finally:
            self.end()

    def are_right(
        self, repairs: Sequence[Repair], cases: Sequence[Case], among: Sequence[Path] = ()
    ) -> bool:
        """Return whether the changed program answers these inputs rightly (in some arrays)."""
        answers = self.answers(repairs, cases)
        if answers is None:
            return False
        wrong = [
            path
            for case, answer in zip(cases, answers, strict=True)
            for path in wrong_paths(self._reference, case, answer)
        ]
        return not (set(wrong) & set(among) if among else wrong)

    # --- the changes ---

    def _repairs(self, function: str) -> Iterator[Repair]:
        """Yield the changes of a function and of its helpers, likely mistakes first.

        Each operator yields `IN_TURN` changes, then each yields its others.
        """
        homes = list(self._homes(function))
        queues = [self._made_by(operator, homes) for operator in OPERATORS]
        firsts = [itertools.islice(queue, IN_TURN) for queue in queues]
        for repair in itertools.chain.from_iterable([*firsts, *queues]):
            if not self._left:
                return
            self._left -= 1
            yield repair

    def _made_by(self, operator: Operator, homes: Sequence[_Definition]) -> Iterator[Repair]:
        for definition in homes:
            for home in definition.functions:
                for edit in operator(home):
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
                note_attributes(tree)
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

    def _each(self, function: str, repairs: Sequence[Repair], case: Case) -> list[Answer]:
        """Return the answer to one input after each of these changes, until the worker fails."""
        if self._ended >= MOST_ENDED:
            return []
        edits: dict[int, dict[int, Edit]] = {}
        for number, repair in enumerate(repairs, 1):
            edits.setdefault(id(repair.definition), {})[number] = repair.edit
        definitions = self._definitions_of(repairs)
        sources = [with_variants(each.node, edits.get(id(each), {})) for each in definitions]
        found: list[Answer] = []
        try:
            if self._put(definitions, sources):
                while len(found) < len(repairs):
                    count = min(PER_REQUEST, len(repairs) - len(found))
                    found += self._varied(function, case, len(found) + 1, count)
        except StudentError:
            self._ended += 1
        return found

    def _varied(self, function: str, case: Case, first: int, count: int) -> list[Answer]:
        """Return the answers after the changes with these numbers."""
        fresh = self._worker()
        fresh.forget()
        fresh.answers([argument.case for argument in case.args if isinstance(argument, Part)])
        student = fresh.student
        received = student.budget.received
        try:
            call = fresh.call_for(case, self._reference.want(case))
            if isinstance(self._known()[function].node, ast.FunctionDef):
                self._run(f"vary({function!r}, {first})")
                return student.call([call] * count, cpu=LONGEST, timed=True)
            answers = []
            for number in range(first, first + count):
                self._run(f"left, space[{WHICH!r}] = {MOST_TURNS}, {number}")
                answers += student.call([call], cpu=LONGEST, timed=True)
            return answers
        finally:
            student.budget.received = received  # they are not kept

    def _definitions_of(self, repairs: Sequence[Repair]) -> list[_Definition]:
        """Return the definitions that differ from the student's after some changes."""
        every = [each.definition for each in (*self._base, *repairs)]
        return list({id(each): each for each in every}.values())

    def _put(self, definitions: Sequence[_Definition], sources: Sequence[str]) -> bool:
        """Replace definitions in the worker, and restore the others."""
        self._worker().forget()
        others = [each for each in self._changed if each not in definitions]
        self._changed = list(definitions)
        texts = [*map(ast.unparse, [each.node for each in others]), *sources]
        return all(
            self._run(f"put({each.node.name!r}, {text!r})")
            for each, text in zip([*others, *definitions], texts, strict=True)
        )

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
            self._run(_PREPARED)
        return self._fresh

    def _run(self, text: str) -> bool:
        """Run statements in the worker; return whether they raised nothing."""
        if self._fresh is None:
            return False
        reply = self._fresh.student.exchange(["do", 0, 0, "exec", 0, text], LONGEST)
        return isinstance(reply, list) and reply[:1] == ["done"]


def after(function: str, repairs: Sequence[Repair]) -> str:
    """Return the sentence about a function that is right after some changes."""
    return f"{function} would be right if {', and if '.join(each.condition for each in repairs)}."


def _gain(before: np.ndarray, now: np.ndarray) -> int:
    """Return how many more entries are right; 0 if one is wrong that was right."""
    if before.shape != now.shape or (before & ~now).any():
        return 0
    return int(now.sum() - before.sum())


def _telling(view: View) -> tuple[Case, list[Path]]:
    """Return the smallest input on which most arrays are wrong, with these arrays.

    An array with many entries shows more about a change that makes only some of them right.
    """

    def telling(each: tuple[Case, list[Path]]) -> tuple[int, int]:
        right = view.reference.expected(each[0])[1]
        return len(each[1]), min(ENOUGH, sum(right[path].size for path in each[1]))

    failing = [(case, paths) for case, _, paths in view.failing()]
    return max(failing, key=telling, default=None) or (view.errors[0][0], [])


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
