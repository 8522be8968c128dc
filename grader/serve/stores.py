"""Keep the results of the offerings open between requests.

    stores = Stores()
    with stores.opened(folder) as store: ...     # not closed at the end

To open results.db takes longer than to read what one student has in it. An open connection also keeps
SQLite's files there to read by when the disk is full.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from grader.results.store import FILE, Store

KEPT: Final = 4
"""Connections to one results.db that are kept while nobody uses them."""
_Inode = tuple[int, int]


class Stores:
    """Connections to each results.db; one thread at a time has one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: dict[Path, list[tuple[_Inode, Store]]] = {}

    @contextlib.contextmanager
    def opened(self, folder: Path) -> Iterator[Store]:
        """Give a connection to the results in ``folder``; raises `StoreError` if there are none."""
        inode, store = self._taken(folder)
        try:
            yield store
        finally:
            with self._lock:
                idle = self._idle.setdefault(folder, [])
                is_kept = len(idle) < KEPT and not store.is_writing
                if is_kept:
                    idle.append((inode, store))
            if not is_kept:
                store.close()

    def are_open(self, folder: Path) -> bool:
        """Return whether the results in ``folder`` were opened before."""
        return folder in self._idle

    def _taken(self, folder: Path) -> tuple[_Inode, Store]:
        """Take an idle connection, unless the file was replaced since, by a backup."""
        now = _inode(folder)
        while True:
            with self._lock:
                idle = self._idle.get(folder)
                found = idle.pop() if idle else None
            if found is None:
                return now, Store.open(folder)
            if found[0] == now:
                return found
            found[1].close()


def _inode(folder: Path) -> _Inode:
    try:
        status = os.stat(folder / FILE)
    except OSError:  # `Store.open` says what is wrong
        return 0, 0
    return status.st_dev, status.st_ino
