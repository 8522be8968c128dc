"""Measure the gain of each part of the start-up tuning: CPU of `grader grade` with and without.

    python bench/startup.py [--rounds 9] [--students 60]

The parts are in `grader.sandbox.guest.startup`. In each round every part is turned off once, and
compared with the run with all parts in the same round, so that a busy machine slows down both. A
ratio of 1.05 means that the part saves 5 %.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
EXERCISE: Final = "two_layer_network"
WITHOUT: Final = {
    "all of it": "",
    "WITHOUT_COLLECTOR": "startup.WITHOUT_COLLECTOR = ''",
    "WITHOUT_FORK_HOOKS": "startup.WITHOUT_FORK_HOOKS = ''",
    "COLLECT_AFTER": "startup.COLLECT_AFTER = 700",
    "settle": "startup.WITHOUT_COLLECTOR += 'import gc; gc.freeze = lambda: None; '",
}
"""The code to run before the command, by the part that it turns off."""


def a_class(folder: Path, students: int) -> Path:
    """Write the solution for each student, with a different comment."""
    source = (ROOT / "reference" / EXERCISE / "solution.py").read_text(encoding="utf-8")
    for number in range(students):
        (folder / f"s{number}").mkdir(parents=True)
        (folder / f"s{number}" / f"{EXERCISE}.py").write_text(f"{source}\n# {number}\n")
    return folder


def cpu(change: str, submissions: Path, out: Path) -> float:
    """Return the CPU seconds of one run of the command and of all its processes."""
    words = ["grade", str(submissions), "--assignment", EXERCISE, "--seed", "5", "--jobs", "1",
             "--out", str(out)]  # fmt: skip
    code = (
        f"from grader.sandbox.guest import startup; {change}\n"
        f"from grader import cli; raise SystemExit(cli.main({words!r}))"
    )
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the ratio for each part, for one student and for a class."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--students", type=int, default=60)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="grader-bench-") as made:
        for students in dict.fromkeys((1, options.students)):
            folder = a_class(Path(made) / f"class{students}", students)
            rounds = [
                {name: cpu(change, folder, Path(made) / f"{students}-{number}-{name}")
                 for name, change in WITHOUT.items()}
                for number in range(options.rounds + 1)
            ][1:]  # fmt: skip  # the first one compiles
            for name in list(WITHOUT)[1:]:
                ratio = statistics.median(each[name] / each["all of it"] for each in rounds)
                print(f"{students:4} students without {name}: {ratio:.3f} times the CPU")


if __name__ == "__main__":
    main()
