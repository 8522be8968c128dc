"""Recognise repeated submissions of one student by the names that unknown systems give them.

>>> notes: list[str] = []
>>> found = attempts(["ada", "ada (1)", "kurt"], "relu", notes)
>>> sorted((name, each.student) for name, each in found.items())
[('ada', 'ada'), ('ada (1)', 'ada')]
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from grader import timestamps as times
from grader.text import folded, one_line

MOST: Final = 6
"""More names with one number each mean numbered students, and not attempts."""
NUMBERED: Final = re.compile(
    r"(?P<who>.+?) ?\((?P<number>\d{1,3})\)|(?P<copy>.+?)[ _-]+(?:copy|kopie|copie)", re.IGNORECASE
)
"""Matches names of repeated downloads; they are attempts only if the first name exists."""
WORDED: Final = re.compile(
    r"(?P<who>.+?)[ _-]+(?:attempt|versuch|version|vers|v|rev|revision|resubmission|resubmit|take|try|"
    r"intento|tentative|poging|upload)[ _-]*(?P<number>\d{1,3})",
    re.IGNORECASE,
)
DATED: Final = re.compile(
    r"(?P<who>.*?[^\W\d_].*?)[ _.-]+(?P<date>(?:\d{4}-\d\d-\d\d|\d{1,2}\.\d{1,2}\.\d{4}|"
    r"[^\W\d_]{3,12}\.? \d{1,2},? \d{4}|\d{1,2}\.? [^\W\d_]{3,12}\.?,? \d{4})"
    r"(?:[ T_,-]*\d{1,2}[-:.h]?\d\d(?:[-:.]?\d\d)?(?: ?[AaPp][Mm])?)?)"
)


class Attempt(Struct, frozen=True):
    """The student of an attempt, and a text by which attempts are sorted."""

    student: str
    order: str = ""


def attempts(names: Sequence[str], expected: str, notes: list[str]) -> Mapping[str, Attempt]:
    """Return the names that are attempts of one student; other names are students themselves."""
    found: dict[str, Attempt] = {}
    for reader in (_flat, _dated, _worded, _numbered):
        rest = [name for name in names if name not in found]
        found |= reader(rest, expected)
    counted: defaultdict[str, int] = defaultdict(int)
    for each in found.values():
        counted[each.student] += 1
    for student, count in counted.items():
        if count > 1:
            notes.append(f"{one_line(student)} submitted {count} times; the latest counts")
    _warn_of_likely(names, found, notes)
    return found


def _grouped(read: Mapping[str, tuple[str, float]], least: int = 2) -> dict[str, Attempt]:
    """Return the names whose student occurs several times, with one spelling per student."""
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for name, (who, _) in read.items():
        groups[folded(who)].append(name)
    return {
        name: Attempt(read[group[0]][0], f"attempt {read[name][1]:020.3f}")
        for group in groups.values() if least <= len(group)
        for name in group
    }  # fmt: skip


def _numbered(names: Sequence[str], expected: str) -> dict[str, Attempt]:
    """Recognise ``ada``, ``ada (1)`` and ``ada - Copy``, if there is a plain ``ada``."""
    plain = {folded(name): name for name in names}
    read: dict[str, tuple[str, float]] = {}
    for name in names:
        match = NUMBERED.fullmatch(name)
        who = (match["who"] or match["copy"]) if match else ""
        if match and folded(who) in plain:
            read[name] = (plain[folded(who)], float(match["number"] or 1))
            read[plain[folded(who)]] = (plain[folded(who)], 0.0)
    return _unless_many(_grouped(read))


def _worded(names: Sequence[str], expected: str) -> dict[str, Attempt]:
    """Recognise ``ada v2`` and ``ada attempt 2``, if a student has several."""
    plain = {folded(name): name for name in names}
    read: dict[str, tuple[str, float]] = {}
    for name in names:
        if match := WORDED.fullmatch(name):
            who = match["who"].rstrip(" -_")
            read[name] = (plain.get(folded(who), who), float(match["number"]))
            if folded(who) in plain:
                read[plain[folded(who)]] = (plain[folded(who)], 0.0)
    return _unless_many(_grouped(read))


def _dated(names: Sequence[str], expected: str) -> dict[str, Attempt]:
    """Recognise names that end in a date, if most do or a student has several."""
    read: dict[str, tuple[str, float]] = {}
    for name in names:
        if match := DATED.fullmatch(name):
            when = times.seconds(match["date"].replace("_", " ")) or times.seconds(
                f"{match['date']} 00:00"
            )
            if when:
                read[name] = (match["who"].rstrip(" -_"), when)
    several = _grouped(read)
    return _grouped(read, 1) if several and 2 * len(read) > len(names) else several


def _flat(names: Sequence[str], expected: str) -> dict[str, Attempt]:
    """Recognise ``ada_relu`` and ``ada_relu-1``, if a student has several."""
    ending = re.compile(
        rf"(?P<who>.+?)[ _-]+{re.escape(expected)}(?:[-_ ]?\(?(?P<number>\d{{1,3}})\)?)?",
        re.IGNORECASE,
    )
    matches = {name: match for name in names if (match := ending.fullmatch(name))}
    read = {name: (m["who"], float(m["number"] or 0)) for name, m in matches.items()}
    several = _grouped(read)
    return _grouped(read, 1) if several and 2 * len(read) > len(names) else several


def _unless_many(found: dict[str, Attempt]) -> dict[str, Attempt]:
    sizes: defaultdict[str, int] = defaultdict(int)
    for each in found.values():
        sizes[each.student] += 1
    return {name: each for name, each in found.items() if sizes[each.student] <= MOST}


def _warn_of_likely(names: Sequence[str], found: Mapping[str, Attempt], notes: list[str]) -> None:
    """Note pairs of names that may belong to one student but are read as two students."""
    known = {folded(name) for name in names}
    for name in names:
        match = re.fullmatch(r"(.+?)[-_ ]\d{1,2}", name)
        if match and name not in found and folded(match[1]) in known:
            notes.append(f"{one_line(match[1])} and {one_line(name)} are taken for two students")
