"""Write files completely or not at all, and never through a link."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from grader.errors import UserError

PRIVATE: Final = 0o600


class WriteError(UserError):
    """A file or folder cannot be written."""


def write(path: Path, data: bytes | Iterable[bytes], mode: int = PRIVATE) -> Path:
    """Replace a file in one step: a reader sees either the old or the new content.

    The new content is written to a file with an unguessable name, opened with ``O_EXCL``. A link at
    ``path`` is replaced and not followed.

    Args:
        path: The file to write.
        data: The content, whole or in parts.
        mode: Permissions of the new file.

    Raises:
        WriteError: The file cannot be written; the old one is unchanged.
    """
    part = path.with_name(f".{path.name[:80]}.{secrets.token_hex(8)}.part")
    try:
        fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        try:
            with os.fdopen(fd, "wb") as out:
                out.writelines([data] if isinstance(data, bytes) else data)
            part.chmod(mode)
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise WriteError(f"{path} cannot be written: {error.strerror}") from None
    return path


def append(path: Path, data: bytes) -> None:
    """Append to a regular file or a device, not to a link (except links such as /dev/stderr).

    Raises:
        WriteError: The file is a link or cannot be written.
    """
    follow = 0 if path.parent == Path("/dev") else getattr(os, "O_NOFOLLOW", 0)
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | follow, PRIVATE)
        with os.fdopen(fd, "ab") as out:
            out.write(data)
    except OSError as error:
        why = "it is a link" if error.errno == errno.ELOOP else error.strerror
        raise WriteError(f"{path} cannot be written: {why}") from None


def make_private(folder: Path) -> None:
    """Create a folder that only its owner may enter; existing parents are unchanged.

    Raises:
        WriteError: The folder cannot be created, or is a link.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if folder.is_symlink():
            raise WriteError(f"{folder} is a link; name the folder itself")
        folder.chmod(0o700)
    except OSError as error:
        raise WriteError(f"{folder} cannot be made: {error.strerror}") from None
