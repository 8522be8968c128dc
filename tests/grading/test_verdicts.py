"""Verdicts of plain hidden tests: whatever a wrong answer makes a test raise is `failed`."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path
from typing import Any

import pytest
from small_course import SmallCourse, checks

from grader.grading import wording

SOLUTION = '''\
"""Small things

Numbers.
"""


def double(n):
    """Return 2 n."""
    # BEGIN SOLUTION
    return 2.0 * n
    # END SOLUTION


def pair(n):
    """Return (n, n + 1)."""
    # BEGIN SOLUTION
    return n, n + 1.0
    # END SOLUTION


def root(n):
    """Return the root; ValueError below 0."""
    # BEGIN SOLUTION
    if n < 0:
        raise ValueError("below 0")
    return n**0.5
    # END SOLUTION
'''
TESTS = '''\
import numpy as np
import pytest
from grader.testing import Failed, partial_credit
from shared.words import remark

SECRET = 1234.5


def test_bare(student):
    """double"""
    assert student.double(SECRET) == 2469.0


def test_message(student):
    assert student.double(3.0) == 6.0, "double is not right at 3"


def test_computed(student, reference):
    got = student.double(SECRET)
    assert got == 2469.0, f"double of {SECRET} is {got}, not {reference.double(SECRET)}"


def test_fail(student):
    if student.double(1.0) != 2.0:
        pytest.fail(remark())


def test_unpack(student):
    first, second = student.pair(1.0)
    assert (first, second) == (1.0, 2.0)


def test_iterate(student):
    assert [n + 1 for n in student.pair(1.0)] == [2.0, 3.0]


def test_index(student):
    assert student.pair(1.0)[1] == 2.0


def test_library(student):
    np.testing.assert_allclose(student.double(np.array([1.0, SECRET])), [2.0, 2469.0])


def test_raise(student):
    value = student.double(1.0)
    if value != 2.0:
        raise KeyError("a lookup of ours")


@pytest.mark.hint("Think of the other half.")
def test_share(student):
    right = sum(student.double(n) == 2 * n for n in (1.0, 0.0))
    partial_credit(right / 2, f"{right} of 2 are right", mistake="halved")


def test_share_raised(student):
    if student.double(1.0) != 2.0:
        raise Failed("a quarter for trying", 0.25)


def test_parts(student, subtests):
    for n in (0.0, 1.0, 2.0, 0.0):
        with subtests.test(f"double of {n}"):
            assert student.double(n) == 2 * n


@pytest.mark.points(0)
def test_feedback(student):
    assert student.double(2.0) == 4.0


@pytest.mark.example
def test_example(student):
    assert student.double(3.5) == 7.0


@pytest.mark.points(2)
@pytest.mark.parametrize("n", [1.0, pytest.param(2.0, marks=pytest.mark.points(5))])
def test_each(student, n):
    """double of {n}"""
    assert student.double(n) == 2 * n


@pytest.mark.skip("next year")
def test_later(student):
    assert student.triple(1.0) == 3.0


@pytest.mark.fresh
@pytest.mark.limits(cpu=3, memory_mb=512)
def test_fresh(student):
    assert student.double(1.0) == 2.0


class TestClass:
    def test_method(self, student):
        assert student.double(1.0) == 2.0
'''
MISTAKES = """\
from grader.testing import Hint, Mistake

HINTS = {"halved": Hint("What is twice as much?", "Count again.")}
MISTAKES = [Mistake(id="halved", function="double", swap={"2.0 * n": "0.5 * n"})]
"""
FILES = {
    "reference/small/mistakes.py": MISTAKES,
    "tests/hidden/shared/words.py": "def remark():\n    return 'look at double again'\n",
}


def source(body: str) -> str:
    """Return a submission whose ``double`` and ``pair`` return an expression."""
    return f"def double(n):\n    return {body}\n\n\ndef pair(n):\n    return {body}\n"


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Grade right and wrong answers once."""
    course = SmallCourse(tmp_path_factory.mktemp("course"), SOLUTION, TESTS, files=FILES)
    wrong = {"zero": "0", "three": "(1.0, 2.0, 3.0)", "half": "0.5 * n", "none": "None"}
    students = {name: source(body) for name, body in wrong.items()}
    students |= {"right": SOLUTION, "stops": "import sys\n\n\ndef double(n):\n    sys.exit()\n"}
    return course.grade(students, "--seed", "3")


def test_points_are_kept_as_written(rows: dict[str, dict[str, Any]]) -> None:
    """Fifteen tests of one point, none for feedback, and 2 + 5 for the parameters."""
    assert (22.0, 22.0) == (rows["right"]["score"], rows["right"]["max_score"])
    worth = {name: check["max_points"] for name, check in checks(rows["right"]).items()}
    assert (2.0, 5.0, 0.0) == (
        worth["test_each[1.0]"], worth["test_each[2.0]"], worth["test_feedback"]
    )  # fmt: skip
    assert not [name for name in worth if "later" in name]


@pytest.mark.parametrize("student", ["zero", "three", "half", "none", "stops"])
def test_a_wrong_answer_is_never_an_error(rows: dict[str, dict[str, Any]], student: str) -> None:
    row = rows[student]
    assert "graded" == row["status"]
    assert {"failed"} >= {
        c["status"] for name, c in checks(row).items() if name != "test_parts"
    } - {"passed"}
    assert row["score"] < 6


def test_messages_are_the_author_s_or_in_words(rows: dict[str, dict[str, Any]]) -> None:
    found = {name: check.get("message", "") for name, check in checks(rows["half"]).items()}
    assert "what double returns is not the expected number" == found["test_bare"]
    assert "double is not right at 3" == found["test_message"]
    assert "look at double again" == found["test_fail"]
    assert "what double returns is not close enough to the expected values" == found["test_library"]
    assert "1 of 2 are right" == found["test_share"]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("student.report(2)", "what report returns"),
        ("student.report.printed(2)", "what report prints"),
        ("np.asarray(student.net(student.tensor(x)))", "what net returns"),
    ],
)
def test_a_message_names_the_student_s_function(code: str, said: str) -> None:
    """Neither a method of ours, nor what is printed as if it were returned."""
    tree = ast.parse(code)
    place = wording.TestPlace(inspect.currentframe(), __file__, 1)
    assert wording._subject([tree.body[0]], place) == said


def test_no_message_shows_code_or_hidden_numbers(rows: dict[str, dict[str, Any]]) -> None:
    for student in ("zero", "three", "half", "none"):
        for name, check in checks(rows[student]).items():
            message = check.get("message", "")
            assert "1234" not in message
            assert "2469" not in message
            assert name == "test_example" or "student." not in message
            assert "not so" not in message


def test_an_example_shows_the_whole_comparison(rows: dict[str, dict[str, Any]]) -> None:
    message = checks(rows["half"])["test_example"]["message"]
    assert "student.double(3.5) == 7.0; left: 1.75; right: 7.0" == message


def test_shares(rows: dict[str, dict[str, Any]]) -> None:
    found = checks(rows["half"])
    assert (0.5, "halved") == (found["test_share"]["points"], found["test_share"]["mistake"])
    assert "What is twice as much?" == found["test_share"]["hint"]
    assert 0.25 == found["test_share_raised"]["points"]
    assert 0.5 == found["test_parts"]["points"]
    assert found["test_parts"]["message"].startswith("double of 1: ")


def test_causes(rows: dict[str, dict[str, Any]]) -> None:
    found = {name: check.get("cause", "") for name, check in checks(rows["half"]).items()}
    assert ("wrong", "message") == (found["test_bare"], found["test_message"])


@pytest.mark.parametrize(
    ("mark", "said"),
    [
        ("point(3)", "unknown mark 'point'; did you mean 'points'?"),
        ("points(-1)", "points(-1) is not a number of 0 or more"),
        ("points('5')", "points('5') is not a number of 0 or more"),
        ("points(float('nan'))", "points(nan) is not a number of 0 or more"),
        ("points()", "points() is not a number of 0 or more"),
        ("xfail", "xfail has no meaning for a grade"),
        ("hint", "hint() needs one text"),
        ("limits(cpus=3)", "limits(cpus=3) is not understood"),
        ("exemple", "unknown mark 'exemple'; did you mean 'example'?"),
        ("after_cell(0)", "after_cell(0) needs the number of a code cell"),
        ("visibility('later')", "visibility is 'later'; write visible or after_due_date or hidden"),
    ],
)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnknownMarkWarning")
def test_marks_that_mean_nothing_are_refused_in_one_line(mark: str, said: str) -> None:
    from grader.grading import marks

    made = eval(f"pytest.mark.{mark}", {"pytest": pytest}).mark  # noqa: S307  # the lines above
    assert marks._wrong(made).startswith(said)


@pytest.mark.parametrize(
    ("mark", "entry", "said"),
    [
        ("point(3)", "", "test_it.py:3: test_a: unknown mark 'point'; did you mean 'points'?"),
        ("points(1)", "checks: {test_b: {skip: x}}", "checks: no hidden test is called 'test_b'"),
    ],
)
def test_a_run_with_such_a_mark_does_not_start(
    tmp_path: Path, mark: str, entry: str, said: str
) -> None:
    tests = f"import pytest\n\n@pytest.mark.{mark}\ndef test_a(student):\n    assert student.double(1) == 2"
    course = SmallCourse(tmp_path, SOLUTION, tests, entry)
    course.write("class/ada/small.py", SOLUTION)
    done = course.command("grade", "class", "--assignment", "small")
    assert (2, 1) == (done.returncode, len(done.stderr.strip().splitlines()))
    assert said in done.stderr


@pytest.mark.parametrize(
    ("fixture", "line", "said"),
    [
        ("capsys", "student.double(1)", "capsys sees nothing that a submission prints"),
        ("tmp_path", "student.double(1)", "tmp_path is a folder that a submission cannot see"),
        (
            "monkeypatch",
            "monkeypatch.setattr('builtins.input', lambda: '3')",
            "the input of a submission is not this one",
        ),
    ],
)
def test_fixtures_that_do_not_reach_a_submission_are_refused(
    fixture: str, line: str, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from grader.grading import marks

    (tmp_path / f"test_with_{fixture}.py").write_text(
        f"def test_a(student, {fixture}):\n    {line}\n"
    )
    found: list[str] = []

    class Collected:
        def pytest_collection_finish(self, session: pytest.Session) -> None:
            found.extend(marks._useless(item) for item in session.items)

    arguments = [str(tmp_path), "--collect-only", "-q", "-p", "no:cacheprovider"]
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytest.main([*arguments, "-c", "/dev/null", "--rootdir", str(tmp_path)], plugins=[Collected()])
    assert [said] == [text[: len(said)] for text in found]


def test_settings_of_single_checks(tmp_path: Path) -> None:
    """`points` replaces a mark, `skip` leaves a check out, `full` gives everyone its points."""
    tests = """\
        def test_a(student):
            assert student.double(1.0) == 2.0

        def test_b(student):
            assert student.double(2.0) == 4.0

        def test_c(student):
            assert student.double(2.0) == 5.0
        """
    entry = """checks:
  'test_it.py::test_a': {points: 12}
  test_b: {skip: not this year}
  test_c: {full: the test was wrong}"""
    row = SmallCourse(tmp_path, SOLUTION, tests, entry).grade({"half": source("0.5 * n")})["half"]
    assert (1.0, 13.0) == (row["score"], row["max_score"])
    assert ["test_a", "test_c"] == list(checks(row))
    assert "full points for everyone: the test was wrong" == checks(row)["test_c"]["message"]


def test_with_points_the_marks_are_scaled(tmp_path: Path) -> None:
    tests = "def test_a(student):\n    assert student.double(1.0) == 2.0\n"
    row = SmallCourse(tmp_path, SOLUTION, tests, "points: 40").grade({"right": SOLUTION})["right"]
    assert (40.0, 40.0) == (row["score"], row["max_score"])
