"""Compare a class that works on objects with one that does not: micrograd, two_layer_network.

    python bench/handle_class.py [--size 200] [--rounds 3] [--most 3.0] [--write docs/performance.md]

Each submission of micrograd makes about 430 operations on objects in its worker. The two classes of
right answers are graded in turn, with one process each; CPU is that of all processes. The command
exits with 1 if the median ratio is above ``--most``.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import machine, run, write_section

ROOT = Path(__file__).parents[1]
SMALL = Path(__file__).parent / "micrograd"


def main() -> int:
    """Print the ratios; return 1 if their median is too large."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", type=int, default=200, help="submissions in each class")
    parser.add_argument("--rounds", type=int, default=3, help="how often both are graded")
    parser.add_argument("--most", type=float, default=3.0, help="largest ratio that is accepted")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the figures into FILE")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        pairs = [pair(Path(folder) / str(i), options.size) for i in range(options.rounds)]
    ratios = [objects / arrays for objects, arrays in pairs]
    lines = [
        f"Made by `python bench/handle_class.py --size {options.size} --rounds {options.rounds} "
        f"--write docs/performance.md`: CPU of the whole command for a class of {options.size} right "
        f"answers, with one process. On {machine()}.",
        "",
        "| micrograd, s | two_layer_network, s | ratio |",
        "|---:|---:|---:|",
        *(f"| {x:.2f} | {y:.2f} | {x / y:.2f} |" for x, y in pairs),
    ]
    print("\n".join(lines))
    if options.write:
        title = "## A class that works on objects\n\n"
        write_section(options.write, "handle-class", title + "\n".join(lines))
    return int(statistics.median(ratios) > options.most)


def pair(folder: Path, size: int) -> tuple[float, float]:
    """Return the CPU seconds of a class of micrograd and of one of two_layer_network."""
    return (
        cpu(SMALL, "micrograd", folder / "objects", size),
        cpu(ROOT, "two_layer_network", folder / "arrays", size),
    )


def cpu(course: Path, name: str, folder: Path, size: int) -> float:
    """Return the CPU seconds of the command that grades a class of right answers."""
    source = (course / "reference" / name / "solution.py").read_text(encoding="utf-8")
    for i in range(size):
        student = folder / "in" / f"student{i}"
        student.mkdir(parents=True)
        (student / f"{name}.py").write_text(f"{source}\n# {i}\n", encoding="utf-8")
    out = str(folder / "out")
    options = ["--assignment", name, "--seed", "5", "--jobs", "1", "--out", out]
    command = [sys.executable, "-m", "grader", "grade", str(folder / "in"), *options]
    ours = {"GRADER_SECRET_FILE": str(folder / "secret"), "GRADER_COURSE": str(course)}
    return run(command, cwd=course, env={**os.environ, **ours}, stdout=subprocess.DEVNULL).cpu


if __name__ == "__main__":
    sys.exit(main())
