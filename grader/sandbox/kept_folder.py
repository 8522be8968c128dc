"""Make folders for as long as this process lives, and delete those of processes that were killed.

    folder = KeptFolder.made("grader-work-")
    folder.remove()
    sweep()                 # what a killed process has left

A folder is locked by the process that made it; one that nobody locks is left over. Only folders of this user
with our names count, and no link is followed.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Final

from msgspec import Struct

NAME: Final = re.compile(r"grader-(?:work|jail)-\w{8}")


class KeptFolder(Struct, frozen=True):
    """A temporary folder, and the descriptor that keeps it locked."""

    path: Path
    lock: int

    @classmethod
    def made(cls, prefix: str) -> KeptFolder:
        """Make a folder; only this user may enter it."""
        while True:
            path = tempfile.mkdtemp(prefix=prefix)
            lock = _locked(path)
            if lock is not None:
                return cls(Path(path), lock)  # else another process swept it away at this moment

    def remove(self) -> None:
        """Delete the folder."""
        _delete(self.path)
        os.close(self.lock)


def sweep() -> None:
    """Delete the folders that processes of this user have left when they were killed."""
    with contextlib.suppress(OSError), os.scandir(tempfile.gettempdir()) as entries:
        for entry in entries:
            if NAME.fullmatch(entry.name) is None:
                continue
            lock = _locked(entry.path)
            if lock is not None:
                _delete(Path(entry.path))
                os.close(lock)


def _locked(path: str) -> int | None:
    """Lock a folder of this user and return its descriptor; None if it is locked, or another's."""
    try:
        lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        found, there = os.fstat(lock), os.lstat(path)
        if found.st_uid == os.geteuid() and os.path.samestat(found, there):
            return lock
    except OSError:
        pass
    os.close(lock)
    return None


def _delete(path: Path) -> None:
    for _, _, _, folder in os.fwalk(path, follow_symlinks=False):
        os.fchmod(folder, 0o700)  # only then its files can be deleted
    shutil.rmtree(path, ignore_errors=True)
