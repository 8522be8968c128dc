"""``grader new``: an exercise that is sound as it stands, and a listing that keeps its bytes."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from places import ROOT

from grader.authoring.scaffold import appended, new
from grader.course import catalog
from grader.lms.jobs import wheel as built

ENTRY = "- name: affine\n  title: Affine\n"


def grader(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The command, in a folder, of this project's sources."""
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-P", "-m", "grader", *words]
    return subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, timeout=120, check=False
    )


def files(folder: Path) -> dict[str, bytes]:
    """Everything below a folder."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course begun in an empty folder, its exercise built."""
    folder = tmp_path_factory.mktemp("course")
    done = grader(folder, "new", "affine")
    assert (0, "") == (done.returncode, done.stderr)
    last = done.stdout.splitlines()[-1]
    assert "next: grader build affine, then grader validate affine" == last
    assert sorted(done.stdout.splitlines()[:-1]) == sorted(files(folder))
    done = grader(folder, "build", "affine")
    assert (0, "") == (done.returncode, done.stderr)
    return folder


def test_a_new_exercise_proves_itself(course: Path) -> None:
    """Reference and variants full, stub none, both mistakes caught and named, 100 points."""
    done = grader(course, "validate", "affine", "--seeds", "1")
    assert (0, "") == (done.returncode, done.stderr)
    head, _, row = (
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in done.stdout.splitlines()[:3]
    )
    assert "small edits of the solution are noticed" in done.stdout.splitlines()[3]
    found = dict(zip(head, row, strict=True))
    wanted = {"exercise": "affine", "checks": "6", "points": "100", "variants passed": "2"}
    assert wanted | {"mistakes caught": "2"} == {key: found[key] for key in head[:5]}
    assert "100.0%" == found["named, over all seeds"]


def test_a_broken_one_does_not(course: Path, tmp_path: Path) -> None:
    """The pair of the one above: with a wrong solution the same command says so."""
    for path, data in files(course).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    solution = tmp_path / "reference/affine/solution.py"
    solution.write_text(solution.read_text().replace("dY @ params", "2 * dY @ params"))
    done = grader(tmp_path, "validate", "affine", "--seeds", "1")
    assert 2 == done.returncode
    assert "it should be [[2, 3]]" in done.stdout


def test_its_students_are_served(course: Path, tmp_path: Path) -> None:
    """They get a zip without answers, and their check passes on a right one alone."""
    done = grader(course, "release", "affine", "--out", str(tmp_path))
    assert (0, "") == (done.returncode, done.stderr)
    with zipfile.ZipFile(tmp_path / "affine.zip") as archive:
        text = b"".join(archive.read(name) for name in archive.namelist())
        archive.extractall(tmp_path)
    assert b"dY.sum" not in text
    stub = tmp_path / "affine" / "affine.py"
    assert 1 == grader(stub.parent, "check", stub.name).returncode
    stub.write_bytes((course / "reference/affine/variants/loops.py").read_bytes())
    done = grader(stub.parent, "check", stub.name)
    assert (0, "") == (done.returncode, done.stderr)


def test_its_hidden_tests_run_by_hand(course: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "tests/hidden/affine"]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=course, env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert "6 passed" in done.stdout, done.stdout


def test_its_docstrings_are_true(course: Path) -> None:
    command = [sys.executable, "-m", "doctest", "reference/affine/solution.py"]
    done = subprocess.run(
        command, cwd=course, capture_output=True, text=True, timeout=60, check=False
    )
    assert (0, "") == (done.returncode, done.stdout)


def test_an_exercise_is_added_to_a_course(tmp_path: Path) -> None:
    """From a folder below it too; nothing else is written, and the listing keeps its bytes."""
    new(tmp_path, "first")
    listing = (ROOT / "assignments.yaml").read_text()
    head, _, tail = listing.partition("  - name: computation_graph")
    text = (
        head
        + "  - name: first  # of all\n    title: First\n\n# Everything"
        + tail.partition("# E")[2]
    )
    (tmp_path / "assignments.yaml").write_text(text)
    before = files(tmp_path)
    made = new(tmp_path / "reference", "second")
    after = files(tmp_path)
    assert {path: data for path, data in before.items() if after[path] != data}.keys() == {
        "assignments.yaml"
    }
    assert {tmp_path / path for path in after.keys() - before.keys()} == set(made.files[:-1])
    entry = "  - name: second\n    title: Second\n"
    assert text.replace("First\n", f"First\n{entry}") == (tmp_path / "assignments.yaml").read_text()
    assert ["first", "second"] == [each.name for each in catalog.load(tmp_path).assignments]


def test_our_own_course_could_be_added_to() -> None:
    """Comments, blank lines between the entries, and the block at the end stay."""
    text = (ROOT / "assignments.yaml").read_text()
    made = appended(text, ENTRY)
    assert made is not None
    entry = "\n  - name: affine\n    title: Affine\n"
    assert made.count(entry) == 1
    assert text == made.replace(entry, "")
    assert made.index(entry) < made.index("# Everything an entry may say")


LISTINGS = {
    "at the margin": "title: a\nassignments:\n- name: b\n  title: b\n",
    "no newline at the end": "title: a\nassignments:\n  - name: b\n    title: b",
    "a comment on the last line": "assignments:\n  - name: b\n    title: b # c\ntitle: a\n",
    "more after the list": "assignments:\n  - name: b\n    late: {per_day: 10}\n\n# c\ntitle: a\n",
    "nested lists at the end": "assignments:\n  - name: b\n    imports:\n      - c\n\ntitle: a\n",
    "a long text": "assignments:\n  - name: b\n    title: >\n      c\n      d\ntitle: a\n",
    "Windows": "title: a\r\nassignments:\r\n  - name: b\r\n    title: b\r\n# c\r\n",
    "a byte order mark": "\ufefftitle: a\nassignments:\n  - name: b\n    title: b\n",
    "quotes": "title: a\nassignments:\n  - {name: b, title: 'b'}  # c\n",
    "none yet": "title: a\nassignments:  # c\n# d\n",
    "a document's end": "title: a\nassignments:\n  - name: b\n...\n",
}


@pytest.mark.parametrize("name", LISTINGS)
def test_a_listing_gains_an_entry_and_keeps_its_bytes(name: str) -> None:
    text = LISTINGS[name]
    made = appended(text, ENTRY)
    assert made is not None
    start = next(n for n, (a, b) in enumerate(zip(text + "\0", made, strict=False)) if a != b)
    length = len(made) - len(text)
    assert text in [made[:n] + made[n + length :] for n in range(start + 1)]
    assert "affine" in made
    assert ("\r\n" in made) == ("\r\n" in text)
    assert made.count("\n") == made.count("\r\n") or "\r\n" not in text


def test_an_empty_list_in_brackets_becomes_one_in_lines() -> None:
    made = appended("title: a\nassignments: []  # none yet\n", ENTRY)
    assert made == "title: a\nassignments:\n  - name: affine\n    title: Affine\n# none yet\n"


@pytest.mark.parametrize(
    "text",
    [
        "title: a\nassignments: [{name: b, title: b}]\n",
        "{title: a, assignments: []}\n",
        "title: a\n",
        "assignments: {a: b}\n",
        "assignments: [\n",
        "- a\n",
        "",
    ],
)
def test_a_listing_that_is_written_otherwise_is_left_alone(text: str) -> None:
    assert appended(text, ENTRY) is None


def test_what_is_left_alone_is_to_be_added_by_hand(tmp_path: Path) -> None:
    """The files are there, the listing is as it was, and the lines are said."""
    new(tmp_path, "first")
    text = "title: a\nassignments: [{name: first, title: First}]\n"
    (tmp_path / "assignments.yaml").write_text(text)
    done = grader(tmp_path, "new", "second")
    assert (2, "") == (done.returncode, done.stderr)
    said = "assignments.yaml is unchanged; add this to its list:\n  - name: second\n    title: Second\n"
    assert done.stdout.endswith(said)
    assert text == (tmp_path / "assignments.yaml").read_text()
    assert (tmp_path / "reference/second/solution.py").is_file()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Affine", "'Affine' is not a valid name; use lower-case letters, digits and _ only"),
        ("2layers", "'2layers' is not a valid name"),
        ("a-b", "'a-b' is not a valid name"),
        ("../a", "'../a' is not a valid name"),
        ("", "'' is not a valid name"),
        ("a\x1b[31m", "is not a valid name"),
        ("lambda", "'lambda' is not a valid name"),
        ("random", "'random' is the name of a Python module; choose another name"),
        ("numpy", "'numpy' is the name of a Python module"),
        ("first", "reference/first already exists; choose another name"),
    ],
)
def test_a_name_that_cannot_be_is_refused_in_a_line(tmp_path: Path, name: str, told: str) -> None:
    new(tmp_path, "first")
    before = files(tmp_path)
    done = grader(tmp_path, "new", name)
    assert (2, "", 1) == (done.returncode, done.stdout, done.stderr.count("\n"))
    assert told in done.stderr
    assert "\x1b" not in done.stderr
    assert before == files(tmp_path)


def test_a_name_that_yaml_takes_for_something_else_is_quoted(tmp_path: Path) -> None:
    new(tmp_path, "true")
    assert 'name: "true"' in (tmp_path / "assignments.yaml").read_text()
    assert ("true", "True") == (
        catalog.load(tmp_path).assignments[0].name, catalog.load(tmp_path).assignments[0].title
    )  # fmt: skip


def test_a_folder_with_other_things_in_it_is_no_course(tmp_path: Path) -> None:
    """Neither is one whose listing is wrong: that is said, and nothing is written."""
    (tmp_path / "holiday.jpg").write_bytes(b"x")
    done = grader(tmp_path, "new", "affine")
    assert (2, "") == (done.returncode, done.stdout)
    assert "no assignments.yaml in" in done.stderr
    assert "to start a new course, run this in an empty folder" in done.stderr
    (tmp_path / "assignments.yaml").write_text(
        "title: a\nassignments:\n  - name: b\n    titel: b\n"
    )
    before = files(tmp_path)
    done = grader(tmp_path, "new", "affine")
    assert (2, 1) == (done.returncode, done.stderr.count("\n"))
    assert "assignments.yaml:4" in done.stderr
    assert before == files(tmp_path)


def test_the_wheel_ships_what_it_needs(tmp_path: Path) -> None:
    """Installed from the wheel alone, without this project's reference/ or tests/, it works too."""
    wheel = tmp_path / built.WHEEL
    wheel.write_bytes(built.wheel())
    with zipfile.ZipFile(wheel) as archive:
        assert not [name for name in archive.namelist() if name.startswith(("reference", "tests"))]
        archive.extractall(tmp_path / "site")
    (tmp_path / "course").mkdir()
    environ = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    code = "import sys, grader.cli; print(grader.__file__); sys.exit(grader.cli.main())"
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, "new", "affine"], cwd=tmp_path / "course",
        env=environ, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (0, "") == (done.returncode, done.stderr)
    assert done.stdout.startswith(str(tmp_path / "site"))
    ours = tmp_path / "ours"
    ours.mkdir()
    new(ours, "affine")
    assert files(ours) == files(tmp_path / "course")
