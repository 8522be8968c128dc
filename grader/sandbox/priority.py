"""Lower the priority of slow student programs in favour of quick ones.

    give_way(pid)

Limits count CPU seconds, so a slow program loses nothing. With `NICE` it gets at least a seventh of a
core next to two others of normal priority, which is enough for its limits of wall seconds.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Final

NICE: Final = 5
SLOW: Final = 0.4
"""CPU seconds of a request after which its worker's priority falls; most use a tenth."""


def give_way(pid: int) -> None:
    """Lower the priority of a worker, which is a separate session."""
    with contextlib.suppress(OSError):  # it has ended
        os.setpriority(os.PRIO_PROCESS, pid, NICE)
    with contextlib.suppress(OSError):  # counts if the kernel groups processes by session
        Path(f"/proc/{pid}/autogroup").write_text(str(NICE), encoding="ascii")
