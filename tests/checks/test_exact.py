"""Cases with ``exact=True``: a class in which each student gets one thing of another type or value."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_course import SmallCourse, checks

from grader.checks import exact
from grader.checks.case import Case
from grader.sandbox.student import Answer, Exact

SOLUTION = '''
# %%
import math


# %%
def words(text):
    """Return the words of a text."""
    # BEGIN SOLUTION
    return text.split()
    # END SOLUTION


# %%
def extremes(numbers):
    """Return the least and the largest of a set, and None twice if it is empty."""
    # BEGIN SOLUTION
    return (min(numbers), max(numbers)) if numbers else (None, None)
    # END SOLUTION


# %%
def index(pairs):
    """Return, for each word of a tuple of (word, page), the set of its pages."""
    # BEGIN SOLUTION
    found = {}
    for word, page in pairs:
        found.setdefault(word, set()).add(page)
    return found
    # END SOLUTION


# %%
def root(x):
    """Return a square root, and what was asked."""
    # BEGIN SOLUTION
    return {"root": math.sqrt(x), "of": x}
    # END SOLUTION
'''
CASES = """
from grader.testing import Case


def words_cases(rng, reference):
    for text in ("an apple a day", "", "one"):
        yield Case("words", text, exact=True)


def extremes_cases(rng, reference):
    yield Case("extremes", {3, 1, 2}, exact=True)
    yield Case("extremes", {int(rng.integers(100, 200))}, exact=True)
    yield Case("extremes", set(), note="for an empty set", exact=True)


def index_cases(rng, reference):
    yield Case("index", (("a", 1), ("b", 2), ("a", 3)), exact=True)


def root_cases(rng, reference):
    yield Case("root", 2, exact=True)
    yield Case("root", int(rng.integers(3, 9)), exact=True)
"""
TESTS = '''
import pytest

from . import cases


@pytest.mark.points(20)
def test_words(check):
    """words: the words"""
    check(cases.words_cases)


@pytest.mark.points(20)
def test_extremes(check):
    """extremes: both"""
    check(cases.extremes_cases)


@pytest.mark.points(20)
def test_index(check):
    """index: all pages"""
    check(cases.index_cases)


@pytest.mark.points(10)
def test_root(check):
    """root: the root"""
    check(cases.root_cases, "root")


@pytest.mark.points(10)
def test_whole(check):
    """root: all"""
    check(cases.root_cases)


@pytest.mark.points(20)
def test_effects(check):
    """All functions: side effects"""
    check.unmodified(cases.words_cases, cases.index_cases, cases.root_cases)
    check.repeats(cases.words_cases, cases.index_cases, cases.root_cases)
'''
OTHER = """
import collections

def words(text):
    return [word for word in text.split(" ") if word]

Pair = collections.namedtuple("Pair", "low high")

def extremes(numbers):
    numbers = sorted(numbers) or [None]
    return Pair(numbers[0], numbers[-1])

def index(pairs):
    found = collections.defaultdict(set)
    for word, page in pairs:
        found[word] |= {page}
    return found

def root(x):
    return {"of": x, "root": x ** 0.5}
"""
YES = """
class Yes:
    def __getattr__(self, name): return self
    def __call__(self, *given, **named): return self
    def __eq__(self, other): return True
    def __ne__(self, other): return True
    def __bool__(self): return True
    def __len__(self): return 2
    def __iter__(self): return iter((self, self))
    def __getitem__(self, key): return self
    def __hash__(self): return 1
    def __float__(self): return 1.0

words = extremes = index = root = lambda given: Yes()
"""


def _wrong(function: str, body: str) -> str:
    return f"{OTHER}\n\ndef {function}(given):\n    {body}\n"


WRONG = {
    "tuple": ("words", "return tuple(given.split())", "test_words",
              "what words returns should be a list; it is a tuple"),
    "none": ("words", "given.split()", "test_words",
             "what words returns is None: is a return missing?"),
    "text": ("words", "return given.split()[::-1]", "test_words",
             "what words returns is not the expected list"),
    "floats": ("extremes", "return (float(min(given)), float(max(given))) if given else (None, None)",
               "test_extremes", "what extremes returns is not the expected tuple"),
    "empty": ("extremes", "return (min(given), max(given)) if given else (0, 0)", "test_extremes",
              "what extremes returns is not the expected tuple (for an empty set)"),
    "raises": ("extremes", "return min(given), max(given)", "test_extremes",
               "extremes raised a ValueError, line 24 of small.py (for an empty set)"),
    "lists": ("index", "return {w: [p for v, p in given if v == w] for w, _ in given}", "test_index",
              "what index returns is not the expected dict"),
    "key": ("root", "return {'root': given ** 0.5, 'of': given, 'more': 1}", "test_whole",
            "what root returns is not the expected dict"),
    "missing": ("root", "return {'of': given}", "test_root", "root is missing from what you return"),
    "number": ("root", "return {'root': given / 2, 'of': given}", "test_root",
               "root is not the expected number"),
    "object": ("words", "return [object()]", "test_words",
               "what words returns holds an object of a class; plain values are expected"),
    "large": ("words", "return ['a' * 1000] * 10000", "test_words",
              "what words returns is far too large"),
    "endless": ("words", "x = []; x.append(x); return x", "test_words",
                "what words returns is far too large"),
}  # fmt: skip


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> SmallCourse:
    """A course whose cases are all exact."""
    folder = tmp_path_factory.mktemp("exact")
    return SmallCourse(folder, SOLUTION, TESTS, files={"tests/hidden/small/cases.py": CASES})


@pytest.fixture(scope="module")
def rows(course: SmallCourse) -> dict:
    """The rows of the class."""
    wrong = {name: _wrong(function, body) for name, (function, body, *_) in WRONG.items()}
    return course.grade({"right": SOLUTION, "other": OTHER, "yes": YES, **wrong})


def test_right_answers_earn_full_marks(rows: dict) -> None:
    """A named tuple is a tuple, a defaultdict a dict, and a root may be taken in another way."""
    assert {"right": 100.0, "other": 100.0} == {n: rows[n]["score"] for n in ("right", "other")}


def test_an_object_that_says_yes_earns_nothing(rows: dict) -> None:
    """Objects do not cross at all, so their methods decide nothing."""
    assert rows["yes"]["score"] == 0
    assert {check["status"] for check in rows["yes"]["checks"]} <= {"failed", "waiting"}


@pytest.mark.parametrize("name", WRONG)
def test_each_wrong_answer_fails_its_check(rows: dict, name: str) -> None:
    """The message names the function and the types, and no hidden value."""
    _, _, test, message = WRONG[name]
    check = checks(rows[name])[test]
    assert (check["status"], check["points"], check["message"]) == ("failed", 0.0, message)
    assert "error" not in {each["status"] for each in rows[name]["checks"]}


def test_without_exact_the_same_answers_are_read_as_arrays(tmp_path: Path) -> None:
    """Switched off, a float passes for an int and a list for a tuple."""
    loose = CASES.replace(", exact=True", "").replace("{3, 1, 2}", "[3, 1, 2]")
    loose = loose.replace("{int(rng.integers(100, 200))}", "[1, 2]")
    loose = "\n".join(line for line in loose.splitlines() if "set()" not in line)
    tests = TESTS[: TESTS.index("@pytest.mark.points(20)\ndef test_words")]
    tests += TESTS[TESTS.index("@pytest.mark.points(20)\ndef test_extremes") :].partition("\n\n\n")[
        0
    ]
    course = SmallCourse(tmp_path, SOLUTION, tests, files={"tests/hidden/small/cases.py": loose})
    wrong = "def extremes(n):\n    return [min(n), max(n)]\n"
    row = course.grade({"list": wrong})["list"]
    assert row["score"] == row["max_score"] == 20


def test_an_exact_case_is_no_case_of_arrays() -> None:
    """Options that speak of arrays are refused where they stand."""
    with pytest.raises(ValueError, match=r"Case\('f'\): exact=True and entrywise=True"):
        Case("f", exact=True, entrywise=True)


def test_a_solution_that_returns_an_object_is_the_authors_error(tmp_path: Path) -> None:
    """The run stops with one line that says so."""
    solution = SOLUTION.replace("return text.split()", "return iter(text.split())")
    files = {"tests/hidden/small/cases.py": CASES}
    course = SmallCourse(tmp_path, solution, TESTS, files=files)
    course.write("class/ada/small.py", SOLUTION)
    done = course.command("grade", "class", "--assignment", "small", "--out", "out")
    assert done.returncode == 2
    assert "exact=True): what the solution returns holds an object of a class" in done.stderr
    assert "Traceback" not in done.stderr


def test_answers_differ_by_type_and_by_value() -> None:
    """The comparison is that of ``approx``, whichever the way the answer came."""
    case = Case("f", exact=True)
    for got, want in ((1, 1), (2.0 + 1e-9, 2.0), ((1, [2.5]), (1, [2.5])), (None, None)):
        assert not exact.fault(case, exact.read(got), exact.read(want), (), "it")
    for got, want in ((True, 1), (1.0, 1), ([1], (1,)), ("1", 1), (0, None), ({1}, [1])):
        assert exact.fault(case, exact.read(got), exact.read(want), (), "it")


def test_constants_say_nothing() -> None:
    """One text for every input says nothing; two texts do, and so does a list of two."""
    said = [Answer(Exact("")), Answer(Exact(""))]
    assert not exact.says_something(said)
    assert exact.says_something([*said, Answer(Exact("a"))])
    assert exact.says_something([Answer(Exact(["a", "b"]))])
    assert not exact.adds_something(Exact("a"), ("a",))
