"""Write an imported notebook as an exercise of the course."""

from __future__ import annotations

import ast
import builtins
import importlib.util
import json
import re
import symtable
import sys
import unittest
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

from msgspec.structs import replace

from grader.authoring.importers.beside import modules
from grader.authoring.importers.carry import (
    NOSE,
    DefinedNames,
    bound,
    hidden_from_program,
    indented,
    looked_up,
    names_of,
    needed,
    problem,
    scopes,
    set_for_program,
    with_deletions,
    with_earlier,
    with_settings,
)
from grader.authoring.importers.cells import (
    Imported,
    ProgramPart,
    TestCell,
    is_python,
    without_magics,
)
from grader.authoring.importers.otter_tests import shown

STUDENT: Final = "student"
CANNOT_FAIL: Final = "(cannot fail)"
GIVEN: Final = (
    "numpy",
    "IPython",
    "otter",
    "nose",
    "pylab",
    "nbgrader",
    "client",
    "gofer",
    "jassign",
)
"""Packages that need no entry in ``imports:`` of assignments.yaml."""


def entitled(found: Imported) -> Imported:
    """Return the exercise with its title, taken from the first text cell, which is removed."""
    first = found.parts[0] if found.parts else None
    if first is None or first.kind != "markdown":
        return found
    lines = first.source.strip().splitlines()
    if not lines or not lines[0].startswith("#"):
        return found
    title = " ".join(lines[0].strip("#* ").split())[:100]
    text = "\n".join(lines[1:]).strip()
    moved = [replace(test, position=max(0, test.position - 1)) for test in found.tests]
    return replace(found, title=title or found.title, text=text, parts=found.parts[1:], tests=moved)


def solution(found: Imported) -> str:
    """Return the solution of an exercise, in percent format."""
    text = f"\n\n{_quotable(found.text)}" if found.text else ""
    blocks = [f'r"""{_quotable(found.title)}{text}\n"""']
    for part in found.parts:
        if part.kind == "markdown":
            commented = "\n".join(f"# {line}".rstrip() for line in part.source.splitlines())
            blocks.append(f"# %% [markdown]\n{commented}")
        elif source := _program(part.source):
            blocks.append(f"# %%\n{source}")
    return "\n\n".join(blocks) + "\n"


def _quotable(text: str) -> str:
    return text.replace('"""', "'''").rstrip('\\" ')


def _program(source: str) -> str:
    """Return a cell without code that only the other grader understands."""
    text = without_magics(source)
    lines = [
        line
        for line in text.split("\n")
        if not re.match(
            r"\s*(import otter|grader *= *otter|grader\.check|from nose|import nose)", line
        )
    ]
    return "\n".join(lines).strip("\n")


def code_above(found: Imported, position: int) -> int:
    """Return the number of the solution's code cells above a position among the parts."""
    return sum(
        part.kind == "code" and bool(_program(part.source)) for part in found.parts[:position]
    )


def carried(found: Imported) -> list[TestCell]:
    """Return the tests, each with its problem if it cannot be imported."""
    names = names_of(found.parts)
    checked: list[TestCell] = []
    for test in with_earlier(found.tests):
        checked.append(replace(test, problem=problem(test, names)))
    return checked


def set_by_tests(found: Imported, tests: Sequence[TestCell]) -> tuple[str, ...]:
    """Return the variables of tests that functions of the program read: often a slip in these."""
    names = names_of(found.parts)
    bodies = [ast.parse(_parsed(test.source)).body for test in tests if not test.problem]
    return tuple(sorted(set().union(*(set_for_program(body, names) for body in bodies))))


def has_code(test: TestCell) -> bool:
    """Return whether a test cell contains code; in students' versions it may be only comments."""
    return bool(ast.parse(_parsed(test.source)).body)


BESIDE: Final = """
DATA = Path(__file__).parents[3] / "exercises" / "{}" / "data"
sys.path.append(str(DATA))


@pytest.fixture(autouse=True)
def beside_the_data(monkeypatch):
    monkeypatch.chdir(DATA)

"""
"""The lines of a test file whose cells read or import files next to the notebook."""


def test_file(
    found: Imported, carried_over: Sequence[TestCell], name: str, files: Collection[str]
) -> str:
    """Return the hidden tests of an exercise.

    Args:
        found: The exercise.
        carried_over: Its tests; those with a problem are left out.
        name: Its name.
        files: The files next to the notebook, by their relative paths.
    """
    names = names_of(found.parts)
    head = ['"""Hidden tests, imported from a notebook."""', "", "import pytest"]
    right = [test for test in carried_over if not test.problem]
    if _uses(right, files, names):
        head[1:] = ["", "import sys", "from pathlib import Path", "", "import pytest"]
        head.append(BESIDE.format(name).rstrip("\n"))
    if any("with shows(" in _body(test) for test in right):
        head += ["", "from grader.testing import show, shows"]
    stars = [*names.stars, *(s for test in right for s in _stars(test.source))]
    head += [line for line in dict.fromkeys(stars) if NOSE not in line and _is_found(line, files)]
    functions = [_function(test, names) for test in right]
    return "\n".join(head) + "\n\n\n" + "\n\n\n".join(functions) + "\n"


def _is_found(star: str, files: Collection[str]) -> bool:
    """Return whether ``from module import *`` finds the module here or at the notebook."""
    top = star.split()[1].partition(".")[0]
    beside = modules(files)
    return top in beside or (bool(top) and importlib.util.find_spec(top) is not None)


def with_definitions_of_tests(found: Imported) -> Imported:
    """Return the exercise with the definitions that its program takes from test cells.

    In a notebook all cells share their names: a solution may use ``np`` because a test imports it,
    or the data of a test above it.
    """
    defined = {name: (test.position, node) for test in found.tests[::-1]
               for node in ast.parse(_parsed(test.source)).body
               if isinstance(node, DEFINITION) for name in bound(node)}  # fmt: skip
    taken: dict[str, tuple[int, ast.stmt]] = {}
    sources = [without_magics(part.source) for part in found.parts if part.kind == "code"]
    while missing := _missing(sources) & defined.keys():
        taken |= {name: defined.pop(name) for name in missing}
        sources += [ast.unparse(taken[name][1]) for name in missing]
    lines: dict[int, dict[str, None]] = {}
    for name, (position, node) in taken.items():
        imports = isinstance(node, ast.Import | ast.ImportFrom)
        line = names_of([ProgramPart("code", ast.unparse(node))]).imports.get(name)
        lines.setdefault(0 if imports else position, {})[line or ast.unparse(node)] = None
    for position in sorted(lines, reverse=True):
        found = _with_part(found, position, "\n".join(lines[position]))
    return found


DEFINITION: Final = (ast.Assign, ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)


def _parsed(source: str) -> str:
    text = without_magics(source)
    return text if is_python(text) else ""


def _missing(sources: Sequence[str]) -> set[str]:
    """Return the global names that cells read and none of them defines."""
    whole = "\n".join(source for source in sources if is_python(source))
    read, written = set[str](), set(dir(builtins))
    for table in scopes(whole):
        for symbol in table.get_symbols():
            if table.get_type() == "module" or symbol.is_global():
                read |= {symbol.get_name()} if symbol.is_referenced() else set()
                written |= {symbol.get_name()} if _binds(symbol) else set()
    return read - written


def _binds(symbol: symtable.Symbol) -> bool:
    return symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()


def _with_part(found: Imported, position: int, source: str) -> Imported:
    """Return the exercise with another code cell at a position."""
    parts = [*found.parts[:position], ProgramPart("code", source), *found.parts[position:]]
    tests = [replace(test, position=test.position + (test.position >= position))
             for test in found.tests]  # fmt: skip
    return replace(found, parts=parts, tests=tests)


def _uses(right: Sequence[TestCell], files: Collection[str], names: DefinedNames) -> bool:
    """Return whether a test reads or imports a file next to the notebook."""
    words = {
        word
        for file in files
        for word in ((file.rpartition("/")[2],) if not file.endswith(".py") else ())
    }
    beside = modules(files)
    own = [line for line in names.stars if line.split()[1].partition(".")[0] in beside]
    return bool(own) or any(
        any(word in test.source for word in words)
        or any(re.search(rf"\b{re.escape(module)}\b", _taken(test, names)) for module in beside)
        for test in right
    )


def _taken(test: TestCell, names: DefinedNames) -> str:
    """Return the source of a test, with the imports that it takes from the notebook."""
    wanted = needed(ast.parse(_body(test)).body)
    return "\n".join([test.source, *(names.imports[n] for n in wanted & names.imports.keys())])


def _body(test: TestCell) -> str:
    source = without_magics(test.source)
    if test.expected is not None and test.expected.strip():
        return shown(source, test.expected)
    return source


def _stars(source: str) -> Iterator[str]:
    for node in ast.parse(without_magics(source)).body:
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            yield ast.unparse(node)


def _function(test: TestCell, names: DefinedNames) -> str:
    """Return one test function: the marks, the names that it uses, and the unchanged cell."""
    body = _without_stars(_body(test))
    statements = ast.parse(body).body
    sought = looked_up(statements) & (names.student.keys() | names.imports.keys())
    wanted = needed(statements) | sought
    marks = [f"@pytest.mark.points({test.points:g})"]
    if test.after:
        marks.append(f"@pytest.mark.after_cell({test.after})")
    lines = [*_nose(statements, names, wanted)]
    imported = sorted(wanted & names.imports.keys() - names.student.keys() - sought)
    lines += [names.imports[name] for name in imported if NOSE not in names.imports[name]]
    hidden = hidden_from_program(statements, names)
    if shared := set_for_program(statements, names) - hidden:
        body = with_settings(body, shared)
    body = with_deletions(body, hidden) if hidden else body
    lines += [f'{name} = {STUDENT}.eval("student.{name}")' for name in sorted(wanted & hidden)]
    from_student = names.student.keys() | (sought & names.imports.keys())
    taken = sorted((wanted & from_student) - hidden)
    if "globals" in wanted:
        lines += [f'globals()["{name}"] = {STUDENT}.{name}' for name in sorted(sought)]
    if taken:
        right = ", ".join(f"{STUDENT}.{name}" for name in taken)
        lines.append(f"{', '.join(taken)} = {right}")
    title = f"{test.name.replace('_', ' ')}{f' {CANNOT_FAIL}' if test.cannot_fail else ''}"
    above = "".join(f"    {line}\n" for line in lines)
    return (
        "\n".join(marks) + f"\ndef test_{test.name}({STUDENT}):\n    {json.dumps(title)}\n"
        f"{above}{indented(body.strip(chr(10)))}"
    )


def _without_stars(source: str) -> str:
    """Return code without star imports, which move to the top, and without nose."""
    lines = source.split("\n")
    for node in ast.parse(source).body[::-1]:
        star = isinstance(node, ast.ImportFrom) and any(a.name == "*" for a in node.names)
        if star or (isinstance(node, ast.Import | ast.ImportFrom) and NOSE in ast.unparse(node)):
            del lines[node.lineno - 1 : node.end_lineno]
    return "\n".join(lines) or "pass"


def _nose(statements: Sequence[ast.stmt], names: DefinedNames, wanted: Iterable[str]) -> list[str]:
    """Return definitions of nose's assertions, from unittest, because nose cannot be installed."""
    functions = sorted(
        name for name in wanted
        if re.fullmatch(r"assert_\w+|ok_|eq_|raises", name) and name not in names.student
        and not any(name in bound(node) for node in statements) and name not in _defined_elsewhere(names)
    )  # fmt: skip
    if not functions:
        return []
    lines = ["import unittest"]
    for name in functions:
        target = {"ok_": "assertTrue", "eq_": "assertEqual"}.get(name)
        if target is None:
            target = re.sub(r"_(\w)", lambda match: match[1].upper(), name)
        target = {"assertEquals": "assertEqual", "assertAlmostEquals": "assertAlmostEqual"}.get(
            target, target
        )
        if hasattr(unittest.TestCase, target):
            lines.append(f"{name} = unittest.TestCase().{target}")
    return lines if len(lines) > 1 else []


def _defined_elsewhere(names: DefinedNames) -> set[str]:
    return {name for name, line in names.imports.items() if NOSE not in line}


def packages(found: Imported) -> list[str]:
    """Return the modules that the exercise imports besides the standard library and NumPy."""
    modules: set[str] = set()
    for part in found.parts:
        if part.kind != "code":
            continue
        try:
            tree = ast.parse(without_magics(part.source))
        except SyntaxError:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                modules |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                modules.add(node.module.partition(".")[0])
    return sorted(modules - set(sys.stdlib_module_names) - set(GIVEN))


def not_installed(found: Imported, beside: Collection[str]) -> tuple[str, ...]:
    """Return the packages that the exercise imports and that are not installed here."""
    return tuple(
        name
        for name in packages(found)
        if name not in beside and importlib.util.find_spec(name) is None
    )


def entry(found: Imported, name: str, leave_out: Collection[str] = ()) -> str:
    """Return the exercise's entry in assignments.yaml, without the modules to ``leave_out``."""
    lines = [f"- name: {name}", f"  title: {json.dumps(found.title, ensure_ascii=False)}"]
    imports = [module for module in packages(found) if module not in leave_out]
    if "torch" in imports:
        lines.append("  runtime: torch")
    if imports:
        lines.append(f"  imports: [{', '.join(imports)}]")
    if found.manual:
        lines.append("  manual:")
        for each in found.manual:
            title = json.dumps(each.title, ensure_ascii=False)
            lines.append(f"    - {{id: {each.id}, title: {title}, points: {each.points:g}}}")
    return "\n".join(lines) + "\n"
