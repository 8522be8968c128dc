"""Gather the class report's content besides grades: excerpts, headings, repaired mistakes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from grader.course.assignment import Course
from grader.model import Grade
from grader.notebook import NotebookError, read_source
from grader.results.class_report import MOST_CLUSTERS, Material
from grader.results.clusters import Cluster, clusters, repairs
from grader.results.excerpts import excerpt, sections
from grader.results.store import Judged, Store, StoreError


def gathered(folder: Path, grades: Sequence[Grade], stub: Path | None = None) -> Material:
    """Read the material of a run; raise `StoreError` if it cannot be read.

    Args:
        folder: The folder of the results.
        grades: The grade that counts for each student.
        stub: The released file of the exercise, for its headings; None for no headings.
    """
    found = clusters(grades).clusters[:MOST_CLUSTERS]
    with Store.open(folder) as store:
        handins = list(store.handins())
        excerpts = {each.key: _excerpt(store, handins, grades, each) for each in found}
    text = stub.read_text(encoding="utf-8") if stub is not None and stub.is_file() else ""
    made = repairs(each.grade for each in handins)
    return Material(excerpts, sections(text), made, str(folder))


def stub_of(course: Course, name: str) -> Path:
    """Return the path of an exercise's stub."""
    return course.exercise(name) / f"{name}.py"


def code_of(store: Store, handin: Judged) -> str:
    """Return the submitted code; a notebook's cells are joined."""
    file, source = store.source(handin.digest)
    try:
        return "\n\n".join(cell.source for cell in read_source(file, source))
    except NotebookError:
        return source.decode("utf-8", "replace")


def _excerpt(
    store: Store, handins: Sequence[Judged], grades: Sequence[Grade], cluster: Cluster
) -> str:
    """Return the function of the first student of a cluster whose source contains it."""
    if not cluster.function:
        return ""
    for row in cluster.rows[:3]:
        wanted = grades[row].submission
        for each in handins:
            same = each.grade.submission.student == wanted.student
            if same and each.grade.submission.submitted_at == wanted.submitted_at:
                try:
                    if found := excerpt(code_of(store, each), cluster.function):
                        return found
                except StoreError:
                    continue
    return ""
