"""The sandbox, tried: a canary in a worker attempts what the layers are there to stop.

    found = trial(server, ["/etc/passwd"])
    found.escapes, found.clock_is_right

Layers are not believed: a run begins with this, and `grader doctor` shows it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from grader.model import Limits
from grader.sandbox.canary import ATTEMPTS
from grader.sandbox.fork_server import ForkServer, GraderError
from grader.sandbox.student import Call, Program, Student

BURNT: Final = 0.02
"""CPU seconds of work that the clock of a worker is checked by."""
_LEAST, _MOST = 0.009, 0.5


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of it: whether each attempt succeeded, and the CPU seconds shown for `BURNT`."""

    attempts: Mapping[str, bool]
    seconds: float

    @property
    def escapes(self) -> list[str]:
        """The attempts that succeeded; none from a sandbox that holds."""
        return [name for name, succeeded in self.attempts.items() if succeeded]

    @property
    def clock_is_right(self) -> bool:
        """Whether the CPU time of a worker is seen from outside, about as long as it was."""
        return _LEAST < self.seconds < _MOST


def trial(server: ForkServer, unreadable: Sequence[str]) -> Trial:
    """Let the canary try, and the clock be seen; raises `GraderError` where it cannot even try.

    ``unreadable``: files that no worker may be able to read, nor list or write beside.
    """
    source = Path(__file__).with_name("canary.py").read_text(encoding="utf-8")
    canary = Student(server, Program("canary", (("canary.py", source),)), Limits())
    try:
        # Burnt once for nothing: what a first call costs would be on the clock.
        [flags, _] = canary.call(
            [
                Call("probe", (list(unreadable), os.getpid()), "number"),
                Call("burn", (0.0,), "number"),
            ]
        )
        if flags.error is not None:
            raise GraderError(f"the canary did not sing: {flags.error} {flags.error.detail}")
        canary.call([Call("burn", (BURNT,), "number")])
        attempts = dict(zip(ATTEMPTS, map(bool, flags.value), strict=True))
        return Trial(attempts, canary.cpu)
    finally:
        canary.end()
