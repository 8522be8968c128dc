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
        env = {**os.environ, "GRADER_COURSE": str(self.folder)}
        return subprocess.run(  # our own command
            [*GRADER, *arguments],
            cwd=self.folder,
            env=env,
            text=True,
            capture_output=True,
            check=False,
        )

    def grade(self, students: Mapping[str, str], *more: str) -> dict[str, dict[str, Any]]:
        """Grade sources, and return each student's row of grades.json."""
        for student, source in students.items():
            self.write(f"class/{student}/small.py", source)
        done = self.command("grade", "class", "--assignment", "small", "--out", "out", *more)
        assert done.returncode in (0, 3), done.stderr
        rows = json.loads((self.folder / "out/grades.json").read_text())["submissions"]
        return {row["student"]: row for row in rows}


def checks(row: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the checks of a row by the name of the test."""
    return {check["id"].partition("::")[2]: check for check in row["checks"]}
