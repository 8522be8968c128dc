"""Record the versions and hashes that a grade depends on, and refuse to mix different ones."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from msgspec.structs import asdict

from grader import __version__
from grader.course.assignment import Assignment, Course
from grader.course.secret import fingerprint
from grader.errors import UserError

_CHANGED: Final = {
    "course": "the hidden tests or the reference",
    "entry": "the entry in assignments.yaml",
    "code": "the code of grader",
    "grader": "grader",
    "python": "Python",
    "numpy": "NumPy",
    "torch": "PyTorch",
}
"""The keys of `recorded` that can change a grade, with their names for readers."""
_HASHES: Final = ("course", "entry", "code")


class MixtureError(UserError):
    """Grades made with different tests or graders would be mixed."""


def installed(package: str) -> str:
    """Return the version of an installed package, from the name of its metadata folder.

    `importlib.metadata` gives the same, but loads an e-mail parser, a tenth of the start-up time.
    """
    spec = find_spec(package)
    place = Path(spec.origin).parents[1] if spec and spec.origin else Path()
    folders = [path.name for path in place.glob(f"{package}-*.dist-info")]
    if len(folders) == 1:
        return folders[0].removeprefix(f"{package}-").removesuffix(".dist-info")
    from importlib.metadata import version

    return version(package)


def versions() -> dict[str, str]:
    """Return the versions of the packages that affect grading; Celery's workers must match."""
    return {
        "python": platform.python_version(),
        "numpy": installed("numpy"),
        "pytest": installed("pytest"),
    }


def recorded(course: Course, name: str) -> dict[str, str]:
    """Return what is stored with a grade: versions of the tools, hashes of course and code."""
    assignment = course.assignment(name)
    torch = {"torch": _torch()} if assignment.runtime == "torch" else {}
    return {
        "grader": __version__,
        **versions(),
        **torch,
        "course": _digest(course.folder, course.grading_files(name)),
        "entry": _entry(assignment),
        "code": _code(),
    }


def changes(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Return the differences between two records that can change a grade, in words."""
    return [
        words if key in _HASHES else f"{words} ({before[key]}, now {now[key]})"
        for key, words in _CHANGED.items()
        if key in before and key in now and before[key] != now[key]
    ]


def refuse_mixture(folder: Path, before: Mapping[str, str], now: Mapping[str, str]) -> None:
    """Raise `MixtureError` if grades in ``folder`` were made with anything different."""
    if found := changes(before, now):
        raise MixtureError(
            f"changed since {folder} was graded: {', '.join(found)}; run `grader regrade {folder} "
            "--write` first, so that all students are graded the same way, or choose another --out"
        )


def fingerprints(course: Course, name: str, secret: bytes) -> dict[str, str]:
    """Return everything that grades depend on, each as a short text, to compare machines."""
    assignment = course.assignment(name)
    found = {
        "grader": _code(),
        "hidden tests or reference": _digest(course.folder, course.grading_files(name)),
        "entry in assignments.yaml": _entry(assignment),
        "secret": fingerprint(secret),
        "Python": ".".join(platform.python_version_tuple()[:2]),
        "NumPy": installed("numpy"),
    }
    if assignment.runtime == "torch":
        found["PyTorch"] = _torch()
    return found


def difference(ours: Mapping[str, str], theirs: Mapping[str, str]) -> str:
    """Return the first fingerprint in which two machines differ, in words; '' if they agree."""
    for name in [*ours, *theirs]:
        here, there = ours.get(name, "none"), theirs.get(name, "none")
        if here != there:
            return f"its {name[:40]} differs ({here[:20]}, and the run's is {there[:20]})"
    return ""


def _torch() -> str:
    return installed("torch").partition("+")[0]


def _entry(assignment: Assignment) -> str:
    """Return a hash of an entry's grading settings; dates and LMS settings are not included."""
    said = {
        key: value
        for key, value in sorted(asdict(assignment).items())
        if key
        not in ("title", "due", "grace", "late", "attempts", "lms", "opens", "closes", "hold_off")
    }
    return hashlib.sha256(repr(said).encode()).hexdigest()[:12]


@cache
def _code() -> str:
    """Return a hash of the grader's own code."""
    package = Path(__file__).parents[1]
    return _digest(package, sorted(package.rglob("*.py")))


def _digest(folder: Path, files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        data = file.read_bytes()
        digest.update(f"{file.relative_to(folder).as_posix()}\0{len(data)}\0".encode() + data)
    return digest.hexdigest()[:12]
