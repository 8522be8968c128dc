"""Find a person by whatever name an instructor types: an id, an e-mail address or a full name.

>>> from grader.model import Submission
>>> class_ = [Submission("1042", "a.py", name="Kurt West", email="kw@example.org")]
>>> resolve("kurt west", class_), resolve("West, Kurt", class_), resolve("KW@example.org", class_)
('1042', '1042', '1042')
>>> label(class_[0])
'Kurt West (1042)'
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Protocol

from grader.errors import UserError
from grader.text import folded, nearest, one_line


class Identified(Protocol):
    """Anything that carries the ids of one student."""

    @property
    def student(self) -> str:
        """Return the id that names the student in this course."""

    @property
    def sid(self) -> str:
        """Return the student number, or ''."""

    @property
    def email(self) -> str:
        """Return the e-mail address, or ''."""


class Person(Identified, Protocol):
    """Anything that carries the ids and the name of one student."""

    @property
    def name(self) -> str:
        """Return the full name, or ''."""


class UnknownPersonError(UserError):
    """A text that names nobody, or several people."""


def resolve(text: str, people: Iterable[Person]) -> str:
    """Return the id of the one student that a text names.

    An id wins over a student number or e-mail address, and these win over a name.

    Raises:
        UnknownPersonError: The text names no student, or more than one.
    """
    everybody = list(people)
    wanted = folded(text)
    for ids in (
        {each.student for each in everybody if folded(each.student) == wanted},
        {each.student for each in everybody if wanted in map(folded, (each.sid, each.email))},
        {each.student for each in everybody if _name(each.name) == _name(text)},
    ):
        if len(ids) == 1:
            return next(iter(ids))
        if ids:
            raise UnknownPersonError(
                f"{one_line(text)!r} is the name of several students; use an id: "
                + ", ".join(map(one_line, sorted(ids)[:5]))
            )
    near = nearest(text, [key for each in everybody for key in (each.student, each.name) if key])
    known = f"; did you mean {one_line(near)}?" if near else ""
    raise UnknownPersonError(f"no such student: {one_line(text)!r}{known}")


def label(person: Person, width: int = 80) -> str:
    """Return a name and an id as they stand in a list: ``Kurt West (1042)``."""
    student = one_line(person.student, width)
    return f"{one_line(person.name, width)} ({student})" if person.name else student


def _name(text: str) -> str:
    """Return a name without case, accents' composition and order of "Last, First"."""
    last, comma, first = text.partition(",")
    return re.sub(r"\s+", " ", folded(f"{first} {last}" if comma else text)).strip()
