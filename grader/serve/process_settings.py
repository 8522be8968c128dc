"""The settings of the supervisor's two processes, passed as JSON on their command lines."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct


class GradingSettings(Struct, frozen=True):
    """The settings of the grading service."""

    socket: int
    """The file descriptor on which it listens."""
    courses: Sequence[str]
    data: str
    jobs: int
    parent: int
    """The supervisor's pid."""


class WebSettings(Struct, frozen=True):
    """The settings of the web process."""

    listen: int
    """The file descriptor on which it accepts connections."""
    data: str
    origin: str
    capacity: int
    parent: int
    """The supervisor's pid."""
    uid: int = 0
    """The uid to change to; 0 to keep the current one."""
    retain_days: int = 0
