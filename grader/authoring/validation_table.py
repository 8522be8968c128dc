"""The table in docs/validation.md: one row per exercise, followed by the problems."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from msgspec import Struct, field

from grader.authoring.numbers import NUMBER_SEEDS
from grader.authoring.vacuous import Vacuous

TIMED_SEEDS: Final = 3
"""Number of seeds with timed checks, whose results hardly depend on the inputs."""


class Findings(Struct):
    """The findings about one exercise; ``wrong`` is empty for a valid one."""

    name: str
    checks: int = 0
    points: float = 0.0
    variants: set[str] = field(default_factory=set)
    """The right solutions that passed every check with every seed."""
    mistakes: set[str] = field(default_factory=set)
    """The mistakes that lost marks where they should, with every seed."""
    caught: int = 0
    """Number of times that a mistake lost marks, over all seeds."""
    named: int = 0
    """Number of times that it was named as well."""
    oracle: float = 0.0
    changes: int = 0
    seeds: int = 0
    mistake_seeds: int = 0
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """Tests that could not run on this machine, and other remarks."""
    named_ids: set[str] = field(default_factory=set)
    """The mistakes that were named at least once."""
    vacuous: Vacuous = field(default_factory=lambda: Vacuous(()))
    """The checks that programs without answers pass, and the rubric."""
    verdicts: dict[tuple[str, str], str] = field(default_factory=dict)
    """By (submission, check): the verdict with the first seed."""

    def row(self) -> str:
        """Return the exercise's row of the table in docs/validation.md."""
        oracle = f"{self.oracle:.0e}" if self.oracle else "none"
        share = self.named / self.caught if self.caught else 0.0
        return (
            f"| {self.name} | {self.checks} | {self.points:g} | {len(self.variants)} | "
            f"{len(self.mistakes)} | {share:.1%} | {self.changes} in {self.seeds} | "
            f"{self.mistake_seeds} | {oracle} | {self.seconds:.0f} | {_made()} |"
        )


class Said(NamedTuple):
    """A line of the command, with its meaning: a slip ends the validation of its exercise."""

    line: str
    verdict: Literal["good", "slip", "wrong"] = "good"


HEADER: Final = (
    "| exercise | checks | points | variants passed | mistakes caught | named, over all seeds | "
    "verdicts changed over seeds | seeds for mistakes | largest difference from torch | "
    "seconds | made |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|"
)
NOTES: Final = f"""
This page says how well the checks of each exercise tell right programs from wrong ones. Each row was
written by `grader validate NAME --seeds N --write FILE`, which leaves the other rows as they are; the
last column says when, and from which commit. `make validation` writes all rows again.

A *variant* is a right program in another style. It counts as passed if it has full marks with every
seed. A *mistake* is a wrong program of the catalogue. It counts as caught if it loses marks with every
seed, and as named in each run in which its page calls it by its name. Problems and notes are listed below
the table: for example a mistake that is called by another's name, or that costs marks in a function with
which it has nothing to do.

The timed checks, and numeric differentiation in place of backpropagation, which only they find, run
with the first {TIMED_SEEDS} seeds; the comparison of the reference with torch runs with the first
{NUMBER_SEEDS}.
"""


def document(lines: Sequence[str], before: str = "") -> str:
    """Return docs/validation.md with new rows, the other rows unchanged, and the problems."""
    rows = {_exercise(line): line for line in before.splitlines() if _exercise(line)}
    names = {_exercise(line) for line in lines}
    rows |= {_exercise(line): line for line in lines if _exercise(line)}
    known = [line[2:] for line in before.splitlines() if line.startswith("- ")]
    wrong = [line for line in known if line.partition(":")[0] not in names]
    wrong += [line.strip() for line in lines if not line.startswith("|")]
    below = "\n".join(f"- {line}" for line in wrong) or "No problems were found."
    return "\n".join(["# Validation", NOTES, HEADER, *rows.values(), "", below, ""])


def _exercise(line: str) -> str:
    """Return the exercise that a line of the table is about, or ''."""
    name = line.removeprefix("| ").partition(" |")[0]
    return name if line.startswith("| ") and name.isidentifier() and name != "exercise" else ""


def _made() -> str:
    """Return today's date and the commit, with a + for uncommitted changes."""
    commit = _git("rev-parse", "--short", "HEAD")
    changed = _git("status", "--porcelain", "--", "grader", "reference", "tests/hidden")
    return f"{time.strftime('%Y-%m-%d')} {commit}{'+' if changed else ''}"


def _git(*arguments: str) -> str:
    command = ["git", *arguments]
    said = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # fixed
    return said.stdout.strip()
