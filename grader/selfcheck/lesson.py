"""Help a notebook to teach: check a step of a derivation, show a picture, go on after a gap.

    from grader.selfcheck import draw, ending, show, step

    step("Step 1", slope_of_loss, [((0.5, 1.0), -2.0)], "With y = 1 the loss is -log a.")
    with ending("Two moons"):               # says what is not written yet, and goes on
        show(figure, "The loss falls from 0.69 to 0.02 in 60 epochs.")
    draw(GRAPH, GRAPH_VALUES, GRAPH_GRADIENTS)

Nothing here raises on a student's mistake, so a notebook runs to its end. These cells are tagged ``demo``
and stand under ``if __name__ == "__main__"``: the grader runs none of them. Every picture has a text that
says the same in words.
"""

from __future__ import annotations

import contextlib
import io
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from grader import graph
from grader.graph.marks import shown
from grader.selfcheck import wording
from grader.selfcheck.checks import LIMIT
from grader.selfcheck.time_limit import OverranError, time_limit

ENDING_LIMIT: Final = 12 * LIMIT
"""Seconds of one ending: they train for a few."""

TOLERANCE: Final = 2e-3
"""Relative to the largest entry: worked values have four digits."""


def step(
    title: str, formula: Callable[..., Any], cases: Sequence[tuple[Any, Any]], hint: str = ""
) -> bool:
    """Print whether a formula with a blank is right at worked numbers, and return it.

    Args:
        title: The step, as the text calls it.
        formula: The function that the student completed.
        cases: Pairs of arguments (a tuple) and the correct value.
        hint: A question or an experiment, printed where the value is wrong.
    """
    said = next(filter(None, (_wrong(formula, args, want) for args, want in cases)), "")
    if not said:
        print(f"{title}: correct")
    elif said == wording.BLANK:
        print(f"{title}: {said.format(formula.__name__)}")
    else:
        print(f"{title}: {said}{f' {hint}' if hint else ''}")
    return not said


def _wrong(formula: Callable[..., Any], args: tuple[Any, ...], want: Any) -> str:
    """Return what is wrong with one value of a formula, or ''."""
    called = f"{formula.__name__}({', '.join(map(_spelt, args))})"
    try:
        got = formula(*args)
        if got is ...:
            return wording.BLANK
        given, right = np.asarray(got, float), np.asarray(want, float)
    except Exception as error:
        return wording.BLANK_RAISED.format(called, f"{type(error).__name__}: {error}")
    if given.shape != right.shape:
        return wording.BLANK_SHAPE.format(called, given.shape, right.shape)
    if np.abs(given - right).max(initial=0) <= TOLERANCE * np.abs(right).max(initial=1e-9):
        return ""
    return wording.BLANK_WRONG.format(called, shown(given), shown(right))


def _spelt(value: Any) -> str:
    return shown(value) if isinstance(value, int | float | list | np.ndarray) else repr(value)


@contextlib.contextmanager
def ending(title: str) -> Iterator[None]:
    """Run what only shows something: where it fails, print why in one line and go on."""
    try:
        with time_limit(ENDING_LIMIT):
            yield
    except Exception as error:
        print(f"{title}: {_reason(error)}")


def _reason(error: Exception) -> str:
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    name = frame.f_code.co_qualname.rpartition("<locals>.")[2]
    where = name.removesuffix(".__init__")
    if isinstance(error, NotImplementedError):
        return wording.NEEDS.format(where)
    if isinstance(error, ModuleNotFoundError):
        return wording.NEEDS_MODULE.format(error.name)
    if isinstance(error, FileNotFoundError):
        return wording.NEEDS_FILE.format(error.filename)
    if isinstance(error, OverranError):
        return wording.TOO_LONG.format(where, ENDING_LIMIT)
    return wording.ENDED.format(where, f"{type(error).__name__}: {error}")


def lines(name: str) -> list[str]:
    """Return the lines of a data file: beside the notebook, or in ``data/`` in the course's folder."""
    beside = Path(name)
    path = beside if beside.exists() or not (Path("data") / name).exists() else Path("data") / name
    return path.read_text(encoding="utf-8").splitlines()


def show(figure: Any, text: str) -> None:
    """Show a figure of matplotlib, and print the text that says the same in words."""
    shell = sys.modules.get("IPython")
    if shell is None or shell.get_ipython() is None:
        figure.show()
    else:
        image = io.BytesIO()
        figure.savefig(image, format="png", dpi=80, bbox_inches="tight")
        data = {"image/png": image.getvalue(), "text/plain": text}
        shell.display.display(data, raw=True, metadata={"image/png": {"alt": text}})
    sys.modules["matplotlib.pyplot"].close(figure)
    print(text)


def draw(
    declared: graph.Graph,
    values: Mapping[str, Any] | None = None,
    gradients: Mapping[str, Any] | None = None,
    title: str = "Computation graph",
) -> None:
    """Show a computation graph, values above the arrows and gradients below; elsewhere its table."""
    table = "\n".join(graph.table(declared, values or {}, gradients or {}))
    shell = sys.modules.get("IPython")
    if shell is None or shell.get_ipython() is None:
        print(table)
        return
    svg = graph.draw(declared, values, gradients, title=title)
    data = {"text/html": f'<div style="overflow-x:auto">{svg}</div>', "text/plain": table}
    shell.display.display(data, raw=True)
