"""Mutants of a reference solution: small edits of its syntax tree, each with a description.

    for mutant in mutants(source, ["forward", "backward"]):
        module = mutant.module()          # the solution with this one edit
        mutant.clause                     # "`b2` were not added"

A student with a mutant's answers has made that mistake, or one that cannot be distinguished from
it. The operators are in a table (`OPERATORS`) and apply to every course. Every loop of a mutant
counts its turns, so that an infinite loop raises.
"""

from __future__ import annotations

import ast
import types
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import contextmanager
from typing import Final

from msgspec import Struct, field

from grader.checks.diagnosis.edit_places import Edit, note_kept
from grader.checks.diagnosis.edit_wording import note_private
from grader.checks.diagnosis.mutation_operators import OPERATORS
from grader.checks.reference import COUNTER

MOST: Final = 300
"""Number of mutants to try for one submission, and to create for one function."""
MOST_TURNS: Final = 20_000
"""Turns of all loops in one call of a mutant; right solutions need a few hundred."""


class Mutant(Struct, frozen=True, eq=False):
    """One edit of one function of the solution."""

    function: str
    edit: Edit
    _source: Source

    @property
    def clause(self) -> str:
        """Return a description of the difference, to follow "as if"."""
        return self.edit.clause

    @property
    def is_named(self) -> bool:
        """Return whether its clause contains a name, unlike "`1` were not added"."""
        quoted = self.clause.split("`")[1::2]
        return any(name.strip("0123456789.-") for name in quoted)

    @property
    def question(self) -> str:
        """Return a question that leads to the place of the edit."""
        return self.edit.question

    def module(self, *others: Mutant) -> types.ModuleType:
        """Return the solution with this edit and the edits of ``others``."""
        return self._source.module((self, *others))

    def text(self, *others: Mutant) -> str:
        """Return its source, for programs that do not run in this process."""
        return self._source.text((self, *others))


class Turns:
    """Counts the turns of all loops in one call, and raises if there are too many."""

    def __init__(self) -> None:
        self._left = MOST_TURNS

    def __call__(self) -> None:
        """Count one turn."""
        self._left -= 1
        if self._left < 0:
            raise RuntimeError("a loop of a mutant does not end")

    def restart(self) -> None:
        """Reset the counter before the next call."""
        self._left = MOST_TURNS


class Source(Struct):
    """A solution's syntax tree with counted loops, from which mutants are compiled."""

    tree: ast.Module
    _space: dict[str, object] = field(default_factory=dict)
    _shims: dict[str, ast.FunctionDef] | None = None

    @classmethod
    def read(cls, text: str, known: Set[str] | None = None) -> Source:
        """Parse a solution, add loop counters, and record the names that its readers know."""
        tree = ast.parse(text)
        note_kept(tree)
        note_private(tree, known)
        count_turns(tree)
        return cls(tree)

    def homes(self, function: str, written: Sequence[str]) -> list[ast.FunctionDef]:
        """Return what to edit for a function or class: itself, its methods, its helpers.

        Args:
            function: The name of the function or class.
            written: All functions that students write; a helper belongs to the first one that calls
                it.
        """
        known = self.functions()
        roots = [known[function]] if function in known else self._methods(function)
        called = {
            node.id for each in roots for node in ast.walk(each) if isinstance(node, ast.Name)
        }
        helpers = [known[each] for each in known if each in called and each not in written]
        return [*roots, *helpers]

    def _methods(self, name: str) -> list[ast.FunctionDef]:
        return [
            each
            for node in self.tree.body
            if isinstance(node, ast.ClassDef) and node.name == name
            for each in node.body
            if isinstance(each, ast.FunctionDef)
        ]

    def functions(self) -> dict[str, ast.FunctionDef]:
        """Return the functions of the module by name."""
        found = {node.name: node for node in self.tree.body if isinstance(node, ast.FunctionDef)}
        return {**self._tables(), **found}

    def _tables(self) -> dict[str, ast.FunctionDef]:
        """Return the module's tables of small functions, each as the body of a function."""
        if self._shims is None:
            self._shims = {}
            for node in self.tree.body:
                lambdas = [each for each in ast.walk(node) if isinstance(each, ast.Lambda)]
                target = node.targets[0] if isinstance(node, ast.Assign) else None
                if lambdas and isinstance(target, ast.Name):
                    shim = ast.parse(f"def {target.id}(): pass").body[0]
                    if isinstance(shim, ast.FunctionDef):
                        shim.body = [node]
                        self._shims[target.id] = shim
        return self._shims

    def module(self, edited: Sequence[Mutant]) -> types.ModuleType:
        """Return the module with the edits; only the edited functions are compiled again."""
        changed = [self.functions()[each] for each in dict.fromkeys(m.edit.home for m in edited)]
        code = self._compiled([m.edit for m in edited], changed)
        module = types.ModuleType("mutant")
        space = module.__dict__
        space.update(self._original())
        for name, value in list(space.items()):
            if isinstance(value, types.FunctionType) and value.__globals__ is self._space:
                space[name] = types.FunctionType(
                    value.__code__, space, name, value.__defaults__, value.__closure__
                )
        space[COUNTER] = Turns()
        exec(code, space)  # noqa: S102  # our own solution, edited by us
        return module

    def text(self, edited: Sequence[Mutant]) -> str:
        """Return the source of the module with the edits."""
        with made([each.edit for each in edited]):
            return ast.unparse(self.tree)

    def _compiled(self, edits: Sequence[Edit], changed: list[ast.FunctionDef]) -> types.CodeType:
        tables = self._tables().values()
        with made(edits):
            body: list[ast.stmt] = [
                each.body[0] if any(each is table for table in tables) else each for each in changed
            ]
            return compile(ast.Module(body, []), "<mutant>", "exec")

    def _original(self) -> dict[str, object]:
        if not self._space:
            self._space.update({"__name__": "mutant", COUNTER: lambda: None})
            exec(compile(self.tree, "<solution>", "exec"), self._space)  # noqa: S102  # ours
        return self._space


class _Counted(ast.NodeTransformer):
    """Adds a call of the counter to every function and to every turn of a loop."""

    def _count(self, node: ast.FunctionDef | ast.For | ast.While) -> ast.AST:
        self.generic_visit(node)
        call = ast.Expr(ast.Call(ast.Name(COUNTER, ast.Load()), [], []))
        first = node.body[0]
        has_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
        if isinstance(node, ast.FunctionDef) and has_text:
            node.body[0] = call
        else:
            node.body.insert(0, call)
        return node

    visit_FunctionDef = visit_For = visit_While = _count  # method names of ast.NodeTransformer


def count_turns(tree: ast.AST) -> None:
    """Add a call of the counter to every function and to every turn of a loop of a syntax tree."""
    _Counted().visit(tree)
    ast.fix_missing_locations(tree)


class Mutants:
    """The mutants of a solution, created function by function on demand."""

    def __init__(self, text: str, functions: Sequence[str], known: Set[str] | None = None) -> None:
        """Read a solution.

        Args:
            text: Its source.
            functions: The functions that students write; helpers belong to the functions that call
                them.
            known: The names that sentences may use; None for all.
        """
        self._source, self._functions = Source.read(text, known), functions
        self._found: dict[str, list[Mutant]] = {}
        self._rest: dict[str, Iterator[Mutant]] = {}

    def of(self, function: str) -> Iterator[Mutant]:
        """Yield at most `MOST` mutants of a function, in the order of the table of operators.

        Each is created only when it is needed, because most searches end before the last one.
        """
        if function not in self._found:
            self._found[function] = []
            self._rest[function] = self.queue(function)
        found, rest = self._found[function], self._rest[function]
        for number in range(MOST):
            if number == len(found):
                mutant = next(rest, None)
                if mutant is None:
                    return
                found.append(mutant)
            yield found[number]

    def queue(self, function: str) -> Iterator[Mutant]:
        """Yield all mutants of a function, likely mistakes first."""
        homes = self._source.homes(function, self._functions)
        return _of_function(self._source, function, homes)


def mutants(text: str, functions: Sequence[str], most: int = MOST) -> list[Mutant]:
    """Return at most ``most`` mutants of a solution, spread evenly over its functions.

    Args:
        text: The solution's source.
        functions: The functions that students write; helpers belong to the functions that call
            them.
        most: The largest number to return; likely mistakes come first.
    """
    every = Mutants(text, functions)
    return _dealt([every.queue(name) for name in functions], most)


@contextmanager
def made(edits: Sequence[Edit]) -> Iterator[None]:
    """Make edits of the tree within the block, and undo them afterwards."""
    done: list[Edit] = []
    try:
        for edit in edits:
            edit.do()
            done.append(edit)
        yield
    finally:
        for edit in reversed(done):
            edit.undo()


def _of_function(source: Source, name: str, homes: Sequence[ast.FunctionDef]) -> Iterator[Mutant]:
    for operator in OPERATORS:
        for home in homes:
            for edit in operator(home):
                yield Mutant(name, edit, source)


def _dealt(queues: Sequence[Iterator[Mutant]], most: int) -> list[Mutant]:
    found: list[Mutant] = []
    open_queues = list(queues)
    while open_queues and len(found) < most:
        for queue in list(open_queues):
            mutant = next(queue, None)
            if mutant is None:
                open_queues.remove(queue)
            elif len(found) < most:
                found.append(mutant)
    return found


def surviving(
    text: str, functions: Sequence[str], tells: Callable[[types.ModuleType], bool]
) -> tuple[int, list[str]]:
    """Return the number of mutants, and those that no case distinguishes from the solution.

    Args:
        text: The solution's source.
        functions: Those that students write.
        tells: Returns whether some case of the hidden tests has another answer with a module.
    """
    every = mutants(text, functions)
    alive = [f"{each.function}: as if {each.clause}" for each in every if not _is_told(each, tells)]
    return len(every), alive


def _is_told(mutant: Mutant, tells: Callable[[types.ModuleType], bool]) -> bool:
    """Return whether a mutant is distinguished; one that does not load always is."""
    try:
        module = mutant.module()
    except Exception:  # an edited solution may raise any exception
        return True
    return tells(module)
