"""Small courses for tests: written, graded by the command, and read back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

GRADER = (sys.executable, "-m", "grader")
Rows = dict[str, dict[str, Any]]
"""The rows of grades.json, by student."""


def run(
    course: Path, *arguments: str | Path, cwd: Path | None = None, timeout: float | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command of the grader on a course."""
    return subprocess.run(  # our own command
        [*GRADER, *arguments],
        cwd=cwd,
        env={**os.environ, "GRADER_COURSE": str(course)},
        text=True,
        capture_output=True,
        check=False,
        timeout=timeout,
    )


def rows_of(out: Path) -> Rows:
    """Return the row of each student in the results in ``out``."""
    rows = json.loads((out / "grades.json").read_text())["submissions"]
    return {row["student"]: row for row in rows}


def graded_class(course: Path, source: Path, assignment: str, out: Path, *more: str) -> Rows:
    """Grade a class in which every submission can be graded; return the row of each student."""
    told = ("grade", source, "--assignment", assignment, "--seed", "3", "--out", out, *more)
    done = run(course, *told, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return rows_of(out)


class SmallCourse:
    """A course with one exercise ``small`` in a folder."""

    def __init__(
        self,
        folder: Path,
        solution: str,
        tests: str,
        entry: str = "",
        files: Mapping[str, str] = {},
    ) -> None:
        self.folder = folder
        head = "title: Small\nassignments:\n  - name: small\n    title: Small things\n"
        self.write(
            "assignments.yaml", head + "".join(f"    {line}\n" for line in entry.split("\n"))
        )
        self.write("reference/small/solution.py", solution)
        self.write("tests/hidden/small/test_it.py", tests)
        for path, text in files.items():
            self.write(path, text)

    def write(self, path: str, text: str) -> Path:
        """Write a file of the course."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text), encoding="utf-8")
        return file

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the course's folder."""
        return run(self.folder, *arguments, cwd=self.folder)

    def grade(self, students: Mapping[str, str], *more: str) -> Rows:
        """Grade sources, and return each student's row of grades.json."""
        for student, source in students.items():
            self.write(f"class/{student}/small.py", source)
        done = self.command("grade", "class", "--assignment", "small", "--out", "out", *more)
        assert done.returncode in (0, 3), done.stderr
        return rows_of(self.folder / "out")


def checks(row: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the checks of a row by the name of the test."""
    return {check["id"].partition("::")[2]: check for check in row["checks"]}
