"""Mistakes that no catalogue has: nothing is named.

Each looks like a mistake of the catalogue in one check, and another check shows that it is not.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Stray:
    """A change of the solution, and the mistakes that may be named."""

    exercise: str
    step: str
    right: str
    wrong: str
    true: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """What the student hands in."""
        path = ROOT / "reference" / self.exercise / "solution.py"
        text = path.read_text(encoding="utf-8")
        assert text.count(self.right) == 1, self.right
        return text.replace(self.right, self.wrong)


STRAYS = [
    Stray("lstm_cell", "the first step left out", "for t in reversed(range(T)):",
          "for t in reversed(range(1, T)):",
          ),
    Stray("two_layer_network", "not divided, not masked, in backward",
          "dz2 = (a2 - y) / m\n    dW2 = dz2.T @ a1\n    db2 = dz2.sum(axis=0)\n"
          '    da1 = dz2 @ params["W2"]\n    dz1 = da1 * relu_derivative(z1)\n',
          "dz2 = a2 - y\n    dW2 = dz2.T @ a1\n    db2 = dz2.sum(axis=0)\n"
          '    dz1 = da1 = dz2 @ params["W2"]\n',
          ("sum-not-mean", "relu-mask-missing")),
    Stray("lstm_cell", "only dc reaches the old memory", '"c_prev": delta_c * f', '"c_prev": dc * f'),
]  # fmt: skip


def names(stray: Stray, folder: Path) -> set[str]:
    """Return the mistakes on the student's page."""
    (folder / "one.py").write_text(stray.source, encoding="utf-8")
    (folder / "secret").write_bytes(b"s" * 32)
    command = [sys.executable, "-m", "grader", "grade", str(folder / "one.py"), "--assignment",
               stray.exercise, "--seed", "5", "--out", str(folder / "out"), "--jobs", "1"]  # fmt: skip
    environ = {
        **os.environ,
        "GRADER_SECRET_FILE": str(folder / "secret"),
    }
    subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, timeout=200, check=True)
    [graded] = json.loads((folder / "out" / "grades.json").read_bytes())["submissions"]
    return {check.get("mistake", "") for check in graded["checks"]} - {""}


@pytest.mark.parametrize("stray", STRAYS, ids=lambda stray: stray.step)
def test_nothing_untrue_is_named(stray, tmp_path):
    """What other checks contradict is not said."""
    assert names(stray, tmp_path) <= {*stray.true}
