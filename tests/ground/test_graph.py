"""The picture of a computation graph: what is declared, placed, judged, drawn and said in words."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from places import ROOT

from grader import graph
from grader.graph.declaration import nodes
from grader.graph.layout import Size, arranged
from grader.graph.marks import shown

EXAMPLE = {"d": "2 * b", "e": "a + d", "L": "c * e"}
VALUES = {"a": 3.0, "b": 1.0, "c": -2.0, "d": 2.0, "e": 5.0, "L": -10.0}
RIGHT = {"L": 1.0, "e": -2.0, "c": 5.0, "a": -2.0, "d": -2.0, "b": -4.0}
TWO_LAYERS = {"z1": "X @ W1.T + b1", "a1": "relu(z1)", "z2": "a1 @ W2.T + b2", "L": "loss(z2, y)"}
SVG = "{http://www.w3.org/2000/svg}"


def parsed(picture: str) -> ET.Element:
    return ET.fromstring(picture)  # noqa: S314  # drawn here


def texts(picture: str) -> list[str]:
    return [each.text or "" for each in parsed(picture).iter(f"{SVG}text")]


def marks(mine: dict[str, object]) -> graph.Marks:
    return graph.Marks(gradients=graph.judged(EXAMPLE, mine, RIGHT, backward=True))


# --- what is declared -------------------------------------------------------------------------


def test_names_are_those_of_the_formula_without_functions() -> None:
    found = nodes({"z1": "np.maximum(W1.T @ x + b1, 0)", "y": ("mul", ("s", 2, "s"))})
    assert found["z1"].operands == ("np", "W1", "x", "b1")
    assert (found["y"].operands, found["y"].label) == (("s",), "mul(s, 2, s)")


def test_every_node_stands_after_its_operands() -> None:
    """In whatever order the entries are written, and however long the chain is."""
    assert graph.names({"L": "c * e", "e": "a + d", "d": "2 * b"})[-1] == "L"
    chain = {f"n{k}": f"n{k - 1} + 1" for k in range(58, 0, -1)}
    assert list(graph.names(chain)) == [f"n{k}" for k in range(59)]


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ({"a": "b", "b": "a"}, "depend on one another"),
        ({"a": "b +"}, "'b +' is not a formula"),
        ({"a": 3}, "must be a formula"),
        ({"": "b"}, "not a name"),
        ({}, "at least one node"),
        ({f"n{k}": "x" for k in range(80)}, "at most 60"),
    ],
)
def test_a_graph_that_cannot_be_drawn_is_refused_in_one_line(bad: object, said: str) -> None:
    with pytest.raises(graph.GraphError, match=re.escape(said)) as caught:
        graph.draw(bad)  # type: ignore[arg-type]  # that is the point
    assert "\n" not in str(caught.value)


def test_the_declaration_is_read_and_not_run() -> None:
    assert graph.declared("import os\nGRAPH = {'d': '2 * b'}\nboom()") == {"d": "2 * b"}
    assert graph.declared("x = 1") is None
    with pytest.raises(graph.GraphError, match="cannot be read"):
        graph.declared("GRAPH = dict(d=open('x'))")


@pytest.mark.parametrize(
    "place", sorted(ROOT.glob("reference/*/solution.py")), ids=lambda p: p.parent.name
)
def test_what_an_exercise_declares_ships_with_its_stub(place: Path) -> None:
    """And can be drawn."""
    stub = ROOT / "exercises" / place.parent.name / f"{place.parent.name}.py"
    declared = graph.declared(place.read_text(encoding="utf-8"))
    assert graph.declared(stub.read_text(encoding="utf-8")) == declared
    assert declared is None or graph.is_picture(graph.draw(declared))


# --- where it stands --------------------------------------------------------------------------

edges = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), min_size=1, max_size=30)


@given(edges)
def test_any_graph_is_placed_without_overlap_and_its_arrows_point_right(
    pairs: list[tuple[int, int]],
) -> None:
    made: dict[str, tuple[str, list[str]]] = {}
    for one, other in pairs:
        low, high = sorted((one, other))
        if low < high:
            made.setdefault(f"n{high}", ("f", []))[1].append(f"n{low}")
    if not made:
        return
    found = nodes(made)
    layout = arranged(found, {name: Size(40, 50) for name in found}, 60)
    columns: dict[float, list[float]] = {}
    for place in layout.places.values():
        columns.setdefault(place.x, []).append(place.y)
        assert 0 < place.y < layout.height
        assert 0 <= place.x < place.end <= layout.width
    for heights in columns.values():
        assert (np.diff(sorted(heights)) >= 60 - 1e-6).all()
    for node in found.values():
        for operand in node.operands:
            assert layout.places[operand].end < layout.places[node.name].x
    assert len(layout.arrows) == sum(len(node.operands) for node in found.values())


def test_crossings_are_taken_out() -> None:
    """Two chains that are written crosswise stand side by side."""
    found = nodes({"c": "a + 1", "d": "b + 1", "e": "d + 1", "f": "c + 1", "L": "f + e"})
    places = arranged(found, {name: Size(40, 50) for name in found}, 60).places
    above = {one: places[one].y < places[other].y for one, other in ("ab", "cd", "fe")}
    assert len(set(above.values())) == 1


# --- what is wrong ----------------------------------------------------------------------------


def test_the_first_wrong_gradient_is_the_one_nearest_to_the_output() -> None:
    found = marks(RIGHT | {"d": -3.0, "b": -6.0}).gradients
    assert (found["d"], found["b"], found["a"]) == ("first", "follows", "correct")


def test_a_wrong_value_is_followed_through_names_without_a_correct_one() -> None:
    mine = {"z2": [2.0], "W1": [9.0]}
    found = graph.judged(TWO_LAYERS, mine, {"z2": [1.0], "W1": [1.0]}, backward=True)
    assert found == {"z2": "first", "W1": "follows"}


def test_what_may_not_be_the_first_is_not_called_so() -> None:
    """Where a value in between is not known, it may be the one that is wrong first."""
    assert graph.judged(EXAMPLE, {"L": 1.0}, {"L": 2.0}) == {"L": "wrong"}
    assert graph.judged(EXAMPLE, {"b": 1.0}, {"b": 2.0}, backward=True) == {"b": "wrong"}
    assert graph.judged(EXAMPLE, {"d": 1.0}, {"d": 2.0}) == {"d": "first"}
    assert graph.judged(EXAMPLE, {"e": 1.0}, {"e": 2.0}, backward=True) == {"e": "first"}


def test_what_is_missing_or_has_another_shape_is_wrong() -> None:
    found = graph.judged({"y": "a + b"}, {"b": [[1.0]]}, {"a": 1.0, "b": [1.0], "y": 2.0})
    assert (found["a"], found["b"], found["y"]) == ("missing", "first", "follows")
    assert graph.judged({"y": "a"}, {"a": "text"}, {"a": 1.0})["a"] == "first"
    assert graph.judged({"y": "a"}, {"a": float("nan")}, {"a": 1.0})["a"] == "first"


def test_numbers_are_compared_within_the_tolerance_of_numeric_gradients() -> None:
    mine = {"y": np.array([1.0, 1e-9])}
    assert graph.judged({"y": "a"}, mine, {"y": [1.00001, 0.0]})["y"] == "correct"
    assert graph.judged({"y": "a"}, mine, {"y": [1.001, 0.0]})["y"] == "first"


# --- what is drawn ----------------------------------------------------------------------------


def test_the_first_wrong_value_is_marked_by_form_and_word_too() -> None:
    """A dashed frame and a word; a right answer has neither."""
    wrong = RIGHT | {"d": -3.0, "b": -6.0}
    picture = graph.draw(EXAMPLE, VALUES, wrong, RIGHT, marks(wrong))
    assert texts(picture).count("▲ first wrong value") == 1
    assert picture.count("stroke-dasharray") == 1
    assert "numeric −4" in texts(picture)
    assert 'font-style="italic"' in picture
    clean = graph.draw(EXAMPLE, VALUES, RIGHT, RIGHT, marks(RIGHT))
    assert "stroke-dasharray" not in clean
    assert texts(clean).count("−2 ✓") == 3


def test_a_wrong_value_of_the_forward_pass_stands_beside_the_correct_one() -> None:
    found = graph.Marks(values=graph.judged(EXAMPLE, VALUES | {"d": 4.0, "e": 7.0}, VALUES))
    said = texts(graph.draw(EXAMPLE, VALUES | {"d": 4.0}, marks=found, correct=VALUES))
    assert {"▼ first wrong value", "correct 2", "4"} <= {*said}


def test_a_screen_reader_is_given_every_number() -> None:
    wrong = RIGHT | {"d": -3.0, "b": -6.0}
    root = parsed(graph.draw(EXAMPLE, VALUES, wrong, RIGHT, marks(wrong), title="Your graph"))
    assert root.get("role") == "img"
    parts = {each.get("id"): each.text for each in root if each.get("id")}
    assert [parts[key] for key in root.get("aria-labelledby", "").split()] == [*parts.values()]
    assert next(iter(parts.values())) == "Your graph"
    assert (
        "d = 2b: value 2, gradient −3, numeric −2, gradient: first wrong value."
        in [*parts.values()][1]
    )


def test_two_pictures_on_one_page_share_no_id() -> None:
    one, other = (graph.draw(EXAMPLE, VALUES | {"a": a}) for a in (1.0, 2.0))
    ids = re.findall(r'id="([^"]*)"', one + other)
    assert len(ids) == len({*ids}) == 4
    assert one == graph.draw(EXAMPLE, VALUES | {"a": 1.0})


@pytest.mark.parametrize(
    "text", ["<script>1</script>", '"><b onclick=x>', "a\u202eb\x00\ud800", "&amp;"]
)
def test_nothing_in_a_picture_can_be_markup(text: str) -> None:
    made = graph.draw({"y": (text, (text,)), text: "x"}, {"y": text, "x": text}, title=text)
    assert graph.is_picture(made)
    made.encode()
    assert {each.tag for each in parsed(made).iter()} == {
        each.tag for each in parsed(graph.draw({"y": "z", "z": "x"})).iter()
    }


@pytest.mark.parametrize(
    "bad",
    [
        "<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>",
        "<svg onload='x()'></svg>",
        "<svg ><style>p{}</style></svg>",
        "<svg fill='url(http://x)'></svg>",
        "<svg ><!-- --></svg>",
        "<svg ",
        "",
        "<p></p>",
        "<svg >" + "x" * 400_000 + "</svg>",
    ],
)
def test_what_is_no_picture_of_ours_is_not_taken_for_one(bad: str) -> None:
    assert not graph.is_picture(bad)


def test_numbers_are_short_and_arrays_small() -> None:
    assert [shown(each) for each in (np.float32(1 / 3), 2, [[1.0, 2.0]], np.zeros((9, 9)))] == [
        "0.3333", "2", "(1, 2)", "shape (9, 9)",
    ]  # fmt: skip
    assert shown("text") == "not a number"
    assert shown(float("inf")) == "∞"


def test_the_table_has_the_columns_that_there_is_something_for() -> None:
    lines = graph.table(EXAMPLE, VALUES)
    assert lines[0].split() == ["value"]
    assert len(lines) == 1 + len(VALUES)
    assert graph.table(EXAMPLE, VALUES, RIGHT, RIGHT, marks(RIGHT))[-1].endswith("correct")
