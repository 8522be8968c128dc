r"""Compare the printed output of a block with expected text, like a doctest.

    with shows("[1, 2]\n"):
        show(student.f(1))

NumPy scalars are shown as plain numbers, independent of the version of NumPy.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from typing import Any

import numpy as np


def show(value: Any) -> None:
    """Print a value as an interactive session shows it; print nothing for None."""
    if value is not None:
        with np.printoptions(legacy="1.25"):
            print(repr(value))


@contextlib.contextmanager
def shows(want: str) -> Iterator[None]:
    """Raise AssertionError unless the block prints ``want``, ignoring trailing white space."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        yield
    if _plain(out.getvalue()) != _plain(want):
        raise AssertionError("something else is shown than expected")


def _plain(text: str) -> list[str]:
    lines = text.replace("<BLANKLINE>", "").expandtabs().splitlines()
    return [" ".join(line.split()) for line in lines if line.strip()]
