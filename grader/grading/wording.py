"""Texts for a failed hidden test: the author's message, or a description of the comparison.

They never contain code, an input, an expected value or text from a submission.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import functools
import re
import traceback
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Final

import numpy as np
from msgspec import Struct

from grader.checks.boundary.raised import BoundaryError
from grader.checks.boundary.remote_module import OF_OURS
from grader.text import visible_line

LONGEST: Final = 300
"""Characters of a message for students."""
MOST_NUMBERS: Final = 3
"""Numbers in a message that are not written in the test; more could spell out hidden inputs."""
MOST_EXAMPLE: Final = 200
"""Characters of one value that an example test shows."""
WORD: Final = re.compile(r"\d[\w.]*(?:(?<=[eE])[+-]\d+)?|[^\W\d_]\w*|_\w+")
NOT_JUDGED: Final = "this check could not be judged; it is not your fault, and no points are lost"
NO_MESSAGE: Final = "what this check asks for does not hold"
OUT_OF_MEMORY: Final = (
    "this check ran out of memory ({:,} MiB) with what your code returned: "
    "is a number or a size far too large?"
)
MESSAGES: Final = ("fail", "skip", "partial_credit", "Failed", "test", "raises", "parametrize")
"""Functions whose text arguments students may read."""
KINDS: Final = {
    list: "list", tuple: "tuple", dict: "dict", set: "set", str: "text", bytes: "bytes",
    bool: "truth value", int: "number", float: "number", complex: "number",
    np.ndarray: "array", type(None): "None",
}  # fmt: skip
COMPARED: Final = {
    ast.In: "does not contain the expected value",
    ast.NotIn: "contains what it should not contain",
    ast.Lt: "is not within the expected bounds",
    ast.LtE: "is not within the expected bounds",
    ast.Gt: "is not within the expected bounds",
    ast.GtE: "is not within the expected bounds",
    ast.NotEq: "should differ from this value",
    ast.Is: "is not the expected value",
    ast.IsNot: "should not be this value",
}
PROPERTIES: Final = {
    "len": "does not have the expected length",
    "shape": "does not have the expected shape",
    "ndim": "does not have the expected number of dimensions",
    "dtype": "does not have the expected dtype",
    "isinstance": "is not of the expected type",
    "type": "is not of the expected type",
    "keys": "does not have the expected keys",
    "callable": "is not a function",
}


class TestPlace(Struct, frozen=True):
    """The innermost line of the hidden tests in an exception's traceback."""

    frame: FrameType
    file: str
    line: int

    @property
    def statement(self) -> ast.stmt | None:
        """Return the innermost statement of the test file that contains the line."""
        found = None
        for node in ast.walk(_tree(self.file)):
            if not isinstance(node, ast.stmt) or node.lineno > self.line > 0:
                continue
            if self.line <= (node.end_lineno or 0) and (not found or node.lineno >= found.lineno):
                found = node
        return found


def place_of(error: BaseException, tests: Path) -> TestPlace | None:
    """Return the innermost place in an exception's traceback that is below ``tests``."""
    found, trace = None, error.__traceback__
    while trace is not None:
        if _is_below(trace, str(tests)):
            frame = trace.tb_frame
            found = TestPlace(frame, frame.f_code.co_filename, trace.tb_lineno)
        trace = trace.tb_next
    return found


def _is_below(trace: TracebackType, folder: str) -> bool:
    return trace.tb_frame.f_code.co_filename.startswith(f"{folder}/")


@functools.cache
def _tree(file: str) -> ast.Module:
    return ast.parse(Path(file).read_bytes())


@functools.cache
def _vocabulary(tests: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the author's message texts in a test file and in ``shared``, and their words.

    Texts that the tests use as inputs are not included.
    """
    shared = Path(tests).parent.with_name("shared")
    files = [tests, *sorted(map(str, shared.rglob("*.py")))]
    texts = {text for file in files for node in ast.walk(_tree(file)) for text in _texts(node)}
    return frozenset(texts), frozenset(word for text in texts for word in WORD.findall(text))


def _texts(node: ast.AST) -> Iterator[str]:
    """Yield the string literals of a message at a place where a message can be written."""
    parts: list[ast.AST | None] = []
    match node:
        case ast.Assert():
            parts = [node.msg]
        case ast.Raise():
            parts = [node.exc]
        case ast.Return():
            parts = [node.value]
        case ast.JoinedStr():
            parts = [each for each in node.values if isinstance(each, ast.Constant)]
        case ast.For() | ast.comprehension():
            parts = [node.iter]
        case ast.Call() if _called(node) in MESSAGES:
            parts = [*node.args, *node.keywords]
        case ast.FunctionDef():
            yield ast.get_docstring(node) or ""
    for each in (inner for part in parts if part is not None for inner in ast.walk(part)):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield " ".join(each.value.split())


# --- the author's message -----------------------------------------------------------------------


def author_text(error: BaseException, place: TestPlace | None) -> str:
    """Return the message that the author wrote for this failure, or ''.

    Messages of libraries (NumPy, pytest itself) are left out: they print inputs and expected
    values.
    """
    statement = place.statement if place else None
    if place is None or statement is None or not _is_written(error, statement):
        return ""
    return " ".join(str(error).split())


def _is_written(error: BaseException, statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Assert):
        return statement.msg is not None and isinstance(error, AssertionError)
    if isinstance(statement, ast.Raise):
        return True
    nodes = (node for part in _header(statement) for node in ast.walk(part))
    return any(_called(node) in MESSAGES[:3] for node in nodes)


def _header(statement: ast.stmt) -> list[ast.AST]:
    """Return the parts of a statement that run first: the condition of an ``if``."""
    children = ast.iter_child_nodes(statement)
    return [node for node in children if not isinstance(node, ast.stmt | ast.excepthandler)]


def _called(node: ast.AST) -> str:
    """Return the last name of a called function, or ''."""
    if not isinstance(node, ast.Call):
        return ""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def filtered(text: str, tests: Path, params: Mapping[str, Any] | None = None) -> str:
    """Return an author's message without anything a submission or an input could set.

    Args:
        text: The message of the exception.
        tests: The test file; a message that occurs in it literally is returned unchanged.
        params: The parameters of the test, whose texts the title also shows.

    Returns:
        One printable line. Words that are in no message of the file become ``…``, and so do
        numbers after the third; the other numbers are rounded to two digits.
    """
    text = " ".join(text.split())
    whole, words = _vocabulary(str(tests))
    if text in whole:
        return visible_line(text, LONGEST)
    known = set(words)
    for value in (params or {}).values():
        known.update(WORD.findall(value) if isinstance(value, str) else ())
    budget = iter(range(MOST_NUMBERS))

    def allowed(match: re.Match[str]) -> str:
        word = match[0]
        if word in known:
            return word
        number = _rough(word) if word[0].isdigit() else ""
        return number if number and next(budget, None) is not None else "…"

    return visible_line(re.sub(r"…(?:\W{0,3}…)+", "…", WORD.sub(allowed, text)), LONGEST)


def _rough(word: str) -> str:
    """Return a number with two digits; '' if it is not a number or is beyond 1e±6."""
    try:
        number = float(word.rstrip("."))
    except ValueError:
        return ""
    if number and not 1e-6 <= abs(number) <= 1e6:
        return ""
    tail = "." if word.endswith(".") else ""
    return f"{float(f'{number:.2g}'):.10g}{tail}"


# --- a description of the comparison ------------------------------------------------------------


def in_words(error: BaseException, place: TestPlace | None) -> str:
    """Describe a failure for which the author wrote no message."""
    statement = place.statement if place else None
    if place is None or statement is None:
        return NO_MESSAGE
    if isinstance(error, AssertionError) and isinstance(statement, ast.Assert):
        return _assertion(statement.test, place)
    if isinstance(error, AssertionError):
        return f"{_subject([statement], place)} {_asserted(statement)}"
    if isinstance(statement, ast.With):
        return _should_raise(statement, place)
    name = type(error).__name__
    known = isinstance(getattr(builtins, name, None), type)
    return (
        f"{_subject(_header(statement), place)} cannot be used here{f' ({name})' if known else ''}"
    )


def _assertion(test: ast.expr, place: TestPlace) -> str:
    subject = _subject([test], place)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return f"{subject} is not as expected"
    for node in ast.walk(test):
        name = node.attr if isinstance(node, ast.Attribute) else _called(node)
        if name in PROPERTIES:
            return f"{subject} {PROPERTIES[name]}"
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        if words := COMPARED.get(type(test.ops[0])):
            return f"{subject} {words}"
        return f"{subject} is not the expected {_kind(test, place)}"
    if any("close" in _called(node) for node in ast.walk(test)):
        return f"{subject} is not close enough to the expected values"
    return f"{subject} is not as expected"


def _asserted(statement: ast.stmt) -> str:
    names = " ".join(_called(node) for node in ast.walk(statement))
    if "close" in names or "almost" in names:
        return "is not close enough to the expected values"
    return "is not equal to the expected value" if "equal" in names else "is not as expected"


def _should_raise(statement: ast.With, place: TestPlace) -> str:
    for item in statement.items:
        if _called(item.context_expr) == "raises" and isinstance(item.context_expr, ast.Call):
            kinds = ast.unparse(item.context_expr.args[0]) if item.context_expr.args else ""
            known = isinstance(getattr(builtins, kinds, None), type)
            subject = _subject([statement], place, "your code").removeprefix("what ")
            subject = subject.removesuffix(" returns").removesuffix(" prints")
            return f"{subject} should raise {kinds if known else 'an exception'}, and does not"
    return f"{_subject([statement], place)} cannot be used here"


def _kind(test: ast.Compare, place: TestPlace) -> str:
    """Return the expected kind of value, from the test's side of the comparison."""
    for side in (test.comparators[0], test.left):
        if _functions([side], place):
            continue
        with_value: Any = None
        try:
            with_value = ast.literal_eval(side)
        except (ValueError, SyntaxError):
            if not isinstance(side, ast.Name):
                continue
            with_value = place.frame.f_locals.get(side.id)
        return KINDS.get(type(with_value), "value")
    return "value"


def _subject(
    nodes: Sequence[ast.AST], place: TestPlace, other: str = "what your code returns"
) -> str:
    """Return ``what f returns`` for the student's function in an expression."""
    prints = any(_called(node) == "printed" for part in nodes for node in ast.walk(part))
    verb = "prints" if prints else "returns"
    return next((f"what {name} {verb}" for name in _functions(nodes, place)), other)


def _functions(nodes: Sequence[ast.AST], place: TestPlace) -> list[str]:
    """Return the student's functions and methods that an expression uses."""
    found = [name for node in nodes for name in _student_calls(node)]
    if found:
        return found
    names = {n.id for node in nodes for n in ast.walk(node) if isinstance(n, ast.Name)}
    calls: list[str] = []
    for each in ast.walk(_tree(place.file)):
        if not isinstance(each, ast.FunctionDef) or each.name != place.frame.f_code.co_name:
            continue
        for statement in ast.walk(each):
            if isinstance(statement, ast.Assign) and statement.lineno <= place.line:
                targets = {t.id for t in ast.walk(statement) if isinstance(t, ast.Name)}
                stored = {
                    t.id for target in statement.targets for t in ast.walk(target)
                    if isinstance(t, ast.Name)
                }  # fmt: skip
                if names & stored & targets:
                    calls = list(_student_calls(statement.value)) or calls
    return calls


def _student_calls(node: ast.AST) -> Iterator[str]:
    """Yield the student's names that are called, or read, on ``student``: none of our methods."""
    for each in ast.walk(node):
        match each:
            case ast.Attribute(value=ast.Name(id="student"), attr=name) if name not in OF_OURS:
                yield name


# --- examples, whose inputs are public ----------------------------------------------------------


def example_text(error: BaseException, place: TestPlace | None) -> str:
    """Return the comparison of an example test: the expression and both values."""
    statement = place.statement if place else None
    if place is None or statement is None:
        return visible_line(str(error), LONGEST)
    source = ast.unparse(statement.test if isinstance(statement, ast.Assert) else statement)
    said = [visible_line(source, LONGEST)]
    if isinstance(statement, ast.Assert) and isinstance(statement.test, ast.Compare):
        test = statement.test
        said += [
            f"left: {_value(test.left, place)}",
            f"right: {_value(test.comparators[0], place)}",
        ]
    elif text := " ".join(str(error).split()):
        said.append(visible_line(text, 2 * LONGEST))
    return "; ".join(said)


def _value(node: ast.expr, place: TestPlace) -> str:
    """Evaluate one side of a comparison again; the code is the author's."""
    code = compile(ast.Expression(node), place.file, "eval")
    names = dict(place.frame.f_locals)
    try:
        with _any_kind(names.get("student")):
            value = eval(code, place.frame.f_globals, names)  # noqa: S307  # the author's own code
        return visible_line(repr(value), MOST_EXAMPLE)
    except (Exception, BoundaryError) as error:
        return f"raises {type(error).__name__}"


@contextlib.contextmanager
def _any_kind(student: Any) -> Iterator[None]:
    """Accept any kind of value from the student's module: it is only shown, not judged."""
    peer = getattr(student, "_grader_peer", None)
    if peer is None:
        yield
        return
    trail, peer.trail = peer.trail, None
    try:
        yield
    finally:
        peer.trail = trail


def trace(error: BaseException) -> str:
    """Return the traceback for staff."""
    return "".join(traceback.format_exception(error, limit=-8, chain=False))[-8000:]
