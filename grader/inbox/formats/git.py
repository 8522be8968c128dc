"""Git clones: ``<slug>-submissions/<repository>/``. Git itself is never run: see `commits`.

If every repository is called ``<slug>-<user>``, as by GitHub Classroom, the student is the user;
otherwise the repository.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from grader.inbox.formats.git_commits import committed
from grader.inbox.tree import Entry, File, Handin, Tree, tops
from grader.text import one_line

ENDING = "-submissions"


def recognise(tree: Tree) -> bool:
    """Return whether most top-level folders are clones."""
    clones = [name for name in tree.repositories if name and "/" not in name]
    return 2 * len(clones) > len(tops(tree))


def read(tree: Tree, expected: str, notes: list[str]) -> Iterator[Handin]:
    """Yield a hand-in for each folder, with the time of the checked-out commit."""
    folders = {name: entries for name, entries in tops(tree).items() if name in tree.folders}
    slug = f"{tree.name.removesuffix(ENDING)}-" if tree.name.endswith(ENDING) else ""
    if not all(name.startswith(slug) and name != slug for name in folders):
        slug = ""
    for name, entries in folders.items():
        time = committed(tree, name) if name in tree.repositories else ""
        yield Handin(
            student=one_line(name.removeprefix(slug)),
            files=tuple(File(entry, entry.name, (entry.when,)) for entry in entries),
            note="" if time else "no readable commit: the time of the files is used",
            name=one_line(name) if slug else "",
            submitted_at=time or _latest(entries),
        )
    for entry in tree.entries:
        if "/" not in entry.path:
            notes.append(f"{one_line(entry.path)} is ignored: it is in no repository")


def _latest(entries: list[Entry]) -> str:
    times = [entry.when for entry in entries if 0 < entry.when < 1e11]
    return datetime.fromtimestamp(max(times), UTC).isoformat() if times else ""
