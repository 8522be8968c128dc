"""The settings that the supervisor passes to its two processes, as JSON on their command line."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct


class GradingSettings(Struct, frozen=True):
    """The settings that the supervisor passes to the grading service."""

    socket: int
    """The descriptor on which it listens."""
    courses: Sequence[str]
    data: str
    jobs: int
    parent: int
    """The supervisor's pid."""


class WebSettings(Struct, frozen=True):
    """The settings that the supervisor passes to the web process."""

    listen: int
    """The descriptor on which it accepts connections."""
    data: str
    origin: str
    capacity: int
    parent: int
    """The supervisor's pid."""
    uid: int = 0
    """The user to become; 0 to stay."""
    retain_days: int = 0
