"""The benchmarks run, and what they compare is what it says: cheats get what the table says they do."""

import importlib.util
import os
import re
import subprocess
import sys

import pytest
from places import ROOT

from grader.sandbox.guest import startup as tuning

BENCH = ROOT / "bench"


@pytest.fixture(scope="module")
def document(tmp_path_factory):
    """What compare.py writes about a class of three, for the tools that need no venv of their own."""
    file = tmp_path_factory.mktemp("bench") / "performance.md"
    command = [sys.executable, BENCH / "compare.py", "--tools", "grader,floor", "--class", "3"]
    done = subprocess.run(
        [*command, "--rounds", "1", "--profile", "--write", file],
        capture_output=True, text=True, timeout=500, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return file.read_text()


def rows(document, section, title):
    """The cells of the first column called ``title`` in a section's tables, row by row."""
    text = document.partition(f"<!-- {section}: begin -->")[2].partition(
        f"<!-- {section}: end -->"
    )[0]
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if re.match(rf"\| {title}[ :]", line)
    ]


def test_what_a_cheat_gets(document):
    """grader gives nothing for a patched np.allclose; tests run beside the student's code give all."""
    assert [["grader", "100", "0", "0"]] == rows(document, "compare", "grader")[1:]
    floors = rows(document, "compare", "floor")[3:]
    assert [["100", "0", "100"]] * 3 == [row[1:] for row in floors]


def test_what_it_costs_is_measured(document):
    """Each way has CPU and wall time and memory, and the split has each kind of process."""
    for row in (*rows(document, "compare", "grader")[:1], *rows(document, "compare", "floor")[:3]):
        cpu, wall, memory = (float(row[i].split()[0]) for i in (2, 4, 5))
        assert min(cpu, wall, memory) > 0
    for process in ("command", "grading process", "worker"):
        assert max(float(row[2]) for row in rows(document, "where-the-time-goes", process)) > 0
    # Three forks may take less than a tick of the kernel's clock.
    assert len(rows(document, "where-the-time-goes", "fork server")) == 1


def test_a_big_class_in_small(tmp_path):
    """Every process is seen at work, nothing is left over, and what hangs cost is measured."""
    file = tmp_path / "performance.md"
    done = subprocess.run(
        [sys.executable, BENCH / "big_class.py", "--size", "40", "--hangs", "0", "--write", file],
        capture_output=True, text=True, timeout=500, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    told = {row[0]: row[-1] for row in rows(file.read_text(), "big-class", ".*")}
    assert told["left afterwards: processes, temporary files"] == "none"
    for process in ("command", "grading process", "fork server", "worker"):
        assert float(told[f"{process}, MiB"]) > 0
        assert int(told[f"{process}, descriptors"]) > 0


def test_the_course_is_sound():
    """What is compared is a course like any other: it validates."""
    done = subprocess.run(
        [sys.executable, "-m", "grader", "validate", "small", "--seeds", "1"],
        env={**os.environ, "GRADER_COURSE": str(BENCH / "small")},  # it lies in another course
        cwd=BENCH / "small", capture_output=True, text=True, timeout=500, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def measure():
    spec = importlib.util.spec_from_file_location("measure", BENCH / "measure.py")
    module = sys.modules["measure"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    del sys.modules["measure"]


def test_a_section_is_written_without_touching_others(measure, tmp_path):
    """Made where missing, replaced where there, what stands around it left as it was."""
    file = tmp_path / "performance.md"
    measure.write_section(file, "one", "first")
    measure.write_section(file, "two", "other")
    file.write_text(file.read_text().replace("# Performance\n", "# Performance\n\nBy hand.\n"))
    before = file.read_text()
    measure.write_section(file, "one", "second, with \\1 and\ntwo lines")
    assert before.replace("first", "second, with \\1 and\ntwo lines") == file.read_text()


def test_a_section_without_an_end_is_refused(measure, tmp_path):
    """Nothing is overwritten where a marker is missing."""
    file = tmp_path / "performance.md"
    file.write_text("<!-- one: begin -->\nprecious\n")
    with pytest.raises(SystemExit, match="has no <!-- one: end -->"):
        measure.write_section(file, "one", "new")
    assert "precious" in file.read_text()


def test_the_processes_below_count_too(measure):
    """CPU of a child that its parent does not wait for is in the sum, as the workers' must be."""
    burn = "import time\nwhile time.process_time() < 0.5: pass"
    parent = f"""
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", {burn!r}])
os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
time.sleep(0.5)
os._exit(0)
"""
    assert 0.5 <= measure.run([sys.executable, "-c", parent]).cpu


def test_a_command_that_fails_is_no_measurement(measure):
    """Its status is said."""
    with pytest.raises(SystemExit, match="ended with status 3"):
        measure.run([sys.executable, "-c", "raise SystemExit(3)"])


def test_each_exercise_is_measured():
    """The CPU of its checks, what its timed checks tell apart, and their verdicts under load."""
    command = [
        sys.executable,
        "bench/exercises.py",
        "computation_graph",
        "--copies",
        "1",
        "--right",
        "3",
    ]
    root = ROOT
    done = subprocess.run(
        command, cwd=root, capture_output=True, text=True, timeout=500, check=True
    )
    found = [line.split(" | ") for line in done.stdout.splitlines() if line.startswith("| comp")]
    cpu, speed, fair = found
    assert float(cpu[1]) > 0
    assert speed[1] == "differentiate"
    assert [int(cell.strip(" |")) for cell in fair[2::2]] == [0, 0]


def test_every_part_of_the_start_up_tuning_is_measured(tmp_path, monkeypatch):
    """What a part gains stands beside it, so each must be one that the benchmark turns off."""
    monkeypatch.syspath_prepend(str(BENCH))
    bench = importlib.import_module("startup")
    parts = {name for name in vars(tuning) if name[0] != "_"} - {"annotations", "gc", "Final"}
    assert parts == set(bench.WITHOUT) - {"all of it"}
    folder = bench.a_class(tmp_path / "class", 1)
    changes = "; ".join(filter(None, bench.WITHOUT.values()))
    assert bench.cpu(changes, folder, tmp_path / "out") > 0
    assert "100" in (tmp_path / "out" / "grades.csv").read_text()
