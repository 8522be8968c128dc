"""Canvas's download: flat files ``<sortable name>[_LATE]_<user>_<attachment>_<file>``.

Canvas's ``lib/content_zipper.rb`` defines the form: no name contains ``_<digits>_``, so the first
such numbers are Canvas's, whatever the student called the file. Anonymous assignments have
``[LATE_]anon_<id>`` instead of name and user; a text entry is ``…_text.html``, a link
``…_link.html``. Attachment numbers grow, so they show which of two files is later; the zip's times
do not. A file submitted again under its old name becomes ``<file>-1``, the same name and the later
file.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from grader.inbox.tree import Entry, File, Handin, Tree
from grader.text import one_line

NAME = re.compile(
    r"(?:(?!LATE_|anon_)(?P<who>[^/]+?)_)?(?P<late>LATE_)?(?:(?P<user>\d+)|(?P<anon>anon_[A-Za-z0-9]+))_"
    r"(?:(?P<attachment>\d{1,18})_(?P<file>[^/]+)|(?P<entry>(?:text|link)\.html))"
)
AGAIN = re.compile(r"(?:-\d{1,3}| ?\(\d{1,3}\))+(?=\.[^.]+$)")


def header(name: str) -> int:
    """Return the length of Canvas's prefix of a name; 0 if there is none."""
    match = NAME.fullmatch(name)
    return max(match.start("file"), match.start("entry")) if match else 0


def read(tree: Tree, expected: str, notes: list[str]) -> Iterator[Handin]:
    """Yield a hand-in for each user number."""
    found: defaultdict[str, list[tuple[re.Match[str], Entry]]] = defaultdict(list)
    for entry in tree.entries:
        match = NAME.fullmatch(entry.path)
        if match:
            found[match["user"] or match["anon"]].append((match, entry))
        else:
            notes.append(f"{one_line(entry.path)} is ignored: not a file name of Canvas")
    for student, parts in found.items():
        match = parts[0][0]
        late = any(part["late"] for part, _ in parts)
        yield Handin(
            student=student,
            files=tuple(
                File(
                    entry,
                    AGAIN.sub("", part["file"] or part["entry"]),
                    (float(part["attachment"] or 0), entry.when),
                )
                for part, entry in parts
            ),
            note="marked late by Canvas" if late else "",
            marked_late=late,
            name=one_line(match["who"] or ""),
            sid=match["user"] or "",
        )
