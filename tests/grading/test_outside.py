"""Ten exercises of an outside author: three right styles of each pass, wrong answers fail, objects earn 0."""

import ast
import shutil

import pytest
from places import ROOT
from small_course import graded_class

from grader.course import catalog

SAMPLES = ROOT / "tests/samples" / "outside"
COURSE = SAMPLES / "course"
YES = (SAMPLES.parent / "boundary/students/always/micro.py").read_text(encoding="utf-8")
"""A class whose every special method says yes, which fails nothing by itself."""
EXERCISES = [each.name for each in catalog.load(COURSE).assignments]


def yes_of(source, value):
    """Return a program in which every name of ``source`` is an object that says yes, or returns one."""
    names = [
        n.name for n in ast.parse(source).body if isinstance(n, ast.FunctionDef | ast.ClassDef)
    ]
    head = YES.partition("\nValue = Yes")[0]
    return "\n".join([head, *(f"{name} = {value}" for name in names)])


def submit(folder, exercise):
    """Write the samples of an exercise, its reference and objects that say yes as a class."""
    course = catalog.load(COURSE)
    shutil.copytree(SAMPLES / "students" / exercise, folder)
    files = course.assignment(exercise).student_files
    for file, text in zip(files, course.solution_texts(exercise), strict=True):
        for who, content in {
            "right_reference": text,
            "yes_objects": yes_of(text, "Yes()"),
            "yes_functions": yes_of(text, "lambda *args, **kwargs: Yes()"),
        }.items():
            path = folder / who / file
            path.parent.mkdir(exist_ok=True)
            path.write_text(content, encoding="utf-8")


@pytest.fixture(scope="module", params=EXERCISES)
def graded(request, tmp_path_factory):
    """Return the row of every student of one exercise."""
    folder, out = tmp_path_factory.mktemp(request.param), tmp_path_factory.mktemp("out")
    submit(folder / "class", request.param)
    options = ("--jobs", "1", "--depth", "1")
    return graded_class(COURSE, folder / "class", request.param, out, *options)


def statuses(row):
    """Return the verdicts on the checks; questions for a person are not among them."""
    return {check["id"]: check["status"] for check in row["checks"] if check["status"] != "manual"}


def test_three_right_styles_have_full_marks(graded):
    """Whatever the style, each right program passes every check."""
    right = {who: statuses(row) for who, row in graded.items() if who.startswith("right")}
    assert 3 == len(right)
    for who, verdicts in right.items():
        assert {"passed"} == set(verdicts.values()), (who, verdicts)


def test_wrong_answers_fail(graded):
    """A wrong program loses at least half of the checks, and none of it is our error."""
    for who, row in graded.items():
        if who.startswith("wrong"):
            verdicts = list(statuses(row).values())
            assert set(verdicts) <= {"passed", "failed", "waiting"}, (who, verdicts)
            assert 2 * verdicts.count("passed") <= len(verdicts), (who, statuses(row))


def test_an_object_that_says_yes_earns_nothing(graded):
    """No comparison of Python, NumPy, pandas or pytest takes a student's word."""
    for who in ("yes_objects", "yes_functions"):
        assert 0 == graded[who]["score"], statuses(graded[who])
        assert "error" not in statuses(graded[who]).values()


@pytest.mark.parametrize("graded", ["words"], indirect=True)
def test_one_reason_is_one_card(graded):
    """Three sets of parameters fail for a misspelt name, or at one line: that is said once."""
    names, line = graded["wrong_names"], graded["wrong_line"]
    [card] = names["cards"]
    assert "did you mean longest, index?" in card["sentence"]
    assert {card["id"]} == {check["root_cause"] for check in names["checks"]}
    assert 2 == len(line["cards"])
    assert all("an AttributeError, line" in each["sentence"] for each in line["cards"])
