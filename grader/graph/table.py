"""Write a graph's values and gradients as a text table, in the order of the forward pass."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from grader.graph.declaration import Graph, nodes
from grader.graph.marks import Marks, Verdict, shown

WORDS: Final[dict[Verdict, str]] = {
    "correct": "correct",
    "first": "first wrong value",
    "wrong": "wrong",
    "follows": "wrong, follows from it",
    "missing": "missing",
}


def table(
    graph: Graph,
    values: Mapping[str, Any],
    gradients: Mapping[str, Any] | None = None,
    numeric: Mapping[str, Any] | None = None,
    marks: Marks | None = None,
) -> list[str]:
    """Return one line for each name, below a header; columns without an entry are left out."""
    rows: list[tuple[str, ...]] = [("", "value", "gradient", "numeric", "")]
    for name, node in nodes(graph).items():
        label = f"{name} = {node.label}" if node.label else name
        cells = (_cell(each, name) for each in (values, gradients or {}, numeric or {}))
        rows.append((label, *cells, verdict(name, marks or Marks())))
    kept = [at for at in range(5) if at == 0 or any(row[at] for row in rows[1:])]
    widths = [max(len(row[at]) for row in rows) for at in range(5)]
    return [
        "  ".join(_padded(row[at], widths[at], left=at in (0, 4)) for at in kept).rstrip()
        for row in rows
    ]


def verdict(name: str, marks: Marks) -> str:
    """Describe the mark at a name: of the value, the gradient, or both."""
    found = {"value": marks.values.get(name), "gradient": marks.gradients.get(name)}
    wrong = [
        f"{what}: {WORDS[each]}" for what, each in found.items() if each not in (None, "correct")
    ]
    if wrong:
        return "; ".join(wrong)
    return "correct" if "correct" in found.values() else ""


def _cell(values: Mapping[str, Any], name: str) -> str:
    return shown(values[name]) if name in values else ""


def _padded(text: str, width: int, left: bool) -> str:
    return text.ljust(width) if left else text.rjust(width)
