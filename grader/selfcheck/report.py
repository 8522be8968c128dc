"""Show the results of a check, as lines for a terminal and as HTML for a notebook."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from grader.selfcheck import wording
from grader.selfcheck.checks import Result
from grader.selfcheck.gradient_table import Row

OK, FAILED = 0, 1
WIDTH: Final = 72
"""Largest number of characters in a title."""
COLOURS: Final = {
    "passed": "#2a8a43", "failed": "#d1342f", "unwritten": "#8a6d1a", "noted": "#8a6d1a",
}  # fmt: skip
HEAD: Final = ("array", "shape", "largest difference", "verdict")
LEFT: Final = "text-align:left"


class Report(Struct, frozen=True):
    """The results of a check, as text and as HTML."""

    name: str
    results: tuple[Result, ...]
    file: str = ""

    @property
    def status(self) -> int:
        """Return `OK` if everything passed; notes do not count."""
        right = all(each.verdict in ("passed", "noted") for each in self.results)
        return OK if right else FAILED

    @property
    def summary(self) -> str:
        """Return the result in numbers."""
        verdicts = [each.verdict for each in self.results if each.verdict != "noted"]
        parts = [f"{verdicts.count('passed')} of {len(verdicts)} passed"]
        if "failed" in verdicts:
            parts.append(f"{verdicts.count('failed')} failed")
        if "unwritten" in verdicts:
            parts.append(f"{verdicts.count('unwritten')} not written yet")
        return ", ".join(parts) + "."

    @property
    def advice(self) -> str:
        """Return the next step in a sentence or two."""
        bad = [each for each in self.results if each.verdict in ("failed", "noted")]
        if any(each.verdict == "failed" for each in bad):
            return wording.failed_first(bad[0].title)
        unwritten = next((each.unwritten for each in self.results if each.unwritten), "")
        if unwritten:
            return wording.unwritten(unwritten)
        return wording.hand_in(self.file)

    def __str__(self) -> str:
        shown = [f"{headed(each.title)}{outcome(each)}" for each in self.results]
        return "\n".join([self.name, "", *shown, "", self.summary, self.advice])

    def _repr_html_(self) -> str:
        rows = "".join(_html_row(each) for each in self.results)
        return (
            f'<div style="max-width:60em"><table style="width:100%;border-collapse:collapse">'
            f'<caption style="{LEFT}"><strong>{html.escape(self.name)}</strong>: '
            f"{html.escape(self.summary)}</caption>"
            f'<thead><tr><th scope="col" style="{LEFT}">check</th>'
            f'<th scope="col" style="{LEFT}">verdict</th></tr></thead>'
            f"<tbody>{rows}</tbody></table><p>{html.escape(self.advice)}</p></div>"
        )


def headed(title: str) -> str:
    """Return the beginning of a check's line, up to its verdict."""
    return f"  {title} {'.' * max(WIDTH - len(title), 2)} "


def outcome(result: Result) -> str:
    """Return the verdict, with the details below it."""
    below = [*_table(result.rows), *_said(result).splitlines()]
    return "\n".join([_word(result), *(f"      {line}" for line in below)])


def _word(result: Result) -> str:
    which = f": {result.unwritten}" if result.unwritten else ""
    return f"{wording.VERDICTS[result.verdict]}{which}"


def _said(result: Result) -> str:
    parts = [result.message]
    if result.printed:
        parts.append("it printed:\n" + result.printed)
    return "\n".join(part for part in parts if part)


def _cells(rows: Sequence[Row]) -> list[tuple[str, str, str, str]]:
    return [(row.name, row.shape, row.difference, row.words) for row in rows]


def _table(rows: Sequence[Row]) -> list[str]:
    """Return the table of a gradient in columns; an empty list for no rows."""
    if not rows:
        return []
    lines = [HEAD, *_cells(rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(3)]
    a, b, c = widths
    return [f"{name:<{a}}  {shape:<{b}}  {far:>{c}}  {word}" for name, shape, far, word in lines]


def _html_row(result: Result) -> str:
    colour, word = COLOURS[result.verdict], html.escape(_word(result))
    said = html.escape(_said(result))
    below = _html_table(result.rows) + (
        f'<pre style="{LEFT};white-space:pre-wrap;margin:0.3em 0">{said}</pre>' if said else ""
    )
    return (
        f'<tr style="border-top:1px solid #8886"><td style="{LEFT};vertical-align:top">'
        f"{html.escape(result.title)}{below}</td>"
        f'<td style="{LEFT};vertical-align:top;white-space:nowrap;color:{colour}">'
        f"<strong>{word}</strong></td></tr>"
    )


def _html_table(rows: Sequence[Row]) -> str:
    if not rows:
        return ""
    head = "".join(f'<th scope="col" style="{LEFT}">{cell}</th>' for cell in HEAD)
    body = "".join(
        "<tr>" + "".join(f'<td style="{LEFT}">{html.escape(cell)}</td>' for cell in cells) + "</tr>"
        for cells in _cells(rows)
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
