"""The served courses, which are read again when their files change.

    courses = Courses([Path("course")])
    place = courses.place("two_layer_network")     # course, assignment, and a name for this state

If a course can no longer be read, its assignments keep the last valid state, and staff are
informed.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from grader.course import catalog
from grader.course.assignment import Assignment, Course
from grader.course.secret import course_secret
from grader.course.yaml_nodes import FILE, CatalogError
from grader.inbox.beside import Beside
from grader.runs.provenance import recorded
from grader.serve.database import ServeError, stored
from grader.serve.messages import OfferingInfo

Signature = tuple[tuple[str, int, int], ...]
SETTLED_NS: Final = 2_000_000_000
"""Nanoseconds after which a changed folder is certain to have a different time."""


class CoursePlace(Struct, frozen=True):
    """An assignment of a course in its current state."""

    course: Course
    assignment: Assignment
    secret: bytes
    versions: Mapping[str, str]
    """The versions that are stored with every grade."""

    @property
    def version(self) -> str:
        """Return a text that changes with every file that grades depend on."""
        return " ".join(f"{key}={value}" for key, value in self.versions.items())


class Courses:
    """All courses, with the signature of the files that each was read from."""

    def __init__(self, folders: Sequence[Path]) -> None:
        """Read every course.

        Raises:
            ServeError: Two courses have an assignment, or a folder, with the same name.
            CatalogError: A course cannot be read.
        """
        self._lock = threading.Lock()
        self._courses = {folder.resolve(): catalog.load(folder) for folder in folders}
        self._read = {folder: _signature([folder / FILE]) for folder in self._courses}
        self._versions: dict[str, tuple[Signature, Mapping[str, str]]] = {}
        self._listed: dict[str, tuple[Signature, Sequence[Path], Sequence[Path]]] = {}
        self.problem = ""
        """Why a course could not be read after it was edited; '' if all could be."""
        names = [each.name for course in self._courses.values() for each in course.assignments]
        folders_named = [folder.name for folder in self._courses]
        for found, what in ((names, "an assignment"), (folders_named, "a folder")):
            if again := next((name for name in found if found.count(name) > 1), ""):
                raise ServeError(f"two courses have {what} {again!r}; rename one of them")

    def offerings(self) -> list[OfferingInfo]:
        """Return the public data of every assignment."""
        self._reload()
        return [
            _shown(course, assignment)
            for course in self._courses.values()
            for assignment in course.assignments
        ]

    def place(self, offering: str) -> CoursePlace:
        """Return an assignment; raise `CatalogError` if no course contains it."""
        course, assignment = self.assignment(offering)
        secret, versions = course_secret(course.folder), self._recorded(course, offering)
        return CoursePlace(course, assignment, secret, versions)

    def assignment(self, offering: str) -> tuple[Course, Assignment]:
        """Return an assignment without reading its tests; raise `CatalogError`."""
        self._reload()
        for course in self._courses.values():
            if any(each.name == offering for each in course.assignments):
                return course, course.assignment(offering)
        raise CatalogError(f"unknown assignment {offering!r}")

    def _reload(self) -> None:
        with self._lock:
            for folder in self._courses:
                signature = _signature([folder / FILE])
                if signature == self._read[folder]:
                    continue
                try:
                    self._courses[folder] = catalog.load(folder)
                    self.problem = ""
                except (CatalogError, OSError) as error:
                    self.problem = str(error)
                self._read[folder] = signature

    def _recorded(self, course: Course, name: str) -> Mapping[str, str]:
        with self._lock:
            signature = (*self._read[course.folder], *_signature(self._files(course, name)))
            known = self._versions.get(name)
            if known is None or known[0] != signature:
                known = self._versions[name] = signature, recorded(course, name)
        return known[1]

    def _files(self, course: Course, name: str) -> Sequence[Path]:
        """Return the files that grades depend on; the list is renewed when a folder changes."""
        known = self._listed.get(name)
        if known is not None and known[0] == _signature(known[1]):
            return known[2]
        now, files = time.time_ns(), course.grading_files(name)
        folders = _folders(course, name)
        signature = _signature(folders)
        if all(changed < now - SETTLED_NS for _, changed, _ in signature):
            self._listed[name] = signature, folders, files
        return files


def _folders(course: Course, name: str) -> list[Path]:
    """Return the folders in which a new file would affect grades."""
    hidden = course.hidden_tests(name)
    roots = (course.solution(name).parent, hidden, hidden.parent / "shared", course.data(name))
    inner = (path for root in roots for path in root.rglob("*") if path.is_dir())
    return [hidden.parent, *roots, *inner]


def _signature(files: Sequence[Path]) -> Signature:
    """Return a signature that changes with every file, without reading the files."""
    found = []
    for file in files:
        name = str(file)
        try:
            status = os.stat(name)
            found.append((name, status.st_mtime_ns, status.st_size))
        except OSError:
            found.append((name, 0, 0))
    return tuple(found)


def _shown(course: Course, assignment: Assignment) -> OfferingInfo:
    def text(moment: datetime | None) -> str:
        return stored(moment) if moment else ""

    zone = getattr(course.timezone, "key", "") or "UTC"
    return OfferingInfo(
        assignment.name, course.folder.name, course.title, assignment.title, text(assignment.opens),
        text(assignment.due), text(assignment.closing), assignment.attempts,
        assignment.hold_off.total_seconds(), zone, assignment.max_score,
        msgspec.json.encode(Beside.of(assignment)).decode(),
    )  # fmt: skip
