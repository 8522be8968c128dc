"""Versions and hashes that a grade depends on."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from grader.course.assignment import Course
from grader.course.secret import fingerprint


def versions() -> dict[str, str]:
    """Of what would grade here; Python and NumPy are the same wherever a task is taken."""
    return {
        "python": platform.python_version(),
        "numpy": version("numpy"),
        "pytest": version("pytest"),
    }


def fingerprints(course: Course, name: str, secret: bytes) -> dict[str, str]:
    """All that grades depend on, each as a short text: equal on two machines, equal grades."""
    assignment = course.assignment(name)
    entry = (assignment.points, assignment.runtime, assignment.imports, assignment.limits,
             sorted(assignment.speed.items()))  # fmt: skip
    package = Path(__file__).parents[1]
    found = {
        "grader": _digest(package, sorted(package.rglob("*.py"))),
        "hidden tests or reference": _digest(course.folder, course.grading_files(name)),
        "entry in assignments.yaml": hashlib.sha256(repr(entry).encode()).hexdigest()[:12],
        "secret": fingerprint(secret),
        "Python": ".".join(platform.python_version_tuple()[:2]),
        "NumPy": version("numpy"),
    }
    if assignment.runtime == "torch":
        found["PyTorch"] = version("torch").partition("+")[0]
    return found


def difference(ours: Mapping[str, str], theirs: Mapping[str, str]) -> str:
    """The first fingerprint in which two machines differ, in words; '' when they agree."""
    for name in [*ours, *theirs]:
        here, there = ours.get(name, "none"), theirs.get(name, "none")
        if here != there:
            return f"its {name[:40]} differs ({here[:20]}, and the run's is {there[:20]})"
    return ""


def _digest(folder: Path, files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        data = file.read_bytes()
        digest.update(f"{file.relative_to(folder).as_posix()}\0{len(data)}\0".encode() + data)
    return digest.hexdigest()[:12]


def hash_of_files(files: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
