"""Place the nodes of a graph in columns, operands left of their users, with few crossings.

The method is Sugiyama's: a column for each level, an invisible point where an arrow crosses a
column, an order in each column by the mean position of the neighbours, then heights by the same
mean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final

from msgspec import Struct

from grader.graph.declaration import Node, users

SWEEPS: Final = 8
GAP: Final = 46.0
"""Width between two columns, for the arrows, in pixels."""
PASSING: Final = 26.0
"""Height that an arrow needs to cross a column, in pixels."""
APART: Final = 11.0
"""Height between the heads of two arrows at one node, in pixels."""

Slot = tuple[str, int]
"""A name in a column: the node itself, or an arrow to it that crosses the column."""
Point = tuple[float, float]


class Size(Struct, frozen=True):
    """The widths that a node needs: its box, and the line with its values."""

    box: float
    stem: float


class Place(Struct, frozen=True):
    """The left end and the middle height of a node's box, and the end of its line."""

    x: float
    y: float
    end: float


class Layout(Struct, frozen=True):
    """All nodes, and the arrows between them as points; the last two are the arrow's head."""

    places: Mapping[str, Place]
    arrows: Sequence[Sequence[Point]]
    width: float
    height: float


def arranged(found: Mapping[str, Node], sizes: Mapping[str, Size], row: float) -> Layout:
    """Return the layout.

    Args:
        found: Every node and leaf, each after its operands.
        sizes: The widths of each, in pixels.
        row: The height between two nodes of a column, in pixels.
    """
    levels = _levels(found)
    columns, links = _columns(found, levels)
    _order(columns, links)
    heights = _heights(columns, links, found, levels, row)
    starts, ends = _bounds(columns, sizes, levels)
    places = {
        name: Place(starts[level], heights[name, level], ends[level])
        for name, level in levels.items()
    }
    arrows = [
        _arrow(node, operand, levels, heights, (starts, ends), found)
        for node in found.values()
        for operand in node.operands
    ]
    return Layout(places, arrows, ends[-1], max(heights.values()) + row / 2)


def _levels(found: Mapping[str, Node]) -> dict[str, int]:
    """Place each node in the column after its last operand, a leaf before its first user."""
    levels: dict[str, int] = {}
    for name, node in found.items():
        levels[name] = 1 + max((levels[each] for each in node.operands), default=-1)
    used = users(found)
    for name, node in found.items():
        if not node.operands and used[name]:
            levels[name] = min(levels[each] for each in used[name]) - 1
    return levels


def _columns(
    found: Mapping[str, Node], levels: Mapping[str, int]
) -> tuple[list[list[Slot]], dict[Slot, set[Slot]]]:
    """Return the slots of each column, and the pairs of slots that an arrow connects."""
    columns: list[list[Slot]] = [[] for _ in range(max(levels.values()) + 1)]
    links: dict[Slot, set[Slot]] = {}
    for name, used in users(found).items():
        last = max((levels[each] for each in used), default=levels[name] + 1) - 1
        for level in range(levels[name], max(last, levels[name]) + 1):
            columns[level].append((name, level))
            links.setdefault((name, level), set())
            if level > levels[name]:
                _join(links, (name, level - 1), (name, level))
    for node in found.values():
        for operand in node.operands:
            _join(links, (operand, levels[node.name] - 1), (node.name, levels[node.name]))
    return columns, links


def _join(links: dict[Slot, set[Slot]], one: Slot, other: Slot) -> None:
    links.setdefault(one, set()).add(other)
    links.setdefault(other, set()).add(one)


def _order(columns: list[list[Slot]], links: Mapping[Slot, set[Slot]]) -> None:
    """Sort each column by the mean position of the neighbours, back and forth; keep the best."""
    best = [list(column) for column in columns]
    fewest = _crossings(columns, links)
    for sweep in range(SWEEPS):
        order = range(1, len(columns)) if sweep % 2 == 0 else range(len(columns) - 2, -1, -1)
        for at in order:
            other = columns[at - 1 if sweep % 2 == 0 else at + 1]
            place = {slot: number for number, slot in enumerate(other)}
            own = {slot: number for number, slot in enumerate(columns[at])}
            columns[at].sort(key=lambda slot: _mean(links[slot], place, own[slot]))
        if (crossings := _crossings(columns, links)) < fewest:
            fewest, best = crossings, [list(column) for column in columns]
    columns[:] = best


def _mean(neighbours: Iterable[Slot], place: Mapping[Slot, float], own: float) -> float:
    known = [place[each] for each in neighbours if each in place]
    return sum(known) / len(known) if known else own


def _crossings(columns: Sequence[Sequence[Slot]], links: Mapping[Slot, set[Slot]]) -> int:
    count = 0
    for left, right in pairwise(columns):
        place = {slot: number for number, slot in enumerate(right)}
        ends = [sorted(place[each] for each in links[slot] if each in place) for slot in left]
        flat = [end for one in ends for end in one]
        count += sum(a > b for at, a in enumerate(flat) for b in flat[at + 1 :])
    return count


def _heights(
    columns: Sequence[Sequence[Slot]],
    links: Mapping[Slot, set[Slot]],
    found: Mapping[str, Node],
    levels: Mapping[str, int],
    row: float,
) -> dict[Slot, float]:
    """Give each slot a height near its neighbours', in the column's order, without overlap."""

    def needs(slot: Slot) -> float:
        return row if levels[slot[0]] == slot[1] else PASSING

    heights: dict[Slot, float] = {}
    for column in columns:
        y = 0.0
        for slot in column:
            heights[slot] = y + needs(slot) / 2
            y += needs(slot)
    for sweep in range(SWEEPS):
        for column in columns if sweep % 2 else reversed(columns):
            wanted = [_mean(links[slot], heights, heights[slot]) for slot in column]
            _settle(column, wanted, heights, needs)
    top = min(heights[slot] - needs(slot) / 2 for slot in heights)
    return {slot: y - top for slot, y in heights.items()}


def _settle(
    column: Sequence[Slot],
    wanted: Sequence[float],
    heights: dict[Slot, float],
    needs: Callable[[Slot], float],
) -> None:
    """Place a column's slots as near to the wanted heights as their order and size allow."""
    placed: list[float] = []
    for at, slot in enumerate(column):
        least = placed[-1] + (needs(column[at - 1]) + needs(slot)) / 2 if placed else wanted[at]
        placed.append(max(least, wanted[at]))
    rest = sum(want - got for want, got in zip(wanted, placed, strict=True))
    shift = rest / max(len(placed), 1)
    heights.update({slot: y + shift for slot, y in zip(column, placed, strict=True)})


def _bounds(
    columns: Sequence[Sequence[Slot]], sizes: Mapping[str, Size], levels: Mapping[str, int]
) -> tuple[list[float], list[float]]:
    """Return the left and right ends of each column."""
    starts, ends, x = [], [], 0.0
    for level, column in enumerate(columns):
        own = [sizes[name] for name, _ in column if levels[name] == level]
        starts.append(x)
        ends.append(x + max(size.box for size in own) + max(size.stem for size in own))
        x = ends[-1] + GAP
    return starts, ends


def _arrow(
    node: Node,
    operand: str,
    levels: Mapping[str, int],
    heights: Mapping[Slot, float],
    bounds: tuple[Sequence[float], Sequence[float]],
    found: Mapping[str, Node],
) -> list[Point]:
    """Return the points from the end of an operand's line to the box of its user."""
    starts, ends = bounds
    level, last = levels[operand], levels[node.name]
    points = [(ends[level], heights[operand, level])]
    for passed in range(level + 1, last):
        y = heights[operand, passed]
        points += [(starts[passed], y), (ends[passed], y)]
    by_height = sorted(node.operands, key=lambda each: heights[each, last - 1])
    offset = (by_height.index(operand) - (len(by_height) - 1) / 2) * APART
    return [*points, (starts[last], heights[node.name, last] + offset)]
