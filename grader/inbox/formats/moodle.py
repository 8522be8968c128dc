r"""Moodle's download: folders or names that begin ``<Full Name>_<id>_assignsubmission_file``.

Moodle's ``mod_assign\downloader`` defines the form. It replaces underscores in names by spaces, so
the first ``_assignsubmission_`` is Moodle's, and the text between it and the previous underscore is
the number in the worksheet's "Participant N". A team has its name and number there, or only
``Default group``; the download does not list its members.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from grader.inbox.tree import Entry, File, Handin, Tree, tops
from grader.text import one_line

NAME = re.compile(r"(?P<who>.+?)_assignsubmission_[a-z]+(?:_(?P<file>.*))?", re.DOTALL)


def header(name: str) -> int:
    """Return the length of Moodle's prefix of a name; 0 if there is none."""
    match = NAME.fullmatch(name)
    return (match.start("file") if match["file"] else len(name)) if match else 0


def read(tree: Tree, expected: str, notes: list[str]) -> Iterator[Handin]:
    """Yield a hand-in for each participant or team."""
    found: defaultdict[str, list[File]] = defaultdict(list)
    for top, entries in tops(tree).items():
        match = NAME.fullmatch(top)
        if match:
            found[match["who"]] += [_file(entry, match) for entry in entries]
        else:
            notes.append(f"{one_line(top)} is ignored: not a file name of Moodle")
    for who, files in found.items():
        name, _, number = who.rpartition("_")
        if not number.isdecimal():
            name, number = who, ""
        yield Handin(
            one_line(number or name), tuple(files), name=one_line(name), sid=one_line(number)
        )


def _file(entry: Entry, match: re.Match[str]) -> File:
    in_folder = "/" in entry.path
    return File(entry, entry.name if in_folder else match["file"] or "", (entry.when,))
