"""What a class run costs: CPU per submission, its split, start-up, and memory as the class grows.

    python bench/class_run.py [--assignment NAME] [--large 2000]

CPU seconds are those of the whole tree of processes (the command, the grading process, the fork server
and every worker: see `measure`). The cost of a submission is the slope between two class sizes, the
start-up what is left; machines are noisy, so read ratios within one run.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measure import run

from grader.grading import bench_for, grade_one, run_session
from grader.model import Limits, Settings, Submission
from grader.pool import ForkServer, Program, Sandbox, Student

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--assignment", default="two_layer_network")
    parser.add_argument("--small", type=int, default=20)
    parser.add_argument("--size", type=int, default=200)
    parser.add_argument("--large", type=int, default=0, help="also a class of this size: memory")
    options = parser.parse_args()
    name = options.assignment
    source = (ROOT / "reference" / name / "solution.py").read_bytes()
    small, _, _ = whole_run(name, source, options.small)
    cpu, wall, peak = whole_run(name, source, options.size)
    each = (cpu - small) / (options.size - options.small)
    print(f"{name}, {options.size} right submissions on one process")
    print(f"  CPU per submission          {each * 1e3:7.1f} ms")
    print(f"  start-up of the run         {small - options.small * each:7.2f} s CPU")
    print(f"  wall, whole run             {wall:7.2f} s")
    print(f"  peak memory, all processes  {peak:7.1f} MiB")
    if options.large:
        _, _, larger = whole_run(name, source, options.large)
        print(f"  peak with {options.large:5} submissions {larger:7.1f} MiB")
    print("split of a submission (CPU ms):")
    for what, seconds in split(name, source):
        print(f"  {what:27} {seconds * 1e3:7.2f}")
    print(f"one submission, whole command: {one_file(name, source):.2f} s wall")
    print(f"grader --help: {helped():.2f} s wall")


def whole_run(name: str, source: bytes, count: int) -> tuple[float, float, float]:
    """Grade ``count`` copies; return (CPU seconds, wall seconds, peak MiB over all processes)."""
    with tempfile.TemporaryDirectory() as folder:
        inbox = Path(folder) / "class"
        inbox.mkdir()
        for number in range(count):
            (inbox / f"student{number:05}.py").write_bytes(source)
        cost = run(
            [sys.executable, "-m", "grader.cli", "grade", inbox, "--assignment", name,
             "--out", f"{folder}/out", "--jobs", "1"],
            cwd=ROOT, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        return cost.cpu, cost.wall, cost.memory


def split(name: str, source: bytes, count: int = 40) -> list[tuple[str, float]]:
    """CPU seconds of the parts of one submission, measured in this process and in its workers."""
    rows: list[tuple[str, float]] = []
    with ForkServer(Sandbox.best()) as server:
        server.ready()
        program = Program("empty", (("empty.py", "def f(x): return x\n"),))

        def empty() -> None:
            student = Student(server, program, Limits())
            student.load()
            student.end()

        rows.append(("fork, lock down, kill (wall)", _each(empty, count, time.perf_counter)))
    settings = Settings(str(ROOT), name, 1, b"bench", preflight=False)
    bench = bench_for(settings)
    run_session(bench, _Splitter(bench, name, source, count, rows))
    return rows


def _each(action: object, count: int, clock: object) -> float:
    action()  # type: ignore[operator]
    began = clock()  # type: ignore[operator]
    for _ in range(count):
        action()  # type: ignore[operator]
    return float((clock() - began) / count)  # type: ignore[operator]


class _Splitter:
    """A session that grades copies in this process and notes where the time goes."""

    def __init__(self, bench: object, name: str, source: bytes, count: int, rows: list) -> None:
        self.bench, self.count, self.rows = bench, count, rows
        self.submission = Submission("copy", f"{name}.py", source)

    def pytest_runtestloop(self, session: object) -> bool:
        """Grade copies with all checks, then without the timed ones."""
        items = session.items  # type: ignore[attr-defined]
        plain = [item for item in items if "fast" not in item.name]
        for what, chosen in (("trusted side, all checks", items), ("trusted side, untimed", plain)):
            seconds = _each(
                lambda chosen=chosen: grade_one(self.bench, chosen, self.submission, 100),
                self.count,
                time.process_time,
            )
            self.rows.append((what, seconds))
        asked = self.bench.begin([("x.py", self.submission.source.decode())])
        asked.student.load()
        worker = asked.student._worker
        started = worker.cpu()
        draws = list(self.bench._drawn)
        for draw in draws:
            if "timed" not in draw.__name__ and "bad_" not in draw.__name__:
                asked.answers(self.bench.draw(draw))
        self.rows.append(("student calls, in the worker", worker.cpu() - started))
        self.bench.end()
        return True


def one_file(name: str, source: bytes) -> float:
    """Wall seconds of ``grader grade one.py``."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{name}.py"
        file.write_bytes(source)
        began = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "grader.cli", "grade", str(file), "--assignment", name,
             "--out", f"{folder}/out"],
            cwd=ROOT, stdout=subprocess.DEVNULL, check=True,
        )  # fmt: skip
        return time.perf_counter() - began


def helped() -> float:
    """Wall seconds of ``grader --help``."""
    command = shutil.which("grader", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    began = time.perf_counter()
    subprocess.run([str(command), "--help"], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
