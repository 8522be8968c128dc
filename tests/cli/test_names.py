"""Commands take a student's id, number, e-mail address or name."""

from __future__ import annotations

import pytest

from grader.model import Submission
from grader.people import UnknownPersonError, label, resolve

CLASS = [
    Submission("101", "a.py", name="Ada Bird", email="ada@example.org", sid="0101"),
    Submission("102", "b.py", name="Kurt West", email="kurt@example.org"),
    Submission("103", "c.py", name="Zoë Müller"),
    Submission("104", "d.py", name="Sam Lee"),
    Submission("105", "e.py", name="Sam Lee"),
    Submission("ada bird", "f.py"),
]


@pytest.mark.parametrize(
    ("typed", "student"),
    [
        ("102", "102"), ("Kurt West", "102"), ("kurt west", "102"), ("West, Kurt", "102"),
        ("KURT@example.org", "102"), ("0101", "101"), ("Zoe\u0308 Mu\u0308ller", "103"),
        ("Ada Bird", "ada bird"),  # an id wins over a name
    ],
)  # fmt: skip
def test_the_student_is_found(typed: str, student: str) -> None:
    assert resolve(typed, CLASS) == student


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("Sam Lee", "several students; use an id: 104, 105"),
        ("kurt", "did you mean"),
        ("x\x1b[2J", "no such student"),
    ],
)
def test_who_is_not_clear_is_asked_for(typed: str, words: str) -> None:
    with pytest.raises(UnknownPersonError, match=words) as found:
        resolve(typed, CLASS)
    assert "\x1b" not in str(found.value)


def test_labels_show_name_and_id() -> None:
    assert label(CLASS[1]) == "Kurt West (102)"
    assert label(CLASS[5]) == "ada bird"
