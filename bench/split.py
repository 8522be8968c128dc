"""Split the CPU time of one submission of the small assignment by process and function.

    rows = split(course, notebook, count=200)

The functions named here are wrapped in clocks, each of which stops while an inner one runs, so that
the rows add up. The rows include the time of the clocks; a total without them is printed as well.
"""

from __future__ import annotations

import functools
import gc
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from measure import times, tree

from grader.checks import judge as judging
from grader.course import catalog
from grader.grading import one_submission
from grader.grading import process as grading
from grader.grading.protocol import Settings
from grader.grading.session import Bench
from grader.model import Submission
from grader.results import class_report, feedback, store, write
from grader.results import tables as gradebook
from grader.runs import class_run as run
from grader.sandbox import student
from grader.sandbox.fork_server import ForkServer
from grader.sandbox.guest import wire
from grader.sandbox.worker_process import Worker

Row = tuple[str, str, float]
COMMAND, GRADING, SERVER, WORKER = "command", "grading process", "fork server", "worker"


class Clocks:
    """CPU seconds by label; a clock stops while an inner one runs."""

    def __init__(self) -> None:
        self.spent: Counter[str] = Counter()
        self._labels: list[str] = []
        self._since = time.process_time()

    @contextmanager
    def on(self, label: str) -> Iterator[None]:
        """Count the block's time for ``label``."""
        self._turn()
        self._labels.append(label)
        try:
            yield
        finally:
            self._turn()
            self._labels.pop()

    def _turn(self) -> None:
        now = time.process_time()
        if self._labels:
            self.spent[self._labels[-1]] += now - self._since
        self._since = now

    @contextmanager
    def watching(self, functions: dict[tuple[Any, str], str]) -> Iterator[None]:
        """Wrap these attributes of modules and classes in clocks within the block."""
        before = {(owner, name): getattr(owner, name) for owner, name in functions}
        for (owner, name), label in functions.items():
            setattr(owner, name, self._clocked(before[owner, name], label))
        try:
            yield
        finally:
            for (owner, name), function in before.items():
                setattr(owner, name, function)

    def _clocked(self, function: Callable[..., Any], label: str) -> Callable[..., Any]:
        @functools.wraps(function)
        def clocked(*args: Any, **options: Any) -> Any:
            with self.on(label):
                return function(*args, **options)

        return clocked


def split(course: Path, source: bytes, count: int) -> list[Row]:
    """Return (process, part, CPU seconds per submission) for ``count`` copies of a notebook."""
    os.environ.update({f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL")})
    bench = grading.bench_for(Settings(str(course), "small", 1, b"bench", preflight=False))
    session = _Session(bench, source, count)
    grading.run_session(bench, session)
    return [*session.rows, *_command(course, source, count)]


class _Session(grading.Loop):
    """A pytest session that grades the copies in this process."""

    def __init__(self, bench: Bench, source: bytes, count: int) -> None:
        self._problem = ""
        self.bench, self.count = bench, count
        self.message = msgspec.json.encode(Submission("copy", "copy.ipynb", source))
        self.rows: list[Row] = []

    def pytest_runtestloop(self, session: Any) -> bool:
        one_submission.grade_reference(self.bench, session.items)
        gc.freeze()
        self._grade(session.items, 10)
        began = time.process_time()
        self._grade(session.items, self.count)
        plain = time.process_time() - began
        clocks, worker = Clocks(), Counter[str]()
        before = _below()  # the last worker of each batch is waited for in the next
        with clocks.watching(_INSIDE), _worker_clock(worker):
            for _ in range(self.count):
                with clocks.on("all else: pytest's protocol, outcomes"):
                    self._grade(session.items, 1)
        server, workers = (now - then for then, now in zip(before, _below(), strict=True))
        self._note(GRADING, clocks.spent)
        self._note(GRADING, {"= total, without these clocks": plain})
        self._note(SERVER, {"fork, hand over, collect": server})
        self._note(WORKER, worker)
        self._note(WORKER, {"be killed, give back memory": workers - worker.total()})
        return True

    def _grade(self, items: Any, count: int) -> None:
        for _ in range(count):
            submission = msgspec.json.decode(self.message, type=Submission)
            grade = one_submission.grade_one(self.bench, items, submission, 100)
            msgspec.json.encode(grade)

    def _note(self, process: str, spent: dict[str, float]) -> None:
        self.rows += [(process, what, cpu / self.count) for what, cpu in spent.items()]


_INSIDE = {
    (one_submission, "read_source"): "read the notebook",
    (ForkServer, "fork"): "ask for a worker",
    (student.Student, "call"): "take answers apart",
    (Worker, "ask"): "send and receive",
    (wire, "encode"): "encode messages",
    (wire, "_walk"): "walk answers before they are decoded",
    (wire, "decode"): "decode answers",
    (Worker, "end"): "kill the worker",
    (judging.Judge, "fault"): "compare",
    (msgspec.json, "decode"): "JSON in and out",
    (msgspec.json, "encode"): "JSON in and out",
}


@contextmanager
def _worker_clock(spent: Counter[str]) -> Iterator[None]:
    """Record the workers' CPU time: until they are ready, for loading, and for each message."""
    fork, ask = ForkServer.fork, Worker.ask

    def forked(self: ForkServer, *args: Any) -> Worker:
        worker = fork(self, *args)
        spent["start: fork, lock down, say so"] += worker.cpu()
        return worker

    def asked(self: Worker, request: list[Any], *args: Any) -> Any:
        began = self.cpu()
        reply = ask(self, request, *args)
        spent[_about(request)] += self.cpu() - began
        return reply

    ForkServer.fork, Worker.ask = forked, asked  # type: ignore[method-assign]
    try:
        yield
    finally:
        ForkServer.fork, Worker.ask = fork, ask  # type: ignore[method-assign]


def _about(request: list[Any]) -> str:
    if request[0] == "load":
        return "load the program"
    return f"answer a message of {len(request[1])} calls"


def _below() -> tuple[float, float]:
    """Return the CPU seconds of descendants, and of the children that they waited for."""
    found = [times(pid) for pid in tree(os.getpid())[1:]]
    return sum(own for own, _ in found), sum(waited for _, waited in found)


_OUTSIDE = {
    (run, "open_inbox"): "read the inbox",
    (store.Store, "add"): "keep the grade (SQLite, one commit each)",
    (write, "write_files"): "make grades.json, write files",
    (feedback, "render"): "feedback pages",
    (class_report, "render"): "class report",
    (gradebook, "as_csv"): "grades.csv",
}


def _command(course: Path, source: bytes, count: int) -> list[Row]:
    """Measure the command's own work: read the class, start jobs, store grades, write pages."""
    _class_run(course, source, 1, Clocks())  # load everything that is loaded only once
    clocks = Clocks()
    with clocks.watching(_OUTSIDE):
        _class_run(course, source, count, clocks)
    return [(COMMAND, what, cpu / count) for what, cpu in clocks.spent.items()]


def _class_run(course: Path, source: bytes, count: int, clocks: Clocks) -> None:
    known = catalog.load(course)
    with tempfile.TemporaryDirectory() as folder:
        inbox, out = Path(folder) / "class", Path(folder) / "out"
        inbox.mkdir()
        for number in range(count):
            (inbox / f"student{number:04}.ipynb").write_bytes(source)
        plan = run.Plan(known, known.assignment("small"), [inbox], out, 1, b"bench")
        with clocks.on("read the files, hand out, take back"):
            for _ in run.grade_class(plan, run.Progress()):
                pass
        with clocks.on("other results"):
            write.write_results(known, out)


def table(rows: list[Row]) -> str:
    """Return the rows as Markdown, the largest of each process first."""
    lines = ["| process | what | CPU, ms per submission |", "|---|---|--:|"]
    for process in (COMMAND, GRADING, SERVER, WORKER):
        own = sorted(((cpu, what) for which, what, cpu in rows if which == process), reverse=True)
        lines += [f"| {process} | {what} | {cpu * 1e3:.2f} |" for cpu, what in own]
    return "\n".join(lines)
