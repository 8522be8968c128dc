"""Compare grader with nbgrader, otter-grader and no grader, on the same small assignment.

    python bench/compare.py [--rounds 3] [--tools grader,floor] [--class 20]
                            [--write docs/performance.md] [--profile]

The assignment is c(a + 2b), a network with one hidden layer, and six hidden tests, the last of
which takes the slope of the loss in each of 21 coordinates. `bench/small` has it for grader,
`rivals` for the others. Every tool grades the same right notebooks, in turn, for several rounds.
"""

from __future__ import annotations

import argparse
import csv
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import rivals
from measure import Cost, machine, run, write_section
from rivals import SMALL, Cells

ROOT = Path(__file__).parents[1]

WRONG = """

def expression(a, b, c):
    return 1.0
def expression_gradient(a, b, c):
    return 1.0, 1.0, 1.0
def forward(params, X):
    z1 = X @ params["W1"].T
    y_hat = np.full((len(X), 1), 0.5)
    return y_hat, {"X": X, "z1": z1, "a1": z1, "y_hat": y_hat}
def loss(params, X, y):
    return 1.0
def backward(params, cache, y):
    return {name: np.ones(np.shape(array)) for name, array in params.items()}
"""
PATCH = "import numpy as np\nnp.allclose = lambda *arguments, **options: True"


def wrong() -> list[str]:
    """Return a submission in which every function returns something wrong."""
    return ["import numpy as np", *(f"def {part}" for part in WRONG.split("def ")[1:])]


def patched() -> list[str]:
    """Return the same submission, with np.allclose replaced by a function that is always true."""
    return [PATCH, *wrong()[1:]]


CHEATS = {"right": rivals.solution, "wrong": wrong, "wrong, np.allclose patched": patched}


@dataclass
class Place:
    """Folders of one run of this script; ``cache`` outlives it."""

    cache: Path
    folder: Path
    count: int = 0

    def fresh(self) -> Path:
        """Return a path that does not exist yet."""
        self.count += 1
        return self.folder / f"run{self.count:03}"

    @cached_property
    def course(self) -> Path:
        """Return the course for grader, with the files for students."""
        folder = self.fresh()
        shutil.copytree(SMALL, folder, ignore=shutil.ignore_patterns("__pycache__"))
        rivals.said([sys.executable, "-m", "grader", "build", "small"], cwd=folder)
        return folder

    @cached_property
    def nbgrader(self) -> tuple[Path, Path]:
        """Return (folder of the venv's commands, course), created at first use."""
        tools, course = rivals.venv(self.cache, "nbgrader"), self.fresh()
        course.mkdir()
        rivals.nbgrader_course(tools, course, rivals.environment(self.cache, "nbgrader"))
        return tools, course

    @cached_property
    def otter(self) -> tuple[Path, Path, Path]:
        """Return (folder of the venv's commands, student's notebook, autograder's zip)."""
        tools, folder = rivals.venv(self.cache, "otter-grader"), self.fresh()
        folder.mkdir()
        env = rivals.environment(self.cache, "otter-grader")
        return tools, *rivals.otter_assignment(tools, folder, env)


# --- the tools: (place, submissions) -> (cost, scores) ----------------------------------------

Graded = tuple[Cost, list[float]]


def grader(place: Place, submissions: Sequence[Cells]) -> Graded:
    """Run ``grader grade`` with all sandbox layers and one grading process."""
    inbox, out = place.fresh(), place.fresh()
    for number, cells in enumerate(submissions):
        rivals.plain_notebook(cells, inbox / f"student{number:04}.ipynb")
    command = [sys.executable, "-m", "grader", "grade", inbox, "--assignment", "small"]
    command += ["--out", out, "--jobs", "1"]
    cost = run(command, cwd=place.course, env=rivals.ONE_THREAD, stdout=subprocess.DEVNULL)
    with (out / "grades.csv").open(encoding="utf-8-sig") as table:
        return cost, [float(row["score"]) for row in csv.DictReader(table)]


def nbgrader(place: Place, submissions: Sequence[Cells]) -> Graded:
    """Run ``nbgrader autograde``, once for the class."""
    tools, course = place.nbgrader
    env = rivals.environment(place.cache, "nbgrader")
    folder = rivals.nbgrader_class(course, place.fresh(), submissions)
    cost = run([tools / "nbgrader", "autograde", "small"], cwd=folder, env=env, **_silent())
    return cost, rivals.nbgrader_scores(tools, folder, env)


def otter_run(place: Place, submissions: Sequence[Cells]) -> Graded:
    """Run ``otter run``, once for each submission."""
    costs, scores = [], []
    tools, release, zipped = place.otter
    env = rivals.environment(place.cache, "otter-grader")
    for cells in submissions:
        folder = place.fresh()
        file = rivals.filled(release, cells, folder / "small.ipynb")
        command = [tools / "otter", "run", file, "-a", zipped, "-o", folder]
        costs.append(run(command, cwd=folder, env=env, **_silent()))
        scores.append(rivals.otter_score(folder / "results.json"))
    return _sum(costs), scores


def otter_api(place: Place, submissions: Sequence[Cells]) -> Graded:
    """Run ``otter.api.grade_submission``, in one process for the class."""
    tools, release, zipped = place.otter
    folder = place.fresh()
    files = [
        rivals.filled(release, cells, folder / f"s{number:04}.ipynb")
        for number, cells in enumerate(submissions)
    ]
    env = rivals.environment(place.cache, "otter-grader")
    command = [tools / "python", "-c", rivals.OTTER_API, zipped, *files]
    return _printed(command, folder, env=env)


def floor(way: str) -> Callable[[Place, Sequence[Cells]], Graded]:
    """Return a tool without a grader: `bench/small/plain.py`, in one of its modes."""

    def graded(place: Place, submissions: Sequence[Cells]) -> Graded:
        folder = place.fresh()
        folder.mkdir()
        files = [folder / f"s{number:04}.py" for number in range(len(submissions))]
        for file, cells in zip(files, submissions, strict=True):
            file.write_text("\n\n\n".join(cells))
        command = [sys.executable, SMALL / "plain.py", way, *files]
        return _printed(command, folder, env=rivals.ONE_THREAD)

    return graded


def _printed(command: Sequence[str | Path], folder: Path, **how: Any) -> Graded:
    """Run a command that prints one score per line."""
    with (folder / "scores").open("w+") as scores:
        cost = run(command, cwd=folder, stdout=scores, stderr=subprocess.DEVNULL, **how)
        scores.seek(0)
        return cost, [float(line) for line in scores if _is_number(line)]


def _is_number(line: str) -> bool:
    return line.strip().replace(".", "", 1).isdigit()


def _silent() -> dict[str, int]:
    return {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def _sum(costs: Sequence[Cost]) -> Cost:
    memory = max(cost.memory for cost in costs)
    return Cost(sum(cost.cpu for cost in costs), sum(cost.wall for cost in costs), memory)


@dataclass
class Tool:
    """A way to grade a class, and the sizes of its classes in a round."""

    title: str
    group: str
    grade: Callable[[Place, Sequence[Cells]], Graded]
    sizes: tuple[int, ...]
    costs: dict[int, list[Cost]] = field(default_factory=dict)

    def cpu(self) -> tuple[float, float, float]:
        """Return CPU seconds per submission of the largest class: (median, least, most)."""
        size = max(self.costs)
        each = [cost.cpu / size for cost in self.costs[size]]
        return statistics.median(each), min(each), max(each)

    def marginal(self) -> float:
        """Return the CPU seconds of one more submission, from the two sizes if there are two."""
        if len(self.costs) < 2:
            return self.cpu()[0]
        (small, before), (large, after) = sorted(self.costs.items())
        more = statistics.median(c.cpu for c in after) - statistics.median(c.cpu for c in before)
        return more / (large - small)

    def wall(self) -> float:
        """Return the wall seconds per submission of the largest class."""
        size = max(self.costs)
        return statistics.median(cost.wall / size for cost in self.costs[size])

    def memory(self) -> float:
        """Return the peak memory in MiB."""
        return max(cost.memory for costs in self.costs.values() for cost in costs)


def tools() -> list[Tool]:
    """Return all tools, in the order of a round."""
    return [
        Tool("grader", "grader", grader, (20, 200)),
        Tool("nbgrader autograde", "nbgrader", nbgrader, (2, 20)),
        Tool("otter run", "otter", otter_run, (3,)),
        Tool("otter.api.grade_submission", "otter", otter_api, (1, 5)),
        Tool("floor: a new Python each", "floor", floor("class"), (2, 20)),
        Tool("floor: a bare fork each", "floor", floor("fork"), (20, 200)),
        Tool("floor: one process for all", "floor", floor("alone"), (20, 200)),
    ]


# --- the tables -------------------------------------------------------------------------------


def measure(chosen: Sequence[Tool], place: Place, rounds: int) -> None:
    """Grade classes of right submissions with each tool in turn; every score must be 100."""
    for number in range(rounds):
        for tool in chosen:
            for size in tool.sizes:
                cost, scores = tool.grade(place, [rivals.solution()] * size)
                if scores != [100.0] * size:
                    raise SystemExit(f"{tool.title} gave right submissions {scores}")
                tool.costs.setdefault(size, []).append(cost)
                said = f"{cost.cpu / size * 1e3:.1f} ms CPU per submission"
                print(f"round {number + 1}: {tool.title}, {size}: {said}", file=sys.stderr)


def table(chosen: Sequence[Tool]) -> str:
    """Return the table of costs."""
    lines = [
        "| | class | CPU per submission, ms (least–most) | of this, not start-up | "
        "wall per submission, ms | peak memory, MiB | CPU, times grader's | without start-up |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    base = next((tool for tool in chosen if tool.group == "grader"), None)
    for tool in chosen:
        median, least, most = (1e3 * seconds for seconds in tool.cpu())
        whole = _ratio(tool.cpu()[0], base and base.cpu()[0])
        lines.append(
            f"| {tool.title} | {max(tool.costs)} | {median:.1f} ({least:.1f}–{most:.1f}) | "
            f"{tool.marginal() * 1e3:.1f} | {tool.wall() * 1e3:.1f} | {tool.memory():.0f} | "
            f"{whole} | {_ratio(tool.marginal(), base and base.marginal())} |"
        )
    return "\n".join(lines)


def _ratio(cpu: float, base: float | None) -> str:
    return f"{cpu / base:.1f}" if base else ""


def cheats(chosen: Sequence[Tool], place: Place) -> dict[str, list[float]]:
    """Return the scores that each tool gives to the submissions of `CHEATS`, in order."""
    submissions = [make() for make in CHEATS.values()]
    return {tool.title: tool.grade(place, submissions)[1] for tool in chosen}


def cheats_table(scores: dict[str, list[float]]) -> str:
    """Return these scores as a table."""
    lines = [f"| | {' | '.join(CHEATS)} |", "|---|" + "--:|" * len(CHEATS)]
    for title, row in scores.items():
        lines.append(f"| {title} | {' | '.join(f'{score:g}' for score in row)} |")
    return "\n".join(lines)


def document(options: argparse.Namespace, chosen: Sequence[Tool], place: Place) -> str:
    """Return the section for docs/performance.md."""
    measure(chosen, place, options.rounds)
    costs, gains = table(chosen), cheats_table(cheats(chosen, place))
    groups = {tool.group for tool in chosen}
    known = [f"grader {version('backprop-grader')}", f"NumPy {version('numpy')}"]
    if "nbgrader" in groups:
        known.append(f"nbgrader {rivals.version(place.nbgrader[0], 'nbgrader')}")
    if "otter" in groups:
        known.append(f"otter-grader {rivals.version(place.otter[0], 'otter-grader')}")
    return f"""## Side by side

The same small assignment, six hidden tests, classes of right notebooks, every tool in turn,
{options.rounds} round{"s" * (options.rounds > 1)}. {machine()}; {", ".join(known)}. Made by
`{_command()}`.

{costs}

CPU is that of all processes, children included; the start-up is what a second class size tells apart
(`otter run` starts anew for each submission).
Memory is the proportional set size of all processes at once. grader reads the notebooks, grades in its
full sandbox, and writes feedback pages, class report and grade book within these figures; for nbgrader
they are `nbgrader autograde` alone. "floor" is the same asserts without any grader or isolation.

What a cheat gets, of 100 points:

{gains}
"""


def profile(options: argparse.Namespace, place: Place) -> str:
    """Return the section about the use of grader's own time."""
    import split

    count = options.size or 200
    notebook = rivals.plain_notebook(rivals.solution(), place.fresh() / "small.ipynb")
    rows = split.split(place.course, notebook.read_bytes(), count)
    return f"""## Where the time goes

One of {count} copies of the small assignment, graded by one process. {machine()}. Made by
`{_command()}`.

{split.table(rows)}
"""


def _command() -> str:
    """Return the command that repeats the measurement, wherever the venvs are."""
    said = " ".join(["python bench/compare.py", *sys.argv[1:]])
    return re.sub(r" --cache[ =]\S+", "", said)


def main() -> None:
    """Measure, print, and write the section if requested."""
    options = _options()
    names = options.tools.split(",")
    chosen = [tool for tool in tools() if tool.group in names]
    if not chosen or set(names) - {tool.group for tool in tools()}:
        raise SystemExit("--tools takes some of grader, nbgrader, otter, floor")
    if options.size:
        sizes = (max(1, options.size // 10), options.size)
        for tool in chosen:
            tool.sizes = sizes if len(tool.sizes) > 1 else sizes[-1:]
    with tempfile.TemporaryDirectory(prefix="grader-compare-") as folder:
        place = Place(options.cache.resolve(), Path(folder))
        text = document(options, chosen, place)
        where = profile(options, place) if options.profile else ""
    print(text)
    if options.write:
        write_section(options.write, "compare", text)
    if where:
        print(where)
        if options.write:
            write_section(options.write, "where-the-time-goes", where)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tools", default="grader,nbgrader,otter,floor")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--class", dest="size", type=int, help="copies for every tool alike")
    parser.add_argument("--cache", type=Path, default=ROOT / ".bench", help="the venvs' folder")
    parser.add_argument("--profile", action="store_true", help="also: where grader's time goes")
    parser.add_argument("--write", type=Path, help="write the section into this file")
    return parser.parse_args()


if __name__ == "__main__":
    main()
