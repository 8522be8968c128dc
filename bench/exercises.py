"""Measure each exercise: CPU time of grading, and the separation of timed checks, also under load.

    python bench/exercises.py [--write docs/performance.md] [--copies 20] [--right 300] [NAME ...]

The submissions are the reference's variants, all of them right, and numeric differentiation instead of
backpropagation. They are graded in this process; its CPU time, and that of the fork server and its
workers, are read from their clocks.
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from measure import machine, run, times, tree, write_section

from grader.checks import timing
from grader.checks.mistakes import mistaken, module_of
from grader.course import catalog
from grader.grading.one_submission import grade_one, grade_reference
from grader.grading.process import bench_for, run_session
from grader.grading.protocol import Settings
from grader.grading.session import Bench
from grader.model import Grade, Submission

ROOT = Path(__file__).parents[1]
NUMERIC = "numeric-differentiation"


@dataclass
class Class:
    """The submissions of an exercise to grade."""

    name: str
    right: list[Submission] = field(default_factory=list)
    numeric: list[Submission] = field(default_factory=list)

    def __post_init__(self) -> None:
        folder = ROOT / "reference" / self.name
        source = (folder / "solution.py").read_text(encoding="utf-8")
        files = [folder / "solution.py", *sorted((folder / "variants").glob("*.py"))]
        self.right = [Submission(f.stem, f"{self.name}.py", f.read_bytes()) for f in files]
        known = module_of((folder / "mistakes.py").read_text(encoding="utf-8"), "known").MISTAKES
        self.numeric = [
            Submission(f"numeric {m.function}", f"{self.name}.py", mistaken(source, m).encode())
            for m in known
            if m.id == NUMERIC
        ]


class Session:
    """A pytest session that passes the collected checks to ``work``."""

    def __init__(self, bench: Bench, work: Any) -> None:
        self.bench, self.work = bench, work

    def pytest_runtestloop(self, session: Any) -> bool:
        """Replace pytest's run of the tests."""
        self.work(self.bench, session.items)
        return True


def in_session(name: str, work: Any) -> None:
    """Run ``work(bench, items)`` with the hidden tests of an exercise."""
    bench = bench_for(Settings(str(ROOT), name, 1, b"bench", preflight=False))
    run_session(bench, Session(bench, work))
    bench.close()


def kinds(items: Sequence[Any]) -> dict[str, list[Any]]:
    """Return the checks by kind: timed ones, those that train a network, and the others."""
    found: dict[str, list[Any]] = {"values": [], "timed": [], "training": []}
    for item in items:
        timed = item.get_closest_marker("timed")
        kind = "timed" if timed else "training" if "learn" in item.nodeid else "values"
        found[kind].append(item)
    return found


# --- CPU per submission -------------------------------------------------------------------------


def cpu_row(name: str, copies: int) -> str:
    """Return the CPU milliseconds of one right submission, by kind of check."""
    submission = Class(name).right[0]
    spent: dict[str, float] = {}

    def work(bench: Bench, items: Sequence[Any]) -> None:
        for kind, chosen in kinds(items).items():
            if not chosen:
                continue
            grade_reference(bench, chosen)
            before = used(bench)
            for _ in range(copies):
                grade_one(bench, chosen, submission, 100)
            spent[kind] = (used(bench) - before) / copies * 1e3

    in_session(name, work)
    cells = (
        f"{spent[kind]:.1f}" if kind in spent else "" for kind in ("values", "timed", "training")
    )
    return f"| {name} | {' | '.join(cells)} |"


def used(bench: Bench) -> float:
    """Return the CPU seconds of this process, the fork server and the finished workers."""
    process = bench.server._process
    below = tree(process.pid) if process else []
    return time.process_time() + sum(sum(times(pid)) for pid in below)


# --- the separation of timed checks -------------------------------------------------------------


@dataclass
class Verdicts:
    """The results of an exercise's timed checks."""

    ratios: dict[str, dict[str, float]] = field(default_factory=dict)
    """Ratios by function, then by student."""
    limits: dict[str, float] = field(default_factory=dict)
    graded: list[Grade] = field(default_factory=list)


def timed(name: str, submissions: Sequence[Submission]) -> Verdicts:
    """Grade only the timed checks."""
    found = Verdicts()
    measure = timing.measure

    def noted(student: Any, yardstick: Any, cases: Any, limit: float, cpu: float) -> Any:
        function = cases[0].function
        found.limits[function] = limit
        found.ratios.setdefault(function, {})[who[0]] = float("inf")
        result = measure(student, yardstick, cases, limit, cpu)
        found.ratios[function][who[0]] = result.ratio
        return result

    who = [""]

    def work(bench: Bench, items: Sequence[Any]) -> None:
        for submission in submissions:
            who[0] = submission.student
            found.graded.append(grade_one(bench, kinds(items)["timed"], submission, 100))

    timing.measure = noted  # type: ignore[assignment]
    try:
        in_session(name, work)
    finally:
        timing.measure = measure
    return found


def speed_rows(name: str) -> Iterator[str]:
    """Yield a row per timed function: the ratios of right answers and numeric derivatives."""
    submissions = Class(name)
    found = timed(name, [*submissions.right, *submissions.numeric])
    for function, ratios in found.ratios.items():
        right = {who: ratio for who, ratio in ratios.items() if not who.startswith("numeric")}
        slowest = max(right, key=right.__getitem__)
        middle = statistics.median(right.values())
        numeric = ratios.get(f"numeric {function}")
        told = (
            "" if numeric is None else "no answer in time" if numeric > 1e9 else f"{numeric:,.0f}"
        )
        yield (
            f"| {name} | {function} | {right['solution']:.1f} | {middle:.1f} | "
            f"{right[slowest]:.1f} ({slowest}) | {found.limits[function]:g} | {told} |"
        )


# --- under load ---------------------------------------------------------------------------------


def fair_rows(names: Sequence[str], right: int) -> Iterator[str]:
    """Yield false failures and false passes of timed checks while every core is busy."""
    busy = [multiprocessing.Process(target=_burn, daemon=True) for _ in range(os.cpu_count() or 1)]
    for each in busy:
        each.start()
    try:
        for name in names:
            submissions = Class(name)
            many = list(
                itertools.islice(itertools.cycle(submissions.right), right // len(names) + 1)
            )
            honest = timed(name, many).graded
            numeric = timed(name, submissions.numeric).graded
            failed = sum(_failed(grade) for grade in honest)
            passed = sum(not _failed(grade) for grade in numeric)
            yield f"| {name} | {len(honest)} | {failed} | {len(numeric)} | {passed} |"
    finally:
        for each in busy:
            each.kill()


def _failed(grade: Grade) -> bool:
    return any(outcome.status != "passed" for outcome in grade.outcomes)


def _burn() -> None:
    while True:
        sum(range(1000))


# --- whole commands -----------------------------------------------------------------------------


def command_rows() -> Iterator[str]:
    """Return the time that a user waits, the median of five."""
    grader = [sys.executable, "-m", "grader"]
    file = ROOT / "reference" / "two_layer_network" / "solution.py"
    with tempfile.TemporaryDirectory() as folder:
        for shown, command in (
            ("grader --help", [*grader, "--help"]),
            (
                "grader grade one.py",
                [*grader, "grade", file, "--assignment", file.parent.name, "--out"],
            ),
        ):
            costs = []
            for number in range(5):
                out = [Path(folder) / f"{number}"] if "grade" in command else []
                costs.append(run([*command, *out], cwd=ROOT, stdout=subprocess.DEVNULL))
            wall, cpu = (
                statistics.median(getattr(c, what) for c in costs) for what in ("wall", "cpu")
            )
            memory = max(cost.memory for cost in costs)
            yield f"| `{shown}` | {wall:.2f} | {cpu:.2f} | {memory:.0f} |"


# --- the document -------------------------------------------------------------------------------

CPU_HEAD = (
    "## Each exercise\n\n"
    "CPU milliseconds to grade one right submission, all processes together, once the run has started"
    " (mean of {copies}): the checks of values and gradients; the timed checks; those that train a"
    " network with the student's own functions.\n\n"
    "| exercise | values and gradients | timed | training |\n|---|---|---|---|"
)
SPEED_HEAD = (
    "## What timed checks tell apart\n\n"
    "CPU time as a multiple of the reference's, as timed checks measure it: the reference itself, the"
    " median and the slowest of the right variants, the limit, and numeric differentiation in place"
    " of backpropagation.\n\n"
    "| exercise | function | reference | median | slowest | limit | numeric |\n"
    "|---|---|---|---|---|---|---|"
)
FAIR_HEAD = (
    "## Fair under load\n\n"
    "Verdicts of the timed checks while as many processes as there are cores do nothing but count.\n\n"
    "| exercise | right submissions | failed | numeric differentiation | passed |\n|---|---|---|---|---|"
)


COMMAND_HEAD = (
    "## What a user waits for\n\n"
    "Seconds until a command has ended (median of five), and its memory, all processes together.\n\n"
    "| command | wall, s | CPU, s | MiB |\n|---|---|---|---|"
)


def main() -> None:
    """Print the tables, and write them to a file if requested."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--copies", type=int, default=20)
    parser.add_argument("--right", type=int, default=300)
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    course = catalog.load(ROOT)
    names = options.names or [assignment.name for assignment in course.assignments]
    has_timed = [name for name in names if "mark.timed" in _tests(name)]
    sections = {
        "commands": [COMMAND_HEAD, *command_rows()],
        "exercises-cpu": [
            CPU_HEAD.format(copies=options.copies), *(cpu_row(n, options.copies) for n in names)
        ],
        "exercises-speed": [SPEED_HEAD, *(row for n in has_timed for row in speed_rows(n))],
        "exercises-fair": [FAIR_HEAD, *fair_rows(has_timed, options.right)],
    }  # fmt: skip
    for name, lines in sections.items():
        text = "\n".join(
            [*lines, "", f"Made by `python bench/exercises.py --write FILE`. {machine()}."]
        )
        print(text, end="\n\n")
        if options.write:
            write_section(options.write, name, text)


def _tests(name: str) -> str:
    files = (ROOT / "tests" / "hidden" / name).glob("test_*.py")
    return "".join(file.read_text(encoding="utf-8") for file in files)


if __name__ == "__main__":
    main()
