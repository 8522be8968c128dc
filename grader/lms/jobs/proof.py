"""Unpack a bundle and grade the reference with its files, before anyone uploads it."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path
from typing import Final

from grader.course import catalog
from grader.course.assignment import Course
from grader.course.secret import course_secret
from grader.course.yaml_nodes import FILE
from grader.errors import UserError
from grader.grading.protocol import Settings
from grader.lms.jobs import bundle
from grader.model import Grade, Submission
from grader.runs.local import EngineError, Process

SEED: Final = 1


class BundleError(UserError):
    """A bundle cannot grade; the message is one line."""


def prove(path: Path, name: str) -> None:
    """Grade the reference with the files of a bundle; raise `BundleError` if that fails."""
    with tempfile.TemporaryDirectory(prefix="grader-bundle-") as made:
        _unpack(zipfile.ZipFile(path), Path(made))
        found = next((path.parent for path in sorted(Path(made).rglob(FILE))), None)
        if found is None:
            raise BundleError(f"{path.name} contains no {FILE}")
        try:
            grade = reference_grade(catalog.load(found), name)
        except EngineError as error:
            raise BundleError(f"{path.name} cannot grade: {_beyond(error, made)}") from None
    wrong = grade.first_failure
    if grade.status == "error" or wrong is not None:
        why = f"{wrong.id}: {wrong.message}" if wrong else grade.message
        raise BundleError(f"{path.name} does not give the reference full marks: {why}")


def problem(course: Course, name: str) -> str:
    """Build a temporary bundle, and return why it cannot grade, or ''."""
    with tempfile.TemporaryDirectory(prefix="grader-bundle-") as made:
        try:
            prove(bundle.build(course, name, "docker", Path(made)), name)
        except UserError as error:
            return str(error)
    return ""


def _beyond(error: EngineError, folder: str) -> str:
    """Return the error's text, with the hint that a missing file is the likely reason."""
    text = str(error).replace(folder, "").strip()
    hint = "put shared helpers in tests/hidden/shared, and data in the data folder of the exercise"
    return f"{text}; {hint}" if "No module named" in text or "No such file" in text else text


def reference_grade(course: Course, name: str) -> Grade:
    """Grade the reference of an exercise; raise `EngineError` if the tests cannot run."""
    file, source = course.submitted(name)
    secret = course_secret(course.folder)
    process = Process(Settings(str(course.folder), name, SEED, secret, preflight=False))
    try:
        if problem := process.ready().problem:
            raise EngineError(problem)
        process.send(Submission("reference", file, source))
        return process.grade()[1]
    except EOFError:
        raise EngineError(f"the grading process stopped{process.where()}") from None
    finally:
        process.end()


def _unpack(archive: zipfile.ZipFile, folder: Path) -> None:
    """Unpack one of our bundles, and the course's zip inside it if there is one."""
    archive.extractall(folder)
    for inner in folder.rglob("course.zip"):
        zipfile.ZipFile(io.BytesIO(inner.read_bytes())).extractall(inner.parent / "course")
