"""Find a person by what an instructor types: an id, an e-mail address or a full name.

>>> from grader.model import Submission
>>> class_ = [Submission("1042", "a.py", name="Kurt West", email="kw@example.org")]
>>> resolve("kurt west", class_), resolve("West, Kurt", class_), resolve("KW@example.org", class_)
('1042', '1042', '1042')
>>> label(class_[0])
'Kurt West (1042)'
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Protocol

from grader.errors import UserError
from grader.text import folded, nearest, one_line


class Person(Protocol):
    """An object with the ids and the name of a student."""

    @property
    def student(self) -> str:
        """Return the student's id in this course."""

    @property
    def sid(self) -> str:
        """Return the student number, or ''."""

    @property
    def email(self) -> str:
        """Return the e-mail address, or ''."""

    @property
    def name(self) -> str:
        """Return the full name, or ''."""


class UnknownPersonError(UserError):
    """A text matches nobody, or several people."""


def resolve(text: str, people: Iterable[Person]) -> str:
    """Return the id of the only student that a text identifies.

    An id takes precedence over a student number or e-mail address, and these over a name.

    Raises:
        UnknownPersonError: The text matches no student, or more than one.
    """
    everybody = list(people)
    exact = {each.student for each in everybody if folded(each.student) == folded(text)}
    ids = exact or directory(everybody)(text)
    if len(ids) == 1:
        return next(iter(ids))
    if ids:
        raise UnknownPersonError(
            f"{one_line(text)!r} is the name of several students; use an id: "
            + ", ".join(map(one_line, sorted(ids)[:5]))
        )
    keys = [key for each in everybody for key in (each.student, each.name) if key]
    plain = {_without_accents(key): key for key in keys}
    near = plain.get(nearest(_without_accents(text), plain), "")
    known = f"; did you mean {one_line(near)}?" if near else ""
    raise UnknownPersonError(f"no such student: {one_line(text)!r}{known}")


def directory(people: Iterable[Person]) -> Callable[[str], set[str]]:
    """Return a function from a text to the ids of the students that it identifies.

    An id, student number or e-mail address takes precedence over a name.
    """
    ids, names = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
    for each in people:
        for identity in filter(None, (each.student, each.sid, each.email)):
            ids[folded(identity)].add(each.student)
        if each.name:
            names[_name(each.name)].add(each.student)
    return lambda text: ids.get(folded(text)) or names.get(_name(text)) or set()


def label(person: Person, width: int = 80) -> str:
    """Return name and id for a list: ``Kurt West (1042)``."""
    student = one_line(person.student, width)
    return f"{one_line(person.name, width)} ({student})" if person.name else student


def _without_accents(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(each for each in decomposed if not unicodedata.combining(each))


def _name(text: str) -> str:
    """Return a name without case, composition of accents and the order of "Last, First"."""
    last, comma, first = text.partition(",")
    return re.sub(r"\s+", " ", folded(f"{first} {last}" if comma else text)).strip()
