"""Plain language: docstrings say what the code does, and phrases that readers stumbled over stay away."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from places import ROOT

CODE = [file for file in sorted((ROOT / "grader").rglob("*.py")) if "templates" not in file.parts]
QUESTION = re.compile(r"(What|Who|Whose|Whether|Where|How|Why|Which|When)\b")


@cache
def tree(file: Path) -> ast.Module:
    """Return a file's syntax tree, parsed once."""
    return ast.parse(file.read_text(encoding="utf-8"))


def documented(file: Path) -> Iterator[tuple[ast.AST, str]]:
    """Yield the modules, classes and functions in a file that have a docstring."""
    for node in ast.walk(tree(file)):
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


# --- phrases that must not return --------------------------------------------------------------

BANNED = """
    forging an answer; is told to have; says who changes; taken for:; does a loop end;
    does it end?; is no assignment; is no zip; is no list; is no number;
    is nobody in; nobody is named; has no student's name; put right the first; put it right;
    what stands below it; in what you wrote; the others are run; those that answer; silences the rest;
    carries the blame; the shape of its thing; to look at again; right, given your; tells apart;
    tells students apart; ours to mend; point at a place; who does well otherwise; let the course prove itself;
    begin an exercise; becomes of it; comes of it; came of it; ballast;
    is set aside; of its own accord; handed in; hand-in; hand it in;
    made anew; out of step; cannot be had;
    as it was released; left so; as it was;; whoever; lest;
    thereof; manners; exempt; taken off; honest error;
    what it was; answers otherwise; otherwise than; more than it should; as it should be;
    root's alone; stands twice; nobody's fault; whatever it is asked; shuts out;
    for ever; we could not tell; stood for; answers as if; is it that; a silent unit;
    the blame; they ask for the same; are told apart
"""
PHRASES = tuple(" ".join(phrase.split()) for phrase in BANNED.split("; "))
"""Fragments of sentences that outside readers could not understand, in lower case."""
SEARCH = re.compile("|".join(rf"(?<!\w){re.escape(phrase)}(?!\w)" for phrase in PHRASES))
PAGES = sorted(
    page for page in (
        *ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("exercises/*/README.md"),
        *ROOT.glob("exercises/*/*.py"), *ROOT.glob("exercises/*/*.ipynb"), ROOT / "Makefile",
        *(ROOT / "grader").rglob("*.html"), *(ROOT / "grader").rglob("*.in"),
    ) if "_build" not in page.parts
)  # fmt: skip


def messages(file: Path) -> list[str]:
    """Return the texts in a module but for its docstrings: messages, help and templates."""
    comments = {id(node.value) for node in ast.walk(tree(file)) if isinstance(node, ast.Expr)}
    return [
        node.value
        for node in ast.walk(tree(file))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in comments
    ]


def words(page: Path) -> str:
    """Return the text of a page, of a notebook the text of its cells."""
    text = page.read_text(encoding="utf-8")
    if page.suffix != ".ipynb":
        return text
    return "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"])


def banned(text: str) -> list[str]:
    """Return the banned phrases in a text; they are found across line breaks."""
    return SEARCH.findall(" ".join(text.lower().split()))


def test_no_message_holds_a_banned_phrase() -> None:
    found = {str(file.relative_to(ROOT)): banned(" \x00 ".join(messages(file))) for file in CODE}
    assert {} == {name: phrases for name, phrases in found.items() if phrases}


def test_no_page_holds_a_banned_phrase() -> None:
    found = {str(page.relative_to(ROOT)): banned(words(page)) for page in PAGES}
    assert {} == {name: phrases for name, phrases in found.items() if phrases}


def test_each_banned_phrase_is_found(tmp_path: Path) -> None:
    """In a message of a module, and in a page, across line breaks and in capitals."""
    module = tmp_path / "spoken.py"
    for phrase in PHRASES:
        module.write_text(
            f'"""A docstring."""\nMESSAGE = f"{{1}} {phrase} {{2}}"\n', encoding="utf-8"
        )
        tree.cache_clear()
        assert [phrase] == banned(" ".join(messages(module)))
        assert [phrase] == banned(f"a {phrase.upper()} b".replace(" ", "\n  "))
    assert [] == banned("A checklist of unwholesome whoevers.")
