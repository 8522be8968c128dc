"""Run only the first code cells of a submission, for tests placed between a notebook's cells.

@pytest.mark.after_cell(3)       # the first 3 code cells of the solution have run, and nothing else

A student's cells are matched with the solution's cells by their text: the given cells are
unchanged, and the cells between two given ones are matched in order.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from grader.sandbox.student import Program

HEADER: Final = re.compile(r"^# %%(?! *\[(?:markdown|raw)\]).*$", re.MULTILINE)
ANY_HEADER: Final = re.compile(r"^# %%.*$", re.MULTILINE)


def first_cells(program: Program, solution: str, count: int) -> Program:
    """Return the program with only the first ``count`` code cells of the solution."""
    ours = [text for _, text in _cells(solution)]
    if len(program.cells) > 1:
        kept = matching([text for _, text in program.cells], ours, count)
        return replace(program, cells=program.cells[:kept])
    title, source = program.cells[0]
    theirs = _cells(source)
    kept = matching([text for _, text in theirs], ours, count)
    end = theirs[kept][0] if kept < len(theirs) else len(source)
    return replace(program, cells=((title, source[:end]),))


def matching(theirs: Sequence[str], ours: Sequence[str], count: int) -> int:
    """Return how many of a student's cells correspond to the first ``count`` of the solution."""
    from difflib import SequenceMatcher  # only courses with such tests need it

    kept = 0
    matcher = SequenceMatcher(None, [*map(_bare, ours)], [*map(_bare, theirs)], autojunk=False)
    for _, first, last, begin, end in matcher.get_opcodes():
        if first > count or (first == count and first != last):
            break
        kept = end if count >= last else min(begin + count - first, end)
    return kept


def _cells(source: str) -> list[tuple[int, str]]:
    """Return the start and the text of each code cell."""
    starts = [match.start() for match in ANY_HEADER.finditer(source)] + [len(source)]
    return [
        (begin, source[match.end() : next(start for start in starts if start > begin)])
        for match in HEADER.finditer(source)
        for begin in [match.start()]
    ]


def _bare(text: str) -> str:
    """Return the text of a cell without blank lines and unindented comments."""
    lines = (line.rstrip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("#"))
