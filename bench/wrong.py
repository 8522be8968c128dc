"""Measure the cost of wrong submissions: the ratio of their CPU time to right ones.

    python bench/wrong.py [--every 10] [NAME ...]

The mistakes of the catalogue, or every tenth of them, are graded in turn with the solution, so that
a busy machine slows down both. CPU is that of the grading process, its fork server and the workers.
"first" is the first wrong submission of a process, which creates the mutants that all later ones
use, as in a job that grades one submission.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from exercises import in_session, kinds, used
from grader.checks.mistakes import mistaken, module_of
from grader.course import catalog
from grader.grading.one_submission import grade_one, grade_reference
from grader.grading.session import Bench
from grader.model import Submission

ROOT = Path(__file__).parents[1]
COPIES = 5
"""Number of grades of a submission in a row, because workers' clocks have a resolution of 10 ms."""


class Ratios(NamedTuple):
    """CPU time of a wrong submission, relative to the solution's."""

    first: float
    """When it is the first wrong submission of the process."""
    again: float
    """When everything independent of the submission has been computed."""


def wrong(name: str, every: int) -> list[Submission]:
    """Return the solution with each of some mistakes, except those that only timed checks find."""
    folder = ROOT / "reference" / name
    source = (folder / "solution.py").read_text(encoding="utf-8")
    known = module_of((folder / "mistakes.py").read_text(encoding="utf-8"), "known").MISTAKES
    chosen = [each for each in known if each.id != "numeric-differentiation"][::every]
    return [Submission(m.id, f"{name}.py", mistaken(source, m).encode()) for m in chosen]


def ratios(name: str, every: int) -> list[Ratios]:
    """Return the CPU time of each wrong submission, relative to the solution's, in order."""
    source = (ROOT / "reference" / name / "solution.py").read_bytes()
    right = Submission("solution", f"{name}.py", source)
    found: list[Ratios] = []

    def work(bench: Bench, items: Sequence[Any]) -> None:
        untimed = [item for item in items if item not in kinds(items)["timed"]]

        def cpu(submission: Submission, copies: int) -> float:
            before = used(bench)
            for _ in range(copies):
                grade_one(bench, untimed, submission, 100)
            return (used(bench) - before) / copies

        grade_reference(bench, untimed)
        least = cpu(right, COPIES)
        for submission in wrong(name, every):
            first = cpu(submission, 1)
            found.append(Ratios(first / least, cpu(submission, COPIES) / cpu(right, COPIES)))

    in_session(name, work)
    return found


def rows(names: Sequence[str], every: int) -> Iterator[str]:
    """Yield a row of the table for each exercise."""
    for name in names:
        found = ratios(name, every)
        again = [each.again for each in found]
        middle, most = statistics.median(again), max(again)
        yield f"| {name} | {len(found)} | {found[0].first:.1f} | {middle:.1f} | {most:.1f} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--every", type=int, default=10, help="take every n-th mistake")
    options = parser.parse_args()
    names = options.names or [each.name for each in catalog.load(ROOT).assignments]
    print("| exercise | wrong | first | median | most |\n|---|---|---|---|---|")
    for row in rows(names, options.every):
        print(row, flush=True)


if __name__ == "__main__":
    main()
