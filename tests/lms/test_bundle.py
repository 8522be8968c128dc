"""Bundles: what is in them, and each one run in a container such as its system has."""

from __future__ import annotations

import base64
import html
import json
import os
import stat
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from container import Container, gradescope_image
from lms_samples import grade_in, junit, valid
from msgspec.structs import replace
from places import ROOT

from grader.checks.mistakes import mistaken, module_of
from grader.course.assignment import Course
from grader.course.catalog import CatalogError, load
from grader.lms.jobs import bundle
from grader.lms.jobs import wheel as built_wheel

NAME = "two_layer_network"
RIGHT = (ROOT / "reference" / NAME / "variants" / "einsum.py").read_bytes()
HOSTILE = rb"""
import glob, os
PLACES = ("/opt/grader/course", "/autograder/source", "/grade/tests", "/job", "/tmp", "/root",
          "/autograder/results", "/grade/results", "/proc/1", "/image", "/etc/passwd")
def opens(path):
    try:
        return bool(os.listdir(path) if os.path.isdir(path) else open(path, "rb").read(1))
    except OSError:
        return False
def writes(path):
    try:
        open(path, "w").write('{"score": 100}')
        return True
    except OSError:
        return False
tried = [path for place in PLACES for path in (place, *glob.glob(place + "/**", recursive=True),
         place + "/.grader-secret", place + "/tests/hidden/two_layer_network/cases.py")]
found = [path for path in tried if opens(path)]
written = [path for path in ("/autograder/results/results.json", "/grade/results/results.json",
           "/job/result.json", "/tmp/x") if writes(path)]
print("Grade :=>> 100", flush=True)
raise RuntimeError(f"LEAK {found} WRITTEN {written} {len(tried)} tried\nGrade :=>> 100\n--|>")
"""
CLEAN = "LEAK [] WRITTEN []"


@pytest.fixture(scope="module")
def course() -> Course:
    return load(ROOT)


@pytest.fixture(scope="module")
def wrong() -> bytes:
    """The solution with one mistake, and what it is called."""
    folder = ROOT / "reference" / NAME
    mistakes = module_of((folder / "mistakes.py").read_text(), "mistakes").MISTAKES
    mistake = next(each for each in mistakes if each.id == "relu-mask-missing")
    return mistaken((folder / "solution.py").read_text(), mistake).encode()


@pytest.fixture
def built(course: Course, tmp_path: Path) -> Callable[[str], Path]:
    return lambda format: bundle.build(course, NAME, format, tmp_path / "bundles")


# --- what is in them ----------------------------------------------------------------------------


@pytest.mark.parametrize("format", bundle.FORMATS)
def test_a_bundle_holds_what_grading_needs_and_a_secret_of_its_own(
    course: Course, built: Callable[[str], Path], tmp_path: Path, format: str
) -> None:
    path = built(format)
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        secrets = [archive.read(name) for name in names if name.endswith(".grader-secret")]
        if "course.zip" in names:
            (tmp_path / "course.zip").write_bytes(archive.read("course.zip"))
            with zipfile.ZipFile(tmp_path / "course.zip") as inner:
                secrets.append(inner.read(".grader-secret"))
        for name in names:  # the wheel holds the templates
            assert name.endswith(".whl") or b"@NAME@" not in archive.read(name)
            assert str(ROOT).encode() not in archive.read(name)
    assert 1 == len(secrets)
    assert 64 == len(secrets[0])
    assert not any("variants" in name or "oracle" in name for name in names)
    own = course.folder / ".grader-secret"
    assert not own.exists() or own.read_bytes() != secrets[0]


def test_the_course_in_a_bundle_is_a_course(course: Course, tmp_path: Path) -> None:
    for path, data in bundle.course_files(course, course.assignment(NAME)).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    assert (course.assignment(NAME),) == load(tmp_path).assignments


def test_what_cannot_be_bundled_is_said_in_one_line(course: Course, tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="unknown format 'moodle'"):
        bundle.build(course, NAME, "moodle", tmp_path)
    with pytest.raises(CatalogError, match=r"unknown assignment .*two_layer_network"):
        bundle.build(course, "two_layer_networks", "gradescope", tmp_path)


def test_pip_takes_the_wheel(tmp_path: Path) -> None:
    """Its own installer, not ours: names, hashes and entry point are as they must be."""
    wheel = tmp_path / built_wheel.WHEEL
    wheel.write_bytes(built_wheel.wheel())
    target = tmp_path / "site"
    command = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--quiet",
               "--target", str(target), str(wheel)]  # fmt: skip
    subprocess.run(command, check=True, timeout=60)
    assert (target / "grader" / "lms" / "jobs" / "templates" / "gradescope" / "setup.sh").is_file()
    asked = [sys.executable, "-c", "import grader; print(grader.__file__)"]
    done = subprocess.run(
        asked, env={"PYTHONPATH": str(target)}, capture_output=True, text=True, check=True, cwd="/"
    )
    assert str(target / "grader" / "__init__.py") == done.stdout.strip()
    assert built_wheel.wheel() == wheel.read_bytes()


def test_a_torch_course_installs_torch_from_the_cpu_index(course: Course) -> None:
    base = course.assignment(NAME)
    torch = replace(base, runtime="torch", imports=("torch",))
    setup = bundle._rendered("gradescope", torch)["setup.sh"].decode()
    assert "--extra-index-url https://download.pytorch.org/whl/cpu torch" in setup
    assert "torch==" in built_wheel.constraints(torch).decode()
    assert "torch" not in built_wheel.constraints(base).decode()


# --- each one run -------------------------------------------------------------------------------


def closed(box: Container, python: str, *folders: str) -> None:
    """Were no layer of the sandbox there, a uid of its own could still list none of ``folders``."""
    spy = f"import os\nfor p in {folders}:\n"
    spy += "    try: print(os.listdir(p))\n    except PermissionError: print('no')\n"
    done = box.run([python, "-c", spy], uid=12345)
    assert (b"no\n" * len(folders), b"") == (done.stdout, done.stderr)
    assert all(any(box.path(folder).iterdir()) for folder in folders), "nothing was hidden"


@pytest.fixture
def gradescope(built: Callable[[str], Path], tmp_path: Path) -> Container:
    """The image of two_layer_network."""
    return gradescope_image(built("gradescope"), tmp_path)


METADATA = {
    "id": 123456, "created_at": "2026-07-01T14:22:32.365935-07:00",
    "assignment": {"due_date": "2026-07-31T23:00:00.000000-07:00", "late_due_date": None,
                   "group_size": 4, "group_submission": True, "total_points": "20.0"},
    "users": [{"email": "zoe@example.edu", "id": 1, "name": "Zoë Müller"}],
    "previous_submissions": [],
}  # fmt: skip


def test_gradescope(gradescope: Container, wrong: bytes) -> None:
    """Right, wrong and hostile, and the memory of a cold run."""
    box = gradescope
    box.put("/autograder/submission_metadata.json", json.dumps(METADATA).encode())

    def graded(source: bytes) -> dict:
        box.put(f"/autograder/submission/{NAME}.py", source)
        done = box.run(["/autograder/run_autograder"], cwd="/autograder")
        assert (0, b"", b"") == (done.status, done.stdout, done.stderr)
        assert 10e6 < done.pss < 300e6, "bytes of memory"
        return valid("gradescope", box.path("/autograder/results/results.json").read_bytes())

    right, mistake, hostile = (graded(source) for source in (RIGHT, wrong, HOSTILE))
    assert 100 == right["score"]
    assert 0 < mistake["score"] < 100
    assert "relu-mask-missing" in {test["extra_data"]["mistake"] for test in mistake["tests"]}
    assert 0 == hostile["score"]
    assert CLEAN in json.dumps(hostile)


def test_gradescope_with_torch(course: Course, tmp_path: Path) -> None:
    """A cold run with PyTorch takes less than 600 MB."""
    pytest.importorskip("torch")
    zipped = bundle.build(course, "torch_layers", "gradescope", tmp_path)
    box = gradescope_image(zipped, tmp_path)
    right = course.solution("torch_layers").read_bytes()
    box.put("/autograder/submission/torch_layers.py", right)
    done = box.run(["/autograder/run_autograder"], cwd="/autograder")
    found = valid("gradescope", box.path("/autograder/results/results.json").read_bytes())
    assert (done.status, found["score"]) == (0, 100)
    assert 10e6 < done.pss < 600e6, "bytes of memory"


def test_gradescope_hides_the_course_by_its_modes_too(gradescope: Container) -> None:
    closed(gradescope, "/opt/grader/venv/bin/python3", "/opt/grader/course", "/autograder/source")
    left = {path.name for path in gradescope.path("/autograder/source").iterdir()}
    assert "course" not in left


HOG = b"""
import time
import numpy as np
held = np.ones(900 << 17)
time.sleep(2)
"""


def test_the_memory_of_a_container_is_kept(tmp_path: Path) -> None:
    """What allocates more than the cap is killed; under a wider one it comes to its end."""
    box = Container(tmp_path)
    code = "import time; held = b'x' * (900 << 20); time.sleep(1); print('all')"
    command = ["python3", "-c", code]
    killed = box.run(command, starved=True)
    assert (b"", True) == (killed.stdout, killed.killed > 0)
    with pytest.raises(AssertionError, match="over 805,306,368 bytes"):
        box.run(command)
    done = box.run(command, memory=2 << 30)
    assert (0, b"all\n", 0) == (done.status, done.stdout, done.killed)


def test_gradescope_when_a_submission_takes_all_memory(gradescope: Container) -> None:
    """Its worker is killed, which is the student's doing; the grader lives on and says so."""
    gradescope.put(f"/autograder/submission/{NAME}.py", HOG)
    done = gradescope.run(["/autograder/run_autograder"], cwd="/autograder", starved=True)
    found = valid("gradescope", gradescope.path("/autograder/results/results.json").read_bytes())
    assert done.killed > 0
    assert (0, b"", b"") == (done.status, done.stdout, done.stderr)
    assert 0 == found["score"]


def test_gradescope_when_the_sandbox_cannot_start(gradescope: Container) -> None:
    """An honest error: no score at all, nothing for the student but that, the reason for staff."""
    gradescope.put("/opt/broken/libseccomp.so.2", b"no library")
    gradescope.put(f"/autograder/submission/{NAME}.py", RIGHT)
    without = ["env", "LD_LIBRARY_PATH=/opt/broken", "/autograder/run_autograder"]
    done = gradescope.run(without, cwd="/autograder")
    found = valid("gradescope", gradescope.path("/autograder/results/results.json").read_bytes())
    assert 3 == done.status
    assert "score" not in found
    assert "tests" not in found
    assert "not your fault" in found["output"]
    assert "seccomp" not in found["output"]
    assert b"seccomp" in done.stderr


def test_github_when_the_sandbox_cannot_start(built: Callable[[str], Path], tmp_path: Path) -> None:
    """The step fails without a score; why is in the log of the instructor's repository, inert."""
    box = Container(tmp_path)
    box.unpack(built("github"), "/job/grading")
    assert 0 == box.run(["/bin/bash", "/job/grading/grader/install.sh"], cwd="/job").status
    box.put("/opt/broken/libseccomp.so.2", b"no library")
    box.put(f"/job/student/{NAME}.py", RIGHT)
    command = ["env", "LD_LIBRARY_PATH=/opt/broken", "/bin/bash", "/opt/grader/grade.sh"]
    done = box.run([*command, "/job/student"], "/job", {"GITHUB_OUTPUT": "/job/output"})
    found = valid("github", base64.b64decode(box.path("/job/output").read_bytes()[7:]))
    assert (3, "error") == (done.status, found["status"])
    assert "seccomp" not in json.dumps(found)
    notice, stop, *log, resume = done.stdout.decode().splitlines()
    assert notice.startswith("::error title=not graded::")
    assert "seccomp" in "".join(log)
    assert stop.removeprefix("::stop-commands::") == resume.strip(":")


def test_prairielearn(built: Callable[[str], Path], tmp_path: Path, wrong: bytes) -> None:
    box = Container(tmp_path)
    unpacked = box.unpack(built("prairielearn"), "/job/bundle")
    info = json.loads((unpacked / f"questions/{NAME}/info.json").read_bytes())
    options = info["externalGradingOptions"]
    assert options["enabled"] is True
    assert options["enableNetworking"] is False
    assert 30 < options["timeout"] <= 600
    environ = box.build(unpacked / "image")

    def graded(source: bytes) -> dict:
        grade = box.path("/grade")
        subprocess.run(
            ["rm", "-rf", *map(str, grade.iterdir()), box.path("/opt/grader")], check=True
        )
        subprocess.run(["cp", "-R", unpacked / f"questions/{NAME}/tests", grade], check=True)
        box.put("/grade/data/data.json", b"{}")
        box.put(f"/grade/student/{NAME}.py", source)
        done = box.run([options["entrypoint"]], "/grade", environ)
        assert (0, b"", b"") == (done.status, done.stdout, done.stderr)
        return valid("prairielearn", box.path("/grade/results/results.json").read_bytes())

    right, mistake, hostile = (graded(source) for source in (RIGHT, wrong, HOSTILE))
    closed(box, "/opt/image/bin/python3", "/opt/grader/course", "/grade/tests")
    assert 1.0 == right["score"]
    assert 0 < mistake["score"] < 1
    assert 0 == hostile["score"]
    assert CLEAN in json.dumps(hostile)


def test_github(built: Callable[[str], Path], tmp_path: Path, wrong: bytes) -> None:
    """The workflow's own steps, as the runner runs them."""
    box = Container(tmp_path)
    unpacked = box.unpack(built("github"), "/job/grading")
    workflow = (unpacked / ".github/workflows/grade.yml").read_text()
    assert "pull_request_target" not in workflow.replace("`", "")
    steps = [step for step in yaml.safe_load(workflow)["jobs"]["grade"]["steps"] if "run" in step]
    install, grade = (["/bin/bash", "-ec", step["run"]] for step in steps)
    box.put("/job/grading/.git/objects/course", b"its history")
    done = box.run(install, cwd="/job")
    assert (0, b"") == (done.status, done.stderr)
    assert not (unpacked / "grader/course").exists()
    assert not (unpacked / ".git").exists()
    environ = {"GITHUB_OUTPUT": "/job/output", "GITHUB_STEP_SUMMARY": "/job/summary",
               "GITHUB_WORKSPACE": "/job"}  # fmt: skip

    def graded(source: bytes) -> tuple[dict, str, str]:
        box.put(f"/job/student/{NAME}.py", source)
        for name in ("output", "summary"):
            box.put(f"/job/{name}", b"")
        done = box.run(grade, "/job", environ)
        assert (0, b"") == (done.status, done.stderr)
        output = box.path("/job/output").read_text()
        name, _, encoded = output.strip().partition("=")
        assert ("result", 1) == (name, output.count("\n"))
        page = box.path("/job/summary").read_text()
        return valid("github", base64.b64decode(encoded)), done.stdout.decode(), page

    (right, notice, page), (mistake, _, _), (hostile, told, hostile_page) = (
        graded(source) for source in (RIGHT, wrong, HOSTILE)
    )
    closed(box, "/opt/grader/venv/bin/python3", "/opt/grader/course")
    assert ("pass", 100) == (right["status"], sum(test["score"] for test in right["tests"]))
    assert "::notice title=Two-layer network::100 of 100 points\n" == notice
    assert page.startswith("## Two&#45;layer network: 100 of 100 points\n")
    assert "fail" == mistake["status"]
    assert ("fail", 0) == (hostile["status"], sum(test["score"] for test in hostile["tests"]))
    assert CLEAN in html.unescape(hostile_page)
    assert all(line.startswith("::") for line in told.splitlines())
    assert "<" not in hostile_page.replace("<br>", "")


def test_gitlab(built: Callable[[str], Path], tmp_path: Path, wrong: bytes) -> None:
    """The image, made as its Dockerfile says, and the job's script."""
    box = Container(tmp_path)
    unpacked = box.unpack(built("gitlab"), "/job/bundle")
    environ = {**box.build(unpacked / "image"), "CI_PROJECT_DIR": "/job/builds"}
    job = yaml.safe_load((unpacked / ".gitlab-ci.yml").read_text())[f"grade {NAME}"]
    assert "report.xml" == job["artifacts"]["reports"]["junit"]
    clone, script = job["script"]
    assert clone.startswith("git clone ")

    def graded(source: bytes) -> dict:
        box.put(f"/job/builds/student/{NAME}.py", source)
        done = box.run(["/bin/sh", "-c", script], "/job/builds", environ)
        assert (0, b"", b"") == (done.status, done.stdout, done.stderr)
        return junit(box.path("/job/builds/report.xml").read_bytes())

    right, mistake, hostile = (graded(source) for source in (RIGHT, wrong, HOSTILE))
    closed(box, "/opt/image/bin/python3", environ["GRADER_COURSE"])
    assert ("0", "0", "100") == (right["failures"], right["errors"], right["score"])
    assert int(mistake["failures"]) > 0
    assert "0" == mistake["errors"]
    assert "0" == hostile["score"]
    assert CLEAN in hostile["text"]
    box.put("/opt/broken/libseccomp.so.2", b"no library")
    without = ["env", "LD_LIBRARY_PATH=/opt/broken", "/bin/sh", "-c", script]
    done = box.run(without, "/job/builds", environ)
    found = junit(box.path("/job/builds/report.xml").read_bytes())
    assert (3, b"", "1", "") == (done.status, done.stdout, found["errors"], found["score"])
    assert b"seccomp" in done.stderr, "the job's log is in the instructor's project"
    assert "seccomp" not in found["text"]


def test_docker(built: Callable[[str], Path], tmp_path: Path, wrong: bytes) -> None:
    """The image, made as its Dockerfile says, and the command that its README gives."""
    box = Container(tmp_path)
    unpacked = box.unpack(built("docker"), "/job/bundle")
    environ = box.build(unpacked)
    lines = (unpacked / "README.md").read_text().splitlines()
    [command] = [line.split(f"grader-{NAME} ")[1] for line in lines if "autograde --lms g" in line]

    def graded(source: bytes) -> dict:
        box.put(f"/autograder/submission/{NAME}.py", source)
        done = box.run(command.split(), "/", environ)
        assert (0, b"", b"") == (done.status, done.stdout, done.stderr)
        return valid("gradescope", box.path("/autograder/results/results.json").read_bytes())

    right, mistake, hostile = (graded(source) for source in (RIGHT, wrong, HOSTILE))
    assert 100 == right["score"]
    assert 0 < mistake["score"] < 100
    assert 0 == hostile["score"]
    assert CLEAN in json.dumps(hostile)
    closed(box, "/opt/image/bin/python3", environ["GRADER_COURSE"])


CLASSROOM50 = {
    "CLASSROOM": "cs50", "ASSIGNMENT": "hw1", "ASSIGNMENT_TYPE": "individual", "USERNAME": "ada",
    "SUBMISSION_TAG": "submit/2026-06-01T14-32-05Z-a1b2c3d", "COMMIT_URL": "https://x/commit/1",
    "RELEASE_URL": "https://x/release", "REVIEW_URL": "https://x/review", "GRADER_COURSE": "/job",
    "GITHUB_ACTOR": "ada", "GITHUB_ACTOR_ID": "7", "GITHUB_WORKSPACE": "/opt/grader",
}  # fmt: skip
"""What the runner says, and two that a hostile one would."""


@pytest.fixture
def classroom50(built: Callable[[str], Path], tmp_path: Path) -> Container:
    """A self-hosted runner after install.sh; autograder.py lies where Classroom 50 unpacks it."""
    box = Container(tmp_path)
    unpacked = box.unpack(built("classroom50"), "/job/bundle")
    sudoers = f"/etc/sudoers.d/grader-{NAME}"
    script = f"bash /job/bundle/runner/install.sh runner && cat {sudoers} && stat -c %a {sudoers}"
    done = box.run(["/bin/bash", "-c", script])
    assert (0, b"") == (done.status, done.stderr)
    defaults, rule, mode = done.stdout.decode().splitlines()
    assert f'runner ALL=(root) NOPASSWD: /opt/grader/{NAME}/grade.sh ""' == rule
    assert "440" == mode
    box.put("/standin/kept", defaults.split('"')[1].encode())
    subprocess.run(["rm", "-rf", unpacked / "runner"], check=True)
    box.path("/job/student").mkdir()
    return box


def test_classroom50(classroom50: Container, wrong: bytes) -> None:
    """As its runner does: autograder.py in the student's checkout, by an account with one sudo rule."""
    box, command = classroom50, ["python3", f"/job/bundle/autograders/{NAME}/autograder.py"]

    def graded(source: bytes) -> dict:
        box.put(f"/job/student/{NAME}.py", source)
        done = box.run(command, "/job/student", CLASSROOM50)
        assert (0, b"", b"") == (done.status, done.stdout, done.stderr)
        return valid("classroom50", box.path("/job/student/result.json").read_bytes())

    box.path("/job/student/answers.py").symlink_to(f"/opt/grader/{NAME}/course/reference")
    right, mistake, hostile = (graded(source) for source in (RIGHT, wrong, HOSTILE))
    assert (100, 100, "ada", "cs50") == (
        right["score"], right["max-score"], right["owner"], right["classroom"]
    )  # fmt: skip
    assert "2026-06-01T14:32:05Z" == right["datetime"]
    assert {"username": "ada", "id": 7} == right["submitted_by"]
    assert 0 < mistake["score"] < 100
    assert (0, 100) == (hostile["score"], hostile["max-score"])
    place = Path(tempfile.gettempdir())
    ours = {ROOT.relative_to(place).parts[0]} if ROOT.is_relative_to(place) else set()
    assert set() == {path.name for path in box.path("tmp").iterdir()} - ours
    closed(box, "/opt/grader/venv/bin/python3", f"/opt/grader/{NAME}/course")


def test_classroom50_when_we_cannot_tell(classroom50: Container) -> None:
    """An error of the autograder, not a pass of nothing; why is in a log that is root's."""
    box, command = classroom50, ["python3", f"/job/bundle/autograders/{NAME}/autograder.py"]
    box.put(f"/job/student/{NAME}.py", RIGHT)
    subprocess.run(["rm", "-rf", box.path(f"/opt/grader/{NAME}/course/reference")], check=True)
    done = box.run(command, "/job/student", CLASSROOM50)
    found = valid("classroom50", box.path("/job/student/result.json").read_bytes())
    assert (3, b"", b"") == (done.status, done.stdout, done.stderr)
    assert (0, []) == (found["max-score"], found["tests"])
    log = box.path(f"/opt/grader/{NAME}/staff.log")
    assert "solution.py is missing" in log.read_text()
    assert 0o600 == stat.S_IMODE(log.stat().st_mode)


def test_classroom50_publishes_nothing_hidden(built: Callable[[str], Path]) -> None:
    """What lies below autograders/ is served to everybody: one script, and no answer in it."""
    with zipfile.ZipFile(built("classroom50")) as archive:
        names = archive.namelist()
        public = [name for name in names if not name.startswith("runner/")]
        text = b"".join(archive.read(name) for name in public)
        answer = archive.read(f"runner/course/reference/{NAME}/solution.py")
    assert ["README.md", f"autograders/{NAME}/autograder.py"] == public
    assert len(text) < 5000
    assert b"def relu" in answer
    assert b"def relu" not in text


def test_classroom50_hands_over_what_a_hostile_account_gives(classroom50: Container) -> None:
    """The one script that may be run as root reads a zip from stdin: what is none is a result too."""
    for data in (b"PK\5\6" + bytes(18), b"x" * 30_000_000):
        classroom50.put("/job/stdin", data)
        script = f"/standin/sudo -n /opt/grader/{NAME}/grade.sh < /job/stdin"
        done = classroom50.run(["/bin/sh", "-c", script], environ=CLASSROOM50)
        assert (0, b"") == (done.status, done.stderr)
        found = valid("classroom50", done.stdout)
        assert (0, 100) == (found["score"], found["max-score"])


def test_vpl(built: Callable[[str], Path], tmp_path: Path, wrong: bytes) -> None:
    """As VPL does: vpl_evaluate.sh makes vpl_execution, a jailed user runs that."""
    uid = 12345
    box = Container(tmp_path)
    unpacked = box.unpack(built("vpl"), "/job/bundle")
    box.install(unpacked / built_wheel.WHEEL)
    environ = {"VPL_SUBFILE0": f"{NAME}.py", "VPL_GRADEMAX": "20"}

    def graded(source: bytes, landlock: bool = True) -> str:
        home = box.path("/job/home")
        subprocess.run(["rm", "-rf", home], check=True)
        box.put(f"/job/home/{NAME}.py", source)
        for name in ("vpl_evaluate.sh", "course.zip"):
            box.put(f"/job/home/{name}", (unpacked / name).read_bytes())
        variables = "".join(f"export {key}={value}\n" for key, value in environ.items())
        box.put("/job/home/vpl_environment.sh", variables.encode())
        for path in (home, *home.iterdir()):
            os.chown(path, uid, uid)
        command = "bash vpl_evaluate.sh && ./vpl_execution"
        done = box.run(["/bin/bash", "-c", command], "/job/home", uid=uid, landlock=landlock)
        assert (0, b"") == (done.status, done.stderr)
        return done.stdout.decode()

    right, mistake, hostile = (grade_in(graded(source)) for source in (RIGHT, wrong, HOSTILE))
    assert 20 == right.grade
    assert 0 < (mistake.grade or 0) < 20
    assert 0 == hostile.grade
    assert CLEAN in hostile.comments
    below = grade_in(graded(RIGHT, landlock=False))
    assert below.grade is None
    assert "not your fault" in below.comments


def test_coderunner(built: Callable[[str], Path], tmp_path: Path, wrong: bytes) -> None:
    """As Jobe does: the template, expanded by Twig, is run by an unprivileged user."""
    box = Container(tmp_path)
    unpacked = box.unpack(built("coderunner"), "/job/bundle")
    box.install(unpacked / built_wheel.WHEEL)
    template = (unpacked / "template.py").read_text()

    def graded(source: bytes, landlock: bool = True) -> dict:
        home = box.path("/job/home")
        subprocess.run(["rm", "-rf", home], check=True)
        escaped = source.decode().replace("\\", "\\\\").replace('"', '\\"')
        expanded = template.replace("{{ STUDENT_ANSWER | e('py') }}", escaped)
        box.put("/job/home/prog.py", expanded.encode())
        box.put("/job/home/course.zip", (unpacked / "course.zip").read_bytes())
        for path in (home, *home.iterdir()):
            os.chown(path, 12345, 12345)
        command = ["/opt/image/bin/python3", "prog.py"]
        done = box.run(command, "/job/home", uid=12345, landlock=landlock)
        assert (0, b"") == (done.status, done.stderr)
        return valid("coderunner", done.stdout)

    right, mistake, hostile = (graded(source) for source in (RIGHT, wrong, HOSTILE))
    assert "fraction" not in graded(RIGHT, landlock=False)
    assert 1 == right["fraction"]
    assert 0 < mistake["fraction"] < 1
    assert 0 == hostile["fraction"]
    assert CLEAN in json.dumps(hostile)
