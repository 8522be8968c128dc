"""One submission in a container or job: the system's input, and the output that it expects.

An adapter reads the input and builds the output; `grader.lms.jobs.autograde` reads and writes the
files.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from msgspec import Struct, field

from grader.model import Grade

MAX_METADATA: Final = 64 * 1024 * 1024
FAILED: Final = 3
"""The exit status for a submission that was not graded because of our failure."""


class JobPlace(Struct, frozen=True):
    """The environment, the working directory, and the root of all paths."""

    environ: Mapping[str, str]
    cwd: Path
    root: Path = Path("/")


class Job(Struct, frozen=True):
    """Data from the system, and values added before the answer is built."""

    submission: Path
    """The student's file, or the folder with all submitted files."""
    results: tuple[Path, ...] = ()
    student: str = "submission"
    name: str = ""
    email: str = ""
    submitted_at: str = ""
    due_at: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    """Other values that the adapter needs again for its answer."""
    expected: str = ""
    """The expected name of the student's file, without suffix."""
    title: str = ""
    penalty: float = 0.0
    """The late penalty, in percent of the score."""
    remarks: tuple[str, ...] = ()
    """Texts for the student about the whole submission, besides the grade's message."""
    settings: Mapping[str, int | str] = field(default_factory=dict)
    """The assignment's settings for this system, from ``lms`` in assignments.yaml."""
    graded_at: str = ""
    seed: int | None = None

    def score(self, grade: Grade) -> float | None:
        """Return the score after the late penalty; None if it could not be judged."""
        if grade.score is None:
            return None
        return round(grade.score * (1 - self.penalty / 100), 6)

    def share(self, grade: Grade) -> float | None:
        """Return the score as a fraction of all points, from 0 to 1."""
        score = self.score(grade)
        if score is None or not grade.max_score:
            return score
        return round(min(max(score / grade.max_score, 0.0), 1.0), 9)


class JobOutput(Struct, frozen=True):
    """The files to write, and the exit status that the system expects."""

    stdout: bytes = b""
    write: Mapping[Path, bytes] = field(default_factory=dict)
    append: Mapping[Path, bytes] = field(default_factory=dict)
    status: int = 0


def read_json(path: Path) -> dict[str, Any]:
    """Return a JSON object from a file; an empty one if there is no file."""
    try:
        with path.open("rb") as stream:
            value = json.loads(stream.read(MAX_METADATA))
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def part(value: Any, *keys: str | int) -> Any:
    """Return the value at ``keys`` in nested dicts and lists, or ''."""
    for key in keys:
        try:
            value = value[key]
        except (LookupError, TypeError):
            return ""
    return "" if value is None else value


def text(value: Any, *keys: str | int) -> str:
    """Return a number or a text as text; '' for anything else."""
    found = part(value, *keys)
    return str(found) if isinstance(found, str | int | float) else ""


def as_json(document: Any) -> bytes:
    """Return JSON in UTF-8, without NaN."""
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1).encode() + b"\n"
