"""Run a student's program with changes of its functions, in a worker of its own.

    programs = ChangedPrograms(asked, reference, functions)
    changes = programs.changes("backward")          # small edits of the function and its helpers
    programs.each("backward", changes, case)        # the answer to one input after each of them
    programs.answers([change], cases)               # the answers after one or more of them

The student's source is parsed and edited here, and compiled and run in the worker only.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from msgspec import Struct

from grader.checks.answers import Asked
from grader.checks.case import Case, Part
from grader.checks.diagnosis.edit_places import Edit, note_kept, targets
from grader.checks.diagnosis.mutants import count_turns, made
from grader.checks.diagnosis.repair_names import note_names
from grader.checks.diagnosis.repair_operators import OPERATORS, Operator
from grader.checks.diagnosis.variants import WHICH, line_of, with_variants
from grader.checks.near_misses import parsed
from grader.checks.reference import COUNTER, Module
from grader.sandbox.faults import StudentError
from grader.sandbox.student import Answer
from grader.text import from_worker

MOST: Final = 1500
"""Number of changes to try for one submission."""
AT_ONCE: Final = 125
"""Number of changes in one program."""
PER_REQUEST: Final = 25
"""Number of changes whose answers are asked in one message."""
IN_TURN: Final = 40
"""Number of changes by one operator before the others have their turn."""
MOST_NODES: Final = 3000
"""Definitions with more nodes are not changed."""
MOST_TURNS: Final = 100
"""Turns of all loops in one call, in addition to `MORE` times those that the student's program needs.

A change may make a loop endless.
"""
MORE: Final = 3
FAR_MORE: Final = 1_000_000
"""Turns of all loops in the calls that confirm a change; their time is limited too."""
MOST_ENDED: Final = 8
"""Number of workers that may end in the searches for one submission."""
LONGEST: Final = 0.3
"""CPU seconds for one request."""
SHARE: Final = 0.1
"""Fraction of a submission's seconds after which the search ends."""
_PREPARED: Final = f"""
space = vars(student)
left = {FAR_MORE}
kept = {{}}

def turn():
    global left
    left -= 1
    if left < 0:
        raise RuntimeError("a loop does not end")

def put(name, source):
    global left
    left = {FAR_MORE}
    space[{COUNTER!r}], space[{WHICH!r}] = turn, 0
    old = kept.pop(name, space.get(name))
    exec(compile(source, "<changed>", "exec", dont_inherit=True), space)
    new = space[name]
    if type(old) is type(new) is type(put) and not (old.__closure__ or new.__closure__):
        old.__code__ = new.__code__  # other names of the function, and tables, refer to it
        space[name] = old

def vary(name, first):
    target = kept[name] = kept.get(name, space[name])
    depth, number, most = 0, 0, {FAR_MORE}

    def varied(*args, **named):
        nonlocal depth, number, most
        global left
        if not depth:
            space[{WHICH!r}], left = number, most
        depth += 1
        try:
            return target(*args, **named)
        finally:
            depth -= 1
            if not depth and not number:
                most = {MORE} * ({FAR_MORE} - left) + {MOST_TURNS}
                number = first
            elif not depth:
                number += 1

    space[name] = varied
"""
"""Functions for the worker: ``put`` replaces a definition of the student's module.

``vary`` lets the first call of a function count its turns, and each other call select a change.
"""
_INSTEAD: Final = re.compile(r" instead of `[^`]*`\?$")


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


class CodeChange(Struct, frozen=True, eq=False):
    """One change of the student's code."""

    definition: _Definition
    edit: Edit

    @property
    def line(self) -> int:
        """Return the line of the first statement that it changes."""
        return line_of(self.definition.node, self.edit)

    @property
    def condition(self) -> str:
        """Return a description of the change and its line, to follow "would be right if"."""
        clause = self.edit.clause
        for word, other in (("too early", "earlier"), ("too late", "later")):
            clause = clause.replace(word, other)
        return from_worker(f"{clause} (line {self.line} of {self.definition.title})", 300)

    @property
    def question(self) -> str:
        """Return a question that leads to the place, and does not name what is right there."""
        return from_worker(_INSTEAD.sub("?", self.edit.question), 300)


class ChangedPrograms:
    """One submission's program, with changes of its functions and classes."""

    def __init__(self, asked: Asked, reference: Module, functions: Sequence[str]) -> None:
        """Prepare a worker.

        Args:
            asked: The program.
            reference: The exercise, which knows the form of each answer.
            functions: The functions that students write; each is changed only for its own answers.
        """
        self._asked, self._reference, self._functions = asked, reference, functions
        self._definitions: dict[str, _Definition] | None = None
        self._uses: dict[str, list[str]] = {}
        """The names in each definition, and in each value that has a name (a table)."""
        self._fresh: Asked | None = None
        self._generation = -1
        self._there: dict[str, str] = {}
        """The source of each definition that was replaced in the worker, by name."""
        self._base: list[CodeChange] = []
        self._left, self._ended, self._spent = MOST, 0, 0.0

    def end(self) -> None:
        """End the worker; the next request starts another one."""
        if self._fresh is not None:
            self._fresh.student.end()

    @contextmanager
    def on(self, changes: Sequence[CodeChange]) -> Iterator[None]:
        """Make changes within the block, in addition to those of each request."""
        before, self._base = self._base, [*self._base, *changes]
        try:
            with made([each.edit for each in changes]):
                yield
        finally:
            self._base = before

    # --- the changes ---

    def changes(self, function: str) -> Iterator[CodeChange]:
        """Yield the changes of a function and of its helpers, likely mistakes first.

        Each operator yields `IN_TURN` changes, then each yields its others.
        """
        homes = list(self._homes(function))
        queues = [self._made_by(operator, homes) for operator in OPERATORS]
        firsts = [itertools.islice(queue, IN_TURN) for queue in queues]
        for change in itertools.chain.from_iterable([*firsts, *queues]):
            if not self._left:
                return
            self._left -= 1
            yield change

    def _made_by(self, operator: Operator, homes: Sequence[_Definition]) -> Iterator[CodeChange]:
        for definition in homes:
            for home in definition.functions:
                for edit in operator(home):
                    yield CodeChange(definition, edit)

    def _homes(self, function: str) -> Iterator[_Definition]:
        """Yield the definitions that a function uses, itself first."""
        known = self._known()
        queue = [function] if function in known else []
        for name in queue:
            if name in known:
                yield known[name]
            used = set(self._uses.get(name, ())) - set(self._functions)
            queue += sorted(used & self._uses.keys() - set(queue))

    def _known(self) -> dict[str, _Definition]:
        """Return the functions and classes of the file by name."""
        if self._definitions is None:
            self._definitions = {}
            for title, source in self._asked.student.program.cells:
                tree = parsed(source)
                note_kept(tree)
                note_names(tree)
                for node in tree.body:
                    if isinstance(node, ast.FunctionDef | ast.ClassDef):
                        self._definitions[node.name] = _Definition(title, node)
                        self._uses[node.name] = [*_names(node)]
                    for name in targets(node):
                        self._uses[name] = [*_names(node)]
            self._definitions = {
                name: each
                for name, each in self._definitions.items()
                if sum(1 for _ in ast.walk(each.node)) <= MOST_NODES
            }
            for each in self._definitions.values():
                count_turns(each.node)
        return self._definitions

    # --- the answers ---

    def answers(self, changes: Sequence[CodeChange], cases: Sequence[Case]) -> list[Answer] | None:
        """Return the changed program's answers to these inputs; None if one is missing."""
        definitions = self._definitions_of(changes)
        try:
            with made([each.edit for each in changes]):
                texts = {each.node.name: ast.unparse(each.node) for each in definitions}
            if not self._put(texts):
                return None
            answers = self._worker().answers(cases)
        except StudentError:
            self._ended += 1
            return None
        return None if any(answer.error is not None for answer in answers) else answers

    def each(self, function: str, changes: Sequence[CodeChange], case: Case) -> list[Answer]:
        """Return the answer to one input after each of these changes, until the search is over."""
        edits: dict[int, dict[int, Edit]] = {}
        for number, change in enumerate(changes, 1):
            edits.setdefault(id(change.definition), {})[number] = change.edit
        texts = {
            each.node.name: with_variants(each.node, edits.get(id(each), {}))
            for each in self._definitions_of(changes)
        }
        found: list[Answer] = []
        while len(found) < len(changes) and not self._is_over():
            numbers = range(len(found) + 1, min(len(found) + PER_REQUEST, len(changes)) + 1)
            some = self._tried(texts, function, case, numbers)
            for number in () if some else numbers:  # one of them takes too long
                one = self._tried(texts, function, case, range(number, number + 1))
                some += one or [Answer(None, error=StudentError("no answer"))]
            found += some
        return found

    def _tried(
        self, texts: Mapping[str, str], function: str, case: Case, numbers: range
    ) -> list[Answer]:
        """Return the answers after the changes with these numbers; none if the worker ended."""
        try:
            return self._varied(function, case, numbers) if self._put(texts) else []
        except StudentError:
            self._ended += 1
            return []

    def _is_over(self) -> bool:
        """Return whether workers have ended too often, or used their share of the time."""
        most = SHARE * self._asked.student.limits.total
        return self._ended >= MOST_ENDED or self._spent > most

    def _varied(self, function: str, case: Case, numbers: range) -> list[Answer]:
        """Return the answers after the changes with these numbers, from the variants in the worker."""
        fresh = self._worker()
        fresh.answers([argument.case for argument in case.args if isinstance(argument, Part)])
        student = fresh.student
        received, used = student.budget.received, student.budget.used
        try:
            call = fresh.call_for(case, self._reference.want(case))
            if isinstance(self._known()[function].node, ast.FunctionDef):
                self._run(f"vary({function!r}, {numbers.start})")
                return student.call([call] * (1 + len(numbers)), cpu=LONGEST, timed=True)[1:]
            answers = []
            for number in numbers:
                self._run(f"left, space[{WHICH!r}] = {20 * MOST_TURNS}, {number}")
                answers += student.call([call], cpu=LONGEST, timed=True)
            return answers
        finally:
            student.budget.received = received  # they are not kept
            self._spent += student.budget.used - used

    def _definitions_of(self, changes: Sequence[CodeChange]) -> list[_Definition]:
        """Return the definitions that differ from the student's after some changes."""
        every = [each.definition for each in (*self._base, *changes)]
        return list({id(each): each for each in every}.values())

    def _put(self, texts: Mapping[str, str]) -> bool:
        """Replace definitions in the worker by name, and restore the others.

        What is there already is not sent again.
        """
        self._worker().forget()
        wanted = {name: ast.unparse(self._known()[name].node) for name in self._there} | {**texts}
        for name, text in wanted.items():
            if self._there.get(name) != text:
                if not self._run(f"put({name!r}, {text!r})"):
                    return False
                self._there[name] = text
        return True

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
            self._generation, self._there = student.generation, {}
            self._run(_PREPARED)
        return self._fresh

    def _run(self, text: str) -> bool:
        """Run statements in the worker; return whether they raised nothing."""
        if self._fresh is None:
            return False
        reply = self._fresh.student.exchange(["do", 0, 0, "exec", 0, text], LONGEST)
        return isinstance(reply, list) and reply[:1] == ["done"]


def _names(node: ast.AST) -> Iterator[str]:
    """Yield the names of variables and of functions that code uses."""
    for each in ast.walk(node):
        if isinstance(each, ast.Name):
            yield each.id
        elif isinstance(each, ast.Attribute):
            yield each.attr
