"""Read the course's secret, without which a seed does not reveal the hidden inputs."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path


def secret_file(folder: Path) -> Path:
    """Return the path in ``GRADER_SECRET_FILE``, else ``.grader-secret`` in the course."""
    return Path(os.environ.get("GRADER_SECRET_FILE") or folder / ".grader-secret")


def course_secret(folder: Path) -> bytes:
    """Read the course's secret, which is created at first use.

    The file has mode 600. A seed seen on a command line is useless without it.
    """
    file = secret_file(folder)
    try:
        return file.read_bytes()
    except FileNotFoundError:
        secret = os.urandom(32).hex().encode()
    try:
        fd = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:  # another run has just created it
        return file.read_bytes()
    with os.fdopen(fd, "wb") as out:
        out.write(secret)
    return secret


def fingerprint(secret: bytes) -> str:
    """Return the start of the secret's hash, which distinguishes it from other secrets."""
    return hashlib.sha256(b"grader secret " + secret).hexdigest()[:12]
