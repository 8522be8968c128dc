"""Build an exercise's files for students from its solution.

    build(course, ["lstm_cell"])                        # writes exercises/lstm_cell/
    release(course, "lstm_cell", Path("out"))           # writes out/lstm_cell.zip
    release(course, "lstm_cell", Path("out"), "./grader.whl", {"grader.whl": data})  # with a wheel

A solution is a script in percent format. Its docstring is the text of the exercise; ``# %%`` begins
a code cell, ``# %% [markdown]`` a text cell; students write the parts between ``# BEGIN SOLUTION``
and ``# END SOLUTION``::

    >>> print(stub('''
    ... def relu(z):
    ...     # BEGIN SOLUTION
    ...     return np.maximum(z, 0)
    ...     # END SOLUTION''').strip())
    def relu(z):
        raise NotImplementedError

Everything is rendered to bytes first, and equal sources give equal bytes, so that a test can
compare the files in ``exercises/`` with their sources.
"""

from __future__ import annotations

import hashlib
import io
import re
import sys
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from grader.authoring.public_tests import generated
from grader.authoring.readme import (
    author_parts,
    origin_note,
    points_of,
    readme,
    with_installation,
)
from grader.authoring.rubric import checks
from grader.authoring.stub import PercentCell, cells, stub
from grader.course.assignment import Course
from grader.errors import UserError
from grader.files import write
from grader.graph import worked_picture
from grader.graph.worked import FILE as PICTURE
from grader.sandbox.work_folder import files_in

README: Final = "README.md"


class ReleaseError(UserError):
    """An exercise cannot be built or released; the message is one line."""


# --- cells and the notebook ---------------------------------------------------------------------


def notebook(source: str, name: str, points: str = "") -> bytes:
    """Build an exercise's notebook from its stub; equal texts give equal bytes.

    ``points``: the points of each check as Markdown, shown before the self-check.
    """
    import nbformat
    from nbformat import v4

    found = [*cells(source), *_check(name, points)]
    document = v4.new_notebook(  # type: ignore[no-untyped-call]
        cells=[_notebook_cell(number, cell) for number, cell in enumerate(found)],
        metadata={
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
            "grader": {"exercise": name, "made": f"by `grader build` from {origin_note(name)}"},
        },
    )
    document.nbformat_minor = 5
    nbformat.validate(document)
    text: str = nbformat.writes(document, 4)  # type: ignore[no-untyped-call]
    return f"{text.rstrip()}\n".encode()


def _notebook_cell(number: int, cell: PercentCell) -> Any:
    from nbformat import v4

    make = v4.new_markdown_cell if cell.kind == "markdown" else v4.new_code_cell
    digest = hashlib.sha256(cell.source.encode()).hexdigest()[:8]
    # A demo of an unwritten function must not stop the notebook.
    tags = [*cell.tags, *(["raises-exception"] if "demo" in cell.tags else [])]
    return make(  # type: ignore[no-untyped-call]
        cell.source, id=f"{number:02}-{digest}", metadata={"tags": tags} if tags else {}
    )


def _check(name: str, points: str) -> tuple[PercentCell, PercentCell]:
    return (
        PercentCell(
            "markdown",
            "## Check your work\n\n"
            "This cell runs the public tests and compares each gradient with a numeric one. Run it as\n"
            "often as you like, even before everything is written."
            + (f"\n\n{points}" if points else ""),
        ),
        PercentCell("code", f'from grader.selfcheck import check\n\ncheck("{name}")'),
    )


# --- writing ------------------------------------------------------------------------------------


def render(course: Course, name: str) -> dict[Path, bytes]:
    """Return an exercise's generated files; raise `ReleaseError` with the line to repair."""
    assignment, folder = course.assignment(name), course.exercise(name)
    solutions = course.solutions(name)
    found: dict[Path, bytes] = {}
    try:
        sources = [solution.read_text(encoding="utf-8") for solution in solutions]
        texts = [stub(source, assignment.speed) for source in sources]
        for picture in sorted(solutions[0].parent.glob("*.png")):
            found[folder / picture.name] = picture.read_bytes()
        for file, text, solution in zip(assignment.student_files, texts, solutions, strict=True):
            found[folder / file] = f"{_head(file, solution)}{text}".encode()
        if drawn := worked_picture(sources[0]):
            found[folder / PICTURE] = drawn.encode()
        if public := generated(course, name):
            found[folder / "test_public.py"] = public
        has_gradients = b"Gradient(" in (public or _public(course, name))
        rubric = checks(course, name) if any(course.hidden_tests(name).rglob("test_*.py")) else ()
        if len(texts) == 1:
            points = points_of(assignment, rubric) if rubric else ""
            found[folder / f"{name}.ipynb"] = notebook(texts[0], name, points)
        parts = author_parts(solutions[0].with_name(README))
        found[folder / README] = readme(
            assignment, "\n".join(sources), rubric, has_gradients, parts
        ).encode()
        return found
    except (SyntaxError, ValueError) as error:
        raise ReleaseError(f"{origin_note(name)}: {error}") from None


def _public(course: Course, name: str) -> bytes:
    path = course.exercise(name) / "test_public.py"
    return path.read_bytes() if path.is_file() else b""


def _head(file: str, solution: Path) -> str:
    origin = f"reference/{solution.parent.name}/{solution.name}"
    return (
        f"# {file.removesuffix('.py')}: write your answers in this file.\n"
        f"# (Made by `grader build`; instructors edit {origin}.)\n"
    )


def is_built(course: Course, name: str) -> list[Path]:
    """Return the generated files that are missing or differ from their source."""
    return _stale(render(course, name))


def _stale(files: Mapping[Path, bytes]) -> list[Path]:
    return [path for path, data in files.items() if not path.is_file() or path.read_bytes() != data]


def build(course: Course, names: Iterable[str]) -> list[Path]:
    """Write the exercises, and return the files that were out of date."""
    written = []
    for name in names:
        files = render(course, name)
        for path in _stale(files):
            path.parent.mkdir(parents=True, exist_ok=True)
            write(path, files[path], 0o644)
            written.append(path)
    return written


def release(
    course: Course,
    name: str,
    out: Path,
    requirement: str = "",
    besides: Mapping[str, bytes] | None = None,
) -> Path:
    """Write the students' zip: generated files, public tests, and the self-check's needs.

    Args:
        course: The course.
        name: The exercise.
        out: The folder for the zip.
        requirement: The pip requirement of the self-check, for the README.
        besides: Further files by name, such as the wheel in ``requirement``.

    Raises:
        ReleaseError: The exercise is out of date, so it would not be the reviewed version.
    """
    files = render(course, name)
    if stale := _stale(files):
        named = ", ".join(path.relative_to(course.folder).as_posix() for path in stale)
        raise ReleaseError(
            f"out of date with {origin_note(name)}: {named}; run grader build {name}"
        )
    if requirement:
        path = course.exercise(name) / README
        files[path] = with_installation(files[path].decode(), requirement).encode()
    files |= {course.exercise(name) / file: data for file, data in (besides or {}).items()}
    out.mkdir(parents=True, exist_ok=True)
    return write(out / f"{name}.zip", packed(course, name, files), 0o644)


def with_version(public: bytes) -> bytes:
    """Return public tests that state the grader's Python version, that of this process."""
    if re.search(rb"(?m)^PYTHON = ", public):
        return public
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return public + f'\nPYTHON = "{version}"  # of the grader\n'.encode()


def packed(course: Course, name: str, rendered: Mapping[Path, bytes]) -> bytes:
    """Return the students' zip: generated files, public tests, and data files."""
    folder = course.exercise(name)
    files = dict(rendered)
    public = folder / "test_public.py"
    if public.is_file():
        files[public] = with_version(files.get(public, public.read_bytes()))
    for path in files_in(course.data(name)):
        # Data files are next to the stub, as in the worker's folder.
        files[folder / path.relative_to(course.data(name))] = path.read_bytes()
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in files.items():
            inside = path.relative_to(folder).as_posix()
            member = zipfile.ZipInfo(f"{name}/{inside}", date_time=(1980, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            member.create_system = 3  # Unix on every system, so that the bytes are equal
            member.external_attr = 0o100644 << 16
            archive.writestr(member, data)
    return made.getvalue()
