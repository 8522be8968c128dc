"""Define the messages between a run and its grading processes."""

from __future__ import annotations

from typing import Final

from msgspec import Struct, field

from grader.model import Limits


class Settings(Struct, frozen=True):
    """The first message to a grading process."""

    course: str
    assignment: str
    seed: int
    secret: bytes
    sandbox: str = "best"
    preflight: bool = True
    private: tuple[str, ...] = ()
    """Paths that no worker may read: the canary tries to."""
    alone: bool = False
    """Whether only one submission will be graded, so that it cannot leak anything to another."""
    select: str = ""
    """Selects checks, in the syntax of pytest's -k; empty for all."""
    collect: bool = False
    """Whether the process only lists the checks, and grades nothing."""
    objects: bool = False
    """Whether ``student`` returns fresh objects: a test that then passes compares nothing."""
    limits: Limits | None = None
    """Limits instead of the assignment's; each grade then says what it `USED`."""


USED: Final = "used"
"""The key in a grade's ``instructor`` that holds the seconds used, as a `Budget`."""


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
    """The first answer of a grading process: the active layers, and why it cannot grade, if so."""

    sandbox: list[str]
    problem: str = ""
    max_score: float = 0.0
    versions: dict[str, str] = field(default_factory=dict)
    """Versions of Python and of the packages that it grades with."""
    checks: tuple[CheckInfo, ...] = ()
    """The hidden tests, with the skipped ones, if only the list was requested."""
