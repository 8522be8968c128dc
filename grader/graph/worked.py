"""Draw the graph that an exercise declares as a file, with the values in its text.

Besides ``GRAPH``, the given part of a solution may contain two more literals, ``GRAPH_VALUES`` and
``GRAPH_GRADIENTS``: a number or nested list for each name. If the text shows it as ``![Graph:
...](graph.svg)``, `grader build` draws ``graph.svg`` from them.
"""

from __future__ import annotations

import ast
import re
from typing import Any, Final

from grader.graph.declaration import GraphError, declared
from grader.graph.picture import draw

FILE: Final = "graph.svg"
INK: Final = "#1b1f24"
PAPER: Final = "#ffffff"


def worked_picture(source: str) -> str:
    """Return the picture of a solution's graph as a file, or '' if its text shows none.

    Raises:
        GraphError: The graph or its values cannot be read.
    """
    graph = declared(source) if f"({FILE})" in source else None
    if graph is None:
        return ""
    title = (ast.get_docstring(ast.parse(source)) or "Computation graph").partition("\n")[0]
    values, gradients = (_literal(source, f"GRAPH_{each}") for each in ("VALUES", "GRADIENTS"))
    return standalone(draw(graph, values, gradients, title=title))


def standalone(svg: str) -> str:
    """Return a picture with its own colours on white, because a file inherits none from a page."""
    svg = re.sub(r"var\(--\w+, none\)", PAPER, svg)
    svg = re.sub(r"var\(--\w+, (#\w+)\)", r"\1", svg).replace("currentColor", INK)
    x, y, width, height = re.search(r'viewBox="(\S+) (\S+) (\S+) (\S+)"', svg).groups()  # type: ignore[union-attr]  # `draw` writes one
    head, rest = svg.split(">", 1)
    paper = f'<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="{PAPER}" />'
    return f"{head}>{paper}{rest}\n"


def _literal(source: str, name: str) -> dict[str, Any]:
    """Return a dict that a module's source assigns as a literal; an empty one if there is none."""
    for statement in ast.parse(source).body:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        if isinstance(statement, ast.Assign) and any(
            isinstance(each, ast.Name) and each.id == name for each in targets
        ):
            try:
                return dict(ast.literal_eval(statement.value))
            except (TypeError, ValueError) as error:
                raise GraphError(f"{name} cannot be read: {error}") from None
    return {}
