"""Find an author's slips before anything is graded, each in one line with file and line.

    for problem in problems(course, "lstm_cell"): print(problem)

After the first problem the rest is unreliable, so `grader validate` stops there.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from grader.authoring.stub import stub
from grader.checks.mistakes import mistaken_files, module_of
from grader.course.assignment import Assignment, Course
from grader.course.yaml_nodes import FILE
from grader.notebook import BEGIN_SOLUTION, END_SOLUTION
from grader.text import nearest

LIKE_A_MARKER: Final = re.compile(r"\s*#+\s*(begin|end)[\s_-]*sol\w*\s*", re.IGNORECASE)
HINT_WORDS: Final = 3
"""A shorter hint is refused as empty."""


def problems(course: Course, name: str) -> Iterator[str]:
    """Yield the problems in the files of an exercise, the most fundamental first."""
    yield from _leftovers(course)
    for solution in course.solutions(name):
        yield from _markers(course, solution)
    yield from _caches(course, name)
    yield from _catalogue(course, name)
    yield from _public(course, name)


def _shown(course: Course, path: Path) -> str:
    return path.relative_to(course.folder).as_posix()


# --- leftovers of a rename ----------------------------------------------------------------------


def _leftovers(course: Course) -> Iterator[str]:
    """Yield folders that belong to no assignment."""
    known = {assignment.name for assignment in course.assignments}
    for part in ("reference", "tests/hidden", "exercises"):
        for folder in sorted((course.folder / part).glob("*/")):
            if folder.name in known | {"shared"} or folder.name[:1] in "._":
                continue
            if any(path.suffix in (".py", ".ipynb") for path in folder.iterdir()):
                to = nearest(folder.name, known) or "NEW"
                yield (
                    f"{_shown(course, folder)}/ belongs to no assignment in {FILE}; "
                    f"delete it, or rename with `grader rename {folder.name} {to}`"
                )


# --- the solution -------------------------------------------------------------------------------


def _markers(course: Course, solution: Path) -> Iterator[str]:
    """Yield the problems with the markers of a solution."""
    shown = _shown(course, solution)
    source = solution.read_text(encoding="utf-8")
    try:
        ast.parse(source)
    except SyntaxError as error:
        yield f"{shown}:{error.lineno}: not valid Python: {error.msg}"
        return
    lines = source.splitlines()
    for number, line in enumerate(lines, 1):
        if LIKE_A_MARKER.fullmatch(line) and line.strip() not in (BEGIN_SOLUTION, END_SOLUTION):
            right = BEGIN_SOLUTION if "begin" in line.lower() else END_SOLUTION
            yield f"{shown}:{number}: {line.strip()!r} is not a marker; write {right!r}"
    if not any(line.strip() == BEGIN_SOLUTION for line in lines):
        markers = f"{BEGIN_SOLUTION!r} and {END_SOLUTION!r}"
        yield f"{shown}: nothing is marked as the solution; write {markers} around it"
        return
    try:
        stub(source)
    except (ValueError, SyntaxError) as error:
        text = str(error).replace("line ", "", 1)
        yield f"{shown}:{text}"


def _caches(course: Course, name: str) -> Iterator[str]:
    """Yield a line if functions take a cache that no function returns by cases.py."""
    cases = course.hidden_tests(name) / "cases.py"
    if not cases.is_file():
        return
    solution = ast.parse(course.solution(name).read_bytes())
    takers = [
        node.name
        for node in ast.walk(solution)
        if isinstance(node, ast.FunctionDef) and "cache" in {a.arg for a in node.args.args}
    ]
    named = [
        node.value
        for node in _nodes(cases)
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "CACHES"
    ]
    if takers and not [value for value in named if ast.unparse(value) not in ("{}", "dict()")]:
        yield (
            f"{_shown(course, cases)}: {takers[0]} takes a cache, and CACHES names no function that "
            'returns one; write CACHES = {"forward": ("X",)}, or () for a cache that stays opaque'
        )


# --- mistakes.py --------------------------------------------------------------------------------


def _catalogue(course: Course, name: str) -> Iterator[str]:
    """Yield the problems in mistakes.py, and unknown ids that refer to it."""
    assignment = course.assignment(name)
    path = course.solution(name).parent / "mistakes.py"
    hints: dict[str, Any] = {}
    if path.is_file():
        shown, text = _shown(course, path), path.read_text(encoding="utf-8")
        try:
            known = module_of(text, f"{name}.mistakes")
        except Exception as error:  # the author's code may raise any exception
            line = getattr(error, "lineno", None) or _line_of(error)
            yield f"{shown}:{line}: {type(error).__name__}: {error}"
            return
        hints = dict(getattr(known, "HINTS", {}))
        mistakes = getattr(known, "MISTAKES", [])
        yield from _entries(course, name, shown, text, mistakes, hints)
    yield from _ids(course, assignment, hints)


def _line_of(error: BaseException) -> int:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace.tb_lineno if trace else 1


def _entries(
    course: Course,
    name: str,
    shown: str,
    text: str,
    mistakes: Sequence[Any],
    hints: dict[str, Any],
) -> Iterator[str]:
    """Yield the problems in the entries of a catalogue."""
    sources = course.solution_texts(name)
    functions = {
        node.name
        for source in sources
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }
    for mistake in mistakes:
        where = f"{shown}:{_line(text, mistake.id)}: {mistake.id}"
        try:
            for made in mistaken_files(sources, mistake):
                ast.parse(made)
        except ValueError as error:
            yield f"{where}: stale swap: {str(error).removeprefix(f'{mistake.id}: ')}"
        except SyntaxError as error:
            yield f"{where}: the solution with this mistake is not valid Python: {error.msg}"
        if mistake.function.split(".")[0] not in functions:
            near = _near(mistake.function, functions)
            yield f"{where}: the solution has no function {mistake.function!r}{near}"
        yield from _hint(where, hints.get(mistake.id))


def _hint(where: str, hint: Any) -> Iterator[str]:
    question = getattr(hint, "question", "")
    if len(str(question).split()) < HINT_WORDS:
        yield f'{where}: no hint; write HINTS = {{"...": Hint("a question", "more")}} for it'


def _ids(course: Course, assignment: Assignment, hints: Collection[str]) -> Iterator[str]:
    """Yield ids of mistakes without an entry, in assignments.yaml and in the hidden tests."""
    for mistake in assignment.mistakes:
        if mistake not in hints:
            yield f"{FILE}: mistakes: {mistake!r} is not in mistakes.py{_near(mistake, hints)}"
    for path in sorted(course.hidden_tests(assignment.name).rglob("test_*.py")):
        for node in _nodes(path):
            for keyword in node.keywords if isinstance(node, ast.Call) else ():
                value = keyword.value
                if keyword.arg != "mistake" or not isinstance(value, ast.Constant):
                    continue
                if str(value.value) not in hints:
                    yield (
                        f"{_shown(course, path)}:{node.lineno}: mistake={value.value!r} "
                        f"has no hint in mistakes.py{_near(str(value.value), hints)}"
                    )


def _nodes(path: Path) -> Iterator[Any]:
    try:
        return iter(list(ast.walk(ast.parse(path.read_bytes()))))
    except SyntaxError:  # reported, with the line, when the tests are collected
        return iter(())


def _line(text: str, word: str) -> int:
    """Return the line in which a word first occurs as the id of an entry."""
    at = text.find(f'id="{word}"')
    at = at if at >= 0 else max(text.find(word), 0)
    return text.count("\n", 0, at) + 1


def _near(word: str, known: Iterable[str]) -> str:
    near = nearest(word, known)
    return f"; did you mean {near!r}?" if near else ""


# --- public tests -------------------------------------------------------------------------------


def _public(course: Course, name: str) -> Iterator[str]:
    """Yield names in the public tests that belong to another exercise."""
    path = course.exercise(name) / "test_public.py"
    if not path.is_file():
        return
    shown = _shown(course, path)
    try:
        tree = ast.parse(path.read_bytes())
    except SyntaxError as error:
        yield f"{shown}:{error.lineno}: not valid Python: {error.msg}"
        return
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "EXERCISE":
            named = ast.literal_eval(node.value) if isinstance(node.value, ast.Constant) else ""
            if named != name:
                yield f"{shown}:{node.lineno}: EXERCISE is {named!r}; write {name!r}"
