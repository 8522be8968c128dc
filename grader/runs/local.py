"""Grade on this machine, with one grading process per core.

    for submission, grade in grade_all(submissions, settings, jobs=2, patience=240): ...

The rules for processes that die or hang are in `grader.runs.grading_service`.
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
"""Submissions sent to a process before it returns the first one, so that it never waits for us."""


def grade_all(
    submissions: Iterable[Submission],
    settings: Settings,
    jobs: int,
    patience: float,
    on_ready: Callable[[Ready], None] = lambda ready: None,
    stop: Callable[[], bool] = lambda: False,
    seed_of: Callable[[Submission], int | None] = lambda submission: None,
) -> Iterator[Graded]:
    """Yield each submission with its grade as it arrives.

    Args:
        submissions: The submissions, read as capacity becomes free.
        settings: The settings for the grading processes.
        jobs: Number of parallel grading processes.
        patience: Wall seconds after which a process that gives no grade counts as hung.
        on_ready: Called with the first process's answer, before anything is graded.
        stop: Called before each new submission; True lets those in flight finish, then ends.
        seed_of: Returns the seed of a submission's inputs, or None for the settings' seed.

    Raises:
        EngineError: Nothing can be graded.
    """
    with GradingService(jobs, ahead=AHEAD) as service:
        on_ready(service.prepare(settings, jobs))
        yield from service.stream(iter(submissions), settings, patience, stop, seed_of)
