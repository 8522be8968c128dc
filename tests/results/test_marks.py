"""Questions that a person grades: outcomes, answers, marks, and exports that wait for them."""

import csv
import json
import os
import shutil
import subprocess
import sys

import pytest
from places import SAMPLES

COURSE = SAMPLES / "outside" / "course"
RELEASED = "Why is an entry a class, and not a tuple?"


def grader(folder, *arguments, status=0):
    """Run a command on the course; return what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "grader", *arguments], cwd=folder, capture_output=True, text=True,
        check=False, env={**os.environ, "GRADER_COURSE": str(folder / "course")},
    )  # fmt: skip
    assert status == done.returncode, done.stdout + done.stderr
    return done.stdout + done.stderr


def rows(folder):
    """Return the rows of grades.json by student."""
    found = json.loads((folder / "out/grades.json").read_text())["submissions"]
    return {row["student"]: row for row in found}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return a folder with a graded class of three; the tests below go on from one another."""
    folder = tmp_path_factory.mktemp("marks")
    shutil.copytree(COURSE, folder / "course")
    source = COURSE / "reference/ledger"
    for who in ("ada", "bob", "cy"):
        shutil.copytree(source, folder / "class" / who)
    (folder / "class/bob/answer.md").write_text("It can check <b>its parts</b>.")
    ada = folder / "class/ada/ledger.py"
    ada.write_text(ada.read_text().replace(RELEASED, "An entry has names."))
    grader(folder, "build", "ledger")
    grade(folder)
    return folder


def grade(folder, *more):
    """Grade the class, or go on with it."""
    grader(folder, "grade", "class", "--assignment", "ledger", "--depth", "1", "--seed", "3",
           "--jobs", "1", "--out", "out", *more)  # fmt: skip


def test_a_question_waits_for_a_person(run):
    """The score leaves it out, the maximum counts it, and the row lists it."""
    row = rows(run)["ada"]
    assert (10.0, 30.0, 20.0) == (row["score"], row["max_score"], row["outstanding"])
    question = {"id": "design", "title": "Why is an entry a class", "points": 20.0}
    assert [{**question, "status": "manual"}] == row["manual"]


def test_answers_are_on_a_page_for_staff(run):
    """Text cells and text files are shown as text; what was released is not an answer."""
    page = (run / "out/answers.html").read_text()
    assert "An entry has names." in page
    assert "It can check &lt;b&gt;its parts&lt;/b&gt;." in page
    assert RELEASED not in page


def test_exports_wait(run):
    """Grades go out only when all is graded, or when --partial says so."""
    assert "3 students have answers" in grader(run, "export", "csv", "out", status=2)
    assert "3 students have answers" in grader(run, "push", "canvas", "out", status=2)
    grader(run, "export", "csv", "out", "--partial")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("ada", "design", "21"), "from 0 to 20"),
        (("ada", "design", "many"), "from 0 to 20"),
        (("ada", "design", "nan"), "from 0 to 20"),
        (("ada", "proof", "5"), "write one of: design"),
        (("zoe", "design", "5"), "no such student"),
    ],
)
def test_a_wrong_mark_is_refused(run, arguments, why):
    """One line says why, and nothing is kept."""
    assert why in grader(run, "mark", "out", *arguments, status=2)
    assert "manual" == rows(run)["ada"]["manual"][0]["status"]


def test_marks_count_and_stay(run):
    """One mark by hand, the rest from a table; grading again and resuming keep them."""
    grader(run, "mark", "out", "ada", "design", "15", "--reason", "good, but short")
    assert (25.0, None) == (rows(run)["ada"]["score"], rows(run)["ada"].get("outstanding"))
    grader(run, "mark", "out", "--blank", "marks.csv")
    table = list(csv.DictReader((run / "marks.csv").read_text().splitlines()))
    assert ["15", "", ""] == [row["points"] for row in table]
    for row, points in zip(table[1:], ("20", "7,5"), strict=True):
        row.update(points=points, reason="read")
    with (run / "marks.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, table[0])
        writer.writeheader()
        writer.writerows(table)
    assert "every question is graded" in grader(run, "mark", "out", "--csv", "marks.csv")
    scores = {"ada": 25.0, "bob": 30.0, "cy": 17.5}
    assert scores == {who: row["score"] for who, row in rows(run).items()}
    grade(run, "--resume")
    assert scores == {who: row["score"] for who, row in rows(run).items()}
    assert "0 scores change" in grader(run, "regrade", "out", "--write")
    assert scores == {who: row["score"] for who, row in rows(run).items()}
    grader(run, "export", "csv", "out")


def test_a_changed_second_file_is_graded_again(run):
    """The hash of a submission covers all of its files."""
    entries = run / "class/cy/entries.py"
    entries.write_text(entries.read_text().replace("/ 100", "/ 10"))
    grade(run, "--resume")
    assert 12.5 == rows(run)["cy"]["score"]
