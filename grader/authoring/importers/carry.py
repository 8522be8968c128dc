"""Analyse test cells: the names that they take from the student's module, and refusals."""

from __future__ import annotations

import ast
import builtins
import io
import re
import symtable
import tokenize
from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace

from grader.authoring.importers.cells import ProgramPart, TestCell, without_magics

OUTSIDE: Final = {
    "threading": "threads", "multiprocessing": "processes", "subprocess": "processes",
    "concurrent": "threads", "socket": "the network", "requests": "the network",
    "urllib": "the network", "http": "the network", "asyncio": "an event loop",
}  # fmt: skip
NOSE: Final = "nose"
PYTHON: Final = frozenset(dir(builtins))
CERTAIN: Final = (ast.Assign, ast.AnnAssign, ast.Import, ast.ImportFrom, ast.With, ast.FunctionDef,
                  ast.ClassDef)  # fmt: skip
"""Statements that always define their names when they run."""
BINDING: Final = (ast.FunctionDef, ast.ClassDef, ast.Assign, ast.AugAssign, ast.Import,
                  ast.ImportFrom)  # fmt: skip
"""Statements of earlier tests that a test may need."""
CELL_MAGIC: Final = re.compile(r"^%%(?!time\b|capture\b)", re.MULTILINE)
SHELL: Final = re.compile(r"^\s*!|=\s*!|get_ipython\(\)", re.MULTILINE)


class DefinedNames(Struct):
    """The names that the cells of a program define at module level."""

    student: dict[str, list[int]] = field(default_factory=dict)
    """Names that the program defines, each with the indices of the parts that define it."""
    imports: dict[str, str] = field(default_factory=dict)
    """Names of imported modules or from them, each with its import statement."""
    stars: list[str] = field(default_factory=list)
    classes: set[str] = field(default_factory=set)
    functions: set[str] = field(default_factory=set)
    read: set[str] = field(default_factory=set)
    """Global variables that functions of the program read when they are called."""


def names_of(parts: Sequence[ProgramPart]) -> DefinedNames:
    """Return the names that a program defines."""
    found = DefinedNames()
    for number, part in enumerate(parts):
        for node in _statements(part.source) if part.kind == "code" else ():
            _note(found, number, node)
            found.read |= _read_in_functions(node)
    found.read -= found.imports.keys() | found.classes | found.functions | PYTHON
    return found


def _read_in_functions(node: ast.stmt) -> set[str]:
    """Return the global names that the functions and classes of a statement read."""
    try:
        inner = scopes(ast.unparse(node))[1:]
    except SyntaxError:  # ``await`` outside a function, which notebooks allow
        return set()
    return {
        symbol.get_name()
        for table in inner
        for symbol in table.get_symbols()
        if symbol.is_global() and symbol.is_referenced()
    }


def scopes(source: str) -> list[symtable.SymbolTable]:
    """Return the symbol tables of code: the module's, then those of functions and classes."""
    tables = [symtable.symtable(source, "cells", "exec")]
    for table in tables:
        tables += table.get_children()
    return tables


def _note(found: DefinedNames, number: int, node: ast.stmt) -> None:
    if isinstance(node, ast.Import | ast.ImportFrom):
        for alias in node.names:
            if alias.name == "*":
                found.stars.append(ast.unparse(node))
                continue
            one = ast.Import([alias])
            statement: ast.stmt = one
            if isinstance(node, ast.ImportFrom):
                statement = ast.ImportFrom(node.module, [alias], node.level)
            name = alias.asname or alias.name.partition(".")[0]
            found.imports[name] = ast.unparse(statement)
        return
    if isinstance(node, ast.ClassDef):
        found.classes.add(node.name)
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        found.functions.add(node.name)
    for name in bound(node):
        found.student.setdefault(name, []).append(number)


def _statements(source: str) -> list[ast.stmt]:
    try:
        return ast.parse(without_magics(source)).body
    except SyntaxError:
        return []


def bound(node: ast.stmt) -> set[str]:
    """Return the names that a statement defines in its own scope."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {a.asname or a.name.partition(".")[0] for a in node.names if a.name != "*"}
    found: set[str] = set()
    for each in _own_scope(node):
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
            found.add(each.id)
        elif isinstance(each, ast.FunctionDef | ast.ClassDef):
            found.add(each.name)
        elif isinstance(each, ast.Import | ast.ImportFrom):
            found |= bound(each)
        elif isinstance(each, ast.ExceptHandler) and each.name:
            found.add(each.name)
    return found


def _own_scope(node: ast.AST) -> Iterator[ast.AST]:
    """Walk a statement without entering functions, classes and comprehensions."""
    yield node
    inner = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda,
             ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)  # fmt: skip
    for child in ast.iter_child_nodes(node):
        if isinstance(child, inner):
            yield child
        else:
            yield from _own_scope(child)


def loaded(nodes: Sequence[ast.AST]) -> set[str]:
    """Return all names that code reads."""
    found = set()
    for node in nodes:
        for each in ast.walk(node):
            if isinstance(each, ast.Name) and not isinstance(each.ctx, ast.Store):
                found.add(each.id)
            elif isinstance(each, ast.AugAssign) and isinstance(each.target, ast.Name):
                found.add(each.target.id)
    return found


def needed(statements: Sequence[ast.stmt]) -> set[str]:
    """Return the names that code reads before it has certainly defined them itself."""
    return _needed(statements, set())


def _needed(statements: Sequence[ast.stmt], given: set[str]) -> set[str]:
    """Return names read before their definition; add those certainly defined to ``given``."""
    wanted: set[str] = set()
    for node in statements:
        if isinstance(node, ast.Try):
            wanted |= _needed([*node.body, *node.orelse], given)
            for handler in node.handlers:
                wanted |= _needed(handler.body, given | ({handler.name} if handler.name else set()))
            wanted |= _needed(node.finalbody, given)
            continue
        if isinstance(node, ast.With):
            wanted |= loaded([item.context_expr for item in node.items]) - given
            given |= {name for item in node.items for name in _targets(item.optional_vars)}
            wanted |= _needed(node.body, given)
            continue
        reads = loaded([node])
        if isinstance(node, ast.If | ast.For | ast.While):
            reads = _of_branches(node, given)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            reads -= {node.name}
        wanted |= reads - given
        if isinstance(node, CERTAIN):
            given |= bound(node)
    return wanted


def _of_branches(node: ast.If | ast.For | ast.While, given: set[str]) -> set[str]:
    """Return the names that a branch or loop reads; after it, names defined on all paths count."""
    inside = given | (_targets(node.target) if isinstance(node, ast.For) else set())
    one, other = set(inside), set(given)
    reads = loaded([node.iter if isinstance(node, ast.For) else node.test])
    reads |= _needed(node.body, one) | _needed(node.orelse, other)
    if isinstance(node, ast.If):
        given |= one & other
    return reads


def _targets(node: ast.expr | None) -> set[str]:
    """Return the names that an assignment to an expression defines."""
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)} if node else set()


NAMESPACES: Final = frozenset({"dir", "globals", "locals", "vars"})


def looked_up(statements: Sequence[ast.stmt]) -> set[str]:
    """Return the names that a test looks up as text: ``assert 'x' in dir()``."""
    if not loaded(statements) & NAMESPACES:
        return set()
    texts = (
        each.value
        for node in statements
        for each in ast.walk(node)
        if isinstance(each, ast.Constant)
    )
    return {text for text in texts if isinstance(text, str) and text.isidentifier()}


# --- refusals -----------------------------------------------------------------------------------


def problem(cell: TestCell, names: DefinedNames) -> str:
    """Return why a test cell cannot be imported, or ''."""
    if CELL_MAGIC.search(cell.source) or SHELL.search(cell.source):
        return "IPython commands with output"
    try:
        tree = ast.parse(without_magics(cell.source))
    except SyntaxError as error:
        return f"not valid Python (line {error.lineno})"
    return next((said for node in ast.walk(tree) if (said := _refused(node, names))), "")


def _refused(node: ast.AST, names: DefinedNames) -> str:
    match node:
        case ast.Import(names=aliases):
            return next((_outside(alias.name) for alias in aliases if _outside(alias.name)), "")
        case ast.ImportFrom(module=str(module)):
            return (
                "mock.patch in the student's module"
                if module == "unittest.mock"
                else _outside(module)
            )
        case ast.ClassDef(bases=bases) if any(_name(base) in names.classes for base in bases):
            return "a subclass of a student's class"
        case ast.Compare(ops=ops, comparators=others) if any(
            isinstance(op, ast.Is | ast.IsNot) for op in ops
        ):
            return (
                "" if _is_constant(others[-1]) or _is_constant(node.left) else "identity of values"
            )
        case ast.Name(id=name) if (
            re.fullmatch(r"In|Out|_i+h|_oh|_+\d*|_i\d*", name) and name != "_"
        ):
            return "reads IPython's history"
        case ast.Call(func=ast.Name(id="exec" | "eval"), args=[first, *_]):
            return "" if isinstance(first, ast.Constant) else "exec or eval of computed code"
        case ast.Call(func=ast.Attribute(attr="patch")):
            return "mock.patch in the student's module"
        case ast.Await() | ast.Yield() | ast.Return():
            return "" if not isinstance(node, ast.Await) else "an event loop"
    return ""


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _outside(module: str) -> str:
    return OUTSIDE.get(module.partition(".")[0], "")


def _is_constant(node: ast.expr) -> bool:
    """Return whether an identity test with this operand tests a value."""
    if isinstance(node, ast.Constant):
        return node.value is None or isinstance(node.value, bool)
    calls = isinstance(node, ast.Call) and _name(node.func) == "type"
    return calls or (isinstance(node, ast.Name) and node.id in PYTHON)


# --- names that a test sets or deletes in the program -------------------------------------------


def set_for_program(statements: Sequence[ast.stmt], names: DefinedNames) -> set[str]:
    """Return the variables that a test sets and that functions of the program read."""
    nodes = [each for node in statements for each in _own_scope(node)]
    return names.read & {name for node in nodes for name in _set_by(node)}


def _set_by(node: ast.AST) -> set[str]:
    """Return the variables that one node sets or changes: ``x = 1``, ``x[0] = 1``, ``for x in``."""
    match node:
        case ast.Assign(targets=targets):
            return {name for target in targets for name in _changed(target)}
        case ast.AnnAssign(target=target) | ast.AugAssign(target=target):
            return _changed(target)
        case ast.For(target=target):
            return _changed(target)
        case ast.With(items=items):
            return {name for item in items for name in _changed(item.optional_vars)}
    return set()


def _changed(target: ast.expr | None) -> set[str]:
    """Return the variables that an assignment to an expression sets or changes."""
    match target:
        case ast.Name(id=name):
            return {name}
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return {name for part in parts for name in _changed(part)}
        case ast.Subscript(value=inner) | ast.Attribute(value=inner) | ast.Starred(value=inner):
            return _changed(inner)
    return set()


def with_settings(source: str, shared: set[str]) -> str:
    """Return a test in which the program also gets the variables that the test sets."""
    added = [
        (_place(node), f"student.{name} = {name}")
        for statement in ast.parse(source).body
        for node in _own_scope(statement)
        for name in sorted(_set_by(node) & shared)
    ]
    return _with_lines(source, added)


def _place(node: ast.AST) -> tuple[int, int]:
    """Return the number of lines above what follows the setting of a variable, and its column."""
    if isinstance(node, ast.For | ast.With):
        return node.body[0].lineno - 1, node.body[0].col_offset
    return _below(node) if isinstance(node, ast.stmt) else (0, 0)


def _below(node: ast.stmt) -> tuple[int, int]:
    return node.end_lineno or 0, node.col_offset


def hidden_from_program(statements: Sequence[ast.stmt], names: DefinedNames) -> set[str]:
    """Return the program's names that a test deletes to see what fails without them."""
    return {
        target.id
        for node in statements
        for each in ast.walk(node)
        if isinstance(each, ast.Delete)
        for target in each.targets
        if isinstance(target, ast.Name) and target.id in names.student
    }


def with_deletions(source: str, hidden: set[str]) -> str:
    """Return a test in which the program also loses the names that the test deletes.

    The lines of the test are unchanged: a line is inserted after each that deletes or assigns one.
    """
    added: list[tuple[tuple[int, int], str]] = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Delete | ast.Assign | ast.FunctionDef):
            continue
        for name in sorted(bound(node) & hidden) if not isinstance(node, ast.Delete) else ():
            added.append((_below(node), f"student.{name} = {name}"))
        for target in node.targets if isinstance(node, ast.Delete) else ():
            if isinstance(target, ast.Name) and target.id in hidden:
                added.append((_below(node), f"del student.{target.id}"))
    return _with_lines(source, added)


def _with_lines(source: str, added: Sequence[tuple[tuple[int, int], str]]) -> str:
    """Insert lines below lines, at columns; without them if a statement is beside its header."""
    lines = source.split("\n")
    placed = [(below, " " * column + line) for (below, column), line in added]
    for at, line in sorted(placed, reverse=True):
        lines.insert(at, line)
    made = "\n".join(lines)
    try:
        ast.parse(made)
    except SyntaxError:
        return source
    return made


# --- a test function ----------------------------------------------------------------------------


def indented(source: str) -> str:
    """Indent code by four spaces, except the lines inside multi-line strings."""
    lines = source.split("\n")
    inside: set[int] = set()
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.STRING and token.end[0] > token.start[0]:
                inside.update(range(token.start[0] + 1, token.end[0] + 1))
    except (tokenize.TokenError, IndentationError):
        pass
    return "\n".join(
        line if number in inside or not line.strip() else f"    {line}"
        for number, line in enumerate(lines, 1)
    )


def with_earlier(tests: Sequence[TestCell]) -> list[TestCell]:
    """Put what a test takes from earlier tests above its own text."""
    done: list[TestCell] = []
    earlier: list[ast.stmt] = []
    for test in tests:
        statements = _statements(test.source)
        above = [ast.unparse(node) for node in _wanted_from(earlier, statements)]
        done.append(replace(test, source="\n".join([*above, test.source])) if above else test)
        earlier += [node for node in statements if isinstance(node, BINDING)]
    return done


def _wanted_from(earlier: Sequence[ast.stmt], statements: Sequence[ast.stmt]) -> list[ast.stmt]:
    """Return the statements of earlier tests that a test needs, in their order.

    A name has the value of the last statement above that binds it. What a function reads may be bound
    below the function.
    """
    names = [bound(node) for node in earlier]
    chosen: set[int] = set()
    waiting = [(name, len(earlier)) for name in needed(statements)]
    while waiting:
        name, end = waiting.pop()
        at = next((at for at in reversed(range(end)) if name in names[at]), None)
        if at is None or at in chosen:
            continue
        chosen.add(at)
        below = len(earlier) if isinstance(earlier[at], ast.FunctionDef | ast.ClassDef) else at
        waiting += [(each, below) for each in needed([earlier[at]])]
    return [earlier[at] for at in sorted(chosen)]
