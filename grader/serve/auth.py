"""Decide permissions: one function decides for every route.

may(person, "override", offering)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from grader.serve.accounts import User


class InCourse(Protocol):
    """An object that belongs to a course: an offering or an attempt."""

    @property
    def course(self) -> str:
        """Return the id of the course."""


class Owned(InCourse, Protocol):
    """An attempt."""

    @property
    def user(self) -> int:
        """Return the number of the user who submitted the attempt."""


def _everybody(person: User | None, thing: object) -> bool:
    return True


def _signed_in(person: User | None, thing: object) -> bool:
    return person is not None


def _enrolled(person: User | None, thing: InCourse) -> bool:
    return person is not None and thing.course in person.roles


def _staff(person: User | None, thing: InCourse) -> bool:
    return person is not None and person.is_staff(thing.course)


def _instructor(person: User | None, thing: InCourse) -> bool:
    return person is not None and person.roles.get(thing.course) == "instructor"


def _owner_or_staff(person: User | None, thing: Owned) -> bool:
    if person is None:
        return False
    own = thing.user == person.id and thing.course in person.roles
    return own or person.is_staff(thing.course)


RULES: Final[Mapping[str, Callable[..., bool]]] = {
    "use a link": _everybody,
    "read about privacy": _everybody,
    "read the health": _everybody,  # only from this machine, which `app` checks
    "read own assignments": _signed_in,
    "download own data": _signed_in,
    "sign out": _signed_in,
    "make a link for another device": _signed_in,
    "read an assignment": _enrolled,
    "submit": _enrolled,
    "read an attempt": _owner_or_staff,
    "download an attempt": _owner_or_staff,
    "watch the class": _staff,
    "retry": _staff,
    "override": _instructor,
    "extend": _instructor,
    "regrade": _instructor,
    "export": _instructor,
    "read the audit": _instructor,
    "reissue a link": _instructor,
}
"""A rule for every action of a route. A route with an unknown action cannot be built."""


def may(person: User | None, action: str, thing: object) -> bool:
    """Return whether a person (None: not signed in) may execute an action on an object."""
    return RULES[action](person, thing)
