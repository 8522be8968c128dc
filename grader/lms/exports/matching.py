"""Match the students of a run with the rows of a gradebook."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from grader.model import Grade
from grader.people import label
from grader.text import folded, lms_line

KINDS: Final[Mapping[str, Mapping[str, str]]] = {
    "canvas": {"canvas": "sid"},
    "moodle": {"participant": "sid"},
    "blackboard": {"login": "sid"},
    "gradescope": {"sid": "sid"},
    "brightspace": {},
    "sakai": {"login": "sid"},
    "nbgrader": {"login": "student"},
    "git": {"login": "student"},
}
"""By inbox: the field of a submission for each kind of id; otherwise ids may be of either kind."""


def identities(grade: Grade, inbox: str) -> dict[str, str]:
    """Return the known ids of a student, by kind of id."""
    who = grade.submission
    known = KINDS.get(inbox, {"sid": "student", "login": "student"})
    if grade.absent:  # named only by the instructor, presumably with the inbox's kind of id
        known = dict.fromkeys(known, "student")
    found = {kind: getattr(who, name) for kind, name in known.items() if getattr(who, name)}
    if inbox not in KINDS and who.sid:
        found["sid"] = who.sid
    email = who.email or (who.student if "@" in who.student else "")
    if email:
        found["email"] = email
        found.setdefault("login", email)
    return found


def matched(
    grades: Sequence[Grade], inbox: str, places: Mapping[tuple[str, str], set[int]]
) -> tuple[dict[int, Grade], list[str]]:
    """Match grades with rows of a gradebook.

    Args:
        grades: The grades.
        inbox: The kind of download that the submissions came from.
        places: The rows with each (kind of id, id).

    Returns:
        The grade for each place, and a note on each grade without one.
    """
    claims: defaultdict[int, list[Grade]] = defaultdict(list)
    strangers = []
    for grade in grades:
        ids = identities(grade, inbox)
        found = set().union(*(places.get((kind, folded(ids[kind])), set()) for kind in ids))
        student = lms_line(label(grade.submission))
        if grade.absent and not found:
            own = folded(grade.submission.student)
            found = set().union(*(rows for (_, text), rows in places.items() if text == own))
        if len(found) == 1:
            claims[found.pop()].append(grade)
        elif found:
            strangers.append(f"{student}: occurs there {len(found)} times")
        else:
            strangers.append(f"{student}: not in the gradebook")
    for place, several in list(claims.items()):
        if len(several) > 1:
            names = [lms_line(label(grade.submission)) for grade in several]
            same = ", ".join(names)
            strangers += [
                f"{name}: the same student as others in the gradebook: {same}" for name in names
            ]
            del claims[place]
    return {place: found[0] for place, found in claims.items()}, strangers
