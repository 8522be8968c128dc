"""Read an otter assignment: a master notebook, or a notebook with separate tests."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import yaml
from msgspec.structs import replace

from grader.authoring.importers import otter_tests
from grader.authoring.importers.cells import (
    HandGraded,
    Imported,
    ProgramPart,
    SourceCell,
    SourceNotebook,
    TestCell,
    identifier,
    without_magics,
)
from grader.authoring.importers.nbgrader import marked
from grader.authoring.importers.otter_tests import number, with_calls

KEYWORD: Final = re.compile(
    r"^\s*(?:```\s*)?#*\s*(BEGIN|END)\s+(ASSIGNMENT|QUESTION|SOLUTION|PROMPT|TESTS?|HIDDEN TESTS)\b",
    re.IGNORECASE,
)
CONFIG: Final = re.compile(
    r'^\s*("""|\'\'\')\s*#? *BEGIN TEST CONFIG\s*\n(.*?)\1\s*#? *END TEST CONFIG[^\n]*\n?',
    re.DOTALL,
)
FLAG: Final = re.compile(r"^[ \t]*# *(HIDDEN|TEST|IGNORE)\b.*$\n?", re.MULTILINE)
INLINE: Final = re.compile(r"^([ \t]*)(.*?)[ \t]*# *SOLUTION(?: NO PROMPT)? *$")
PROMPT: Final = re.compile(
    r'^[ \t]*("""|\'\'\')\s*# *BEGIN PROMPT.*?# *END PROMPT[^\n]*\n?', re.DOTALL | re.MULTILINE
)
CHECK: Final = re.compile(r"""^[ \t]*\w+\.(?:check|grade)\(["'](.+?)["']""", re.MULTILINE)
"""Matches a line that runs a test: ``grader.check("q1")``."""
REGION: Final = re.compile(r"^([ \t]*)# *(BEGIN|END) SOLUTION(?: NO PROMPT)? *$", re.MULTILINE)


def convert(notebook: SourceNotebook, title: str, tests: Path) -> Imported:
    """Return the exercise that a notebook describes.

    Args:
        notebook: A master notebook with its tests, or one with separate tests.
        title: The title of the exercise if the notebook has none.
        tests: The folder with test files, which may be missing; tests in the notebook take
            precedence.
    """
    found, state = Imported(title), _State()
    checked: dict[str, int] = {}
    for cell in notebook.cells:
        word = KEYWORD.match(cell.source) if cell.kind != "code" else None
        if word:
            state.enter(cell, word, found)
        elif state.tests and cell.kind == "code":
            found.add_test(state.test(cell))
        elif not state.prompt and cell.kind != "raw":
            found.add_part(_part(cell, state))
            checked |= dict.fromkeys(CHECK.findall(cell.source), len(found.parts))
    state.share(found)
    if not found.tests:
        outside = list(otter_tests.in_metadata(notebook.metadata))
        for test in outside or otter_tests.in_folder(tests, checked):
            found.add_test(test, checked.get(test.question))
    return found


class _State:
    """The question to which the current cells belong."""

    def __init__(self) -> None:
        self.tests = self.prompt = self.solution = self.manual = False
        self.name, self.points, self.count = "", 1.0, 0
        self._first = 0
        self._open: set[int] = set()

    def enter(self, cell: SourceCell, word: re.Match[str], found: Imported) -> None:
        """Record a cell that begins or ends a question or region."""
        begins, what = word[1].upper() == "BEGIN", word[2].upper()
        if what.startswith(("TEST", "HIDDEN")):
            self.tests = begins
        elif what == "PROMPT":
            self.prompt = begins
        elif what == "SOLUTION":
            self.solution = begins
        elif what == "QUESTION" and begins:
            self.share(found)
            self._question(cell, found)
        elif what == "QUESTION":
            self.share(found)
            self.tests = self.prompt = self.solution = self.manual = False

    def share(self, found: Imported) -> None:
        """Share the rest of a question's points among its tests without points."""
        mine = [each for each in found.tests[self._first :] if each.cell in self._open]
        own = sum(t.points for t in found.tests[self._first :] if t.cell not in self._open)
        for at, test in enumerate(found.tests):
            if test in mine:
                left = round(max(0.0, self.points - own) / len(mine), 4)
                found.tests[at] = replace(test, points=left)
        self._first = len(found.tests)
        self._open.clear()

    def _question(self, cell: SourceCell, found: Imported) -> None:
        config = _config(cell.source)
        self.count += 1
        self.name = str(config.get("name") or f"q{self.count}")
        self.manual = bool(config.get("manual"))
        self.points = number(config.get("points"), 1.0)
        if self.manual:
            name = identifier(self.name).replace("_", "-")
            found.manual.append(HandGraded(name, f"Question {self.name}", self.points or 1.0))
        elif text := _after_config(cell.source):
            found.parts.append(ProgramPart("markdown", text))

    def test(self, cell: SourceCell) -> TestCell:
        """Return the test in a code cell of a tests region."""
        config, source = CONFIG.match(cell.source), cell.source
        options: dict[str, Any] = {}
        if config:
            options, source = _yaml(config[2]), source[config.end() :]
        if options.get("points") is None:
            self._open.add(cell.number)
        hidden = bool(options.get("hidden")) or bool(re.search(r"^\s*# *HIDDEN", source))
        return TestCell(
            name=self.name or f"cell_{cell.number}",
            source=with_calls(FLAG.sub("", without_magics(source))),
            points=number(options.get("points"), self.points),
            cell=cell.number,
            hidden=hidden,
            expected=cell.output,
        )


def _part(cell: SourceCell, state: _State) -> ProgramPart:
    if cell.kind != "code":
        answer = state.solution and state.manual
        text = "*Write your answer here.*" if answer else cell.source
        return ProgramPart("markdown", text.strip())
    source = unmarked_inline(PROMPT.sub("", without_magics(cell.source)))
    if state.solution and "# BEGIN SOLUTION" not in source:
        source = marked(source)
    return ProgramPart("code", source.strip("\n"))


def unmarked_inline(source: str) -> str:
    """Return code with ``x = 2  # SOLUTION`` lines put into solution regions."""
    lines: list[str] = []
    for line in REGION.sub(r"\1# \2 SOLUTION", source).split("\n"):
        inline = INLINE.match(line)
        if inline and inline[2] and not inline[2].startswith("#"):
            indent = inline[1]
            lines += [
                f"{indent}# BEGIN SOLUTION",
                f"{indent}{inline[2]}",
                f"{indent}# END SOLUTION",
            ]
        else:
            lines.append(line)
    return _joined("\n".join(lines))


def _joined(source: str) -> str:
    """Join adjacent regions."""
    return re.sub(
        r"^[ \t]*# END SOLUTION\n[ \t]*# BEGIN SOLUTION\n", "", source, flags=re.MULTILINE
    )


def _config(source: str) -> dict[str, Any]:
    """Return the YAML after ``BEGIN QUESTION``, in either format."""
    body = source.partition("\n")[2].split("```")[0]
    return _yaml(re.sub(r"^\s*# ?(?=\w)", "", body, flags=re.MULTILINE))


def _after_config(source: str) -> str:
    """Return the text after the configuration, in the older format with both in one cell."""
    return source.split("```")[-1].strip() if source.count("```") >= 2 else ""


def _yaml(text: str) -> dict[str, Any]:
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        return {}
    return value if isinstance(value, dict) else {}
