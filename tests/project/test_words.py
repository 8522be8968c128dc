"""Plain language: docstrings say what the code does, and phrases that readers stumbled over stay away."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = [file for file in sorted((ROOT / "grader").rglob("*.py")) if "templates" not in file.parts]
QUESTION = re.compile(r"(What|Who|Whose|Whether|Where|How|Why|Which|When)\b")


def documented(file: Path) -> Iterator[tuple[ast.AST, str]]:
    """Yield the modules, classes and functions in a file that have a docstring."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node)
            if text:
                yield node, text


def questions(source: Path, kind: type | tuple[type, ...]) -> tuple[list[str], int]:
    """Return the docstrings of a kind that begin with a question word, and the number of all."""
    found = [text for node, text in documented(source) if isinstance(node, kind)]
    return [text for text in found if QUESTION.match(text)], len(found)


def test_no_docstring_of_a_module_or_class_begins_with_a_question_word() -> None:
    for file in CODE:
        assert ([], file) == (questions(file, (ast.Module, ast.ClassDef))[0], file)


def test_hardly_any_docstring_of_a_function_begins_with_a_question_word() -> None:
    counted = [questions(file, (ast.FunctionDef, ast.AsyncFunctionDef)) for file in CODE]
    found = [text for texts, _ in counted for text in texts]
    number = sum(count for _, count in counted)
    assert number > 1000
    assert len(found) < 0.02 * number, found


def test_a_question_is_found(tmp_path: Path) -> None:
    """The count sees module, class and function; a word that only begins alike is none."""
    file = tmp_path / "riddle.py"
    file.write_text(
        '"""Why."""\nclass A:\n    """Whoever."""\n    def f(self):\n        """What."""\n'
    )
    assert (["Why."], 2) == questions(file, (ast.Module, ast.ClassDef))
    assert (["What."], 1) == questions(file, ast.FunctionDef)
