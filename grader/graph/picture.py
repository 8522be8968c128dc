"""Draw a graph as one SVG element: values above the arrows, gradients below them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any, Final
from xml.etree import ElementTree as ET

from msgspec import Struct, field

from grader.graph.declaration import Graph, Node, nodes
from grader.graph.layout import Layout, Place, Point, Size, arranged
from grader.graph.marks import Marks, Verdict, shown
from grader.graph.table import WORDS, verdict

SPACE: Final = "http://www.w3.org/2000/svg"
FONT: Final = "ui-monospace, Menlo, Consolas, monospace"
LETTER: Final = 7.3
"""Width of a letter of 12 pixels, in pixels."""
LINE: Final = 15.0
MARGIN: Final = 14.0
SHORTEST: Final = 44.0
"""Length of the shortest line for values, in pixels."""
INK: Final = "currentColor"
CORRECT: Final = "var(--passed, #23855a)"
WRONG: Final = "var(--failed, #cf3f2b)"
PALE: Final = "var(--quiet, #767676)"
GROUND: Final = "var(--surface, none)"
MARKED: Final = ("first", "wrong", "missing")
COLOURS: Final[dict[Verdict | None, str]] = {
    None: INK, "correct": CORRECT, "first": WRONG, "wrong": WRONG, "missing": WRONG, "follows": PALE,
}  # fmt: skip
ELEMENTS: Final = frozenset({"svg", "title", "desc", "g", "rect", "path", "text"})
ATTRIBUTES: Final = frozenset(
    "viewBox width height role aria-labelledby class id x y rx d fill stroke stroke-width "
    "stroke-dasharray stroke-linejoin text-anchor font-family font-size font-weight font-style".split()
)
LARGEST: Final = 300_000
"""Bytes of the largest picture that a page accepts."""


class _Numbers(Struct, frozen=True):
    """All values in one picture."""

    values: Mapping[str, Any]
    gradients: Mapping[str, Any]
    numeric: Mapping[str, Any]
    marks: Marks
    correct: Mapping[str, Any] = field(default_factory=dict)
    correct_gradients: Mapping[str, Any] = field(default_factory=dict)

    def above(self, name: str) -> list[tuple[str, Verdict | None]]:
        """Return the lines above an arrow, from the top."""
        mark = self.marks.values.get(name)
        lines: list[tuple[str, Verdict | None]] = []
        if mark in MARKED and name in self.correct:
            lines.append((f"correct {shown(self.correct[name])}", None))
        lines += _line("", self.values, name, mark)
        return _with_word(lines, mark, "▼", first=True)

    def below(self, name: str) -> list[tuple[str, Verdict | None]]:
        """Return the lines below an arrow, from the top."""
        mark = self.marks.gradients.get(name)
        lines = _line("", self.gradients, name, mark)
        if mark != "correct":
            lines += _line("numeric ", self.numeric, name, None)
        if mark in MARKED:
            lines += _line("correct ", self.correct_gradients, name, None)
        return _with_word(lines, mark, "▲", first=False)


def draw(
    graph: Graph,
    values: Mapping[str, Any] | None = None,
    gradients: Mapping[str, Any] | None = None,
    numeric: Mapping[str, Any] | None = None,
    marks: Marks | None = None,
    *,
    correct: Mapping[str, Any] | None = None,
    correct_gradients: Mapping[str, Any] | None = None,
    title: str = "Computation graph",
) -> str:
    """Return the picture of a graph as one SVG element.

    Args:
        graph: The graph, as declared: see `grader.graph`.
        values: The value of each name in the forward pass: numbers, nested lists or arrays.
        gradients: The gradient of the last node with respect to each name.
        numeric: Numeric gradients, written next to those that are not marked as correct.
        marks: The verdicts, see `judged`; None if nothing is judged.
        correct: Right values of the forward pass, written above the first wrong one.
        correct_gradients: Right gradients, written below the first wrong one.
        title: A title for screen readers.

    Raises:
        GraphError: The graph cannot be read, or is too large for a picture.
    """
    found = nodes(graph)
    numbers = _Numbers(
        values or {}, gradients or {}, numeric or {}, marks or Marks(), correct or {},
        correct_gradients or {},
    )  # fmt: skip
    above = {name: numbers.above(name) for name in found}
    below = {name: numbers.below(name) for name in found}
    sizes = {name: _size(node, above[name], below[name]) for name, node in found.items()}
    most = [max(map(len, each.values())) for each in (above, below)]
    row = max(LINE * sum(most) + 14, 50.0)
    layout = arranged(found, sizes, row)
    over, under = (max(0.0, LINE * count + 6 - row / 2) for count in most)
    width, height = layout.width + 2 * MARGIN, layout.height + 2 * MARGIN + over + under
    root = ET.Element("svg", {
        "xmlns": SPACE, "viewBox": f"0 {-over:.0f} {width:.0f} {height:.0f}", "width": f"{width:.0f}",
        "height": f"{height:.0f}", "role": "img", "class": "graph",
        "font-family": FONT, "font-size": "12", "fill": INK,
    })  # fmt: skip
    description = _described(found, numbers)
    _titled(root, title, description)
    _arrows(root, layout)
    for name, node in found.items():
        _node(root, node, layout.places[name], sizes[name].box)
        _lines(root, layout.places[name], sizes[name].box, above[name], below[name])
    return ET.tostring(root, encoding="unicode")


def is_picture(text: str) -> bool:
    """Return whether a text is a picture made by `draw`: no script, no style, no link."""
    if not text.startswith("<svg ") or len(text) > LARGEST or re.search(r"<[!?]|url\(", text):
        return False
    try:
        root = ET.fromstring(text)  # noqa: S314  # it is short, and has no declarations
    except ET.ParseError:
        return False
    return all(
        each.tag.removeprefix(f"{{{SPACE}}}") in ELEMENTS and each.attrib.keys() <= ATTRIBUTES
        for each in root.iter()
    )


def _line(
    before: str, given: Mapping[str, Any], name: str, mark: Verdict | None
) -> list[tuple[str, Verdict | None]]:
    sign = " ✓" if mark == "correct" else ""
    return [(f"{before}{shown(given[name])}{sign}", mark)] if name in given else []


def _with_word(
    lines: list[tuple[str, Verdict | None]], mark: Verdict | None, sign: str, first: bool
) -> list[tuple[str, Verdict | None]]:
    if mark not in MARKED:
        return lines
    word = (f"{sign} {WORDS[mark]}", mark)
    return [word, *lines] if first else [*lines, word]


def _size(node: Node, *groups: list[tuple[str, Verdict | None]]) -> Size:
    label = max(len(node.name) * 1.1, len(node.label) * 0.92)
    longest = max((len(text) for lines in groups for text, _ in lines), default=0)
    return Size(max(26.0, label * LETTER + 14), max(SHORTEST, longest * LETTER + 16))


def _described(found: Mapping[str, Node], numbers: _Numbers) -> str:
    """Describe the picture in words, with a sentence for each name."""
    sentences = []
    for name, node in found.items():
        known = {"value": numbers.values, "gradient": numbers.gradients, "numeric": numbers.numeric}
        parts = [f"{what} {shown(given[name])}" for what, given in known.items() if name in given]
        parts.append(verdict(name, numbers.marks))
        label = f"{name} = {node.label}" if node.label else name
        sentences.append(f"{label}: {', '.join(filter(None, parts)) or 'no value'}.")
    return " ".join(sentences)


def _titled(root: ET.Element, title: str, description: str) -> None:
    key = hashlib.sha256(f"{title}{description}".encode("utf-8", "replace")).hexdigest()[:12]
    root.set("aria-labelledby", f"graph-{key}-title graph-{key}-text")
    for tag, text, ending in (("title", title, "title"), ("desc", description, "text")):
        ET.SubElement(root, tag, id=f"graph-{key}-{ending}").text = _plain(text)


def _arrows(root: ET.Element, layout: Layout) -> None:
    group = ET.SubElement(root, "g", {"fill": "none", "stroke": PALE, "stroke-width": "1.3"})
    for points in layout.arrows:
        ET.SubElement(group, "path", d=_curve([_moved(point) for point in points]))
    heads = ET.SubElement(root, "g", fill=PALE)
    for points in layout.arrows:
        x, y = _moved(points[-1])
        ET.SubElement(heads, "path", d=f"M{x:.1f} {y:.1f}l-8 -3.6v7.2z")


def _curve(points: list[Point]) -> str:
    """Join points with a curve where the height changes, and a line where it does not."""
    (x, y), *rest = points
    parts = [f"M{x:.1f} {y:.1f}"]
    for number, (to_x, to_y) in enumerate(rest, 1):
        end = to_x - 6 if number == len(rest) else to_x
        half = (x + end) / 2
        parts.append(f"C{half:.1f} {y:.1f} {half:.1f} {to_y:.1f} {end:.1f} {to_y:.1f}")
        x, y = to_x, to_y
    return "".join(parts)


def _node(root: ET.Element, node: Node, place: Place, box: float) -> None:
    x, y = _moved((place.x, place.y))
    high = 36.0 if node.label else 24.0
    ET.SubElement(root, "path", {
        "d": f"M{x + box:.1f} {y:.1f}H{place.end + MARGIN:.1f}", "fill": "none", "stroke": PALE,
        "stroke-width": "1.3",
    })  # fmt: skip
    ET.SubElement(root, "rect", {
        "x": f"{x:.1f}", "y": f"{y - high / 2:.1f}", "width": f"{box:.1f}", "height": f"{high:.0f}",
        "rx": "6" if node.label else "12", "fill": GROUND, "stroke": INK, "stroke-width": "1.2",
    })  # fmt: skip
    middle = x + box / 2
    _text(root, node.name, middle, y - 4 if node.label else y + 4, {"font-weight": "bold"})
    if node.label:
        _text(root, node.label, middle, y + 11, {"font-size": "11"})


def _lines(
    root: ET.Element,
    place: Place,
    box: float,
    above: list[tuple[str, Verdict | None]],
    below: list[tuple[str, Verdict | None]],
) -> None:
    left, y = _moved((place.x + box, place.y))
    middle = (left + place.end + MARGIN) / 2
    for top, lines in ((y - LINE * len(above) - 3, above), (y + 4, below)):
        for number, (text, mark) in enumerate(lines):
            style = {"fill": COLOURS[mark]}
            style |= {"font-weight": "bold"} if mark in MARKED else {}
            style |= {"font-style": "italic"} if mark == "follows" else {}
            _text(root, text, middle, top + LINE * number + 11, style)
        if any(mark in MARKED for _, mark in lines):
            wide = max(len(text) for text, _ in lines) * LETTER + 10
            ET.SubElement(root, "rect", {
                "x": f"{middle - wide / 2:.1f}", "y": f"{top - 1:.1f}", "width": f"{wide:.1f}",
                "height": f"{LINE * len(lines) + 2:.1f}", "rx": "3", "fill": "none",
                "stroke": WRONG, "stroke-width": "1.6", "stroke-dasharray": "5 3",
            })  # fmt: skip


def _text(root: ET.Element, text: str, x: float, y: float, style: Mapping[str, str]) -> None:
    known = {"x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": "middle", **style}
    ET.SubElement(root, "text", known).text = _plain(text)


def _moved(point: Point) -> Point:
    return point[0] + MARGIN, point[1] + MARGIN


def _plain(text: str) -> str:
    """Replace characters that XML cannot contain or that change the reading direction."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)
