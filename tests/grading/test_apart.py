"""An exercise of two files and data, whose solution runs in a worker: mistakes are named there too."""

import pytest
from places import ROOT
from small_course import graded_class

COURSE = ROOT / "tests/samples/apart"
SOLUTION = (COURSE / "reference/rates/rates.py").read_text(encoding="utf-8")
FACTORS = (COURSE / "reference/rates/factors.py").read_text(encoding="utf-8")
LOOP, SUM, SQUARE = "for line in file]", "return total + y", "return n * n + 1"
STUDENTS = {
    "right": {},
    "catalogued": {LOOP: f"{LOOP}[:-1]"},
    "edited": {SUM: "return total - y"},
    "follows": {LOOP: f"{LOOP}[::-1]"},
    "second file, catalogued": {SQUARE: "return n + 1"},
    "second file, edited": {SQUARE: "return n * n - 1"},
}
"""What is changed in the solution, by student."""


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """Return each student's row."""
    folder, out = tmp_path_factory.mktemp("class"), tmp_path_factory.mktemp("out")
    for who, changes in STUDENTS.items():
        (folder / who).mkdir()
        for file, text in {"rates.py": SOLUTION, "factors.py": FACTORS}.items():
            for old, new in changes.items():
                text = text.replace(old, new)
            (folder / who / file).write_text(text, encoding="utf-8")
    return graded_class(COURSE, folder, "rates", out, "--jobs", "1", "--depth", "1")


def test_a_right_submission_has_full_marks(graded):
    """The reference answers from its worker, with the file and the other module."""
    assert 100.0 == graded["right"]["score"]


@pytest.mark.parametrize(
    ("who", "sentence"),
    [
        ("catalogued", "more lines than you have rates"),
        ("edited", "`+` before `y` were `-`"),
        ("follows", "the loop ran in the opposite order"),
        ("second file, catalogued", "he factor of 2 is 5"),
        ("second file, edited", "`+` before `1` were `-`"),
    ],
)
def test_the_edit_is_found(graded, who, sentence):
    """By the catalogue, or by a small edit of the solution that answers as the student does."""
    [card] = graded[who]["cards"]
    assert sentence in card["sentence"]
    named = {"catalogued": "line-lost", "second file, catalogued": "square-lost"}
    assert named.get(who) == card.get("mistake")


def test_what_follows_from_the_edit_has_credit(graded):
    """The edited solution gives the answers of the other function, too."""
    rates, cost = graded["follows"]["checks"]
    assert "failed" == rates["status"]
    assert "correct given what your own rates returns" in cost["message"]
    assert 0.8 * cost["max_points"] <= cost["points"] < cost["max_points"]
