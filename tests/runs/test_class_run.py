"""Grading a class through the front door: the command, what it writes, what it says, how it goes on."""

import contextlib
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
from places import ROOT

VARIANTS = ROOT / "reference" / "two_layer_network" / "variants"
NUMPY = Path(np.__file__).parent


def grader(*arguments, cwd=ROOT, timeout=240, **more):
    """Run the command as a user does."""
    command = [sys.executable, "-m", "grader", *map(str, arguments)]
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=timeout, check=False, **more
    )


def graded(out):
    """The submissions of grades.json, by student."""
    document = json.loads((out / "grades.json").read_text(encoding="utf-8"))
    return {entry["student"]: entry for entry in document["submissions"]}


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The example class, graded once for the tests that read its results."""
    out = tmp_path_factory.mktemp("demo") / "results"
    done = grader("grade", "examples/class", "--assignment", "two_layer_network", "--out", out)
    return done, out


def test_example_class(demo):
    """Each kind of submission gets what it should, and the command ends well."""
    done, out = demo
    assert (done.returncode, done.stderr) == (0, "")
    found = {student: entry["score"] for student, entry in graded(out).items()}
    right = {"ada", "edsger", "emmy", "grace"}
    nothing = {"charles", "mallory", "zeno"}
    assert {student for student, score in found.items() if score == 100} == right
    assert {student for student, score in found.items() if score == 0} == nothing
    assert all(40 < found[student] < 100 for student in set(found) - right - nothing)


def test_mistakes_of_the_example_class(demo):
    """Common mistakes are named where they are made."""
    named = {
        student: {check["mistake"] for check in entry["checks"] if "mistake" in check}
        for student, entry in graded(demo[1]).items()
    }
    assert named["kurt"] == {"relu-mask-missing"}
    assert named["sofia"] == {"naive-log"}
    assert named["konrad"] == {"numeric-differentiation"}
    assert named["ada"] == named["zeno"] == set()


def test_grades_json_has_the_agreed_shape(demo):
    """The keys that others read, and no private one outside ``instructor``."""
    document = json.loads((demo[1] / "grades.json").read_text(encoding="utf-8"))
    assert document["assignment"] == "two_layer_network"
    assert document["max_score"] == 100.0
    assert {"uid", "rlimits", "seccomp"} <= set(document["sandbox"]) or os.geteuid() != 0
    for entry in document["submissions"]:
        assert {"student", "file", "status", "score", "max_score", "seconds", "checks"} <= set(
            entry
        )
        assert entry["score"] == pytest.approx(sum(c["points"] for c in entry["checks"]))
        assert sum(check["max_points"] for check in entry["checks"]) == pytest.approx(100)
        for check in entry["checks"]:
            assert {"id", "title", "status", "points", "max_points", "seconds"} <= set(check)
            assert check["status"] in ("passed", "failed", "waiting", "error")


def test_a_secret_that_a_worker_can_read_ends_the_run(tmp_path):
    """The canary tries the very file in use: beside NumPy it is open to all, in a folder of ours not."""
    if not os.access(NUMPY, os.W_OK):
        pytest.skip("elsewhere: NumPy is not ours to put a file beside")
    with tempfile.NamedTemporaryFile(dir=NUMPY) as open_to_all:
        Path(open_to_all.name).chmod(0o644)
        for secret, status in ((open_to_all.name, 2), (tmp_path / "secret", 0)):
            done = grader(
                "grade", VARIANTS / "einsum.py", "--assignment", "two_layer_network",
                "--out", tmp_path / f"out{status}", "--jobs", "1",
                env={**os.environ, "GRADER_SECRET_FILE": str(secret)},
            )  # fmt: skip
            assert done.returncode == status, done.stderr
            assert status == 0 or "a canary in it could read" in done.stderr


def test_results_are_private(demo):
    """The folder is 0700 and every file in it 0600."""
    out = demo[1]
    assert oct(out.stat().st_mode & 0o777) == "0o700"
    modes = {
        path.name: oct(path.stat().st_mode & 0o777) for path in out.iterdir() if path.is_file()
    }
    assert set(modes.values()) == {"0o600"}, modes


def timeless(entry):
    """Return the entry less its times: seconds, and ratios of speed in messages and cards."""
    text = json.dumps(entry, ensure_ascii=False)
    entry = json.loads(re.sub(r"[\d.]+ times the time", "many times the time", text))
    checks = [{k: v for k, v in check.items() if k != "seconds"} for check in entry["checks"]]
    for check in checks:
        if "fast" in check["id"]:
            check.pop("message", None)
    return {**entry, "checks": checks, "seconds": 0}


def test_same_seed_same_grades(demo, tmp_path):
    """A run repeated with its seed gives the same document but for the times."""
    out = demo[1]
    seed = json.loads((out / "grades.json").read_text(encoding="utf-8"))["seed"]
    again = tmp_path / "again"
    grader(
        "grade",
        "examples/class",
        "--assignment",
        "two_layer_network",
        "--out",
        again,
        "--seed",
        seed,
    )

    first, second = graded(out), graded(again)
    for student in first:
        assert timeless(first[student]) == timeless(second[student])


def test_everybody_is_asked_the_same_in_the_same_order(tmp_path):
    """Copies of a program that tells what it was asked, in two processes, after others or first."""
    copied = ROOT / "reference" / "computation_graph" / "variants" / "left_in.py"
    folder, out = tmp_path / "class", tmp_path / "out"
    folder.mkdir()
    for number in range(6):
        shutil.copy(copied, folder / f"copy{number}.py")
    wrong = copied.read_text(encoding="utf-8").replace("L = c * e", "L = c + e")
    (folder / "a_first.py").write_text(wrong, encoding="utf-8")
    grader("grade", folder, "--assignment", "computation_graph", "--jobs", "2", "--out", out)
    found = graded(out)
    assert found.pop("a_first")["score"] < 100
    first, *others = ({**timeless(entry), "student": "", "file": ""} for entry in found.values())
    assert first["instructor"]["output"].count("\n") > 50
    assert [other == first for other in others] == [True] * 5


def test_one_file(tmp_path):
    """A single file is a class of one."""
    out = tmp_path / "out"
    done = grader(
        "grade", VARIANTS / "einsum.py", "--assignment", "two_layer_network", "--out", out
    )
    assert done.returncode == 0, done.stderr
    assert graded(out)["einsum"]["score"] == 100


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere", "--assignment", "two_layer_network"], "nowhere does not exist"),
        (["examples", "--assignment", "two_layer_netwrk"], "two_layer_network"),
        (["examples", "--assignment", "two_layer_network", "--shard", "1/2"], "--seed"),
        (["examples", "--assignment", "two_layer_network", "--shard", "3/2"], "is not a shard"),
        (["examples", "--assignment", "two_layer_network", "--shard", "²/3"], "is not a shard"),
        (["examples", "--assignment", "two_layer_network", "--jobs", "0"], "positive"),
        (
            ["examples", "--assignment", "two_layer_network", "--jobs", "two"],
            "'two' is not a positive",
        ),
        (
            ["examples", "--assignment", "two_layer_network", "--out", "/proc/x"],
            "grader: /proc/x cannot be made",
        ),
        (["examples", "--assignment", "two_layer_network", "--choose", "ada"], "STUDENT=FILE"),
        (["examples", "--assignment", "two_layer_network", "--resume", "--out", "no"], "no run"),
        (["examples", "--assignment", "two_layer_network", "--inbox", "fax"], "fax"),
    ],
)
def test_bad_usage_is_one_line_and_status_2(arguments, said, tmp_path):
    """What cannot be meant is said in one line on stderr, and nothing is written."""
    before = set((ROOT / "results").glob("*")) if (ROOT / "results").exists() else set()
    done = grader("grade", *arguments)
    assert done.returncode == 2, done
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == ""
    after = set((ROOT / "results").glob("*")) if (ROOT / "results").exists() else set()
    for folder in after - before:
        shutil.rmtree(folder)
    assert after == before


SPOILT = {
    "a run of a newer version": """UPDATE run SET data = '{"version": 9}'""",
    "grades of a newer version": """UPDATE attempts SET grade = '{"version": 9}'""",
    "text that is none": "UPDATE run SET data = x'ff'",
}


@pytest.mark.parametrize("what", SPOILT)
@pytest.mark.parametrize("command", ["report OUT", "export csv OUT", "show OUT ada", "regrade OUT",
                                     "grade examples/class --assignment two_layer_network "
                                     "--out OUT --resume"])  # fmt: skip
def test_results_that_cannot_be_read_are_one_line_and_stay(what, command, demo, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(demo[1], out)
    with contextlib.closing(sqlite3.connect(out / "results.db")) as store, store:
        store.execute(SPOILT[what])
    before = sorted(path.read_bytes() for path in out.glob("grades.*"))
    done = grader(*command.replace("OUT", str(out)).split())
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.strip().splitlines()) == 1
    assert "was not written by this version of grader" in done.stderr
    assert sorted(path.read_bytes() for path in out.glob("grades.*")) == before


def test_a_terminal_without_our_characters_shows_others(tmp_path):
    """A run is not lost to the bar that it draws last."""
    inbox = tmp_path / "zoë.py"
    shutil.copy(VARIANTS / "einsum.py", inbox)
    done = grader("grade", inbox, "--assignment", "two_layer_network", "--out", tmp_path / "out",
                  env={**os.environ, "PYTHONIOENCODING": "ascii"})  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"^zo\?  +100\.00  \?{20}  all correct$", done.stdout, re.MULTILINE)


def test_results_are_not_overwritten(demo):
    """An --out that holds a run is refused without --resume."""
    done = grader("grade", "examples/class", "--assignment", "two_layer_network", "--out", demo[1])
    assert done.returncode == 2
    assert "--resume" in done.stderr


def test_another_seed_or_assignment_is_no_resumption(demo):
    """A run is resumed with its own seed and assignment only."""
    arguments = ["grade", "examples/class", "--out", demo[1], "--resume", "--assignment"]
    assert "another assignment" in grader(*arguments, "computation_graph", "--seed", 1).stderr
    assert "another seed" in grader(*arguments, "two_layer_network", "--seed", 1).stderr


def copies(folder, count):
    """A class of ``count`` right submissions."""
    folder.mkdir()
    for number in range(count):
        shutil.copy(VARIANTS / "einsum.py", folder / f"student{number:03}.py")
    return folder


def rows(out):
    """The attempts in the store, as (student, number of attempts)."""
    with contextlib.closing(sqlite3.connect(out / "results.db")) as store:
        return dict(store.execute("SELECT student, COUNT(*) FROM attempts GROUP BY student"))


@pytest.mark.parametrize("share", [0.2, 0.6])
def test_resume_after_kill(share, tmp_path):
    """After kill -9 nothing is lost and nothing graded twice, and no process of the run is left."""
    source, out = copies(tmp_path / "class", 40), tmp_path / "out"
    command = [sys.executable, "-m", "grader", "grade", str(source), "--assignment",
               "two_layer_network", "--out", str(out), "--seed", "5", "--jobs", "1"]  # fmt: skip
    run = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and (
        not (out / "results.db").exists() or len(_rows_if_any(out)) < share * 40
    ):
        time.sleep(0.01)
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    before = rows(out)
    assert 0 < len(before) < 40
    done = grader("grade", source, "--assignment", "two_layer_network", "--out", out, "--resume")
    assert done.returncode == 0, done.stderr
    assert rows(out) == {f"student{number:03}": 1 for number in range(40)}
    assert {entry["score"] for entry in graded(out).values()} == {100}


def _rows_if_any(out):
    try:
        return rows(out)
    except sqlite3.Error:  # not made yet
        return {}


def test_ctrl_c_saves_and_says_how_to_go_on(tmp_path):
    """An interrupt finishes what is in flight, writes the results and names the command."""
    source, out = copies(tmp_path / "class", 60), tmp_path / "out"
    command = [sys.executable, "-m", "grader", "grade", str(source), "--assignment",
               "two_layer_network", "--out", str(out), "--jobs", "1"]  # fmt: skip
    run = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and len(_rows_if_any(out) if out.exists() else {}) < 5:
        time.sleep(0.01)
    run.send_signal(signal.SIGINT)
    said, _ = run.communicate(timeout=60)
    assert run.returncode == 130
    assert "--resume" in said
    assert 0 < len(graded(out)) < 60
    assert grader(
        "grade", source, "--assignment", "two_layer_network", "--out", out, "--resume"
    ).returncode == 0  # fmt: skip
    assert len(graded(out)) == 60


def test_progress_counts_what_is_left_to_do(tmp_path):
    """Gone on with on a terminal, the bar ends at what was still to grade, not at the class."""
    source, out = copies(tmp_path / "class", 3), tmp_path / "out"
    arguments = ["grade", str(source), "--assignment", "two_layer_network", "--out", str(out)]
    assert grader(*arguments).returncode == 0
    for number in range(3, 15):
        shutil.copy(VARIANTS / "einsum.py", source / f"student{number:03}.py")
    ours, theirs = os.openpty()
    run = subprocess.Popen(
        [sys.executable, "-m", "grader", *arguments, "--resume"], cwd=ROOT,
        stdout=subprocess.DEVNULL, stderr=theirs, env={**os.environ, "COLUMNS": "100"},
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):  # how a terminal ends
        while data := os.read(ours, 1 << 16):
            shown += data
    os.close(ours)
    assert run.wait() == 0
    counted = re.findall(rb"(\d+)/(\d+)", shown)
    assert counted[-1] == (b"12", b"12"), shown
    assert {total for _, total in counted} == {b"12"}


def test_only_grades_one_again(demo, tmp_path):
    """--only adds an attempt for one student and leaves the others alone."""
    out = tmp_path / "copy"
    shutil.copytree(demo[1], out)
    before = rows(out)
    done = grader(
        "grade",
        "examples/class",
        "--assignment",
        "two_layer_network",
        "--out",
        out,
        "--only",
        "kurt",
    )
    assert done.returncode == 0, done.stderr
    assert rows(out) == {**before, "kurt": before["kurt"] + 1}


def test_shards_make_the_class(tmp_path):
    """Every submission is in exactly one shard."""
    source = copies(tmp_path / "class", 8)
    found = []
    for part in (1, 2):
        out = tmp_path / f"part{part}"
        grader("grade", source, "--assignment", "two_layer_network", "--out", out,
               "--seed", 3, "--shard", f"{part}/2")  # fmt: skip
        found += list(graded(out))
    assert sorted(found) == [f"student{number:03}" for number in range(8)]


def test_a_grading_process_that_dies_is_replaced(tmp_path):
    """Killed in the middle, a grading process costs nobody a grade."""
    source, out = copies(tmp_path / "class", 40), tmp_path / "out"
    command = [sys.executable, "-m", "grader", "grade", str(source), "--assignment",
               "two_layer_network", "--out", str(out), "--jobs", "2"]  # fmt: skip
    run = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and len(_rows_if_any(out) if out.exists() else {}) < 5:
        time.sleep(0.01)
    threads = Path(f"/proc/{run.pid}/task").glob("*/children")
    children = [child for each in threads for child in each.read_text().split()]
    os.kill(int(children[0]), signal.SIGKILL)
    _, said = run.communicate(timeout=120)
    assert (run.returncode, said) == (0, "")
    assert rows(out) == {f"student{number:03}": 1 for number in range(40)}


@pytest.fixture
def course(tmp_path):
    """A course of one exercise, to be changed."""
    folder = tmp_path / "course"
    for part in ("reference", "tests/hidden"):
        shutil.copytree(ROOT / part / "computation_graph", folder / part / "computation_graph")
    (folder / "assignments.yaml").write_text(
        "title: t\nassignments:\n  - {name: computation_graph, title: t}\n"
    )
    return folder


def graded_in(course, source, out):
    """The submissions of a run in ``course``, by student."""
    done = grader(
        "grade", source, "--assignment", "computation_graph", "--out", out, "--seed", 5, cwd=course
    )
    assert done.returncode == 0, done.stderr
    return graded(out)


def test_tests_that_are_only_called_come_to_the_same_as_those_that_pytest_runs(course, tmp_path):
    """A conftest.py beside the tests makes pytest set up, call and tear down each of them."""
    inbox = ROOT / "reference/computation_graph/variants"
    called = graded_in(course, inbox, tmp_path / "called")
    (course / "tests/hidden/computation_graph/conftest.py").touch()
    run = graded_in(course, inbox, tmp_path / "run")
    assert len(called) == len(run) >= 8
    for student, entry in called.items():
        assert timeless(entry) == timeless(run[student])


def test_a_fixture_of_the_authors_own_is_honoured(course, tmp_path):
    """Tests that would only be called make way for pytest where an author asks more of it."""
    tests = course / "tests/hidden/computation_graph"
    for file in tests.glob("test_*.py"):
        file.unlink()
    (tests / "test_own.py").write_text(
        "import pytest\nseen = []\n"
        "@pytest.fixture\ndef opened():\n    seen.append('set up')\n    yield seen\n    seen.clear()\n"
        "def test_fixture(opened, student):\n    \'\'\'F\'\'\'\n    assert opened == ['set up']\n"
        "@pytest.mark.usefixtures('opened')\ndef test_used():\n    \'\'\'U\'\'\'\n    assert seen\n"
        "def test_torn_down(student):\n    \'\'\'T\'\'\'\n    assert seen == []\n"
        "@pytest.mark.parametrize('n', [1, 2])\ndef test_plain(n):\n    \'\'\'P{n}\'\'\'\n    assert n\n"
    )  # fmt: skip
    source = ROOT / "reference/computation_graph/solution.py"
    [entry] = graded_in(course, source, tmp_path / "out").values()
    assert [check["status"] for check in entry["checks"]] == ["passed"] * 5


def test_a_stricter_speed_limit_has_points_of_its_own(course, tmp_path):
    """One line in assignments.yaml; who is slower than it, but not too slow, loses only these."""
    file = course / "assignments.yaml"
    plain = file.read_text()
    line = "title: t, speed: {differentiate: {ratio: 8, points: 5}}}"
    file.write_text(plain.replace("title: t}", line))
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    right = (ROOT / "reference/computation_graph/solution.py").read_text()
    again = """

def differentiate(*args, once=differentiate):
    return [once(*args) for _ in range(30)][-1]
"""
    (inbox / "quick.py").write_text(right)
    (inbox / "slow.py").write_text(right + again)
    entries = graded_in(course, inbox, tmp_path / "out")
    assert {who: entry["score"] for who, entry in entries.items()} == {"quick": 105, "slow": 100}
    assert {entry["max_score"] for entry in entries.values()} == {105}
    usual, strict = (c for c in entries["slow"]["checks"] if "is_fast" in c["id"])
    assert (usual["status"], usual["max_points"]) == ("passed", 3)
    assert (strict["status"], strict["points"], strict["max_points"]) == ("failed", 0, 5)
    assert strict["title"].endswith("at most 8 times the time of array code")
    assert "the limit is 8" in strict["message"]


def test_a_speed_limit_that_no_test_times_is_refused(course, tmp_path):
    """Nobody could earn its points."""
    file = course / "assignments.yaml"
    line = "title: t, speed: {evaluate: {ratio: 8, points: 5}}}"
    file.write_text(file.read_text().replace("title: t}", line))
    done = grader(
        "grade", ROOT / "examples", "--assignment", "computation_graph", "--out", tmp_path / "out",
        cwd=course,
    )  # fmt: skip
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "no hidden test times 'evaluate'; those of differentiate are" in done.stderr


def test_no_grading_process_outlives_a_killed_command(course, tmp_path):
    """Not even one that a hidden test holds up for good."""
    tests = course / "tests/hidden/computation_graph"
    for file in tests.glob("test_*.py"):
        file.unlink()
    marker = tmp_path / "pid"
    (tests / "test_own.py").write_text(
        "import os, pathlib, time\n"
        "def test_hangs(student):\n"
        f"    marker = pathlib.Path({str(marker)!r})\n"
        "    if marker.exists():\n"
        "        marker.write_text(str(os.getpid()))\n"
        "        time.sleep(1000)\n"
    )
    marker.touch()
    command = [sys.executable, "-m", "grader", "grade", ROOT / "examples/class", "--assignment",
               "computation_graph", "--out", tmp_path / "out", "--jobs", "1"]  # fmt: skip
    run = subprocess.Popen(command, cwd=course, stdout=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while not marker.read_text() and time.monotonic() < until:
        time.sleep(0.05)
    hanging = int(marker.read_text())
    run.kill()
    run.wait()
    until = time.monotonic() + 10
    while Path(f"/proc/{hanging}").exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert not Path(f"/proc/{hanging}").exists()
