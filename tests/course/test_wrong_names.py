"""Mistakes that no catalogue has: nothing is named.

Each looks like a mistake of the catalogue in one check, and another check shows that it is not. In a
copy of the grader that lacks the one rule which looks there, the wrong name is given.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from grader.checks.diagnosis import _tells

ROOT = Path(__file__).parents[2]
Swap = tuple[str, str, str]


@dataclass(frozen=True)
class Stray:
    """A change of the solution, what would be named without a line of the grader, and what may be."""

    exercise: str
    step: str
    right: str
    wrong: str
    rule: Swap
    else_named: str
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
          ("diagnosis.py",
           "not self._is_spoken_against(number, list(shown()), cases, others, reference, path)", "True"),
          "constant-answer"),
    Stray("two_layer_network", "not divided, not masked, in backward",
          "dz2 = (a2 - y) / m\n    dW2 = dz2.T @ a1\n    db2 = dz2.sum(axis=0)\n"
          '    da1 = dz2 @ params["W2"]\n    dz1 = da1 * relu_derivative(z1)\n',
          "dz2 = a2 - y\n    dW2 = dz2.T @ a1\n    db2 = dz2.sum(axis=0)\n"
          '    dz1 = da1 = dz2 @ params["W2"]\n',
          ("judging.py", "blameless=self._blameless()", "blameless=()"), "argument-modified",
          ("sum-not-mean", "relu-mask-missing")),
    Stray("lstm_cell", "only dc reaches the old memory", '"c_prev": delta_c * f', '"c_prev": dc * f',
          ("diagnosis.py", "made != asked and self", "False and self"), "forget-path-zero"),
]  # fmt: skip


def names(stray: Stray, folder: Path, course: Path = ROOT) -> set[str]:
    """The mistakes that the student is told of, by the grader that stands in ``course``."""
    (folder / "one.py").write_text(stray.source, encoding="utf-8")
    (folder / "secret").write_bytes(b"s" * 32)
    command = [sys.executable, "-m", "grader", "grade", str(folder / "one.py"), "--assignment",
               stray.exercise, "--seed", "5", "--out", str(folder / "out"), "--jobs", "1"]  # fmt: skip
    environ = {
        **os.environ,
        "GRADER_SECRET_FILE": str(folder / "secret"),
        "PYTHONPATH": str(course),
    }
    subprocess.run(command, cwd=course, env=environ, capture_output=True, timeout=200, check=True)
    [graded] = json.loads((folder / "out" / "grades.json").read_bytes())["submissions"]
    return {check.get("mistake", "") for check in graded["checks"]} - {""}


@pytest.mark.parametrize("stray", STRAYS, ids=lambda stray: stray.step)
def test_nothing_untrue_is_named(stray, tmp_path):
    """What other checks contradict is not said."""
    assert names(stray, tmp_path) <= {*stray.true}


@pytest.mark.parametrize("stray", STRAYS, ids=lambda stray: stray.step)
def test_each_rule_matters(stray, tmp_path):
    """Without it the student reads a wrong name."""
    course = tmp_path / "course"
    for kind in ("reference", "tests/hidden", "exercises"):
        shutil.copytree(ROOT / kind / stray.exercise, course / kind / stray.exercise)
    shutil.copytree(ROOT / "grader", course / "grader")
    entry = f"  - name: {stray.exercise}\n    title: Stray\n"
    text = f"title: Strays\ntimezone: UTC\nassignments:\n{entry}"
    (course / "assignments.yaml").write_text(text, encoding="utf-8")
    file, rule, without = stray.rule
    module = course / "grader" / file
    there = module.read_text(encoding="utf-8")
    assert there.count(rule) == 1
    module.write_text(there.replace(rule, without), encoding="utf-8")
    assert stray.else_named in names(stray, tmp_path, course)


@pytest.mark.parametrize(
    ("raised", "tells"),
    [
        ("ValueError: operands could not be broadcast together with shapes (5,6) (7,)", True),
        ("KeyError: 'W3'", False),
        ("KeyError: 3", False),
        ("NameError: name 'W1' is not defined", False),
    ],
)
def test_only_sizes_tell_one_exception_from_another(raised, tells):
    """A key or a name can be missing for many reasons, also where a number is part of it."""
    assert _tells(raised) == tells
