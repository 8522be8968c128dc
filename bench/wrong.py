"""Measure the cost of wrong submissions: the ratio of their CPU time to right ones.

    python bench/wrong.py [--every 10] [--write docs/performance.md] [NAME ...]

The mistakes of the catalogue, or every tenth of them, are graded in turn with the solution, so that
a busy machine slows down both. First in one process, as in a class: CPU is that of the grading process,
its fork server and the workers. Then each by a command of its own, as in a job that grades one
submission and creates the mutants for it alone: CPU and memory are those of all its processes.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from measure import Cost, machine, run, write_section

from exercises import in_session, kinds, used
from grader.checks.mistakes import mistaken, module_of
from grader.course import catalog
from grader.grading.one_submission import grade_one, grade_reference
from grader.grading.session import Bench
from grader.model import Submission

ROOT = Path(__file__).parents[1]
COPIES = 5
"""Number of grades of a submission in a row, because workers' clocks have a resolution of 10 ms."""
HEAD = (
    "| exercise | wrong | values: median | most | all checks: median | mutants |"
    " alone: median | most | CPU, s | right | MB | right |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|---|"
)


class Ratios(NamedTuple):
    """CPU time of a wrong submission, relative to the solution's, once it was graded before."""

    values: float
    """For the checks of values and gradients."""
    whole: float
    """For all checks, including the timed ones."""


class Warm(NamedTuple):
    """The cost of an exercise's wrong submissions in one process."""

    ratios: list[Ratios]
    mutants: int
    """Number of mutants that were run, for all of them together."""


def wrong(name: str, every: int) -> list[Submission]:
    """Return the solution with each of some mistakes, except those that only timed checks find."""
    folder = ROOT / "reference" / name
    source = (folder / "solution.py").read_text(encoding="utf-8")
    known = module_of((folder / "mistakes.py").read_text(encoding="utf-8"), "known").MISTAKES
    chosen = [each for each in known if each.id != "numeric-differentiation"][::every]
    return [Submission(m.id, f"{name}.py", mistaken(source, m).encode()) for m in chosen]


def warm(name: str, every: int) -> Warm:
    """Return the CPU time of each wrong submission, relative to the solution's, as in a class."""
    source = (ROOT / "reference" / name / "solution.py").read_bytes()
    right = Submission("solution", f"{name}.py", source)
    ratios: list[Ratios] = []
    mutants = 0

    def work(bench: Bench, items: Sequence[Any]) -> None:
        nonlocal mutants
        untimed = [item for item in items if item not in kinds(items)["timed"]]

        def ratio(chosen: Sequence[Any], submission: Submission) -> float:
            cpu = []
            for each in (submission, right):
                before = used(bench)
                for _ in range(COPIES):
                    grade_one(bench, chosen, each, 100)
                cpu.append(used(bench) - before)
            return cpu[0] / cpu[1]

        grade_reference(bench, items)
        for submission in wrong(name, every):
            grade_one(bench, items, submission, 100)
            ratios.append(Ratios(ratio(untimed, submission), ratio(items, submission)))
        candidates = bench.diagnostics._candidates.values()
        mutants = sum(each._module is not None for found in candidates for each in found)

    in_session(name, work)
    return Warm(ratios, mutants)


def alone(submission: Submission) -> Cost:
    """Return what one command costs that grades this submission and nothing else."""
    name = submission.file.removesuffix(".py")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / submission.file
        file.write_bytes(submission.source)
        command = [sys.executable, "-m", "grader", "grade", file, "--assignment", name]
        out = Path(folder) / "out"
        return run([*command, "--out", out], cwd=ROOT, stdout=subprocess.DEVNULL)


def cold(name: str, every: int) -> str:
    """Return the cells about commands that grade one submission."""
    right = Submission(
        "solution", f"{name}.py", (ROOT / f"reference/{name}/solution.py").read_bytes()
    )
    pairs = [(alone(each), alone(right)) for each in wrong(name, every)]
    ratios = [one.cpu / other.cpu for one, other in pairs]
    cpu = [statistics.median(cost.cpu for cost in costs) for costs in zip(*pairs, strict=True)]
    memory = [max(cost.memory for cost in costs) for costs in zip(*pairs, strict=True)]
    cells = [f"{statistics.median(ratios):.1f}", f"{max(ratios):.1f}"]
    return " | ".join(
        [*cells, *(f"{each:.2f}" for each in cpu), *(f"{each:.0f}" for each in memory)]
    )


def rows(names: Sequence[str], every: int) -> Iterator[str]:
    """Yield a row of the table for each exercise."""
    for name in names:
        ratios, mutants = warm(name, every)
        values = [each.values for each in ratios]
        whole = statistics.median(each.whole for each in ratios)
        yield (
            f"| {name} | {len(ratios)} | {statistics.median(values):.1f} | {max(values):.1f} "
            f"| {whole:.1f} | {mutants} | {cold(name, every)} |"
        )


def said(every: int) -> str:
    """Return what the table means, and where it was made."""
    return f"""## Wrong submissions

CPU of wrong submissions, in times of the right one's, which is graded in turn with them. They are
every {every}th mistake of the catalogue. First in one process that has graded each of them before, as
in a class: the median and the most for the checks of values and gradients, and the median for all
checks. *mutants*: how many small edits of the solution were run for all these submissions together;
only functions that fail have any. Then *alone*: each by a `grader grade` of its own, which makes its
mutants anew. The seconds are the median, the memory is the most, of all processes together.

Made by `python bench/wrong.py --every {every} --write docs/performance.md` on {machine()}."""


def main() -> None:
    """Print the table, and write it down if told to."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--every", type=int, default=10, help="take every n-th mistake")
    parser.add_argument("--write", type=Path, help="put the table into this page")
    options = parser.parse_args()
    names = options.names or [each.name for each in catalog.load(ROOT).assignments]
    print(HEAD)
    lines = []
    for row in rows(names, options.every):
        print(row, flush=True)
        lines.append(row)
    if options.write:
        table = "\n".join([HEAD, *lines])
        write_section(options.write, "wrong", f"{said(options.every)}\n\n{table}")


if __name__ == "__main__":
    main()
