"""Join the results of the shards of one run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from grader.files import make_private
from grader.results.store import Store
from grader.runs.provenance import refuse_mixture


def merge(folders: Sequence[Path], out: Path) -> int:
    """Join the results of shards of one run; return the number of grades.

    Raises:
        StoreError: They do not belong to the same run.
        MixtureError: They were graded with different tests, graders or versions of NumPy.
    """
    make_private(out)
    runs = []
    for folder in folders:
        with Store.open(folder) as part:
            runs.append(part.run)
            refuse_mixture(folder, part.run.versions, runs[0].versions)
    count = 0
    with Store.create(out, runs[0]) as store:
        for folder, run in zip(folders, runs, strict=True):
            store.check_same(run, folder)
            with Store.open(folder) as part:
                for digest, attempt, grade in part.rounds():
                    file, source = part.source(digest)
                    submission = replace(grade.submission, file=file, source=source)
                    count += store.add(grade, submission, attempt)
                for change in part.adjustments():
                    store.adjust(change)
                for mark in part.marks():
                    store.mark(mark)
    return count
