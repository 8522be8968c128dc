"""A run on many machines: real Redis, real workers, killed, restarted, doubled and deceived.

A hidden test added to the course stops a submission with ``# slow`` in it until the gate is opened,
and kills the worker's process for one with ``# deadly``: what must happen in between, happens then.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import redis
import traps
from msgspec.structs import replace
from places import ROOT

from grader.checks.mistakes import mistaken, module_of
from grader.course import catalog
from grader.grading.protocol import Settings
from grader.lms.jobs import bundle, wheel
from grader.model import Grade, Submission
from grader.results.store import Run, Store
from grader.runs import broker as post
from grader.runs import celery as coordinator
from grader.runs import local, provenance
from grader.runs.celery_worker import TaskGrader

NAME = "computation_graph"
REFERENCE = ROOT / "reference" / NAME
RIGHT = (REFERENCE / "variants" / "kahn.py").read_text(encoding="utf-8")
SECRET = "c0ffee" * 8
GATE = '''
import os, time
from pathlib import Path
import pytest

GATE = Path({gate!r})

@pytest.mark.points(1)
def test_gate(bench):
    """the gate is open"""
    text = "".join(text for _, text in bench.asked.student.program.cells)
    if "# slow" in text:
        (GATE / f"begun-{{time.time_ns()}}").write_text(str(os.getppid()))
        while not (GATE / "open").exists():
            time.sleep(0.02)
    if "# deadly" in text:
        (GATE / f"killed-{{time.time_ns()}}").write_text(str(os.getppid()))
        os.kill(os.getppid(), 9)
'''
WORKER = """
import sys
from pathlib import Path
from grader.course import catalog
from grader.runs import broker
from grader.runs import celery_worker
application = broker.application
def altered(*arguments):
    app = application(*arguments)
    app.conf.update({conf!r})
    return app
broker.application = altered
{more}
course = catalog.load(Path(sys.argv[1]))
say = lambda line: print(line, flush=True)
sys.exit(celery_worker.work(sys.argv[2], course, 1, say, {longest!r}))
"""


def until(met: Callable[[], Any], seconds: float = 60) -> Any:
    """What ``met`` returns, once it is true."""
    deadline = time.monotonic() + seconds
    while not (found := met()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
    return found


# --- the machines -------------------------------------------------------------------------------


@dataclass
class Redis:
    """A real broker in a folder of its own, which keeps what it is told there."""

    folder: Path
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        if not self.port:
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                self.port = free.getsockname()[1]
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
                   "--appendonly", "yes", "--appendfsync", "always",
                   "--dir", str(self.folder)]  # fmt: skip
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        until(self.answers)

    def answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except redis.exceptions.RedisError:
            return False

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def client(self) -> Any:
        return redis.Redis(port=self.port)

    def kept(self) -> bytes:
        """Everything that was ever written to it."""
        return b"".join(p.read_bytes() for p in self.folder.rglob("*.aof") if p.is_file())


@dataclass
class RabbitMQ:
    """One that runs already, wherever it is."""

    url: str


@pytest.fixture
def broker(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Redis | RabbitMQ]:
    if getattr(request, "param", "redis") == "rabbitmq":
        if not (url := os.environ.get("GRADER_TEST_AMQP", "")):
            pytest.skip("elsewhere: GRADER_TEST_AMQP names no RabbitMQ (amqp://guest:guest@host//)")
        yield RabbitMQ(url)
        return
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed (apt-get install redis-server)")
    (tmp_path / "redis").mkdir()
    found = Redis(tmp_path / "redis")
    found.start()
    yield found
    found.kill()


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    (tmp_path / "gate").mkdir()
    return tmp_path / "gate"


@pytest.fixture
def course(tmp_path: Path, gate: Path) -> Path:
    """A course of one assignment that is graded in no time, but for the gate."""
    folder = tmp_path / "course"
    hidden = folder / "tests" / "hidden" / NAME
    hidden.mkdir(parents=True)
    (folder / "reference" / NAME).mkdir(parents=True)
    for name in ("solution.py", "mistakes.py"):
        shutil.copy(REFERENCE / name, folder / "reference" / NAME)
    for name in ("__init__.py", "cases.py", "test_lecture.py"):
        shutil.copy(ROOT / "tests" / "hidden" / NAME / name, hidden)
    (hidden / "test_gate.py").write_text(GATE.format(gate=str(gate)), encoding="utf-8")
    entry = f"title: Ours\nassignments:\n  - name: {NAME}\n    title: Graphs\n    points: 100\n"
    (folder / "assignments.yaml").write_text(entry, encoding="utf-8")
    (folder / ".grader-secret").write_text(SECRET, encoding="utf-8")
    return folder


Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def worker(broker: Redis, course: Path, tmp_path: Path) -> Iterator[Start]:
    """Start a worker, on the command line or, where something is altered, by hand."""
    started: list[tuple[subprocess.Popen[str], Path]] = []

    def start(folder: Path = course, *, longest: float | None = None, more: str = "",
              environ: dict[str, str] | None = None,
              **conf: object) -> subprocess.Popen[str]:  # fmt: skip
        command = [sys.executable, "-m", "grader", "worker", "--course", str(folder),
                   "--broker", broker.url, "--jobs", "1"]  # fmt: skip
        if longest or conf or more:
            code = WORKER.format(conf=conf, longest=longest, more=more)
            command = [sys.executable, "-c", code, str(folder), broker.url]
        log = tmp_path / f"worker-{len(started)}.log"
        with log.open("w") as out:
            made = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=out, text=True,
                                    env={**os.environ, **(environ or {})})  # fmt: skip
        started.append((made, log))
        until(lambda: "ready" in log.read_text() or made.poll() is not None)
        assert made.poll() is None, log.read_text()
        return made

    yield start
    for made, _ in started:
        made.kill()
        made.wait()


@dataclass
class Coordinator:
    """`grade_all` in a thread: what it has yielded, what it has said, how it ended."""

    url: str
    course: Path
    submissions: list[Submission]
    patience: float = 60.0
    place: str = "here"
    secret: str = SECRET
    graded: list[tuple[Submission, Grade]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    error: BaseException | None = None
    stopped: bool = False

    def __post_init__(self) -> None:
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        settings = Settings(str(self.course), NAME, 7, self.secret.encode())
        try:
            for each in coordinator.grade_all(
                self.submissions, settings, 1, self.patience, stop=lambda: self.stopped,
                broker=self.url, place=self.place, say=self.said.append,
            ):  # fmt: skip
                self.graded.append(each)
        except BaseException as error:
            self.error = error

    def scores(self, seconds: float = 90) -> dict[str, float | None]:
        """The scores at the end; nobody is graded twice."""
        self.thread.join(seconds)
        assert not self.thread.is_alive(), "it does not end"
        if self.error is not None:
            raise self.error
        assert set(Counter(s.student for s, _ in self.graded).values()) <= {1}
        return {submission.student: grade.score for submission, grade in self.graded}


def submission(student: str, remark: str = "") -> Submission:
    source = f"{RIGHT}\n# of {student}\n{remark}\n".encode()
    return Submission(student, f"{NAME}.py", source, name=f"Name of {student}")


def a_class(*special: Submission) -> list[Submission]:
    return [*special, *(submission(f"student{number}") for number in range(4))]


def all_right(submissions: list[Submission]) -> dict[str, float | None]:
    return {each.student: 100.0 for each in submissions}


def begun(gate: Path) -> list[int]:
    """The pool processes that took a slow submission, oldest first."""
    texts = [path.read_text() for path in sorted(gate.glob("begun-*"))]
    return [int(text) for text in texts if text]


def open_gate(gate: Path) -> None:
    (gate / "open").touch()


def grader(*arguments: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "grader", *map(str, arguments)]
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=200, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


# --- the same grades ----------------------------------------------------------------------------


def timeless(out: Path) -> str:
    """grades.json but for its times."""
    text = (out / "grades.json").read_text(encoding="utf-8")
    text = re.sub(r'"seconds": [^,}\n]*', '"seconds": 0', text)
    return re.sub(r"[\d.e+]+ times the time", "N times the time", text)


def test_grades_are_those_of_a_local_run(broker: Redis, worker: Start, tmp_path: Path) -> None:
    """Right answers and every mistake, two workers, one with the bundle: the same bytes.

    And the broker never sees a name, the secret, the reference or a hidden test.
    """
    folder, inbox = tmp_path / "whole", tmp_path / "class"
    for part in (f"reference/{NAME}", f"tests/hidden/{NAME}", f"exercises/{NAME}"):
        shutil.copytree(ROOT / part, folder / part)
    entry = f"title: Ours\nassignments:\n  - name: {NAME}\n    title: Graphs\n"
    (folder / "assignments.yaml").write_text(entry, encoding="utf-8")
    (folder / ".grader-secret").write_text(SECRET, encoding="utf-8")
    inbox.mkdir()
    for name in ("graphlib_sorter", "kahn", "numpy_scalars", "value_objects"):
        shutil.copy(REFERENCE / "variants" / f"{name}.py", inbox)
    solution = (REFERENCE / "solution.py").read_text(encoding="utf-8")
    mistakes = module_of((REFERENCE / "mistakes.py").read_text(encoding="utf-8"), "m").MISTAKES
    for number, mistake in enumerate(mistakes[:2]):
        (inbox / f"wrong{number}.py").write_text(mistaken(solution, mistake), encoding="utf-8")
    made = grader("bundle", "worker", NAME, "--out", tmp_path, cwd=folder)
    assert made.returncode == 0, made.stderr
    worker(tmp_path / f"{NAME}-worker.zip")
    worker(folder)
    common = ("grade", inbox, "--assignment", NAME, "--seed", 11)
    many = grader(*common, "--out", tmp_path / "many", "--engine", "celery", "--broker", broker.url,
                  cwd=folder)  # fmt: skip
    one = grader(*common, "--out", tmp_path / "one", "--jobs", 2, cwd=folder)
    assert (many.returncode, one.returncode, one.stderr) == (0, 0, "")
    notes = many.stderr.splitlines()  # workers that start slowly are a note, no fault
    assert [line for line in notes if "submissions wait at" not in line] == []
    assert timeless(tmp_path / "one") == timeless(tmp_path / "many")
    assert not [key for key in broker.client.keys("*") if b"answers." in key or b"unacked" in key]
    kept = broker.kept()
    assert b"grader.grade" in kept
    for private in (
        "wrong0",
        "graphlib_sorter",
        SECRET,
        "def shuffled(rng, graph)",
        "BEGIN SOLUTION",
    ):
        assert private.encode() not in kept.replace(b"\\n", b"\n"), private


# --- what dies ----------------------------------------------------------------------------------


def test_a_pool_process_that_is_killed_costs_nobody_a_grade(
    broker: Redis, worker: Start, course: Path, gate: Path
) -> None:
    worker()
    submissions = a_class(submission("ada", "# slow"))
    run = Coordinator(broker.url, course, submissions)
    [victim] = until(lambda: begun(gate))
    os.kill(victim, signal.SIGKILL)
    until(lambda: len(begun(gate)) == 2)
    open_gate(gate)
    assert run.scores() == all_right(submissions)


def unacknowledged(broker: Redis) -> int:
    keys = broker.client.keys("grader.unacked_key.*")
    return sum(broker.client.hlen(key) for key in keys)


@pytest.mark.parametrize("switched_off", ["task_acks_late", "task_reject_on_worker_lost"])
def test_without_late_acknowledgement_or_rejection_a_killed_task_is_gone(
    broker: Redis, worker: Start, course: Path, gate: Path, switched_off: str
) -> None:
    """The broker knows nothing of it any more, and nobody gives it out again."""
    worker(**{switched_off: False})
    run = Coordinator(broker.url, course, [submission("ada", "# slow")], patience=120)
    [victim] = until(lambda: begun(gate))
    os.kill(victim, signal.SIGKILL)
    until(lambda: unacknowledged(broker) + broker.client.llen(f"grader.{NAME}") == 0)
    run.stopped = True
    assert run.scores() == {}
    assert len(begun(gate)) == 1


def test_a_worker_that_is_lost_with_its_machine_costs_nobody_a_grade(
    broker: Redis, worker: Start, course: Path, gate: Path
) -> None:
    """Killed whole, it takes the broker's word with it; the coordinator sends again."""
    first = worker()
    submissions = a_class(submission("ada", "# slow"))
    run = Coordinator(broker.url, course, submissions, patience=10)
    [pool] = until(lambda: begun(gate))
    first.kill()
    until(lambda: not Path(f"/proc/{pool}").exists())
    worker()
    open_gate(gate)
    assert run.scores() == all_right(submissions)


SOON = """
options = broker._redis_options
broker._redis_options = lambda visibility: options(12.0)
"""


def test_redis_gives_a_lost_task_to_another_worker_after_twice_the_longest(
    broker: Redis, worker: Start, course: Path, gate: Path
) -> None:
    """Long before the coordinator would send again."""
    conf = post.application(broker.url, [NAME], 100).conf
    assert conf.broker_transport_options["visibility_timeout"] == 2 * conf.task_time_limit == 250
    first = worker(more=SOON)
    run = Coordinator(broker.url, course, [submission("ada", "# slow")], patience=120)
    until(lambda: begun(gate))
    first.kill()
    assert unacknowledged(broker) == 1
    worker(more=SOON)
    open_gate(gate)
    assert run.scores() == {"ada": 100.0}


def test_what_hangs_is_killed(broker: Redis, worker: Start, course: Path, gate: Path) -> None:
    """Stopped, a pool process keeps no time itself: the hard limit does."""
    worker(longest=10)
    run = Coordinator(broker.url, course, [submission("ada", "# slow")], patience=120)
    [pool] = until(lambda: begun(gate))
    os.kill(pool, signal.SIGSTOP)
    open_gate(gate)
    assert run.scores() == {"ada": 100.0}
    assert not Path(f"/proc/{pool}").exists()


def test_without_the_hard_limit_it_hangs(
    broker: Redis, worker: Start, course: Path, gate: Path
) -> None:
    worker(longest=5, task_time_limit=None)
    run = Coordinator(broker.url, course, [submission("ada", "# slow")], patience=120)
    [pool] = until(lambda: begun(gate))
    os.kill(pool, signal.SIGSTOP)
    open_gate(gate)
    run.thread.join(9)
    assert run.thread.is_alive()
    run.stopped = True
    assert run.scores() == {}
    os.kill(pool, signal.SIGKILL)


def test_what_kills_two_workers_is_an_error(
    broker: Redis, worker: Start, course: Path, gate: Path
) -> None:
    """Neither a zero nor a third worker; the others are graded."""
    worker()
    submissions = a_class(submission("mallory", "# deadly"))
    run = Coordinator(broker.url, course, submissions)
    assert run.scores() == {**all_right(submissions), "mallory": None}
    assert len(list(gate.glob("killed-*"))) == 2
    [why] = [grade.message for each, grade in run.graded if each.student == "mallory"]
    assert why == "could not be graded: the worker that graded it was lost, twice"


@pytest.mark.parametrize("broker", ["rabbitmq"], indirect=True)
def test_rabbitmq_too(broker: RabbitMQ, worker: Start, course: Path, gate: Path) -> None:
    """A machine lost, a process killed and a deadly submission: all as with Redis."""
    first = worker()
    submissions = a_class(submission("ada", "# slow"), submission("mallory", "# deadly"))
    run = Coordinator(broker.url, course, submissions)
    until(lambda: begun(gate))
    first.kill()
    worker()
    open_gate(gate)
    assert run.scores() == {**all_right(submissions), "mallory": None}
    stranger = Coordinator(re.sub("//.*@", "//guest:no@", broker.url), course, submissions)
    with pytest.raises(local.EngineError, match=r"no broker answers at amqp://guest:\*\*@"):
        stranger.scores()


def test_without_the_count_it_kills_on(
    broker: Redis, worker: Start, course: Path, gate: Path
) -> None:
    worker(more="from grader.runs import grading_service\ngrading_service.TRIES = 1000")
    run = Coordinator(broker.url, course, [submission("mallory", "# deadly")])
    until(lambda: len(list(gate.glob("killed-*"))) > 2)
    run.stopped = True
    assert run.scores() == {}


def test_a_grading_process_that_dies_is_replaced(course: Path, gate: Path) -> None:
    """One that gives no grade in time, too; the second loss is an error."""
    desk = TaskGrader(catalog.load(course), SECRET.encode())
    slow = replace(task(course, submission("ada", "# slow")), patience=2.0)
    back = desk.graded(slow)
    assert isinstance(back, post.Task)
    assert back.lost == 1
    answer = desk.graded(back)
    assert isinstance(answer, post.WorkerAnswer)
    assert answer.grade is not None
    told = r"could not be graded: no grade within \d s in test_gate.py::test_gate, twice"
    assert re.fullmatch(told, answer.grade.message)
    right = desk.graded(task(course, submission("ada")))
    assert isinstance(right, post.WorkerAnswer)
    assert right.grade is not None
    assert right.grade.score == 100
    desk.end()


def test_a_worker_told_to_end_finishes_what_it_has(
    broker: Redis, worker: Start, course: Path, gate: Path, tmp_path: Path
) -> None:
    """SIGTERM, as Kubernetes and systemd send it; the bundle that it unpacked is gone then."""
    made, temp = grader("bundle", "worker", NAME, "--out", tmp_path, cwd=course), tmp_path / "t"
    assert made.returncode == 0, made.stderr
    temp.mkdir()
    ours = worker(tmp_path / f"{NAME}-worker.zip", environ={"TMPDIR": str(temp)})
    [folder] = temp.glob("grader-course-*")
    assert oct(folder.stat().st_mode & 0o777) == "0o700"
    run = Coordinator(broker.url, course, [submission("ada", "# slow")])
    until(lambda: begun(gate))
    ours.terminate()
    time.sleep(0.5)
    assert ours.poll() is None
    open_gate(gate)
    assert run.scores() == {"ada": 100.0}
    assert ours.wait(20) == 0
    assert not folder.exists()


# --- the broker ---------------------------------------------------------------------------------


def test_a_broker_that_is_restarted_costs_nobody_a_grade(
    broker: Redis, worker: Start, course: Path, gate: Path
) -> None:
    worker()
    submissions = a_class(submission("ada", "# slow"))
    run = Coordinator(broker.url, course, submissions)
    until(lambda: begun(gate))
    broker.kill()
    until(lambda: run.said)
    broker.start()
    open_gate(gate)
    assert run.scores() == all_right(submissions)
    assert "does not answer" in run.said[0]
    assert run.said[-1] == "the broker answers again"


def test_a_broker_that_forgot_everything_is_told_again(
    broker: Redis, worker: Start, course: Path, gate: Path
) -> None:
    submissions = a_class()
    run = Coordinator(broker.url, course, submissions, patience=10)
    until(lambda: broker.client.llen(f"grader.{NAME}") == len(submissions))
    broker.kill()
    shutil.rmtree(broker.folder)
    broker.folder.mkdir()
    broker.start()
    worker()
    assert run.scores() == all_right(submissions)


def test_a_task_delivered_twice_is_graded_once(broker: Redis, worker: Start, course: Path) -> None:
    """The queue itself holds one of them three times, before the others."""
    submissions, queue = a_class(), f"grader.{NAME}"
    run = Coordinator(broker.url, course, submissions)
    tasks = until(lambda: len(found := broker.client.lrange(queue, 0, -1)) == 4 and found)
    broker.client.rpush(queue, tasks[-1], tasks[-1])
    worker()
    assert run.scores() == all_right(submissions)


def test_taken_as_they_come_answers_count_twice_but_not_in_the_store(
    broker: Redis, worker: Start, course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the rule that the first answer counts, the store's key still keeps one."""

    def take_all(run: Any, answer: post.WorkerAnswer) -> Iterator[Any]:
        run.out.pop(answer.key, None)
        yield run.own[answer.key], answer.grade

    monkeypatch.setattr(coordinator._Run, "_take", take_all)
    submissions, queue = a_class(), f"grader.{NAME}"
    run = Coordinator(broker.url, course, submissions)
    tasks = until(lambda: len(found := broker.client.lrange(queue, 0, -1)) == 4 and found)
    broker.client.rpush(queue, tasks[-1], tasks[-1])
    worker()
    run.thread.join(60)
    assert len(run.graded) > len(submissions)
    with Store.create(tmp_path, Run(NAME, 7, 100.0, "")) as store:
        kept = [store.add(grade, each) for each, grade in run.graded]
    assert sum(kept) == len(submissions) == sum(rows(tmp_path).values())


def test_nobody_takes_the_work_is_said(broker: Redis, course: Path) -> None:
    run = Coordinator(broker.url, course, a_class(), patience=2)
    until(lambda: run.said)
    run.stopped = True
    assert run.scores() == {}
    assert "4 submissions wait" in run.said[0]
    assert "grader worker" in run.said[0]


# --- the coordinator ----------------------------------------------------------------------------


def rows(out: Path) -> dict[str, int]:
    if not (out / "results.db").exists():
        return {}
    try:
        with contextlib.closing(sqlite3.connect(out / "results.db")) as store:
            query = "SELECT student, COUNT(*) FROM attempts GROUP BY student"
            return dict(store.execute(query))
    except sqlite3.Error:
        return {}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=["killed", "ctrl-c"])
def test_a_coordinator_goes_on_where_it_ended(
    broker: Redis, worker: Start, course: Path, gate: Path, tmp_path: Path, number: int
) -> None:
    """Each is graded once in the result, and what was graded meanwhile is not graded again."""
    worker()
    inbox, out = tmp_path / "class", tmp_path / "out"
    inbox.mkdir()
    submissions = a_class(submission("ada", "# slow"))
    for each in submissions:
        (inbox / f"{each.student}.py").write_bytes(each.source)
    common = ["grade", str(inbox), "--assignment", NAME, "--out", str(out), "--engine", "celery",
              "--broker", broker.url]  # fmt: skip
    worker()
    command = [sys.executable, "-m", "grader", *common]
    first = subprocess.Popen(
        command, cwd=course, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    until(lambda: len(rows(out)) == len(submissions) - 1 and begun(gate))
    first.send_signal(number)
    said, _ = first.communicate(timeout=60)
    if number == signal.SIGINT:
        assert first.returncode == 130
        assert "--engine celery --resume" in said
    open_gate(gate)
    until(lambda: [k for k in broker.client.keys("grader.answers.*") if broker.client.llen(k)])
    second = grader(*common, "--resume", cwd=course)
    assert (second.returncode, second.stderr) == (0, "")
    assert rows(out) == {each.student: 1 for each in submissions}
    assert len(begun(gate)) == 1
    document = json.loads((out / "grades.json").read_text(encoding="utf-8"))
    assert {entry["score"] for entry in document["submissions"]} == {100.0}


# --- the wrong course, the wrong words ----------------------------------------------------------


def task(course: Path, mine: Submission, secret: str = SECRET) -> post.Task:
    prints = provenance.fingerprints(catalog.load(course), NAME, secret.encode())
    bare = Submission(post.key_of(mine, SECRET.encode()), mine.file, mine.source)
    return post.Task("run", post.key_of(mine, SECRET.encode()), NAME, 7, 60.0, prints, bare)


def other_secret(folder: Path) -> None:
    (folder / ".grader-secret").write_text("another" * 8, encoding="utf-8")


def other_tests(folder: Path) -> None:
    (folder / "tests" / "hidden" / NAME / "test_lecture.py").write_text(
        'def test_nothing(reference):\n    """it is there"""\n', encoding="utf-8"
    )


def other_entry(folder: Path) -> None:
    file = folder / "assignments.yaml"
    file.write_text(file.read_text().replace("points: 100", "points: 50"), encoding="utf-8")


OTHERS = [
    (other_secret, "secret"),
    (other_tests, "hidden tests"),
    (other_entry, "assignments.yaml"),
]


def test_a_worker_with_another_course_refuses(
    broker: Redis, worker: Start, course: Path, tmp_path: Path
) -> None:
    """The command ends with status 2 and a line that says where, and what differs."""
    other = tmp_path / "other"
    shutil.copytree(course, other)
    other_secret(other)
    worker(other)
    (tmp_path / "ada.py").write_bytes(submission("ada").source)
    done = grader("grade", tmp_path / "ada.py", "--assignment", NAME, "--engine", "celery",
                  "--broker", broker.url, "--out", tmp_path / "out", cwd=course)  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    [doubt, line] = done.stderr.strip().splitlines()
    assert "without proof of the course's secret" in doubt  # anybody could have written it
    assert f"the worker on {socket.gethostname()} cannot grade this run: its secret differs" in line
    assert "--resume" in line
    assert SECRET not in line


@pytest.mark.parametrize(("change", "named"), OTHERS, ids=["secret", "tests", "entry"])
def test_every_difference_is_seen(
    course: Path, tmp_path: Path, change: Callable[[Path], None], named: str
) -> None:
    other = tmp_path / "other"
    shutil.copytree(course, other)
    change(other)
    secret = (other / ".grader-secret").read_bytes()
    given = task(course, submission("ada"))
    assert TaskGrader(catalog.load(course), SECRET.encode()).refusal(given) is None
    refusal = TaskGrader(catalog.load(other), secret).refusal(given)
    assert refusal is not None
    assert named in refusal.refusal


def test_without_the_fingerprints_it_grades_with_other_tests(course: Path, tmp_path: Path) -> None:
    """A wrong answer gets full marks from a worker whose tests ask nothing."""
    other = tmp_path / "other"
    shutil.copytree(course, other)
    other_tests(other)
    wrong = Submission("ada", f"{NAME}.py", b"def forward(a, b, c):\n    return 1, {}\n")
    found = {}
    for folder in (course, other):
        desk = TaskGrader(catalog.load(folder), SECRET.encode())
        answer = desk.graded(task(course, wrong))
        desk.end()
        assert isinstance(answer, post.WorkerAnswer)
        assert answer.grade is not None
        found[folder.name] = answer.grade.score
    assert found["course"] < 50
    assert found["other"] == 100


def test_a_worker_bundle_holds_the_course_and_its_own_secret(course: Path, tmp_path: Path) -> None:
    """And an image's recipe, for the Python that the grades are made with; staff alone reads it."""
    path = bundle.build(catalog.load(course), NAME, "worker", tmp_path / "out")
    assert oct(path.stat().st_mode & 0o777) == "0o600"
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    assert files["course/.grader-secret"] == SECRET.encode()
    assert not any("variants" in name or "oracle" in name for name in files)
    python = ".".join(map(str, sys.version_info[:2]))
    assert f"FROM python:{python}-slim\n" in files["Dockerfile"].decode()
    pinned = re.findall(r"^([\w-]+)==", files["constraints.txt"].decode(), re.MULTILINE)
    assert {"celery", "redis"} <= set(pinned)
    with zipfile.ZipFile(io.BytesIO(files[wheel.WHEEL])) as archive:
        metadata = next(name for name in archive.namelist() if name.endswith("METADATA"))
        assert "Requires-Dist: celery>=5.7; extra == 'celery'" in archive.read(metadata).decode()


def push(broker: Redis, queue: str, body: object, exchange: str = "", key: str = "") -> None:
    """A message as anyone with the broker's address can write it."""
    from kombu import Connection, Producer

    with Connection(broker.url) as connection:
        Producer(connection).publish(body, exchange=exchange, routing_key=key or queue)


def test_a_course_changed_under_a_worker_is_seen(course: Path, tmp_path: Path) -> None:
    """A new run gets the new tests, and no further grade comes from the old ones."""
    desk = TaskGrader(catalog.load(course), SECRET.encode())
    old = task(course, submission("ada"))
    assert desk.refusal(old) is None
    assert isinstance(desk.graded(old), post.WorkerAnswer)
    other_tests(course)
    new = task(course, submission("ada"))
    assert desk.refusal(new) is None
    answer = desk.graded(new)
    assert isinstance(answer, post.WorkerAnswer)
    assert answer.grade is not None
    assert "test_lecture.py::test_nothing" in {each.id for each in answer.grade.outcomes}
    assert desk.refusal(old) is not None
    desk.end()


FORGED = """
from grader.runs import celery_worker
from grader.runs import broker
broker.is_sealed = lambda envelope, secret: True
"""


@pytest.mark.parametrize("switched_off", [False, True], ids=["sealed", "open"])
def test_nobody_forges_a_grade(
    broker: Redis, course: Path, monkeypatch: pytest.MonkeyPatch, switched_off: bool
) -> None:
    """A grade without the seal of the secret is no grade."""
    if switched_off:
        monkeypatch.setattr(post, "is_sealed", lambda envelope, secret: True)
    mine = submission("mallory")
    run = Coordinator(broker.url, course, [mine])
    [queue] = until(lambda: broker.client.keys("_kombu.binding.grader.answers*"))
    name = queue.decode().removeprefix("_kombu.binding.grader.answers")
    assert name == ""
    number = broker.client.smembers(queue).pop().decode().split("\x06")[0]
    forged = post.sealed(
        post.WorkerAnswer(number, post.key_of(mine, SECRET.encode()), Grade(mine, 100.0)),
        b"guessed",
    )
    until(lambda: broker.client.llen(f"grader.{NAME}"))
    push(broker, "", forged, post.ANSWERS, number)
    push(broker, "", ["no envelope"], post.ANSWERS, number)
    run.thread.join(2.5)
    assert bool(run.graded) is switched_off
    run.stopped = True
    run.scores()


@pytest.mark.parametrize("switched_off", [False, True], ids=["sealed", "open"])
def test_nobody_stops_a_run_with_a_refusal(
    broker: Redis, worker: Start, course: Path, monkeypatch: pytest.MonkeyPatch, switched_off: bool
) -> None:
    """A refusal without the seal is said, and the run goes on; a worker never lends its seal.

    The stranger writes one refusal, and hands in a task of another course, which the worker refuses.
    """
    if switched_off:
        monkeypatch.setattr(post, "is_sealed", lambda envelope, secret: True)
    # After this long without any answer, even an unproven refusal ends a run; workers start slowly.
    monkeypatch.setattr(coordinator, "QUIET_SECONDS", 100.0)
    mine = submission("mallory")
    run = Coordinator(broker.url, course, [mine], patience=200)
    [queue] = until(lambda: broker.client.keys("_kombu.binding.grader.answers*"))
    number = broker.client.smembers(queue).pop().decode().split("\x06")[0]
    refusal = post.WorkerAnswer(number, "", refusal="the worker on mars cannot grade this run")
    push(broker, "", post.sealed(refusal, b"guessed"), post.ANSWERS, number)
    if not switched_off:
        other = replace(task(course, mine), run=number, prints={"secret": "another"})
        app = post.application(broker.url, [NAME], 60)
        with app.connection_for_write() as connection:
            app.send_task(post.TASK, args=[post.sealed(other, b"guessed")],
                          queue=f"grader.{NAME}", connection=connection)  # fmt: skip
        worker()
    run.thread.join(60 if not switched_off else 10)
    assert bool(run.error) is switched_off
    assert switched_off or run.scores() == all_right([mine])
    assert switched_off or any("without proof" in line for line in run.said)
    run.stopped = True


def test_a_worker_in_a_hostile_folder_runs_nothing_of_it(
    broker: Redis, course: Path, tmp_path: Path
) -> None:
    """Nor does it do what its shell's variables for Celery say."""
    here, around = tmp_path / "above" / "here", tmp_path / "around"
    for folder in (here.parent, here, around):
        traps.plant(folder)
    environ = {
        "PATH": f".:{os.environ['PATH']}", "PYTHONPATH": f":{around}", "PYTHONSTARTUP": f"{around}/x.py",
        "CELERY_CONFIG_MODULE": "celeryconfig", "CELERY_LOADER": "trap", "TMPDIR": ".",
        "CELERY_CUSTOM_WORKER_POOL": "trap:Trap", "PYTEST_ADDOPTS": "-p trap", "C_FORCE_ROOT": "1",
        "PYTEST_PLUGINS": "trap", "HOME": str(around),
    }  # fmt: skip
    command = [sys.executable, "-I", "-m", "grader", "worker", "--course", str(course),
               "--broker", broker.url, "--jobs", "1"]  # fmt: skip
    log = tmp_path / "log"
    with log.open("w") as out, subprocess.Popen(
        command, cwd=here, env=environ, stdout=out, stderr=out
    ) as made:  # fmt: skip
        try:
            run = Coordinator(broker.url, course, [submission("ada")])
            run.thread.join(100)
        finally:
            made.terminate()
    assert run.scores() == {"ada": 100.0}, log.read_text()
    assert ([], []) == (traps.sprung(here.parent), traps.sprung(around))


@pytest.mark.parametrize("switched_off", [False, True], ids=["sealed", "open"])
def test_nobody_hands_in_through_the_broker(
    broker: Redis, worker: Start, course: Path, gate: Path, switched_off: bool
) -> None:
    """A task without the seal is dropped: no worker runs what a stranger sends."""
    worker(more=FORGED if switched_off else "pass")
    app = post.application(broker.url, [NAME], 60)
    open_gate(gate)
    stranger = task(course, submission("mallory", "# slow"))
    app.send_task(post.TASK, args=[post.sealed(stranger, b"guessed")], queue=f"grader.{NAME}")
    ours = a_class()
    assert Coordinator(broker.url, course, ours).scores() == all_right(ours)
    assert bool(begun(gate)) is switched_off


class Pickled:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, tuple[str, int]]:
        return os.mkdir, (str(self.path), 0o700)


@pytest.mark.parametrize("switched_off", [False, True], ids=["JSON only", "pickle too"])
def test_a_worker_reads_nothing_but_json(
    broker: Redis, worker: Start, course: Path, tmp_path: Path, switched_off: bool
) -> None:
    """Pickle would run code of whoever writes to the broker."""
    accepted = {"accept_content": ["json", "pickle"]} if switched_off else {}
    worker(more="pass", environ={"C_FORCE_ROOT": "1"}, **accepted)
    app = post.application(broker.url, [NAME], 60)
    app.send_task(post.TASK, args=[Pickled(tmp_path / "owned")], queue=f"grader.{NAME}",
                  serializer="pickle")  # fmt: skip
    ours = a_class()
    assert Coordinator(broker.url, course, ours).scores() == all_right(ours)
    assert (tmp_path / "owned").exists() is switched_off


# --- what is said in one line -------------------------------------------------------------------


def test_what_cannot_begin_is_one_line_and_status_2(course: Path, tmp_path: Path) -> None:
    nobody = "redis://:pass-word@127.0.0.1:1/0"
    (tmp_path / "ada.py").write_text(RIGHT, encoding="utf-8")
    (tmp_path / "no.zip").write_text("no zip", encoding="utf-8")
    bare = tmp_path / "bare"
    shutil.copytree(course, bare)
    (bare / ".grader-secret").unlink()
    grade = ("grade", tmp_path / "ada.py", "--assignment", NAME, "--engine", "celery", "--broker")
    for arguments, said in [
        ((*grade, nobody, "--out", tmp_path / "a"), "no broker answers at redis://:**@127.0.0.1:1/0"),
        ((*grade, "fax://1", "--out", tmp_path / "b"), "no broker answers at fax://"),
        ((*grade, nobody, "--out", tmp_path / "c", "--sandbox", "none"), "--sandbox"),
        (("worker", "--broker", nobody), "no broker answers at"),
        (("worker", "--course", bare, "--broker", nobody), "is missing"),
        (("worker", "--course", tmp_path / "no.zip"), "is not a zip"),
        (("worker", "--course", tmp_path / "nowhere"), "does not exist"),
    ]:  # fmt: skip
        done = grader(*arguments, cwd=course)
        assert (done.returncode, done.stdout) == (2, ""), (arguments, done)
        assert said in done.stderr, arguments
        assert len(done.stderr.strip().splitlines()) == 1, done.stderr
        assert "pass-word" not in done.stderr


def test_a_wrong_password_is_one_line(broker: Redis, course: Path) -> None:
    broker.client.config_set("requirepass", "sesame")
    stranger = Coordinator(broker.url.replace("//", "//:no@"), course, a_class())
    with pytest.raises(local.EngineError, match=r"no broker answers at redis://:\*\*@.*password"):
        stranger.scores()


def test_a_local_run_needs_no_celery(course: Path, tmp_path: Path) -> None:
    """Neither it nor redis-py is imported; asked for without them, it says what to install."""
    settings = Settings(str(course), NAME, 7, SECRET.encode())
    [(_, grade)] = local.grade_all([submission("ada")], settings, 1, 60)
    assert grade.score == 100
    code = (
        "import sys; sys.modules['celery'] = None\n"
        "import grader.runs.class_run\n"
        "from grader.runs import broker\n"
        "try: broker.application('redis://', [], 1)\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True,
                          check=True, timeout=60)  # fmt: skip
    assert done.stdout.startswith("EngineError --engine celery needs Celery and redis-py")
