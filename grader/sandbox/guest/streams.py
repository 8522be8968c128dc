"""Replace a submission's terminal by a pipe that never blocks and never raises.

    sys.stdout = sys.stderr = capture(descriptor)

The stream has a text file's attributes (``buffer``, ``encoding``, ``reconfigure``, ``name``) but no
``fileno``, like the streams of a notebook.
"""

from __future__ import annotations

import io
import os
from typing import Any, Final

CAPTURE: Final = 1 << 14
"""Bytes of printed output that are kept for the instructor."""


class _Pipe(io.RawIOBase):
    """A raw stream that writes up to `CAPTURE` bytes and drops the rest."""

    mode = "wb"

    def __init__(self, fd: int) -> None:
        self.name = "<stdout>"
        self._fd, self._left = fd, CAPTURE

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, data: Any) -> int:
        """Write as much as the limit allows, and report that all of it was written."""
        size = len(data)
        kept = bytes(data)[: self._left] if self._left else b""
        if kept:
            self._left -= len(kept)
            try:
                os.write(self._fd, kept)
            except (OSError, ValueError):
                self._left = 0
        return size

    def close(self) -> None:
        """Stay open, because a text wrapper that a submission drops closes its raw stream."""


class _Text(io.TextIOWrapper):
    def close(self) -> None:
        """Stay open, so that later output does not raise."""


def capture(fd: int) -> io.TextIOWrapper:
    """Return a text stream that writes to the pipe ``fd``."""
    pipe: Any = _Pipe(fd)
    return _Text(pipe, encoding="utf-8", errors="replace", newline="\n", write_through=True)
