"""Open the zip that a student handed in as the work: its members count as the files of that hand-in.

    tree, files = unpacked(tree, handin.files, is_work)

A zip is opened where its attempt holds no other work, and once: an archive inside it stays closed. It is
read by the rules for a download: bounded, without links and without paths that lead out of it. Whatever
cannot be read is the student's doing, since the student made the zip.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from msgspec.structs import replace

from grader.inbox.archive import MIB, tree_of
from grader.inbox.tree import MAX_OF_ONE, File, InboxError, Tree, Unreadable, Withheld, is_zip

MAX_ZIPS: Final = 5
"""Zips of one student that are opened."""
MAX_ZIP: Final = 32 * MIB
"""Bytes of one of them."""
MAX_READ: Final = 4 * MAX_ZIP
"""Bytes of all that is read from one of them."""


def unpacked(
    tree: Tree, files: Sequence[File], is_work: Callable[[File], bool]
) -> tuple[Tree, tuple[File, ...]]:
    """Return the files of one student with those of opened zips, and the tree to read them from.

    Args:
        tree: The download.
        files: What the student handed in.
        is_work: Whether a file is work of the student's; asked only where there are zips.
    """
    zips = [each for each in files if is_zip(each.entry)][-MAX_ZIPS:]
    if zips:
        work = {file.attempt for file in files if is_work(file)}
        zips = [each for each in zips if each.attempt not in work]
    if not zips:
        return tree, tuple(files)
    opened: dict[str, Tree] = {}
    found: list[File] = []
    for file in files:
        found += _members(tree, file, opened) if file in zips else [file]

    def read(path: str, limit: int) -> bytes:
        """Read a file of the download, or of a zip in it."""
        packed = next((name for name in opened if path.startswith(f"{name}/")), "")
        if not packed:
            return tree.read(path, limit)
        try:
            return opened[packed].read(path[len(packed) + 1 :], limit)
        except Withheld as reason:
            raise Unreadable(str(reason)) from None

    return replace(tree, read=read), tuple(found)


def _members(tree: Tree, file: File, opened: dict[str, Tree]) -> Iterator[File]:
    """Yield the files in a zip, or the zip with the reason why it cannot be read."""
    path = file.entry.path
    try:
        packed = io.BytesIO(tree.read(path, MAX_ZIP))
        inner = tree_of(packed, file.name, file.name, MAX_READ, advice="")
    except Unreadable as reason:
        yield _refused(file, str(reason))
    except InboxError:
        yield _refused(file, "is not a zip that can be read")
    else:
        if not 0 < len(inner.entries) <= MAX_OF_ONE:
            many = f"holds over {MAX_OF_ONE:,} files"
            yield _refused(file, many if inner.entries else "holds no file that can be read")
            return
        opened[path] = inner
        for each in inner.entries:
            entry = replace(each, path=f"{path}/{each.path}")
            yield File(entry, each.name, (*file.order, each.when), attempt=file.attempt)


def _refused(file: File, reason: str) -> File:
    return replace(file, entry=replace(file.entry, refused=reason))
