"""Open a zip that a student submitted as the work, and treat its members as the files.

    tree, files = unpacked(tree, handin.files, is_work)

A zip is opened only if its attempt contains no other work, and only one level deep: an archive
inside it stays closed. The rules for downloads apply: limited size, no links, no paths that lead
out of it. If something cannot be read, that is the student's fault, because the student made the
zip.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from msgspec.structs import replace

from grader.inbox.archive import MIB, tree_of
from grader.inbox.tree import MAX_OF_ONE, File, InboxError, Tree, Unreadable, Withheld, is_zip

MAX_ZIPS: Final = 5
"""Number of zips of one student that are opened."""
MAX_ZIP: Final = 32 * MIB
"""Bytes of one zip."""
MAX_READ: Final = 4 * MAX_ZIP
"""Bytes read from one zip in total."""


def unpacked(
    tree: Tree, files: Sequence[File], is_work: Callable[[File], bool]
) -> tuple[Tree, tuple[File, ...]]:
    """Return a student's files with the members of opened zips, and the tree to read them.

    Args:
        tree: The download.
        files: The files that the student submitted.
        is_work: Whether a file is the student's work; called only if there are zips.
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
    """Yield the files in a zip, or the zip itself with the reason why it cannot be read."""
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
