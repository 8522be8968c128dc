"""Plot a class to files for slides and meetings, as SVG and PNG.

    plots.save(run, grades, Path("plots"))      # scores, checks, mistakes, heat map

No plot names a student. Only this module loads matplotlib, without its windows.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from grader.files import write
from grader.model import Grade, Outcome
from grader.results import class_figures as statistics
from grader.results.clusters import clusters
from grader.results.store import Run

INK, QUIET, LINE, ACCENT, WARNING = "#1d2126", "#59616b", "#e1e3e6", "#275a8c", "#b23c26"
PASSED, PARTLY, FAILED, UNKNOWN = "#dce7e4", "#e3b363", "#b23c26", "#7a63b4"
MOST_MISTAKES: Final = 20
STYLE: Final[dict[Any, Any]] = {
    "axes.edgecolor": LINE, "axes.labelcolor": QUIET, "axes.spines.right": False,
    "axes.spines.top": False, "axes.titlelocation": "left", "axes.titleweight": "bold",
    "figure.facecolor": "white", "font.size": 10, "svg.fonttype": "none", "svg.hashsalt": "grader",
    "text.color": INK, "text.parse_math": False, "xtick.color": QUIET, "ytick.color": INK,
}  # fmt: skip


def save(run: Run, grades: Sequence[Grade], folder: Path) -> list[Path]:
    """Write every plot for which there is data, with reproducible bytes; return the files."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    written = []
    with rc_context(STYLE):
        for name, draw in PLOTS.items():
            figure = draw(run, grades)
            if figure is None:
                continue
            for kind in ("svg", "png"):
                path = folder / f"{name}.{kind}"
                write(path, _image(figure, kind))
                written.append(path)
    return written


def score_plot(run: Run, grades: Sequence[Grade]) -> Figure | None:
    """Draw the distribution of the scores."""
    found = statistics.scores(grades)
    if found is None:
        return None
    figure, axes = _canvas(7.5, 3.6)
    bins = statistics.histogram(grades, run.max_score)
    lows, widths = [low for low, _, _ in bins], [high - low for low, high, _ in bins]
    axes.bar(lows, [count for _, _, count in bins], widths, align="edge",
             color=ACCENT, edgecolor="white")  # fmt: skip
    axes.axvline(found.median, color=WARNING, linewidth=1.2)
    axes.set(xlabel=f"points of {run.max_score:g}", ylabel="students", xlim=(0, run.max_score))
    axes.set_title(f"Scores of {found.count} students (red: the median, {found.median:.3g})")
    return figure


def check_plot(run: Run, grades: Sequence[Grade]) -> Figure | None:
    """Draw the difficulty and the discrimination of each check."""
    found = [check for check in statistics.checks(grades) if check.difficulty is not None]
    if not found:
        return None
    figure, (left, right) = _canvas(10, 1.2 + 0.28 * len(found), columns=2)
    places = range(len(found))
    left.barh(places, [100 * (check.difficulty or 0) for check in found], color=ACCENT, height=0.6)
    left.set(title="Students who pass (%)", xlim=(0, 100))
    values = [math.nan if c.discrimination is None else c.discrimination for c in found]
    colours = [WARNING if check.flags else ACCENT for check in found]
    right.axvline(0, color=LINE)
    right.scatter(values, places, color=colours, zorder=2)
    right.set(title="Discrimination", xlim=(-1, 1))
    right.set_xlabel("point-biserial; red: may be unfair")
    _rows(left, [check.title for check in found])
    right.tick_params(left=False)
    return figure


def mistake_plot(run: Run, grades: Sequence[Grade]) -> Figure | None:
    """Draw the number of students in each cluster of wrong behaviour."""
    found = clusters(grades).clusters[:MOST_MISTAKES]
    if not found:
        return None
    figure, axes = _canvas(7.5, 1.2 + 0.28 * len(found))
    counts = [len(cluster.rows) for cluster in found]
    bars = axes.barh(range(len(found)), counts, color=ACCENT, height=0.6)
    axes.bar_label(bars, padding=4, color=QUIET)
    axes.set(title="Students by mistake", xlabel="students")
    _rows(axes, [cluster.label for cluster in found])
    return figure


def heat_plot(run: Run, grades: Sequence[Grade]) -> Figure | None:
    """Draw every student, best first, against every check."""
    titles = {o.id: o.title for grade in grades for o in grade.outcomes}
    if not titles:
        return None
    best_first = sorted(grades, key=_points, reverse=True)
    by_id = [{outcome.id: outcome for outcome in grade.outcomes} for grade in best_first]
    kinds = [[_kind(outcomes.get(name)) for outcomes in by_id] for name in titles]
    figure, axes = _canvas(10, 1.2 + 0.24 * len(titles))
    colours = ListedColormap([PASSED, PARTLY, FAILED, UNKNOWN])
    axes.imshow(kinds, aspect="auto", cmap=colours, vmin=0, vmax=3, interpolation="nearest")
    axes.set_title("Students × checks")
    axes.set_xlabel("students, the best first; amber: partial, red: failed, violet: no verdict")
    _rows(axes, list(titles.values()))
    return figure


PLOTS: Final[dict[str, Callable[[Run, Sequence[Grade]], Figure | None]]] = {
    "scores": score_plot,
    "checks": check_plot,
    "mistakes": mistake_plot,
    "heat-map": heat_plot,
}


def _points(grade: Grade) -> float:
    return sum(outcome.points for outcome in grade.outcomes if outcome.status != "error")


def _kind(outcome: Outcome | None) -> int:
    """Return the colour in the heat map: 0 passed, 1 partial, 2 failed, 3 no verdict."""
    if outcome is None or outcome.status == "error":
        return 3
    most = outcome.max_points
    share = outcome.points / most if most > 0 else float(outcome.status == "passed")
    return 0 if share >= 1 else 1 if share > 0 else 2


def _canvas(width: float, height: float, columns: int = 1) -> tuple[Figure, Any]:
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(1, columns, sharey=columns > 1)


def _rows(axes: Axes, labels: Sequence[str]) -> None:
    """Label the rows, with the first one on top."""
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)


def _image(figure: Figure, kind: str) -> bytes:
    out = io.BytesIO()
    metadata = {"Date": None} if kind == "svg" else {"Software": None}
    figure.savefig(out, format=kind, dpi=150, metadata=metadata)
    return out.getvalue()
