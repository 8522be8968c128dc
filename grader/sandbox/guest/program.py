"""Run a submission statement by statement, and describe exceptions by the student's lines.

    gate = Gate(imports)
    running = Running("two_layer_network", [["cell 1", "x = 1 / 0"], ["cell 2", "y = 1"]], gate)
    running.run(LoadWatch(10.0))
    # [[["ZeroDivisionError", "ArithmeticError", ...], 0, 1, "  File ..."]]
    running.module.y

If a statement raises, loops or sleeps, the statements after it still run. Once the time is used up,
and after ``exit()``, only definitions, imports and constants run. A cell with a syntax error does
not run at all. A worker loads this module beside student code, and the self-check uses it too, so
both run a submission by the same rules.
"""

from __future__ import annotations
import __future__

import ast
import builtins
import contextlib
import re
import sys
import traceback
import types
from collections.abc import Iterator, Sequence
from typing import Any, Final, Protocol

from grader.sandbox.guest.event_loop import complete
from grader.sandbox.guest.imports import Gate, future_flags, remember, version_note
from grader.sandbox.guest.shell import Shell, module_name
from grader.sandbox.guest.stand_ins import INERT
from grader.sandbox.guest.watch import Place

MAX_TEXT: Final = 4000
MAX_PROBLEMS: Final = 20
"""Report at most this many problems, so that they fit into one frame."""
_OUTPUTS: Final = re.compile(
    r"\b(?:Out|In)\s*\[|[=(\[]\s*_{1,3}\d*\s*(?:$|[)\].\[+*/-])", re.MULTILINE
)
"""Matches uses of IPython's output history: ``_``, ``_3`` or ``Out[3]``."""


class LoadClock(Protocol):
    """The clock that limits `Running.run`: a `LoadWatch`, or the self-check's."""

    def guard(self, place: Place) -> contextlib.AbstractContextManager[None]:
        """Return the context in which a statement runs."""

    def used_up(self) -> bool:
        """Return whether only definitions should run from now on."""


class Running:
    """A submission as a module, with the titles and texts of its cells."""

    def __init__(
        self,
        name: str,
        cells: Sequence[Sequence[str]],
        gate: Gate | None = None,
        helpers: Sequence[Sequence[str]] = (),
    ) -> None:
        """Prepare a module.

        Args:
            name: The module's name.
            cells: Title and text of each cell.
            gate: The finder that decides which imports are allowed.
            helpers: Name (``data.py``) and text of other files that the module can import.
        """
        self.module = types.ModuleType(name)
        self.names: dict[str, Any] = self.module.__dict__
        self.problems: list[list[Any]] = []
        self.raised: list[BaseException] = []
        """The exceptions behind the reported problems."""
        self._cells, self._titles = cells, [title for title, _ in (*cells, *helpers)]
        self._gate = gate or Gate(())
        self._gate.written.update({module_name(file): (file, text) for file, text in helpers})
        self._lost: set[str] = set()
        """Names that a failed statement would have defined."""
        self._outputs = len(cells) > 1 and any(_OUTPUTS.search(text) for _, text in cells)
        self._shell = Shell(self._run_text, self._write, self._read)
        self.names.update(
            display=INERT, get_ipython=lambda: self._shell, __file__=f"{name}.py",
            # the names that Python's -S option leaves out
            help=INERT, exit=sys.exit, quit=sys.exit,
        )  # fmt: skip

    def run(self, limit: LoadClock, sparing: bool = False) -> list[Any]:
        """Run the cells and return the problems; if ``sparing``, only definitions and imports."""
        sys.modules[self.module.__name__] = self.module
        sys.argv = [self.names["__file__"]]
        if self._outputs:
            self.names.update(In=[""], Out={}, _="", __="", ___="", _dh=["/"])
            self.names.update(_ih=self.names["In"], _oh=self.names["Out"])
        for title, source in self._cells:
            if self._outputs:
                self.names["In"].append(source)
            _Cell(self, title, source, limit).run(sparing)
        return self.problems

    def note(self, error: BaseException, node: ast.stmt | None = None) -> None:
        """Add an exception to the problems, unless it follows from an earlier one."""
        follows = isinstance(error, NameError) and error.name in self._lost
        if node is not None:
            self._lost |= bound_by(node)
        if not follows and len(self.problems) < MAX_PROBLEMS:
            self.problems.append(self.describe(error))
            self.raised.append(error)

    def output(self, title: str, value: Any) -> None:
        """Store the value of a cell's last line, as IPython does."""
        number = int(re.sub(r"\D", "", title) or 0)
        if value is not None and self._outputs:
            names = self.names
            names["___"], names["__"], names["_"] = names["__"], names["_"], value
            names["Out"][number] = names[f"_{number}"] = value

    def keeps_outputs(self) -> bool:
        """Return whether the submission uses IPython's output history."""
        return self._outputs

    def compiled(self, source: Any, title: str, mode: str = "exec", flags: int = 0) -> Any:
        """Compile with top-level ``await`` and the active `__future__` features."""
        flags |= future_flags(self.names) | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        return compile(source, title, mode, flags, dont_inherit=True)

    def execute(self, code: types.CodeType) -> Any:
        """Run code in the module; return the value of an expression."""
        value = eval(code, self.names)  # noqa: S307  # this is what a worker is for
        return (
            complete(value) if code.co_flags & 0x80 and value is not None else value
        )  # a coroutine

    def describe(self, error: BaseException) -> list[Any]:
        """Return [kinds, cell, line, text] of an exception, from the student's frames only."""
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if frame.filename in self._titles]
        place = (own[-1].filename, own[-1].lineno or 0) if own else ("", 0)
        if isinstance(error, SyntaxError) and error.filename in self._titles:
            place = (str(error.filename), error.lineno or 0)
        cell = self._titles.index(place[0]) if place[0] else -1
        return [_kinds(error), cell, place[1], _text(error, own)]

    # --- what `get_ipython()` does ---

    def _run_text(self, text: str, expression: bool) -> Any:
        """Run text from a magic, with the line number of the magic itself."""
        title, line = self._caller()
        tree = self.compiled(text.strip() if expression else text, title, flags=ast.PyCF_ONLY_AST)
        for node in ast.walk(tree):
            if isinstance(
                node, (ast.stmt, ast.expr, ast.ExceptHandler, ast.arg, ast.alias, ast.keyword)
            ):
                node.lineno = node.end_lineno = line
                node.col_offset = node.end_col_offset = 0
        last = tree.body[-1] if tree.body else None
        if expression and isinstance(last, ast.Expr) and len(tree.body) == 1:
            return self.execute(self.compiled(ast.Expression(last.value), title, "eval"))
        self.execute(self.compiled(tree, title))
        return None

    def _write(self, file: str, text: str, append: bool) -> None:
        """Store a module that a cell writes; one named like the submission is run as well."""
        title, line = self._caller()
        name = module_name(file)
        before = self._gate.written[name][1] + "\n" if append and name in self._gate.written else ""
        source = before or "\n" * line  # the body begins below the line of the magic
        self._gate.written[name] = (title, source + text)
        remember(title, source + text)
        if name == self.module.__name__:
            self.execute(self.compiled(source + text, title))

    def _read(self, file: str) -> str:
        name = module_name(file)
        if name not in self._gate.written:
            raise FileNotFoundError(2, "No such file or directory", file)
        return self._gate.written[name][1]

    def _caller(self) -> tuple[str, int]:
        """Return the title and the line of the submission's innermost running frame."""
        frame: types.FrameType | None = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename not in self._titles:
            frame = frame.f_back
        return (frame.f_code.co_filename, frame.f_lineno) if frame else ("", 1)


class _Cell:
    """A cell or a ``.py`` file: it runs as a whole and, after an exception, by statements."""

    def __init__(self, running: Running, title: str, source: str, limit: LoadClock) -> None:
        self._running, self._title, self._source, self._limit = running, title, source, limit
        self._parsed: list[ast.stmt] | None = None
        self._sparing = False

    def run(self, sparing: bool) -> None:
        """Run the cell and record exceptions."""
        running, self._sparing = self._running, sparing
        remember(self._title, self._source)
        try:
            code = running.compiled(self._source, self._title)
        except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
            running.note(error)
            return
        first = 0
        if not (self._only_definitions() or running.keeps_outputs()):
            raised = self._raised_by(code)
            if raised is None:
                return
            first = self._after(raised, code)
        for node in self._nodes()[first:]:
            if not self._only_definitions() or is_definition(node):
                self._run_statement(node)

    def _run_statement(self, node: ast.stmt) -> None:
        running = self._running
        try:
            if running.keeps_outputs() and isinstance(node, ast.Expr) and node is self._nodes()[-1]:
                code = running.compiled(ast.Expression(node.value), self._title, "eval")
            else:
                code = running.compiled(ast.Module([node], []), self._title)
        except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
            running.note(error, node)
            return
        raised = self._raised_by(code)
        if raised is not None:
            self._failed(raised, node)

    def _failed(self, error: BaseException, node: ast.stmt) -> None:
        """Record an exception, unless only annotations raised, which Python 3.14 does not run."""
        if isinstance(error, NameError) and error.name in _annotated_with(node):
            flags = __future__.annotations.compiler_flag
            module = ast.Module([node], [])
            again = self._raised_by(self._running.compiled(module, self._title, flags=flags))
            if again is None:
                return
            error = again
        self._note(error, node)

    def _raised_by(self, code: types.CodeType) -> BaseException | None:
        try:
            with self._limit.guard(self._place):
                self._running.output(self._title, self._running.execute(code))
        except BaseException as error:
            if getattr(error, "is_fatal", False):  # the user of the self-check pressed Ctrl-C
                raise
            return error
        return None

    def _after(self, error: BaseException, code: types.CodeType) -> int:
        """Record the exception of the whole cell; return the index of the statement after it."""
        at = _position(error, code)
        nodes = self._nodes()
        ends = [i for i, node in enumerate(nodes) if (0, 0) < at <= _end(node)]
        failed = ends[0] if ends else len(nodes) - 1
        if nodes:
            self._failed(error, nodes[failed])
        else:
            self._note(error, None)
        return failed + 1

    def _note(self, error: BaseException, node: ast.stmt | None) -> None:
        self._running.note(error, node)
        self._sparing = self._sparing or isinstance(error, SystemExit)

    def _only_definitions(self) -> bool:
        return self._sparing or self._limit.used_up()

    def _nodes(self) -> list[ast.stmt]:
        if self._parsed is None:
            flags = ast.PyCF_ONLY_AST
            self._parsed = self._running.compiled(self._source, self._title, flags=flags).body
        return self._parsed

    def _place(self, frame: types.FrameType | None) -> int | None:
        """Return the index of the statement that a frame belongs to."""
        while frame is not None:
            code = frame.f_code
            if code.co_filename == self._title and code.co_name in ("<module>", "<eval>"):
                line = frame.f_lineno or 0
                return sum(node.lineno <= line for node in self._nodes())
            frame = frame.f_back
        return None


def is_definition(node: ast.stmt) -> bool:
    """Return whether a statement only defines, imports or assigns a constant."""
    if isinstance(
        node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
    ):
        return True
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        return node.value is None or not _computes(node.value)
    if isinstance(node, ast.If):
        return not _computes(node.test) and all(map(is_definition, [*node.body, *node.orelse]))
    if isinstance(node, ast.Try):
        handled = [statement for handler in node.handlers for statement in handler.body]
        return all(map(is_definition, [*node.body, *handled, *node.orelse, *node.finalbody]))
    return isinstance(node, ast.Pass)


def _computes(node: ast.AST) -> bool:
    """Return whether an expression may take time; the body of a ``lambda`` does not run."""
    if isinstance(node, ast.Lambda):
        return False
    if isinstance(node, (ast.Call, ast.ListComp, ast.SetComp, ast.DictComp, ast.Await)):
        return True
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Pow, ast.LShift, ast.Mult)):
        return True
    return any(map(_computes, ast.iter_child_nodes(node)))


def _annotated_with(node: ast.stmt) -> set[str]:
    """Return the names used in the annotations of a statement."""
    found = (
        annotation
        for each in ast.walk(node)
        for annotation in (getattr(each, "annotation", None), getattr(each, "returns", None))
        if isinstance(annotation, ast.AST)
    )
    return {each.id for one in found for each in ast.walk(one) if isinstance(each, ast.Name)}


def bound_by(node: ast.stmt) -> set[str]:
    """Return the names that a statement would define at the top level of the module."""
    return set(_bound(node))


def _bound(node: ast.AST) -> Iterator[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
        return
    if isinstance(node, ast.alias):
        yield (node.asname or node.name).partition(".")[0]
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    elif isinstance(node, ast.Lambda):
        return
    for child in ast.iter_child_nodes(node):
        yield from _bound(child)


def _position(error: BaseException, code: types.CodeType) -> tuple[int, int]:
    """Return the (line, column) in the module's code at which an exception was raised."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code is not code:
        trace = trace.tb_next
    if trace is None:
        return (0, 0)
    places = list(code.co_positions())
    line, _, column, _ = places[min(trace.tb_lasti // 2, len(places) - 1)]
    return (line or trace.tb_lineno or 0, column or 0)


def _end(node: ast.stmt) -> tuple[int, int]:
    return (node.end_lineno or node.lineno, node.end_col_offset or 0)


def _kinds(error: BaseException) -> list[str]:
    kind = type(error)
    if getattr(builtins, kind.__name__, None) is not kind:
        kinds = [
            base.__name__ for base in kind.__mro__ if getattr(builtins, base.__name__, 0) is base
        ]
        return ["", *kinds]
    return [base.__name__ for base in kind.__mro__]


def _text(error: BaseException, own: list[traceback.FrameSummary]) -> str:
    try:
        said = "".join(traceback.format_exception_only(type(error), error))
        note = version_note(error)
    except BaseException:
        said, note = type(error).__name__, ""
    trace = "".join(traceback.format_list(own[-6:]))
    text = f"{trace}{said.rstrip()}\n{note}".rstrip() + "\n"
    return text[-MAX_TEXT:].encode("utf-8", "replace").decode("utf-8")
