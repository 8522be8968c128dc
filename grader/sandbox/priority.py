"""Let others go first: a program that takes long gives way to the submissions that are graded quickly.

    give_way(pid)

Its limits count CPU seconds, so that it loses nothing. With `NICE` it has at least a seventh of a core
beside two that do not give way, which is enough for its limits of wall seconds.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Final

NICE: Final = 5
SLOW: Final = 0.4
"""CPU seconds of one request after which its worker gives way; nearly all take a tenth of that."""


def give_way(pid: int) -> None:
    """Lower the priority of a worker, which is a session of its own."""
    with contextlib.suppress(OSError):  # it ended meanwhile
        os.setpriority(os.PRIO_PROCESS, pid, NICE)
    with contextlib.suppress(OSError):  # where the kernel groups processes by session, this counts
        Path(f"/proc/{pid}/autogroup").write_text(str(NICE), encoding="ascii")
