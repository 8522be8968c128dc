"""Measure the cost of one submission on Gradescope: a cold run in a similar container.

    python bench/cold_lms.py [--runs 3] [--write docs/performance.md]

The bundle is unpacked and set up as Gradescope does it, and run_autograder runs on a right answer,
from a new container each time: uid 0, unshare and mount refused, 768 MB (see
tests/shared/container.py). CPU is that of all processes to their end; memory is the largest sum of
their proportional set sizes, sampled every 30 ms. It needs root and bubblewrap. Of several runs the
most expensive is reported.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests" / "shared"), str(ROOT / "bench")]

from container import MEMORY, Ran, gradescope_image  # noqa: E402
from measure import machine, write_section  # noqa: E402

from grader.course import catalog  # noqa: E402
from grader.lms.jobs import bundle  # noqa: E402

LIMITS = {"two_layer_network": (3.0, 300), "torch_layers": (6.0, 600)}
"""CPU seconds and MB that a cold run may use, also checked by tests/lms/test_bundle.py."""


def main() -> None:
    """Print the table, and write it to a file if requested."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--write", type=Path, help="put the table into this page")
    options = parser.parse_args()
    if os.geteuid() != 0 or not shutil.which("bwrap"):
        raise SystemExit("needs root and bubblewrap")
    table = "\n".join(rows(options.runs))
    print(table)
    if options.write:
        text = f"## One submission on Gradescope\n\n{said(options.runs)}\n\n{table}"
        write_section(options.write, "cold-lms", text)


def rows(runs: int) -> list[str]:
    """Return the rows of the table in Markdown."""
    lines = ["| exercise | CPU, s | limit | memory, MB | limit |", "|---|---:|---:|---:|---:|"]
    for name, (seconds, megabytes) in LIMITS.items():
        cost = cold(name, runs)
        cpu, memory = max(each.cpu for each in cost), max(each.pss for each in cost) / 1e6
        lines.append(f"| {name} | {cpu:.2f} | {seconds:g} | {memory:.0f} | {megabytes} |")
    return lines


def cold(name: str, runs: int) -> list[Ran]:
    """Run the bundle of an exercise on its solution, each time in a new container."""
    course = catalog.load(ROOT)
    with tempfile.TemporaryDirectory() as folder:
        zipped = bundle.build(course, name, "gradescope", Path(folder))
        box = gradescope_image(zipped, Path(folder))
        box.put(f"/autograder/submission/{name}.py", course.solution(name).read_bytes())
        found = [box.run(["/autograder/run_autograder"], cwd="/autograder") for _ in range(runs)]
        result = json.loads(box.path("/autograder/results/results.json").read_bytes())
    if result.get("score") != 100:
        raise SystemExit(f"{name}: the right answer got {result.get('score')}")
    return found


def said(runs: int) -> str:
    """Return a sentence about the measurement."""
    return (
        f"Made by `python bench/cold_lms.py --runs {runs} --write docs/performance.md`: the most expensive of "
        f"{runs} cold runs of `run_autograder` on a right answer, in a root like the container's, with "
        f"{MEMORY >> 20} MB. All processes are counted, to their end. On {machine()}."
    )


if __name__ == "__main__":
    main()
