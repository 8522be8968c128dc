"""Read the declaration of a computation graph: nodes, their labels and their operands."""

from __future__ import annotations

import ast
import functools
import graphlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from grader.errors import UserError

Formula = str | tuple[str, Sequence[str | float]]
Graph = Mapping[str, Formula]
"""{node: formula}, or {node: (label, operands)}; names that are not nodes are leaves."""

NAME: Final = "GRAPH"
MOST: Final = 60
"""Number of nodes and leaves that a picture can show."""
LONGEST: Final = 40
"""Characters of a label."""


class GraphError(UserError):
    """The graph cannot be drawn; the line says which entry is wrong."""


class Node(Struct, frozen=True):
    """One value of a graph."""

    name: str
    label: str
    """The formula of the value; '' for a leaf."""
    operands: tuple[str, ...]
    """The names in the formula, each once, in order."""


@functools.lru_cache(maxsize=16)
def declared(source: str) -> Graph | None:
    """Return the `GRAPH` that a module's source assigns, or None.

    The source is parsed and not run, so the value must be a literal.

    Raises:
        GraphError: The source is not valid Python, or the assignment is not a literal dict.
    """
    try:
        tree = ast.parse(source)
        found = next((each for each in tree.body if _assigns(each)), None)
        graph = None if found is None else ast.literal_eval(found.value)  # type: ignore[attr-defined]  # an assignment
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise GraphError(f"{NAME} cannot be read: {error}") from None
    if graph is None:
        return None
    nodes(graph)
    return dict(graph)


def names(graph: Graph) -> tuple[str, ...]:
    """List every node and leaf, each after its operands; raise `GraphError`."""
    return tuple(nodes(graph))


def nodes(graph: Graph) -> dict[str, Node]:
    """Return every node and leaf by name, each after its operands; raise `GraphError`."""
    if not isinstance(graph, Mapping) or not graph:
        raise GraphError(f"{NAME} must be a dict with at least one node")
    made = {name: _node(name, formula) for name, formula in graph.items()}
    sorter = graphlib.TopologicalSorter({name: node.operands for name, node in made.items()})
    try:
        sorter.prepare()
    except graphlib.CycleError as error:
        circle = " -> ".join(map(str, error.args[1]))
        raise GraphError(f"{NAME}: nodes depend on one another: {circle}") from None
    order: dict[str, Node] = {}
    for name in made:
        _visit(name, made, order)
    if len(order) > MOST:
        raise GraphError(f"{NAME} has {len(order)} names; a picture shows at most {MOST}")
    return order


def users(found: Mapping[str, Node]) -> dict[str, list[str]]:
    """Return for each name the nodes that use it as an operand."""
    result: dict[str, list[str]] = {name: [] for name in found}
    for node in found.values():
        for operand in node.operands:
            result[operand].append(node.name)
    return result


def _visit(name: str, made: Mapping[str, Node], order: dict[str, Node]) -> None:
    """Add a name after everything that it depends on, without recursion."""
    stack = [name]
    while stack:
        node = made.get(stack[-1], Node(stack[-1], "", ()))
        waiting = [each for each in reversed(node.operands) if each not in order]
        if waiting:
            stack += waiting
            continue
        order.setdefault(node.name, node)
        stack.pop()


def _assigns(statement: ast.stmt) -> bool:
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return any(isinstance(each, ast.Name) and each.id == NAME for each in targets)


def _node(name: Any, formula: Any) -> Node:
    if not isinstance(name, str) or not name:
        raise GraphError(f"{NAME}: {name!r} is not a name")
    if isinstance(formula, str):
        return _parsed(name, formula)
    match formula:
        case (str(label), (list() | tuple()) as operands):
            found = tuple(dict.fromkeys(each for each in operands if isinstance(each, str)))
            shown = ", ".join(_spelt(each) for each in operands)
            return Node(name, _cut(f"{label}({shown})" if label.isidentifier() else label), found)
    raise GraphError(f"{NAME}: {name} must be a formula or (label, operands)")


@functools.lru_cache(maxsize=1024)
def _parsed(name: str, formula: str) -> Node:
    """Find the names in a formula, except those of functions and attributes."""
    try:
        tree = ast.parse(formula.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise GraphError(f"{NAME}: {name}: {formula!r} is not a formula") from None
    called = {id(each.func) for each in ast.walk(tree) if isinstance(each, ast.Call)}
    found = [
        each for each in ast.walk(tree) if isinstance(each, ast.Name) and id(each) not in called
    ]
    found.sort(key=lambda each: (each.lineno, each.col_offset))
    return Node(name, _cut(_readable(formula)), tuple(dict.fromkeys(each.id for each in found)))


def _readable(formula: str) -> str:
    """Write products as on paper: ``2 * b`` as ``2b``, ``c * e`` as ``c e``."""
    left, *rest = formula.strip().split(" * ")
    for factor in rest:
        left += factor if left.replace(".", "").isdigit() and factor[:1].isalpha() else f" {factor}"
    return left


def _spelt(operand: Any) -> str:
    return f"{operand:g}" if isinstance(operand, int | float) else str(operand)


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
