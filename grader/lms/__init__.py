"""Adapters for LMSs and CI systems: one module of pure functions per system.

    job = JOBS["gradescope"](JobPlace(os.environ, Path.cwd()))     # input from a container
    answer = ANSWERS["gradescope"](grade, job)                     # output: content and paths
    done = export("canvas", grades, assignment, into=data, inbox="canvas")

Adapters import the core and the shared modules (`wording`, `job`, `sheet`), never one another. To
add a system, write a module and add a line to the dict below.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from grader.course.assignment import Assignment
from grader.lms.exports import blackboard, canvas, moodle, nbgrader, table
from grader.lms.exports import gradescope as gradescope_csv
from grader.lms.exports.sheet import Export, ExportError
from grader.lms.jobs import classroom50, coderunner, github, gitlab, gradescope, prairielearn, vpl
from grader.lms.jobs.job import Job, JobOutput, JobPlace
from grader.model import Grade

__all__ = [
    "ANSWERS",
    "EXPORTS",
    "JOBS",
    "Export",
    "ExportError",
    "Job",
    "JobOutput",
    "JobPlace",
    "export",
]  # fmt: skip

JOBS: Final[Mapping[str, Callable[[JobPlace], Job]]] = {
    "gradescope": gradescope.job,
    "prairielearn": prairielearn.job,
    "github": github.job,
    "classroom50": classroom50.job,
    "gitlab": gitlab.job,
    "vpl": vpl.job,
    "coderunner": coderunner.job,
}
ANSWERS: Final[Mapping[str, Callable[[Grade, Job], JobOutput]]] = {
    "gradescope": gradescope.answer,
    "prairielearn": prairielearn.answer,
    "github": github.answer,
    "classroom50": classroom50.answer,
    "gitlab": gitlab.answer,
    "vpl": vpl.answer,
    "coderunner": coderunner.answer,
}
EXPORTS: Final[Mapping[str, Callable[[Sequence[Grade], Assignment, bytes | None, str], Export]]] = {
    "canvas": canvas.export,
    "moodle": moodle.export,
    "gradescope-csv": gradescope_csv.export,
    "blackboard": blackboard.export,
    "nbgrader": nbgrader.export,
    "csv": table.export,
}


def export(
    format: str,
    grades: Iterable[Grade],
    assignment: Assignment,
    into: bytes | None = None,
    inbox: str = "",
) -> Export:
    """Return a class's grades as a file in a ``format`` of `EXPORTS`; raise `ExportError`.

    Args:
        format: The name of the format.
        grades: The grades to export.
        assignment: The assignment they are for.
        into: The instructor's gradebook file; every other byte of it stays unchanged.
        inbox: The kind of download the submissions came from, which determines the kind of ids.
    """
    return EXPORTS[format](list(grades), assignment, into, inbox)
