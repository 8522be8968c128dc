"""Grade on this machine: grading processes beside each other, one per core.

    for submission, grade in grade_all(submissions, settings, jobs=2, patience=240): ...

The rules for processes that die or hang are those of `grader.runs.grading_service`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from grader.grading.protocol import Ready, Settings
from grader.model import Submission
from grader.runs.grading_process import EngineError, Graded, Process
from grader.runs.grading_service import GradingService

__all__ = ["EngineError", "Graded", "Process", "grade_all"]

AHEAD: Final = 2
"""Submissions given to a process before the first comes back: it never waits for us."""


def grade_all(
    submissions: Iterable[Submission],
    settings: Settings,
    jobs: int,
    patience: float,
    on_ready: Callable[[Ready], None] = lambda ready: None,
    stop: Callable[[], bool] = lambda: False,
    seed_of: Callable[[Submission], int | None] = lambda submission: None,
) -> Iterator[Graded]:
    """Yield each submission with its grade, as they come.

    Args:
        submissions: What to grade; read as there is room.
        settings: The course, the assignment, and what they are graded with.
        jobs: Grading processes side by side.
        patience: Wall seconds after which a process that gives no grade counts as hung.
        on_ready: Called with the greeting of the first process, before anything is graded.
        stop: Asked before each new submission; true leaves what is in flight to finish.
        seed_of: Asked for the seed of each submission's inputs; None is the one of the settings.

    Raises:
        EngineError: Nothing can be graded.
    """
    with GradingService(jobs, ahead=AHEAD) as service:
        on_ready(service.prepare(settings, jobs))
        yield from service.stream(iter(submissions), settings, patience, stop, seed_of)
