"""Functions for teaching in a notebook: check a step of a derivation, show a picture.

    from grader.selfcheck import draw, ending, show, step

    step("Step 1", slope_of_loss, [((0.5, 1.0), -2.0)], "With y = 1 the loss is -log a.")
    with ending("Two moons"):       # prints what is not written yet, and continues
        show(figure, "The loss falls from 0.69 to 0.02 in 60 epochs.")
    draw(GRAPH, GRAPH_VALUES, GRAPH_GRADIENTS)



None of these functions raises on a student's mistake, so that a notebook runs to its end. Their
cells are tagged ``demo`` and stand under ``if __name__ == "__main__"``; the grader does not run
them. Every picture has a text with the same content.
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
"""Seconds for one ending, which may train a network for a few seconds."""

TOLERANCE: Final = 2e-3
"""Tolerance relative to the largest entry: worked values have four digits."""


def step(
    title: str, formula: Callable[..., Any], cases: Sequence[tuple[Any, Any]], hint: str = ""
) -> bool:
    """Print whether a completed formula is right for worked numbers, and return the result.

    Args:
        title: The name of the step in the text.
        formula: The function that the student completed.
        cases: Pairs of arguments (a tuple) and the correct value.
        hint: A question or an experiment, printed if a value is wrong.
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
    """Return the error in one value of a formula, or ''."""
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
    """Run a block that only shows something; if it fails, print why in one line and continue."""
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
    """Return the lines of a data file next to the notebook, or in the course's ``data/``."""
    beside = Path(name)
    path = beside if beside.exists() or not (Path("data") / name).exists() else Path("data") / name
    return path.read_text(encoding="utf-8").splitlines()


def show(figure: Any, text: str) -> None:
    """Show a matplotlib figure, and print a text with the same content."""
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
    """Show a computation graph with values above and gradients below its arrows, or its table."""
    table = "\n".join(graph.table(declared, values or {}, gradients or {}))
    shell = sys.modules.get("IPython")
    if shell is None or shell.get_ipython() is None:
        print(table)
        return
    svg = graph.draw(declared, values, gradients, title=title)
    data = {"text/html": f'<div style="overflow-x:auto">{svg}</div>', "text/plain": table}
    shell.display.display(data, raw=True)
