"""Create folders for the lifetime of this process, and delete those of killed processes.

    folder = KeptFolder.made("grader-work-")
    folder.remove()
    sweep()                 # what a killed process has left

The process that creates a folder holds a lock on it; an unlocked folder is left over. Only folders
of this user with our name prefixes are deleted, and links are not followed.
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
        """Create a folder that only this user may enter."""
        while True:
            path = tempfile.mkdtemp(prefix=prefix)
            lock = _locked(path)
            if lock is not None:
                return cls(Path(path), lock)  # otherwise another process deleted it just now

    def remove(self) -> None:
        """Delete the folder."""
        _delete(self.path)
        os.close(self.lock)


def sweep() -> None:
    """Delete the folders of this user's processes that were killed."""
    with contextlib.suppress(OSError), os.scandir(tempfile.gettempdir()) as entries:
        for entry in entries:
            if NAME.fullmatch(entry.name) is None:
                continue
            lock = _locked(entry.path)
            if lock is not None:
                _delete(Path(entry.path))
                os.close(lock)


def _locked(path: str) -> int | None:
    """Lock a folder of this user; return its descriptor, or None if it is locked or foreign."""
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
        os.fchmod(folder, 0o700)  # required to delete the files in it
    shutil.rmtree(path, ignore_errors=True)
