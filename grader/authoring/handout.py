"""Test the students' zip as a student would: run its public tests on reference and stub."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from grader.authoring import release
from grader.authoring.public_tests import unsaid
from grader.course.assignment import Course

SECONDS = 120


def problems(course: Course, name: str) -> Iterator[str]:
    """Yield the problems that a student would have with the zip, one line each."""
    public = course.exercise(name) / "test_public.py"
    shown = public.relative_to(course.folder).as_posix()
    with tempfile.TemporaryDirectory(prefix="grader-handout-") as made:
        folder = Path(made)
        archive = release.packed(course, name, release.render(course, name))
        with zipfile.ZipFile(io.BytesIO(archive)) as unpacked:
            unpacked.extractall(folder)
        exercise = folder / name
        if not (exercise / "test_public.py").is_file():
            return
        if lines := unsaid(course, name):
            yield f"{shown}: write {'; '.join(lines)}, so that `grader check` knows it"
        files = course.assignment(name).student_files
        first = files[0]
        status, said = _checked(exercise / first)
        if status != 1:
            yield f"{shown}: `grader check` on the stub ends with status {status}, not 1; {_last(said)}"
        elif wrong := _unhelpful(said):
            yield f"{shown}: on the stub a student reads {wrong!r}"
        for file, solution in zip(files, course.solutions(name), strict=True):
            (exercise / file).write_bytes(solution.read_bytes())
        (exercise / f"{name}.ipynb").unlink(missing_ok=True)
        status, said = _checked(exercise / first)
        if status != 0:
            yield f"{shown}: the reference fails its own public tests: {_first_failure(said)}"


def _checked(file: Path) -> tuple[int, str]:
    """Run `grader check` on a file in its folder; return the exit status and the output."""
    command = [sys.executable, "-P", "-m", "grader", "check", file.name]
    with contextlib.suppress(subprocess.TimeoutExpired):
        done = subprocess.run(  # noqa: S603  # our own command
            command, cwd=file.parent, capture_output=True, text=True, timeout=SECONDS, check=False
        )
        return done.returncode, done.stdout + done.stderr
    return -1, f"no answer within {SECONDS} s"


def _unhelpful(said: str) -> str:
    """Return the first line of a traceback in the output, which is not a useful message, or ''."""
    return next((line.strip() for line in said.splitlines() if "Traceback" in line), "")


def _first_failure(said: str) -> str:
    """Return the first failed test in the output, with the line below it that gives the reason."""
    lines = [line.strip() for line in said.splitlines()]
    for number, line in enumerate(lines):
        if "FAILED" in line:
            return " ".join([line, *lines[number + 1 : number + 2]])
    return _last(said)


def _last(said: str) -> str:
    return next((line.strip() for line in reversed(said.splitlines()) if line.strip()), "no output")
