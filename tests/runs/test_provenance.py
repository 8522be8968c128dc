"""Grades of different tests never stand side by side unsaid; hand-ins after feedback get new inputs."""

import json
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from places import ROOT

from grader.course import catalog
from grader.course.secret import course_secret
from grader.results.store import Store
from grader.runs import class_run, merge, provenance, regrade

NAME = "computation_graph"
RIGHT = (ROOT / "reference" / NAME / "solution.py").read_text()


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course with one exercise, of which little is checked."""
    folder = tmp_path / "course"
    for part in (f"reference/{NAME}", f"tests/hidden/{NAME}", f"exercises/{NAME}"):
        shutil.copytree(ROOT / part, folder / part)
    entry = f"title: Ours\nassignments:\n  - name: {NAME}\n    title: Graphs\n    points: 100\n"
    (folder / "assignments.yaml").write_text(entry)
    for file in (folder / "tests" / "hidden" / NAME).glob("test_*.py"):
        if file.name != "test_lecture.py":
            file.unlink()
    return folder


def grade(course: Path, out: Path, *students: Path, shard: tuple[int, int] = (1, 1)) -> list:
    """Grade into a folder, as the command does, and return the grades."""
    found = catalog.load(course)
    plan = class_run.Plan(
        found, found.assignment(NAME), students, out, 7, course_secret(course), shard=shard
    )
    return list(class_run.grade_class(plan, class_run.Progress()))


def hand_in(folder: Path, student: str, extra: str = "") -> Path:
    """Write a submission and return its folder."""
    file = folder / student / f"{NAME}.py"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(RIGHT + extra)
    return folder


def change_test(course: Path) -> str:
    file = course / "tests" / "hidden" / NAME / "test_lecture.py"
    file.write_text(file.read_text() + "\n\nEXTRA = 1\n")
    return "the hidden tests or the reference"


def change_reference(course: Path) -> str:
    file = course / "reference" / NAME / "solution.py"
    file.write_text(file.read_text() + "\n\nEXTRA = 1\n")
    return "the hidden tests or the reference"


def change_entry(course: Path) -> str:
    file = course / "assignments.yaml"
    file.write_text(file.read_text().replace("points: 100", "points: 50"))
    return "the entry in assignments.yaml"


def test_a_resumed_run_is_refused_after_a_change_until_all_are_regraded(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each thing that grades depend on, one after the other; regrade is the way out."""
    out = tmp_path / "out"
    inbox = hand_in(tmp_path / "class", "ada")
    grade(course, out, inbox)
    hand_in(inbox, "kurt")
    for change in (change_test, change_reference, change_entry):
        words = change(course)
        with pytest.raises(provenance.MixtureError, match=words) as told:
            grade(course, out, inbox)
        assert "grader regrade" in str(told.value)
        regrade.regrade(catalog.load(course), out, 1, write=True)
    monkeypatch.setattr(provenance, "versions", lambda: {"numpy": "1.0"})
    with pytest.raises(provenance.MixtureError, match=r"NumPy \(.*, now 1\.0\)"):
        grade(course, out, inbox)
    monkeypatch.undo()
    assert ["kurt"] == [each.submission.student for each in grade(course, out, inbox)]
    with Store.open(out) as store:
        kept = [handin.grade.versions for handin in store.handins()]
        assert [store.run.versions] * 2 == kept
        first = next(store.rounds())[2].versions
    assert first["course"] != kept[0]["course"], "what it was graded with then is still known"


def test_without_the_check_the_grades_mix(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The record of the run would then be false for the first student."""
    out, inbox = tmp_path / "out", hand_in(tmp_path / "class", "ada")
    grade(course, out, inbox)
    hand_in(inbox, "kurt")
    change_test(course)
    monkeypatch.setattr(class_run, "refuse_mixture", lambda *_: None)
    grade(course, out, inbox)
    with Store.open(out) as store:
        kept = {each.grade.submission.student: each.grade.versions for each in store.handins()}
        assert kept["ada"] != kept["kurt"] == store.run.versions


def test_shards_of_different_tests_are_not_merged(course: Path, tmp_path: Path) -> None:
    """The second machine had other tests."""
    inbox = hand_in(hand_in(tmp_path / "class", "ada"), "kurt")
    grade(course, tmp_path / "1", inbox, shard=(1, 2))
    change_test(course)
    grade(course, tmp_path / "2", inbox, shard=(2, 2))
    with pytest.raises(provenance.MixtureError, match="the hidden tests or the reference"):
        merge.merge([tmp_path / "1", tmp_path / "2"], tmp_path / "both")


def test_a_hand_in_after_feedback_meets_new_inputs(course: Path, tmp_path: Path) -> None:
    """The first one has the run's seed, the next its own, and whoever asks again the same."""
    out, inbox = tmp_path / "out", hand_in(hand_in(tmp_path / "class", "ada"), "kurt")
    assert [None, None] == [each.seed for each in grade(course, out, inbox)]
    hand_in(inbox, "ada", "# better\n")
    [second] = grade(course, out, inbox)
    assert "ada" == second.submission.student
    assert second.seed not in (None, 7)
    [third] = grade(course, out, hand_in(inbox, "ada", "# best\n"))
    assert third.seed not in (None, 7, second.seed)
    document = written(course, out)
    assert {"ada": third.seed, "kurt": None} == {
        each["student"]: each.get("seed") for each in document["submissions"]
    }
    assert 7 == document["seed"]
    assert [] == regrade.regrade(catalog.load(course), out, 1, write=True)
    with Store.open(out) as store:
        seeds = class_run.Seeds(store.handins())
        again = [each.grade.seed for each in store.handins()]
        assert [None, None, second.seed, third.seed] == again
        file, source = store.source(list(store.handins())[2].digest)
    same = class_run.Submission("ada", file, source)
    assert second.seed == seeds.of(same)
    assert seeds.of(class_run.Submission("ada", file, source + b"#")) not in (None, second.seed)
    assert seeds.of(class_run.Submission("zoe", file, source)) is None


def written(course: Path, out: Path) -> dict:
    """Return grades.json, written by the command."""
    command = [sys.executable, "-I", "-m", "grader", "report", str(out)]
    subprocess.run(
        command, env={"GRADER_COURSE": str(course), "PATH": "/usr/bin:/bin", "HOME": str(out)},
        capture_output=True, check=True,
    )  # fmt: skip
    document = json.loads((out / "grades.json").read_text())
    assert isinstance(document, dict)
    return document


def test_versions_are_those_that_the_packages_state() -> None:
    for package in ("numpy", "pytest", "torch"):
        assert provenance.installed(package) == metadata.version(package)
