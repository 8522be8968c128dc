"""Brightspace (D2L): ``<id>-<id> - <name> - <date>/<file>``, or the same flat with `` - <file>``.

A resubmission is another folder with a later date. The first number identifies the student. The
date is in the language and the time zone of the course.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator

from grader import timestamps as times
from grader.inbox.tree import Entry, File, Handin, Tree, times_unread, tops
from grader.text import folded, one_line

NAME = re.compile(
    r"(?P<user>\d+)-(?P<folder>\d+) ?- ?(?P<who>.+?) ?- ?"
    r"(?P<date>(?=[^-]*\d{4})[^-]*\d{3,4}(?: ?[AaPp]\.?[Mm]\.?)?)(?: ?- ?(?P<file>.+))?"
)


def header(name: str) -> int:
    """Return the length of Brightspace's part of a name; 0 for another form."""
    match = NAME.fullmatch(name)
    return match.end("date") if match else 0


def read(tree: Tree, expected: str, notes: list[str]) -> Iterator[Handin]:
    """Yield a hand-in for each folder; several folders of a student are attempts."""
    found: defaultdict[str, list[tuple[re.Match[str], list[Entry]]]] = defaultdict(list)
    for top, entries in tops(tree).items():
        if match := NAME.fullmatch(top):
            found[match["user"]].append((match, entries))
        elif top.lower() != "index.html":
            notes.append(f"{one_line(top)} is ignored: not a file name of Brightspace")
    names = Counter(folded(parts[0][0]["who"]) for parts in found.values())
    for user, parts in found.items():
        who = parts[0][0]["who"]
        if names[folded(who)] > 1:
            notes.append(f"{one_line(who)} ({user}) has a name that another student has too")
        yield _handin(user, parts, notes)


def _handin(user: str, parts: list[tuple[re.Match[str], list[Entry]]], notes: list[str]) -> Handin:
    dates = {match["date"]: times.iso(match["date"]) for match, _ in parts}
    for date in (date for date, time in dates.items() if not time):
        notes.append(times_unread(parts[0][0]["who"], date))
    several = len(dates) > 1
    unknown = several and not all(dates.values())
    files = tuple(
        File(
            entry, entry.name if "/" in entry.path else match["file"] or "", (entry.when,),
            attempt=dates[match["date"]],
        )
        for match, entries in parts for entry in entries
    )  # fmt: skip
    return Handin(
        one_line(user),
        files,
        name=one_line(parts[0][0]["who"]),
        sid=one_line(user),
        note=f"the latest of {len(dates)} submissions" if several and not unknown else "",
        missing="it is unknown which of several submissions is the latest" if unknown else "",
    )
