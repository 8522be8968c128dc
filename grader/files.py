"""Write files completely or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from grader.results.store import StoreError


def write_private(path: Path, data: bytes | Iterable[bytes]) -> Path:
    """Write a file, given whole or in parts, 0600: all of it or nothing."""
    part = path.with_name(f".{path.name}.part")
    try:
        fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(fd, "wb") as out:
            out.writelines([data] if isinstance(data, bytes) else data)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise StoreError(f"{path} cannot be written: {error.strerror}") from None
    return path


def make_private(folder: Path) -> None:
    """Make a folder that only we may look into; a parent that exists stays as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
