"""Keep the offerings' results open between requests.

    stores = Stores()
    with stores.opened(folder) as store: ...     # stays open afterwards

Opening results.db takes longer than reading one student's data in it. An open connection also keeps
SQLite's auxiliary files, so that reading works even if the disk is full.
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
"""Number of idle connections to one results.db that are kept open."""
_Inode = tuple[int, int]


class Stores:
    """Connections to each results.db; each is used by one thread at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: dict[Path, list[tuple[_Inode, Store]]] = {}

    @contextlib.contextmanager
    def opened(self, folder: Path) -> Iterator[Store]:
        """Provide a connection to the results in ``folder``; raise `StoreError` if missing."""
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
        """Return whether the results in ``folder`` have been opened before."""
        return folder in self._idle

    def _taken(self, folder: Path) -> tuple[_Inode, Store]:
        """Return an idle connection, unless the file was replaced (by a backup) since."""
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
    except OSError:  # `Store.open` reports the error
        return 0, 0
    return status.st_dev, status.st_ino
