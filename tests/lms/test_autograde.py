"""One submission in a job: a valid result whatever is handed in, and whatever breaks on our side."""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from lms_samples import grade_in, junit, valid
from places import ROOT

from grader.course.catalog import load
from grader.lms import JOBS
from grader.lms.jobs import autograde, bundle

NAME = "two_layer_network"
RIGHT = (ROOT / "reference" / NAME / "variants" / "einsum.py").read_bytes()
TELL_BY_STATUS = ("gradescope", "github", "gitlab", "classroom50")
STUB = (ROOT / "exercises" / NAME / f"{NAME}.py").read_bytes()


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The course of a bundle: one assignment, with a secret of its own."""
    folder = tmp_path_factory.mktemp("course")
    whole = load(ROOT)
    for path, data in bundle.course_files(whole, whole.assignment(NAME)).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    folder.chmod(0o700)
    return folder


class Gradescope:
    """A container's paths under a folder."""

    def __init__(self, root: Path, course: Path) -> None:
        self.root, self.course = root, course
        self.home = root / "autograder"
        (self.home / "submission").mkdir(parents=True)

    def put(self, files: dict[str, bytes]) -> None:
        for name, data in files.items():
            (self.home / "submission" / name).parent.mkdir(parents=True, exist_ok=True)
            (self.home / "submission" / name).write_bytes(data)

    def grade(self, **how: object) -> tuple[int, dict]:
        status = autograde.main("gradescope", course=self.course, root=self.root, **how)
        return status, self.result()

    def result(self) -> dict:
        return valid("gradescope", (self.home / "results" / "results.json").read_bytes())


@pytest.fixture
def box(tmp_path: Path, course: Path) -> Gradescope:
    return Gradescope(tmp_path, course)


def test_a_right_answer(box: Gradescope, capfd: pytest.CaptureFixture[str]) -> None:
    box.put({f"{NAME}.py": RIGHT, f"{NAME}.ipynb": b"not JSON", "notes.txt": b"hello"})
    status, found = box.grade(seed=5)
    assert (status, found["score"], found["extra_data"]["seed"]) == (0, 100, 5)
    assert capfd.readouterr() == ("", "")


BROKEN = {
    "nothing": ({}, "nothing was submitted"),
    "no Python": ({"a.txt": b"x"}, "no .py or .ipynb file was submitted"),
    "syntax": ({f"{NAME}.py": b"def relu(z:\n"}, "not valid Python"),
    "bytes": ({f"{NAME}.py": b"\x00\xff\xfe" * 50}, "cannot be read"),
    "stub": ({f"{NAME}.py": STUB}, "only the unchanged stub was submitted"),
    "notebook": ({f"{NAME}.ipynb": b"{" * 5000}, "it is not a notebook"),
    "several": ({"a.py": b"x = 1", "b.py": b"x = 2"}, f"submit one file, {NAME}.py"),
    "exits": ({f"{NAME}.py": b"import os; os._exit(0)"}, "ended itself"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_graded_with_the_reason(box: Gradescope, name: str) -> None:
    files, told = BROKEN[name]
    box.put(files)
    status, found = box.grade()
    assert (status, found["score"]) == (0, 0)
    assert told in json.dumps(found)
    assert found["tests"]


def test_links_and_pipes_are_not_opened(box: Gradescope, course: Path) -> None:
    (box.home / "submission" / f"{NAME}.py").symlink_to(course / f"reference/{NAME}/solution.py")
    os.mkfifo(box.home / "submission" / "pipe.py")
    status, found = box.grade()
    assert (status, found["score"]) == (0, 0)
    assert "is a link" in found["output"]


def test_a_hidden_test_that_breaks_is_no_zero(
    box: Gradescope, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The reason holds names of tests and more: staff read it, the result does not."""
    broken = shutil.copytree(box.course, tmp_path / "broken")
    file = next((broken / "tests/hidden" / NAME).glob("test_*.py"))
    file.write_text(file.read_text() + "\n\nimport no_such_secret_module\n")
    box.course = broken
    box.put({f"{NAME}.py": RIGHT})
    status, found = box.grade()
    assert (status, "score" in found) == (3, False)
    assert "no_such_secret_module" not in json.dumps(found)
    assert "no_such_secret_module" in capfd.readouterr().err


@pytest.mark.parametrize("system", JOBS)
def test_without_a_course_there_is_a_valid_error_everywhere(
    system: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    log = tmp_path / "staff.log"
    environ = {"GITHUB_OUTPUT": str(tmp_path / "output"), "CI_PROJECT_DIR": str(tmp_path)}
    status = autograde.main(
        system, course=tmp_path / "nowhere", root=tmp_path, environ=environ, staff_log=log
    )
    stdout, stderr = capfdbinary.readouterr()
    assert (status, stderr) == (3 if system in TELL_BY_STATUS else 0, b"")
    assert "assignments.yaml" in log.read_text()
    found, shown = read(system, tmp_path, stdout)
    assert "assignments.yaml" not in shown
    score = {"gradescope": "score", "prairielearn": "score", "coderunner": "fraction"}.get(system)
    assert score is None or score not in found
    assert system != "vpl" or found["grade"] is None


def read(system: str, home: Path, stdout: bytes) -> tuple[dict, str]:
    """What a system reads, valid; and its text."""
    where = {"gradescope": "autograder/results/results.json", "classroom50": "result.json",
             "prairielearn": "grade/results/results.json", "gitlab": "report.xml"}  # fmt: skip
    if system in ("vpl", "coderunner"):
        data = stdout
    elif system == "github":
        data = base64.b64decode((home / "output").read_bytes().partition(b"=")[2])
    else:
        data = (home / where[system]).read_bytes()
    text = data.decode()
    if system == "gitlab":
        return junit(data), text
    return (vars(grade_in(text)) if system == "vpl" else valid(system, data)), text


@pytest.mark.parametrize("system", ["classroom50", "github", "gitlab", "vpl", "coderunner"])
def test_through_the_front_door(system: str, tmp_path: Path, course: Path) -> None:
    """The command, in a checkout as a job has it."""
    (tmp_path / f"{NAME}.py").write_bytes(RIGHT)
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "x.py").write_bytes(b"x")
    environ = {
        **os.environ, "GRADER_COURSE": str(course), "GITHUB_OUTPUT": str(tmp_path / "output"),
        "GITHUB_WORKSPACE": str(tmp_path), "CI_PROJECT_DIR": str(tmp_path), "CLASSROOM": "cs50",
        "ASSIGNMENT": "hw1", "USERNAME": "ada", "SUBMISSION_TAG": "submit/2026-01-02T03-04-05Z-abc",
        "COMMIT_URL": "https://x/c", "RELEASE_URL": "https://x/r", "REVIEW_URL": "https://x/v",
        "VPL_SUBFILE0": f"{NAME}.py",
    }  # fmt: skip
    command = [sys.executable, "-P", "-m", "grader", "autograde", "--lms", system]
    environ["PYTHONPATH"] = str(Path(autograde.__file__).parents[1])
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, timeout=100)
    assert (done.returncode, done.stderr) == (0, b"")
    found, _ = read(system, tmp_path, done.stdout)
    full: dict[str, Callable[[], bool]] = {
        "classroom50": lambda: (found["score"], found["owner"]) == (100, "ada"),
        "github": lambda: found["status"] == "pass",
        "gitlab": lambda: found["score"] == "100",
        "vpl": lambda: found["grade"] == 100,
        "coderunner": lambda: found["fraction"] == 1,
    }
    assert full[system]()


@pytest.mark.parametrize("system", JOBS)
def test_without_a_sandbox_there_is_a_valid_error_everywhere(
    system: str, tmp_path: Path, course: Path
) -> None:
    """The command, where libseccomp cannot be loaded: no score, and staff alone read why."""
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / f"{NAME}.py").write_bytes(RIGHT)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "libseccomp.so.2").write_bytes(b"no library")
    environ = {
        **os.environ, "GRADER_COURSE": str(course), "GITHUB_OUTPUT": str(tmp_path / "output"),
        "CI_PROJECT_DIR": str(tmp_path), "LD_LIBRARY_PATH": str(tmp_path / "broken"),
        "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1",
    }  # fmt: skip
    code = "import sys; from grader.cli import main; from pathlib import Path\n"
    code += "from grader.lms.jobs import autograde; from functools import partial\n"
    code += (
        "autograde.main = partial(autograde.main, root=Path.cwd()); sys.exit(main(sys.argv[1:]))"
    )
    options = ["--lms", system, "--submission", "work", "--staff-log", "staff.log"]
    command = [sys.executable, "-c", code, "autograde", *options]
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, timeout=60)
    assert (done.returncode, done.stderr) == (3 if system in TELL_BY_STATUS else 0, b"")
    assert "seccomp" in (tmp_path / "staff.log").read_text()
    found, shown = read(system, tmp_path, done.stdout)
    assert "seccomp" not in shown
    assert not {"fraction"} & found.keys()
    assert found.get("grade") is None
    assert found.get("max-score", 0) == 0 or system in ("github", "gitlab")


def test_a_staff_log_that_cannot_be_written_costs_nobody_a_result(
    box: Gradescope, capfd: pytest.CaptureFixture[str]
) -> None:
    box.course = box.root / "nowhere"
    status, found = box.grade(staff_log=box.root / "no" / "such" / "folder" / "log")
    assert (status, "score" in found) == (3, False)
    err = capfd.readouterr().err
    assert "assignments.yaml" in err
    assert "cannot be written: No such file or directory" in err


def test_a_zip_may_be_named(box: Gradescope, tmp_path: Path) -> None:
    """As an archive of the one student's files; what is none is a problem of theirs, or of ours."""
    with zipfile.ZipFile(tmp_path / "work.zip", "w") as archive:
        archive.writestr(f"work/{NAME}.py", RIGHT)
        archive.writestr("../../etc/passwd.py", b"x")
    assert box.grade(submission=tmp_path / "work.zip")[1]["score"] == 100
    (tmp_path / "work.zip").write_bytes(b"no zip")
    status, found = box.grade(submission=tmp_path / "work.zip")
    assert (status, found["score"]) == (0, 0)
    assert "not a zip" in found["output"]


def test_lateness_is_judged_by_the_metadata(box: Gradescope, tmp_path: Path) -> None:
    """By the times that Gradescope gives, an extension among them; never by the clock."""
    late = shutil.copytree(box.course, tmp_path / "late")
    text = (late / "assignments.yaml").read_text()
    entry = "  title: Two-layer network\n  late: {per_day: 10}\n  due: 2020-01-01\n"
    (late / "assignments.yaml").write_text(text.replace("  title: Two-layer network\n", entry))
    box.course = late
    box.put({f"{NAME}.py": RIGHT})
    metadata = {"created_at": "2026-07-02T13:00:00-07:00", "users": [{"email": "ada@x", "name": "A"}],
                "assignment": {"due_date": "2026-07-01T12:00:00-07:00"}}  # fmt: skip
    (box.home / "submission_metadata.json").write_text(json.dumps(metadata))
    _, found = box.grade()
    assert (found["score"], sum(test["score"] for test in found["tests"])) == (80, 100)
    assert found["output"] == "Late by 25 hours: 20 % late penalty."


def test_a_grader_that_is_killed_leaves_an_honest_error(box: Gradescope) -> None:
    """Out of memory, out of time: what is there by then is a valid result, and no zero."""
    box.put({f"{NAME}.py": b"import time\ntime.sleep(2.5)\n"})
    code = "import sys; from pathlib import Path; from grader.lms.jobs import autograde\n"
    code += "autograde.main('gradescope', course=Path(sys.argv[1]), root=Path(sys.argv[2]))"
    command = [sys.executable, "-c", code, str(box.course), str(box.root)]
    environ = {**os.environ, "PYTHONPATH": str(Path(autograde.__file__).parents[1])}
    process = subprocess.Popen(command, env=environ, start_new_session=True)
    results = box.home / "results" / "results.json"
    deadline = time.monotonic() + 60
    while not results.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    found = box.result()
    assert "score" not in found
    assert found["extra_data"]["status"] == "error"


def test_an_adapter_that_fails_still_gives_a_result(
    box: Gradescope, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A number that is none in a grade of ours would be no JSON."""
    from grader.model import Grade, Outcome, Submission

    bad = Outcome("t::a", "relu", "passed", float("nan"), 1.0)
    grade = Grade(Submission("ada", "a.py"), 1.0, (bad,))
    monkeypatch.setattr(autograde, "_graded", lambda *known: grade)
    _, found = box.grade()
    assert "score" not in found
