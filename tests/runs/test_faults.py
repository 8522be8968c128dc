"""What befalls a run: kills, full disks, locks, clocks, limits, hidden tests that go wrong.

    make faults                                                     # fifty kills
    GRADER_FAULTS=4 pytest tests/runs/test_faults.py              # as in `make test`

After each: nothing lost, nothing graded twice, one clear line, and the run can be gone on with. The
moments of the kills are drawn from GRADER_FAULTS_SEED, which a failure names.
"""

import contextlib
import os
import random
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from confine import LONER, confined, python_for
from places import ROOT
from test_class_run import graded, rows, timeless

from grader.checks.mistakes import mistaken, module_of

NAME = "computation_graph"
KILLS = int(os.environ.get("GRADER_FAULTS", "4"))
SEED = int(os.environ.get("GRADER_FAULTS_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
VICTIMS = ("command", "grading process", "fork server", "worker")
YAML = f"title: t\nassignments:\n  - {{name: {NAME}, title: t, limits: {{memory_mb: 128}}}}\n"
GRADER = (sys.executable, "-m", "grader")


# --- a class, graded undisturbed --------------------------------------------------------------


class Course:
    """A course of one exercise, its class, and the command in it."""

    def __init__(self, folder: Path, program=GRADER, environment=None) -> None:
        self.folder, self.program, self.environment = folder, program, environment or os.environ
        for part in ("reference", "tests/hidden"):
            shutil.copytree(ROOT / part / NAME, folder / part / NAME)
        (folder / "assignments.yaml").write_text(YAML)
        (folder / ".grader-secret").write_text("ab" * 32)
        (folder / "inbox").mkdir()

    def hands_in(self, student: str, source: str) -> None:
        (self.folder / "inbox" / f"{student}.py").write_text(source)

    def command(self, out: Path, *more: str) -> list[str]:
        arguments = ("grade", "inbox", "--assignment", NAME, "--out", str(out), "--jobs", "2")
        return [*self.program, *arguments, *(more or ("--seed", "5"))]

    def start(self, out: Path, *more: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(out, *more), cwd=self.folder, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, env={**self.environment, **environment},
        )  # fmt: skip

    def grade(self, out: Path, *more: str, **environment: str) -> subprocess.CompletedProcess[str]:
        run = self.start(out, *more, **environment)
        said, wrong = run.communicate(timeout=120)
        return subprocess.CompletedProcess(run.args, run.returncode, said, wrong)


def sources():
    """(student, source): right answers in many ways, and mistakes."""
    folder = ROOT / "reference" / NAME
    for path in sorted((folder / "variants").glob("*.py"))[:8]:
        yield path.stem, path.read_text(encoding="utf-8")
    solution = (folder / "solution.py").read_text(encoding="utf-8")
    known = module_of((folder / "mistakes.py").read_text(encoding="utf-8"), "mistakes")
    for mistake in known.MISTAKES[:3]:
        yield mistake.id, mistaken(solution, mistake)


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    made = Course(tmp_path_factory.mktemp("course"))
    for student, source in sources():
        made.hands_in(student, source)
    return made


@pytest.fixture(scope="module")
def undisturbed(course, tmp_path_factory):
    """(what every student gets, the seconds that it takes, bytes of results.db, bytes in all)."""
    out, began = tmp_path_factory.mktemp("undisturbed") / "out", time.monotonic()
    done = course.grade(out)
    assert (done.returncode, done.stderr) == (0, "")
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    return verdicts(out), time.monotonic() - began, (out / "results.db").stat().st_size, size


def verdicts(out):
    """What each student got, but for the times."""
    return {student: timeless(entry) for student, entry in graded(out).items()}


def assert_whole(out, undisturbed):
    """Everybody is there, once, with the verdicts of the undisturbed run; nothing is half written."""
    assert undisturbed[0] == verdicts(out)
    assert dict.fromkeys(undisturbed[0], 1) == rows(out)
    assert [] == list(out.rglob("*.part"))


def assert_told(done, status=2):
    """One line on stderr, and the status."""
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (status, 1), done
    assert done.stderr.startswith("grader: ")


def wait_for(out, count, run):
    """Until so many grades are in the store, or the run has ended."""
    while run.poll() is None:
        with contextlib.suppress(sqlite3.Error):
            if (out / "results.db").exists() and len(rows(out)) >= count:
                return
        time.sleep(0.01)


# --- kill -9 ----------------------------------------------------------------------------------


def family(pid):
    """The process and all below it, each with what it is."""
    yield pid, "command"
    yield from _below(pid, "command")


def _below(pid, what):
    children = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            children += map(int, task.read_text().split())
    for child in children:
        role = _role(child, what)
        yield child, role
        yield from _below(child, role)


def _role(pid, parent):
    try:
        said = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return "gone"
    if parent in ("fork server", "worker"):
        return "worker"
    if b"grader.grading" in said:
        return "grading process"
    return "bubblewrap" if said.startswith(b"bwrap") else "fork server"


def is_alive(pid):
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def resident(pid):
    """Bytes of a process in memory."""
    with contextlib.suppress(OSError):
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    return 0


def kill_one(run, victim, draw):
    """Kill -9 one of the run's processes, a ``victim`` if there is any; return what was killed."""
    known = list(family(run.pid))
    wanted = [each for each in known if each[1] == victim]
    if not wanted:
        wanted = [each for each in known if each[1] != "gone"]
    pid, role = draw.choice(wanted)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    return role, [pid for pid, _ in known]


@pytest.mark.parametrize("number", range(KILLS))
def test_kill_9_at_a_random_moment(number, course, undisturbed, tmp_path):
    """The command killed is gone on with; any other process killed is replaced."""
    draw = random.Random(f"{SEED} {number}")  # noqa: S311  # repeatable, not secret
    out, moment = tmp_path / "out", draw.uniform(0.0, 1.1 * undisturbed[1])
    run = course.start(out)
    with contextlib.suppress(subprocess.TimeoutExpired):
        run.wait(moment)
    role, pids = kill_one(run, VICTIMS[number % len(VICTIMS)], draw)
    _, wrong = run.communicate(timeout=120)
    told = f"GRADER_FAULTS_SEED={SEED}, kill {number}: {role} after {moment:.2f} s"
    if run.returncode == -signal.SIGKILL:
        again = ["--resume"] if begun(out) else ["--seed", "5"]
        done = course.grade(out, *again)
        run.returncode, wrong = done.returncode, done.stderr
    assert (run.returncode, wrong) == (0, ""), told
    assert undisturbed[0] == verdicts(out), told
    assert_whole(out, undisturbed)
    until = time.monotonic() + 10
    while (left := [pid for pid in pids if is_alive(pid)]) and time.monotonic() < until:
        time.sleep(0.02)
    assert left == [], told


def begun(out):
    place = f"file:{out}/results.db?mode=ro"
    with (
        contextlib.suppress(sqlite3.Error),
        contextlib.closing(sqlite3.connect(place, uri=True)) as store,
    ):
        return store.execute("SELECT COUNT(*) FROM run").fetchone() == (1,)
    return False


@pytest.mark.parametrize("schema", ["", "CREATE TABLE run (id INTEGER PRIMARY KEY, data TEXT)"])
def test_killed_before_there_was_a_run(schema, course, undisturbed, tmp_path):
    """An empty results.db is no run: it neither stands in the way nor can be gone on with."""
    (tmp_path / "out").mkdir()
    with contextlib.closing(sqlite3.connect(tmp_path / "out" / "results.db")) as store:
        store.execute(schema)
    (tmp_path / "out" / "results.db").touch()
    done = course.grade(tmp_path / "out", "--resume")
    assert_told(done)
    assert "no run to resume" in done.stderr
    assert course.grade(tmp_path / "out").returncode == 0
    assert_whole(tmp_path / "out", undisturbed)


HEAVY = "import time\nweight = b'x' * (60 << 20)\ntime.sleep(2.5)\n"
UNCOUNTED = """
from grader.sandbox.fork_server import ForkServer
ForkServer.killed = property(lambda self: 0, lambda *_: None)
"""


@pytest.mark.parametrize(("code", "is_full"), [("", True), (UNCOUNTED, False)])
def test_who_kills_a_worker_costs_the_student_nothing(code, is_full, changed, tmp_path):
    """As the kernel does, short of memory: judged again. If it were not noticed, points were lost."""
    course = Course(tmp_path / "course")
    course.hands_in("ada", HEAVY + dict(sources())["kahn"])
    out = tmp_path / "out"
    run = course.start(out, **changed(code))
    heavy = []
    while run.poll() is None and not heavy:
        workers = [pid for pid, role in family(run.pid) if role == "worker"]
        heavy = [pid for pid in workers if resident(pid) > 75 << 20]
        time.sleep(0.05)
    os.kill(heavy[0], signal.SIGKILL)
    assert (run.communicate(timeout=60)[1], run.returncode) == ("", 0)
    [entry] = graded(out).values()
    assert (entry["score"] == 100) is is_full


# --- the disk ---------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path):
    """Mount a disk of its own at tmp_path/out; the function sets its options anew."""
    out = tmp_path / "out"
    out.mkdir()
    if os.geteuid() != 0 or subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "grader-test", out], check=False,
        stderr=subprocess.DEVNULL,
    ).returncode:  # fmt: skip
        pytest.skip("needs the right to mount a tmpfs (root, not in a container)")

    def remount(options):
        subprocess.run(["mount", "-o", f"remount,{options}", out], check=True)

    yield remount
    subprocess.run(["umount", "--lazy", out], check=True)


@pytest.mark.parametrize("share", [0.0, 0.5, 0.95])
def test_disk_full(share, small_disk, course, undisturbed, tmp_path):
    """Full at once, while grades come, or while pages are written: told, and gone on with."""
    *_, results, whole = undisturbed
    enough = {0.0: 8 << 10, 0.5: results, 0.95: results + (whole - results) // 2}[share]
    small_disk(f"size={enough}")
    done = course.grade(tmp_path / "out")
    assert_told(done)
    before = rows(tmp_path / "out") if begun(tmp_path / "out") else {}
    assert ("--resume" in done.stderr) == bool(before)
    small_disk("size=64m")
    again = ["--resume"] if begun(tmp_path / "out") else ["--seed", "5"]
    assert course.grade(tmp_path / "out", *again).returncode == 0
    assert_whole(tmp_path / "out", undisturbed)


def test_read_only_folder(small_disk, course, undisturbed, tmp_path):
    """Refused in one line, before anything is graded; later it goes."""
    small_disk("ro")
    done = course.grade(tmp_path / "out")
    assert_told(done)
    assert "read-only file system" in done.stderr.lower()
    small_disk("rw,size=64m")
    assert course.grade(tmp_path / "out").returncode == 0
    assert_whole(tmp_path / "out", undisturbed)


# --- SQLite locked, clocks ----------------------------------------------------------------------

HOLD = """
import sqlite3, sys, time
store = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)
store.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
time.sleep(float(sys.argv[2]))
store.execute("ROLLBACK")
"""


def held(out, seconds):
    """Another process that holds results.db, from now on."""
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, out / "results.db", str(seconds)], stdout=subprocess.PIPE
    )
    other.stdout.readline()
    return other


PASSED_ON = """
from grader.sandbox import interpreter
plain, first = interpreter.command, CODE
interpreter.command = lambda code, *more: plain(f"exec({first!r}); {code}", *more)
"""
"""Isolated processes read no `sitecustomize`: the code is put before what each of them runs."""


@pytest.fixture
def changed(tmp_path):
    """Return an environment in which a command and its processes begin with ``code``."""

    def write(code):
        (tmp_path / "site").mkdir()
        passed_on = PASSED_ON.replace("CODE", repr(code))
        (tmp_path / "site" / "sitecustomize.py").write_text(f"{passed_on}\n{code}")
        return {"PYTHONPATH": str(tmp_path / "site")}

    return write


def test_locked_by_another_process(course, undisturbed, changed, tmp_path):
    """For longer than we wait: told, and gone on with; for a moment: waited for."""
    short = changed("import grader.results.store\ngrader.results.store.PATIENCE = 1.0\n")
    out = tmp_path / "out"
    run = course.start(out, **short)
    wait_for(out, 2, run)
    other = held(out, 60)
    said, wrong = run.communicate(timeout=60)
    other.kill()
    other.communicate()
    done = subprocess.CompletedProcess(run.args, run.returncode, said, wrong)
    assert_told(done)
    assert "database is locked" in wrong
    told = shlex.split(wrong.partition("Continue with: ")[2])
    assert ["grader", "grade", "inbox", *course.command(out, "--resume")[5:-3], "--resume"] == told
    run = course.start(out, "--resume")
    wait_for(out, 5, run)
    held(out, 1.0).communicate()
    assert (run.communicate(timeout=60)[1], run.returncode) == ("", 0)
    assert_whole(out, undisturbed)


CLOCK = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/time.h>
#include <time.h>
static long jump(void) { static long calls; return ++calls % 3 * 7200 - 7200; }
int clock_gettime(clockid_t clock, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int found = real(clock, now);
    if (clock == CLOCK_REALTIME) now->tv_sec += jump();
    return found;
}
int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec precise;
    clock_gettime(CLOCK_REALTIME, &precise);
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
    return 0;
}
time_t time(time_t *kept) {
    struct timespec precise;
    clock_gettime(CLOCK_REALTIME, &precise);
    if (kept) *kept = precise.tv_sec;
    return precise.tv_sec;
}
"""


def test_the_clock_jumps_by_hours(course, undisturbed, tmp_path):
    """Back and forth at every look: no limit, wait or verdict is by the time of day."""
    if not shutil.which("cc"):
        pytest.skip("needs a C compiler (cc), to make a clock that jumps")
    (tmp_path / "clock.c").write_text(CLOCK)
    library = tmp_path / "clock.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, tmp_path / "clock.c", "-ldl"],
                   check=True)  # fmt: skip
    done = course.grade(tmp_path / "out", LD_PRELOAD=str(library))
    assert (done.returncode, done.stderr) == (0, "")
    assert_whole(tmp_path / "out", undisturbed)
    with contextlib.closing(sqlite3.connect(tmp_path / "out" / "results.db")) as store:
        query = "SELECT julianday(MAX(graded_at)) - julianday(MIN(graded_at)) FROM attempts"
        assert store.execute(query).fetchone()[0] > 1 / 24  # it did jump


# --- limits of the machine ----------------------------------------------------------------------


def test_out_of_memory_in_a_worker(tmp_path):
    """It is the student's doing, in the checks that call it, and nobody else's."""
    course, right = Course(tmp_path / "course"), dict(sources())["kahn"]
    hungry = "\n\ndef forward(a, b, c):\n    kept = []\n    while True: kept.append(bytearray(1 << 24))\n"
    for student, more in (("ada", ""), ("hungry", hungry), ("zeno", "")):
        course.hands_in(student, right + more)
    done = course.grade(tmp_path / "out")
    assert (done.returncode, done.stderr) == (0, "")
    found = graded(tmp_path / "out")
    assert {who: found[who]["score"] for who in ("ada", "zeno")} == {"ada": 100, "zeno": 100}
    failed = [check for check in found["hungry"]["checks"] if check["status"] != "passed"]
    assert {check["status"] for check in failed} == {"failed", "waiting"}  # some need forward
    assert any("ran out of memory" in check["message"] for check in failed)


def test_sixty_four_descriptors(course, undisturbed, tmp_path):
    """ulimit -n 64 is enough."""
    command = ["sh", "-c", 'ulimit -n 64; exec "$@"', "sh", *course.command(tmp_path / "out")]
    done = subprocess.run(
        command, cwd=course.folder, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert_whole(tmp_path / "out", undisturbed)


@pytest.fixture
def strangers():
    """The course of a user of whose processes there are no others."""
    found = python_for(LONER) if os.geteuid() == 0 else None
    if found is None:
        pytest.skip("needs root, and an interpreter that another user may run")
    program, environment = found
    folder = Path(tempfile.mkdtemp(prefix="grader-faults-"))
    try:
        words = (*confined(LONER, True), program, "-m", "grader")
        course = Course(folder / "course", words, {**os.environ, **environment})
        for student, source in list(sources())[:8]:
            course.hands_in(student, source)
        for path in (folder, *folder.rglob("*")):
            os.chown(path, LONER, LONER)
        yield course
    finally:
        shutil.rmtree(folder)


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_no_more_processes_to_be_had(processes, strangers):
    """The run is refused in one line, and nobody is given a zero."""
    strangers.program = ("prlimit", f"--nproc={processes}", *strangers.program)
    done = strangers.grade(strangers.folder / "out")
    assert_told(done)
    assert "unavailable" in done.stderr or "start" in done.stderr, done.stderr
    assert not (strangers.folder / "out" / "grades.json").exists()


def test_forks_refused_while_the_run_goes_on(strangers):
    """From one moment on no worker can be forked: an `error` each, status 3, and later a grade."""
    out = strangers.folder / "out"
    run = strangers.start(out, "--jobs", "1", "--seed", "5")
    wait_for(out, 1, run)
    known = [(pid, role) for pid, role in family(run.pid) if role in VICTIMS[1:3]]
    [grading] = [pid for pid, role in known if role == "grading process"]
    os.kill(grading, signal.SIGSTOP)  # the rest is not to be graded before we are through
    for pid, _ in known:
        limit = ("prlimit", f"--pid={pid}", "--nproc=1:1")
        subprocess.run([*confined(LONER, True), *limit], check=True)
    os.kill(grading, signal.SIGCONT)
    said, wrong = run.communicate(timeout=120)
    assert (run.returncode, wrong) == (3, ""), said
    entries = graded(out).values()
    assert {entry["status"] for entry in entries} == {"graded", "error"}
    assert all(entry["score"] is None for entry in entries if entry["status"] == "error")
    done = strangers.grade(out, "--resume")
    assert (done.returncode, done.stderr) == (0, "")
    assert {entry["score"] for entry in graded(out).values()} == {100}


# --- hidden tests that go wrong -----------------------------------------------------------------

TRAP = """
import os, time

def raises():
    raise RuntimeError("the author forgot something")

def sleeps():
    time.sleep(1e6)

def loops():
    while True:
        pass

def dies():
    os.kill(os.getpid(), 9)

def test_trap(bench):
    '''It is a trap'''
    source = bench.asked.student.program.cells[0][1]
    for trap in (raises, sleeps, loops, dies):
        if f"TRAP = {trap.__name__!r}" in source:
            trap()
"""
IMPATIENT = "import grader.grading.watchdog\ngrader.grading.watchdog.OWN_SECONDS = 2\n"


@pytest.fixture
def trapped(tmp_path):
    """A course with a hidden test that goes wrong with some submissions."""
    course = Course(tmp_path / "course")
    (course.folder / "tests" / "hidden" / NAME / "test_trap.py").write_text(TRAP)
    return course


def test_a_hidden_test_that_goes_wrong(trapped, changed, tmp_path):
    """An `error` of that check, by name; the other checks and students are judged.

    What a test raises that the reference passes is the student's: failed (authoring.md).
    """
    right = dict(sources())["kahn"]
    for student in ("raises", "sleeps", "loops", "dies", "ada", "zeno"):
        trapped.hands_in(student, f"{right}\n\nTRAP = {student!r}\n")
    out, short = tmp_path / "out", changed(IMPATIENT)
    done = trapped.grade(out, **short)
    assert (done.returncode, done.stderr) == (3, "")
    found = graded(out)
    assert {found[who]["score"] for who in ("ada", "zeno")} == {101}  # the trap is a point
    wrong = [check for check in found["raises"]["checks"] if check["status"] != "passed"]
    assert [("test_trap.py::test_trap", "failed")] == [(c["id"], c["status"]) for c in wrong]
    assert found["raises"]["score"] == 100
    for student, said in (("sleeps", "of its own"), ("loops", "of its own")):
        wrong = [check for check in found[student]["checks"] if check["status"] != "passed"]
        assert [("test_trap.py::test_trap", "error")] == [(c["id"], c["status"]) for c in wrong]
        assert said in wrong[0]["instructor"]["traceback"]
        assert found[student]["score"] is None
    assert "died in test_trap.py::test_trap, twice" in found["dies"]["message"]
    assert found["dies"]["score"] is None
    mended = TRAP.replace("            trap()", "            pass")
    (trapped.folder / "tests" / "hidden" / NAME / "test_trap.py").write_text(mended)
    assert_told(trapped.grade(out, "--resume"))  # the tests are others: no mixture
    regrade = [*GRADER, "regrade", str(out), "--write"]
    subprocess.run(regrade, cwd=trapped.folder, check=True, capture_output=True, timeout=120)
    assert {entry["score"] for entry in graded(out).values()} == {101}


def test_without_a_watch_a_hidden_test_that_sleeps_stops_the_run(trapped, changed, tmp_path):
    """What the second that is counted is for: the others are done, and nothing ever comes."""
    right = dict(sources())["kahn"]
    for student in ("ada", "sleeps", "zeno"):
        trapped.hands_in(student, f"{right}\n\nTRAP = {student!r}\n")
    out = tmp_path / "out"
    run = trapped.start(out, **changed(IMPATIENT.replace("= 2", "= 10**9")))
    wait_for(out, 2, run)
    with pytest.raises(subprocess.TimeoutExpired):
        run.wait(4)
    assert {"ada": 1, "zeno": 1} == rows(out)
    for pid, _ in list(family(run.pid)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    run.communicate(timeout=60)


@pytest.mark.parametrize("trap", ["raises", "sleeps", "dies"])
def test_a_hidden_test_that_goes_wrong_with_the_reference(trap, trapped, changed, tmp_path):
    """The run is refused, and the test named."""
    trapped.hands_in("ada", dict(sources())["kahn"])
    solution = trapped.folder / "reference" / NAME / "solution.py"
    solution.write_text(f"{solution.read_text()}\n\nTRAP = {trap!r}\n")
    done = trapped.grade(tmp_path / "out", **changed(IMPATIENT))
    assert_told(done)
    assert "test_trap.py::test_trap" in done.stderr


class Stopped:
    """A reference whose CPU clock stands still from some time on."""

    def __init__(self, good):
        self.left = good

    def timed(self, case, repeat, cpu):
        self.left -= 1
        return (1e-3 if self.left >= 0 else 0.0), None


@pytest.mark.parametrize("good", [0, 1, 2, 3, 6, 7])
def test_a_clock_that_stands_still_fails_nobody(good):
    """The least reading counts for everybody, so that none of it may pass for one."""
    from grader.checks.timing import Yardstick
    from grader.sandbox.faults import GraderError

    def judge():
        yardstick = Yardstick(Stopped(good), case=None, cpu=1.0)
        for _ in range(9):
            assert yardstick.run(None) > 1e-4

    with pytest.raises(GraderError, match="clock shows"):
        judge()
