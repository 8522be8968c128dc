"""`grader import`: test cells run as they are, and each is proved or refused by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from grader.authoring.importers import limits, run
from grader.authoring.importers.carry import with_earlier
from grader.authoring.importers.cells import ImportFailedError, TestCell
from grader.authoring.importers.otter_tests import from_doctest, in_folder, with_calls
from grader.course import catalog
from grader.model import Limits
from grader.sandbox.student import Budget


def cell(
    kind: str, source: str, nbgrader: dict[str, Any] | None = None, shown: str = ""
) -> dict[str, Any]:
    made: dict[str, Any] = {"cell_type": kind, "source": source, "metadata": {}}
    if nbgrader:
        made["metadata"]["nbgrader"] = nbgrader
    if kind == "code":
        made["outputs"] = (
            [{"output_type": "execute_result", "data": {"text/plain": shown}, "metadata": {}}]
            if shown
            else []
        )
    return made


def solution(source: str) -> dict[str, Any]:
    return cell("code", source, {"grade": False, "solution": True, "grade_id": "s"})


def graded(name: str, source: str, points: float = 1) -> dict[str, Any]:
    about = {"grade": True, "solution": False, "locked": True, "grade_id": name, "points": points}
    return cell("code", source, about)


def saved(path: Path, cells: list[dict[str, Any]], metadata: dict[str, Any] | None = None) -> Path:
    path.write_text(json.dumps({"cells": cells, "metadata": metadata or {}, "nbformat": 4}))
    return path


def imported(
    tmp_path: Path, system: str, cells: list[dict[str, Any]]
) -> tuple[Path, dict[str, TestCell]]:
    """Import a notebook into a new course; return its tests file and its tests by name."""
    (tmp_path / "course").mkdir()
    notebook = saved(tmp_path / "week_1.ipynb", cells)
    [report] = run.run(tmp_path / "course", system, notebook)
    assert "" == report.problem
    path = tmp_path / "course/tests/hidden/week_1/test_week_1.py"
    return path, {test.name: test for test in report.tests}


SQUARES = (
    'def squares(n):\n    """Compute the squares."""\n    ### BEGIN SOLUTION\n    if n < 1:\n'
    '        raise ValueError("n")\n    return [i ** 2 for i in range(1, n + 1)]\n    ### END SOLUTION'
)


HIDDEN = """\
assert squares(1) == [1]
### BEGIN HIDDEN TESTS
assert squares(3) == [1, 4, 9]
### END HIDDEN TESTS"""
NOSE = """\
from nose.tools import assert_equal, assert_raises
def helper(n):
    return sum(squares(n))
assert_equal(helper(3), 14)
assert_raises(ValueError, squares, 0)"""
MORE = """\
x = np.arange(5.0)
def scaled(n):
    return factor * n
def total(n):
    return sum(squares(n))
class Box:
    def size(self):
        return 3"""
CONFIG = (
    '""" # BEGIN TEST CONFIG\npoints: 1\nhidden: true\n""" # END TEST CONFIG\nf(np.float64(2.0))'
)


@pytest.fixture(scope="module")
def nbgrader(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, TestCell]]:
    """One notebook with what real ones use."""
    cells = [
        cell("markdown", "# Squares\n\nOf numbers."),
        cell("code", "import numpy as np\n%matplotlib inline"),
        solution(SQUARES),
        graded("hidden", HIDDEN, 2),
        graded("nose", NOSE),
        solution(MORE),
        graded("earlier", "assert helper(2) == total(2)\nnp.testing.assert_allclose(x, np.arange(5))"),
        graded("text", 'text = """a\n  b"""\nassert text.split() == ["a", "b"] and total(1) == 1'),
        graded("star", "from math import *\nassert sqrt(total(2) - 1) == 2"),
        graded("objects", "box = Box()\nassert box.size() == 3 and isinstance(box.size(), int)"),
        graded("classes", "box = Box()\nassert type(box) == Box and type(box) is Box and "
               "type(box).__name__ == 'Box' and type(total(1)) is int and 'size' in dir(box)"),
        graded("global", "factor = 2\nassert scaled(2) == 4\nfactor, other = 3, 4\n"
               "assert scaled(2) == 6"),
        graded("in loops", "for factor in (2, 3):\n    assert scaled(2) == 2 * factor"),
        graded("in place", "factor = np.ones(2)\nfactor[1] = 3\n"
               "np.testing.assert_allclose(scaled(2), [2, 6])"),
        graded("guard", "if __name__ == '__main__':\n    assert total(1) == 1"),
        graded("subclass", "class Big(Box):\n    pass\nassert Big().size() == 3"),
        graded("identity", "assert squares(1) is not squares(1)"),
        graded("network", "import socket\nassert total(1) == 1"),
        graded("history", "assert 'def' in In[1] and total(1) == 1"),
        graded("wrong", "assert total(2) == 6"),
        cell("markdown", "Why?", {"grade": True, "solution": True, "grade_id": "why", "points": 4}),
    ]  # fmt: skip
    return imported(tmp_path_factory.mktemp("nbgrader"), "nbgrader", cells)


def test_cells_are_carried_and_proved(nbgrader: tuple[Path, dict[str, TestCell]]) -> None:
    _, tests = nbgrader
    carried = {name for name, test in tests.items() if not test.problem}
    assert {
        "hidden",
        "nose",
        "earlier",
        "text",
        "star",
        "objects",
        "classes",
        "global",
        "in_loops",
        "in_place",
        "guard",
    } == carried
    assert {"guard"} == {name for name in carried if tests[name].cannot_fail}
    assert 2 == tests["hidden"].points


def test_a_test_gets_the_values_that_names_had_in_earlier_tests() -> None:
    """A name that is bound again below has its earlier value where that was used."""
    first = "n = 1\ndef twice():\n    return 2 * n\na = f(n)\nn = 5\nb = f(n)\nn += 1\nc = 7"
    tests = [TestCell("one", first, 1, 1), TestCell("two", "assert a != b and twice() == n", 1, 2)]
    [_, two] = with_earlier(tests)
    above = first.removesuffix("\nc = 7")
    assert two.source == f"{above}\nassert a != b and twice() == n"
    [_, three] = with_earlier([tests[0], TestCell("three", "assert b", 1, 3)])
    assert three.source == "n = 5\nb = f(n)\nassert b"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("subclass", "a subclass of a student's class"),
        ("identity", "identity of values"),
        ("network", "the network"),
        ("history", "reads IPython's history"),
        ("wrong", "the reference does not pass it"),
    ],
)
def test_what_cannot_be_carried_is_refused_by_name(
    nbgrader: tuple[Path, dict[str, TestCell]], name: str, said: str
) -> None:
    assert nbgrader[1][name].problem.startswith(said)


def test_the_text_of_a_cell_follows_unchanged(nbgrader: tuple[Path, dict[str, TestCell]]) -> None:
    text = nbgrader[0].read_text()
    assert "    squares = student.squares\n    assert squares(1) == [1]\n" in text
    assert 'text = """a\n  b"""' in text
    assert "HIDDEN" not in text
    assert '"guard (cannot fail)"' in text


def test_the_exercise_has_regions_and_manual_questions(
    nbgrader: tuple[Path, dict[str, TestCell]],
) -> None:
    course = nbgrader[0].parents[3]
    source = (course / "reference/week_1/solution.py").read_text()
    assert source.count("# BEGIN SOLUTION") == source.count("# END SOLUTION") == 2
    assert "%matplotlib" not in source
    assert "manual:" in (course / "assignments.yaml").read_text()


def test_otter_notebooks_share_points_and_compare_what_is_shown(tmp_path: Path) -> None:
    cells = [
        cell("raw", "# ASSIGNMENT CONFIG\nname: hw"),
        cell("code", "import numpy as np"),
        cell("raw", "# BEGIN QUESTION\nname: q1\npoints: 3"),
        cell("raw", "# BEGIN SOLUTION"),
        cell("code", "x = 2 + 3 # SOLUTION\ndef f(v):\n    return v * 2.0 # SOLUTION"),
        cell("raw", "# END SOLUTION"),
        cell("raw", "# BEGIN TESTS"),
        cell("code", "x == 5", shown="True"),
        cell("code", CONFIG, shown="4.0"),
        cell("code", "# HIDDEN\nassert f(3) == 6"),
        cell("raw", "# END TESTS"),
        cell("raw", "# END QUESTION"),
    ]  # fmt: skip
    path, tests = imported(tmp_path, "otter", cells)
    assert {"q1": 1.0, "q1_2": 1.0, "q1_3": 1.0} == {name: t.points for name, t in tests.items()}
    assert not any(test.problem or test.cannot_fail for test in tests.values())
    assert "with shows('True\\n'):" in path.read_text()
    source = (path.parents[3] / "reference/week_1/solution.py").read_text()
    assert "# BEGIN SOLUTION\nx = 2 + 3\n# END SOLUTION" in source


FUNCTIONS = """\
from otter.test_files import test_case
import math
OK_FORMAT = False
points = 3

@test_case(points=2)
def test_even(f):
    # for even numbers
    assert f(2) == 2 * math.floor(2.5)

@test_case(points=1, hidden=True)
def test_odd(f, x):
    assert f(3) == x + 1
"""


def test_tests_in_the_metadata_of_a_notebook_are_read(tmp_path: Path) -> None:
    """Doctests and functions, each after the cell that checks it where it needs that."""
    suite = {"cases": [{"code": ">>> x\n5", "points": 2}, {"code": ">>> assert f(x) == 10\n"}]}
    tests = {"q1": {"points": 3, "suites": [suite]}, "q2": FUNCTIONS, "q3": 7, "q4": "def ("}
    cells = [
        cell("code", "import otter\ngrader = otter.Notebook()"),
        cell("code", "x = 2 + 3\ndef f(v):\n    return v * 2"),
        cell("code", 'grader.check("q1")'),
        cell("code", 'x = 6\ngrader.check("q2")'),
    ]
    notebook = saved(tmp_path / "week_1.ipynb", cells, {"otter": {"tests": tests}})
    (tmp_path / "course").mkdir()
    [report] = run.run(tmp_path / "course", "otter", notebook)
    assert [("q1_1", "", 2.0, 1), ("q1_2", "", 1.5, 1), ("q2_1", "", 2.0, 0)] == [
        (test.name, test.problem, test.points, test.after) for test in report.tests[:3]
    ]
    assert "the reference does not pass it" in report.tests[3].problem
    text = (tmp_path / "course/tests/hidden/week_1/test_week_1.py").read_text()
    assert "    def test_even(f):\n        # for even numbers\n" in text


def test_files_that_the_notebook_does_not_check_are_left_out(tmp_path: Path) -> None:
    for name in ("q1", "q2"):
        (tmp_path / f"{name}.py").write_text(FUNCTIONS)
    assert ["q1_1", "q1_2"] == [test.name for test in in_folder(tmp_path, {"q1"})]
    assert 4 == len(list(in_folder(tmp_path, {"elsewhere"})))
    assert [] == list(in_folder(tmp_path / "no folder", {"q1"}))


@pytest.mark.parametrize(
    ("source", "made"),
    [
        ("def test_f(f):\n    assert f(1)", "def test_f(f):\n    assert f(1)\ntest_f(f)"),
        ("def test_f(f):\n    pass\ntest_f(f)", "def test_f(f):\n    pass\ntest_f(f)"),
        ("assert f(1)", "assert f(1)"),
        ("f(", "f("),
    ],
)
def test_functions_that_otter_calls_are_called(source: str, made: str) -> None:
    assert made == with_calls(source)


def test_doctests_become_comparisons() -> None:
    made = from_doctest(">>> y = 2\n>>> y + 1\n3\n>>> print('a')\na\n")
    space: dict[str, Any] = {}
    exec(f"from grader.testing import show, shows\n{made}", space)  # noqa: S102  # made above
    wrong = made.replace("y + 1", "y + 2")
    with pytest.raises(AssertionError):
        exec(f"from grader.testing import show, shows\n{wrong}", {})  # noqa: S102  # made above


@pytest.mark.parametrize("text", ["", "[]", '{"cells": 3}', "not json"])
def test_what_is_no_notebook_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    file = tmp_path / "x.ipynb"
    file.write_text(text)
    with pytest.raises(ImportFailedError, match="is not a notebook"):
        run.run(tmp_path, "nbgrader", file)


def test_cells_that_only_ipython_understands(tmp_path: Path) -> None:
    """Other languages, shell lines and magics are left out; a test stands where it stood."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "numbers.txt").write_text("3 4")
    (tmp_path / "helper.py").write_text("def twice(n):\n    return 2 * n\n")
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "text.py").write_text("from helper import twice as double\n")
    cells = [
        cell("code", "%%html\n<b>no Python</b>"),
        cell("code", "import tools.text\nimport not_installed_here\nfiles = !ls\nif files:\n    %time 1"),
        solution("def f(n):\n    ### BEGIN SOLUTION\n    return tools.text.double(n)\n    ### END SOLUTION"),
        graded("first", "assert f(2) == 4"),
        solution("x = f(5)"),
        graded("before", "assert x == 10"),
        solution("  ### BEGIN SOLUTION\nx = f(1)\n### END SOLUTION"),
        graded("later", "start = [4]\nassert x == 2"),
        solution("y = f(start[0])"),
        graded("above", "assert y == 8"),
        graded("given", "text = open('data/numbers.txt').read()\nassert f(int(text[0])) == 6"),
        graded("trusted", "from helper import twice\nassert twice(3) == f(3)"),
        graded("empty", "# tests that students do not see"),
        graded("without", "kept = f\ndel f\ntry:\n    assert x == 2\nfinally:\n    f = kept\nassert f(1) == 2"),
    ]  # fmt: skip
    path, tests = imported(tmp_path, "nbgrader", cells)
    assert {name: "" for name in tests} == {name: test.problem for name, test in tests.items()}
    assert {"before"} == {name for name, test in tests.items() if test.after}
    assert {"empty"} == {name for name, test in tests.items() if test.cannot_fail}
    text = path.read_text()
    assert "@pytest.mark.after_cell(3)" in text
    assert "    del f\n    del student.f\n" in text
    source = (path.parents[3] / "reference/week_1/solution.py").read_text()
    assert "# %%\nstart = [4]\n\n# %%\n# BEGIN SOLUTION\ny = f(start[0])" in source
    entry = (tmp_path / "course" / "assignments.yaml").read_text()
    assert "imports" not in entry


def test_a_students_version_is_refused_in_one_line(tmp_path: Path) -> None:
    """Its test cells hold comments alone."""
    notebook = saved(tmp_path / "week_1.ipynb", [solution("x = 1"), graded("a", "# hidden")])
    with pytest.raises(ImportFailedError, match="empty; give the instructor's notebook"):
        run.run(tmp_path, "nbgrader", notebook)


def test_a_package_that_is_not_installed_is_said(tmp_path: Path) -> None:
    (tmp_path / "course").mkdir()
    cells = [
        cell("code", "import not_installed_here"),
        solution("def f(n):\n    return n"),
        graded("a", "assert f(2) == 2"),
    ]
    [report] = run.run(tmp_path / "course", "nbgrader", saved(tmp_path / "week_1.ipynb", cells))
    assert "  not installed: not_installed_here; install them and import again" in report.lines()
    assert not report.tests[0].problem


def test_a_notebook_without_marked_solutions_keeps_its_points(tmp_path: Path) -> None:
    """Its stub is the solution, so only programs without answers show what a cell compares."""
    (tmp_path / "course").mkdir()
    cells = [cell("code", "x = 3\ndef f(n):\n    return n"), graded("a", "assert f(x) == 3")]
    [report] = run.run(tmp_path / "course", "nbgrader", saved(tmp_path / "week_1.ipynb", cells))
    assert (1, False) == (report.tests[0].points, report.marked)
    assert any(line.startswith("  no solution is marked") for line in report.lines())


SLOW = (
    "import time\ndef slow():\n    ### BEGIN SOLUTION\n    end = time.process_time() + 2.1\n"
    "    while time.process_time() < end:\n        pass\n    return 7\n    ### END SOLUTION"
)


def test_a_slow_solution_gets_larger_limits(tmp_path: Path) -> None:
    """A call that takes longer than the usual limit is measured, not refused."""
    cells = [solution(SLOW), graded("slow", "assert slow() == 7")]
    course = tmp_path / "course"
    course.mkdir()
    [report] = run.run(course, "nbgrader", saved(tmp_path / "week_1.ipynb", cells))
    assert [("", "", 1)] == [(report.problem, test.problem, test.points) for test in report.tests]
    found = catalog.load(course).assignment("week_1").limits
    assert (True, 10, 20) == (6 < found.call_cpu < 12, found.import_cpu, found.total)
    assert report.limits in (course / "assignments.yaml").read_text()


@pytest.mark.parametrize(
    ("used", "line"),
    [
        (Budget(used=6.0, longest=0.6, loading=3.0), ""),
        (Budget(used=31.0, longest=25.2), "limits: {call_cpu: 76, total: 93}"),
        (Budget(used=5.0, trials=4.0), "limits: {total: 48}"),  # programs that run between cells
        (Budget(used=5.0, loading=4.0), "limits: {import_cpu: 12}"),
    ],
)
def test_limits_are_three_times_what_the_solution_used(used: Budget, line: str) -> None:
    """Limits that are large enough are not written."""
    assert line == limits.entry_line(Limits(), limits.enough(Limits(), [Budget(), used]))
