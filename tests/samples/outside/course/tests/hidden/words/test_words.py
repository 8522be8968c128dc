import pytest

from grader.testing import partial_credit


@pytest.mark.points(5)
@pytest.mark.hint("What does max give if two words are equally long?")
@pytest.mark.parametrize(
    ("text", "expected"), [("a bird sings", "sings"), ("tea ice", "tea"), ("", "")]
)
def test_longest(student, text, expected):
    """longest: the longest word"""
    assert student.longest(text) == expected


@pytest.mark.points(5)
def test_index(student):
    """index: words by their first letter"""
    found = student.index("Tea tin the cat Cup")
    right = (found["t"] == {"Tea", "tin", "the"}) + (found["c"] == {"cat", "Cup"})
    partial_credit(right / 2, f"{right} of 2 letters are right")
