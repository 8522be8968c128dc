"""Generate the students' ``test_public.py`` from hidden tests that are marked ``public``.

If an author wrote ``test_public.py`` by hand, that file is kept.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from grader.course.assignment import Course
from grader.sandbox.work_folder import files_in

HEADER: Final = (
    '"""Public tests of {name}. (Made by `grader build` from tests marked `public`.)"""\n'
)


class PublicTestError(ValueError):
    """A test marked ``public`` cannot be given to students; the message says why."""


def generated(course: Course, name: str) -> bytes | None:
    """Return the public tests from marked tests; None without any, or with a handwritten file."""
    path = course.exercise(name) / "test_public.py"
    made = HEADER.format(name=name)
    if path.is_file() and not path.read_text(encoding="utf-8").startswith(made):
        return None
    parts = [part for file in _files(course, name) for part in _parts(course, file)]
    if not any(isinstance(ast.parse(part).body[0], ast.FunctionDef) for part in parts):
        return None
    said = "\n".join([f'EXERCISE = "{name}"', *constants(course, name)])
    return "\n\n".join([f"{made}\n{said}".strip(), *dict.fromkeys(parts), ""]).encode()


def constants(course: Course, name: str) -> list[str]:
    """Return the lines that tell `grader check` the grader's rules and the names of the files."""
    assignment = course.assignment(name)
    data = course.data(name)
    files = [path.relative_to(data).as_posix() for path in files_in(data)]
    found: dict[str, tuple[str, ...] | bool] = {
        "IMPORTS": assignment.imports,
        "FILES": assignment.files,
        "DATA": tuple(files),
        "EXTRA_FILES": assignment.extra_files,
        "WRITES": assignment.writes,
    }
    return [f"{key} = {_literal(value)}" for key, value in found.items() if value]


def _literal(value: tuple[str, ...] | bool) -> str:
    return json.dumps(value).replace("[", "(").replace("]", ",)") if value is not True else "True"


def unsaid(course: Course, name: str) -> list[str]:
    """Return the constants that a handwritten ``test_public.py`` lacks."""
    path = course.exercise(name) / "test_public.py"
    if not path.is_file():
        return []
    there = {
        node.targets[0].id: node.value
        for node in ast.parse(path.read_bytes()).body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }

    def is_said(line: str) -> bool:
        key, _, value = line.partition(" = ")
        given = there.get(key)
        return given is not None and ast.unparse(given) == ast.unparse(ast.parse(value).body[0])

    return [line for line in constants(course, name) if not is_said(line)]


def _files(course: Course, name: str) -> list[Path]:
    return sorted(course.hidden_tests(name).rglob("test_*.py"))


def _parts(course: Course, file: Path) -> Iterator[str]:
    """Yield the source of each public test of a file, preceded by the definitions that it uses."""
    tree = ast.parse(file.read_bytes())
    public = [n for n in tree.body if isinstance(n, ast.FunctionDef) and _is_public(n)]
    if not public:
        return
    shown = file.relative_to(course.folder).as_posix()
    for test in public:
        parameters = [argument.arg for argument in test.args.args]
        if parameters != ["student"]:
            raise PublicTestError(
                f"{shown}:{test.lineno}: {test.name} takes {', '.join(parameters)}; "
                "a public test takes student only"
            )
    needed = _needed(tree, public)
    for node in tree.body:
        if node in public and isinstance(node, ast.FunctionDef):
            node.decorator_list = []
            yield ast.unparse(node)
        elif node in needed:
            yield ast.unparse(node)


def _is_public(node: ast.FunctionDef) -> bool:
    return any(ast.unparse(each).endswith(".public") for each in node.decorator_list)


def _needed(tree: ast.Module, public: list[ast.FunctionDef]) -> list[ast.stmt]:
    """Return the module-level statements that define names used by the public tests."""
    found: list[ast.stmt] = []
    wanted = {
        n.id for test in public for b in test.body for n in ast.walk(b) if isinstance(n, ast.Name)
    }
    grown = True
    while grown:
        grown = False
        for node in tree.body:
            if node in found or node in public or not _defined(node) & wanted:
                continue
            found.append(node)
            grown = True
            wanted |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    return found


def _defined(node: ast.stmt) -> set[str]:
    """Return the names that a statement at module level defines."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        if isinstance(node, ast.ImportFrom) and node.level:
            return set()
        return {(each.asname or each.name).partition(".")[0] for each in node.names} - {"pytest"}
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Assign):
        return {n.id for t in node.targets for n in ast.walk(t) if isinstance(n, ast.Name)}
    return set()
