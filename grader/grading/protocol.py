"""Define the messages between a run and its grading processes."""

from __future__ import annotations

from msgspec import Struct, field


class Settings(Struct, frozen=True):
    """The first message to a grading process."""

    course: str
    assignment: str
    seed: int
    secret: bytes
    sandbox: str = "best"
    preflight: bool = True
    private: tuple[str, ...] = ()
    """Files that no worker may be able to read: the canary tries."""
    alone: bool = False
    """Whether one submission is all that will be graded: it has nobody to pass anything on to."""
    select: str = ""
    """Which checks, as pytest's -k has it; all if empty."""
    collect: bool = False
    """Whether the process only lists the checks, and grades nothing."""
    objects: bool = False
    """Whether ``student`` answers with fresh objects: what passes then compares nothing."""


class CheckInfo(Struct, frozen=True):
    """One hidden test, as the rubric lists it."""

    id: str
    title: str
    points: float
    where: str
    """``test_file.py:line``"""
    function: str
    fixtures: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    skip: str = ""
    full: str = ""


class Ready(Struct, frozen=True):
    """A grading process's answer: the layers in force, and what keeps it from grading, if anything."""

    sandbox: list[str]
    problem: str = ""
    max_score: float = 0.0
    versions: dict[str, str] = field(default_factory=dict)
    """Of Python and the packages that it grades with."""
    checks: tuple[CheckInfo, ...] = ()
    """The hidden tests, where only these were asked for; those that are skipped too."""
