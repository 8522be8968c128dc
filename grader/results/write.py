"""Write the files of a results folder from its store."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from grader.course.assignment import Course
from grader.files import make_private, write
from grader.results import policy
from grader.results import tables as gradebook
from grader.results.visibility import for_student


def write_results(course: Course, folder: Path) -> list[Path]:
    """Write grades.json, grades.csv and the pages from the store; return their paths."""
    return write_files(policy.standings(course, folder), folder, course=course)


def write_files(
    found: policy.Standings, folder: Path, plots: bool = False, course: Course | None = None
) -> list[Path]:
    """Write the files from results that have been read already; return their paths.

    Args:
        found: The results, under the course's policy.
        folder: The folder of the results.
        plots: Write the plots too.
        course: The course, for the headings of the exercise.
    """
    from grader.results import class_report, feedback, manual, material

    run, assignment, grades = found.run, found.assignment, found.grades
    pages = {
        g.submission.student: f"feedback/{feedback.file_name(g.submission.student)}" for g in grades
    }
    make_private(folder / "feedback")
    written = [
        write(folder / pages[grade.submission.student], feedback.render(run, assignment, grade))
        for grade in grades
    ]
    stub = material.stub_of(course, assignment.name) if course else None
    known = material.gathered(folder, grades, stub)
    csv = gradebook.as_csv(grades)
    report = class_report.render(run, assignment, grades, pages, known)
    written += [
        write(folder / "grades.json", gradebook.as_json(run, map(for_student, grades))),
        write(folder / "grades.csv", csv),
        write(folder / "report.html", report),
    ]
    written += manual.write_answers(folder, found, course)
    if plots:
        with contextlib.chdir(os.sep):  # matplotlib reads matplotlibrc from the current folder
            from grader.results import plots as drawings

        written += drawings.save(run, grades, folder / "plots")
    return written
