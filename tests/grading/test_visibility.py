"""``@pytest.mark.visibility``: of a hidden check students read title, verdict and points."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lms_samples import valid
from places import ROOT

from grader.checks.mistakes import mistaken, module_of
from grader.course.catalog import load
from grader.lms import ANSWERS, Job
from grader.lms.exports.sheet import comment
from grader.lms.jobs import autograde, bundle
from grader.model import Grade, Outcome, Submission
from grader.results import cards, feedback
from grader.results import tables as gradebook
from grader.results.store import Run

NAME = "two_layer_network"
TITLE = "relu_derivative is 0 below zero and 1 above"
MARKED = "@pytest.mark.points(3)\ndef test_relu_derivative(check):"
HELD = "what is held back"


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("course")
    whole = load(ROOT)
    for path, data in bundle.course_files(whole, whole.assignment(NAME)).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


@pytest.fixture(scope="module")
def wrong() -> bytes:
    """The solution, but for the slope of relu."""
    source = (ROOT / "reference" / NAME / "solution.py").read_text()
    mistakes = (ROOT / "reference" / NAME / "mistakes.py").read_text()
    found = next(m for m in module_of(mistakes, "m").MISTAKES if m.function == "relu_derivative")
    return mistaken(source, found).encode()


def graded(course: Path, root: Path, source: bytes, mark: str, **how: object) -> dict:
    """Gradescope's result of a course in which one check has the mark."""
    file = course / "tests/hidden" / NAME / "test_activations.py"
    plain = file.read_text()
    file.write_text(plain.replace(MARKED, f"{mark}\n{MARKED}"))
    (root / "autograder/submission").mkdir(parents=True)
    (root / f"autograder/submission/{NAME}.py").write_bytes(source)
    try:
        autograde.main("gradescope", course=course, root=root, **how)
    finally:
        file.write_text(plain)
    return valid("gradescope", (root / "autograder/results/results.json").read_bytes())


def the_check(result: dict) -> dict:
    [found] = [test for test in result["tests"] if test["name"] == TITLE]
    return found


def test_a_check_without_the_mark_says_what_is_wrong(
    course: Path, tmp_path: Path, wrong: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    """The pair of the next: the mark alone is what hides it."""
    found = the_check(graded(course, tmp_path, wrong, ""))
    assert "failed" == found["status"]
    assert "" != found["output"]
    assert ("", "") == capfd.readouterr()


def test_a_hidden_check_tells_only_staff(
    course: Path, tmp_path: Path, wrong: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    result = graded(course, tmp_path, wrong, '@pytest.mark.visibility("hidden")')
    found = the_check(result)
    assert ("failed", 0, 3) == (found["status"], found["score"], found["max_score"])
    assert ("", "") == (found["output"], found["extra_data"]["mistake"])
    assert "visibility" not in found, "Gradescope would hide the total too"
    out, err = capfd.readouterr()
    assert "" == out
    assert err.startswith(f"grader: hidden checks:\n{TITLE} (test_activations.py::test_relu_deri")


def test_the_staff_log_takes_it_where_there_is_one(
    course: Path, tmp_path: Path, wrong: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "log"
    graded(course, tmp_path, wrong, '@pytest.mark.visibility("hidden")', staff_log=log)
    assert f"hidden checks:\n{TITLE}" in log.read_text()
    assert ("", "") == capfd.readouterr()


def test_what_is_for_later_is_gradescopes_to_hold_back(
    course: Path, tmp_path: Path, wrong: bytes
) -> None:
    found = the_check(graded(course, tmp_path, wrong, '@pytest.mark.visibility("after_due_date")'))
    assert "after_due_date" == found["visibility"]
    assert "" != found["output"]


def test_a_mark_that_means_nothing_is_ours_to_repair(
    course: Path, tmp_path: Path, wrong: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    found = graded(course, tmp_path, wrong, '@pytest.mark.visibility("later")')
    assert "score" not in found
    told = "visibility is 'later'; write visible or after_due_date or hidden"
    assert told in capfd.readouterr().err


def outcome(visibility: str) -> Outcome:
    """A failed check as the plugin leaves it."""
    hidden = visibility == "hidden"
    said = {"instructor": {"message": HELD}} if hidden else {"message": HELD}
    return Outcome("t.py::a", "the check", "failed", 0.0, 4.0, visibility=visibility, **said)


def grade(visibility: str) -> Grade:
    return Grade(Submission("ada", "a.py"), 4.0, (outcome(visibility),))


@pytest.mark.parametrize("visibility", ["", "visible", "after_due_date", "hidden"])
@pytest.mark.parametrize("system", sorted(set(ANSWERS) - {"classroom50"}))
def test_systems_show_what_may_be_shown_now(system: str, visibility: str) -> None:
    """Of what is for later, all but Gradescope, which waits itself, show the verdict alone."""
    job = Job(
        Path("x"), (Path("/r"),), facts={"GITHUB_STEP_SUMMARY": "/s"}, expected="a", title="A"
    )
    answer = ANSWERS[system](grade(visibility), job)
    text = b"".join([answer.stdout, *answer.write.values(), *answer.append.values()]).decode()
    shown = visibility in ("", "visible") or (system, visibility) == (
        "gradescope",
        "after_due_date",
    )
    assert shown == (HELD in text)
    assert "the check" in text


@pytest.mark.parametrize("visibility", ["", "hidden"])
def test_our_own_pages_and_files_keep_it_back(visibility: str) -> None:
    run = Run("two_layer_network", 1, 4.0, "x")
    assignment = load(ROOT).assignment(NAME)
    page = feedback.render(run, assignment, grade(visibility)).decode()
    entry = gradebook.check_entry(outcome(visibility))
    mine = entry.pop("instructor", {})
    told = [page, json.dumps(entry), comment(grade(visibility))]
    assert [visibility == ""] * 3 == [HELD in text for text in told]
    assert all("the check" in text for text in told)
    assert ("only the verdict" in page) == (visibility == "hidden")
    assert mine == ({"message": HELD} if visibility else {})
    assert ("visibility" in entry) == (visibility != "")


def test_hidden_checks_are_not_said_to_have_failed_for_one_reason() -> None:
    outcomes = [Outcome(f"t.py::{n}", "a", "failed", 0.0, 1.0, visibility="hidden") for n in "ab"]
    assert 2 == len(cards.entries(Grade(Submission("ada", "a.py"), 2.0, tuple(outcomes))))
