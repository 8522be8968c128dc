"""Try the sandbox: a canary in a worker attempts what the layers are there to stop.

    found = examine(server, ["/course/tests/hidden/relu/test_relu.py"])
    found.problem                   # why nobody may be graded here, or ''

Layers are not believed. A run begins with this, and `grader doctor` does the same.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct

from grader.model import Limits
from grader.sandbox.canary import ATTEMPTS
from grader.sandbox.faults import GraderError
from grader.sandbox.fork_server import ForkServer
from grader.sandbox.guest import lockdown
from grader.sandbox.student import Call, Program, Student

BURNT: Final = 0.02
"""CPU seconds of work with which the clock of a worker is checked."""
ALWAYS: Final = "/etc/passwd"
"""A file that everybody may read and no worker."""
_LEAST, _MOST = 0.009, 0.5


class Trial(Struct, frozen=True):
    """The result: which attempts succeeded, and the CPU seconds shown for `BURNT`."""

    attempts: Mapping[str, bool]
    seconds: float
    missing: str = ""
    """What keeps the layers below the minimum for grading, or ''."""

    @property
    def escapes(self) -> list[str]:
        """Return the attempts that succeeded; there are none in a sandbox that holds."""
        return [name for name, succeeded in self.attempts.items() if succeeded]

    @property
    def clock_is_right(self) -> bool:
        """Return whether the CPU time of a worker, seen from outside, is about what it used."""
        return _LEAST < self.seconds < _MOST

    @property
    def problem(self) -> str:
        """Return why other people's code must not be graded here, or ''."""
        if self.missing:
            return f"no sandbox good enough to grade others' code here: {self.missing}"
        if self.escapes:
            return f"the sandbox leaks: a canary in it could {', '.join(self.escapes)}"
        if not self.clock_is_right:
            return f"the CPU clock of workers shows {self.seconds:.3f} s for {BURNT:g} s of work"
        return ""


def examine(server: ForkServer, private: Sequence[str]) -> Trial:
    """Check the layers, let the canary try, and read the clock.

    Args:
        server: The fork server, started or not.
        private: Files that no worker may read, nor list or write in their folders.

    Raises:
        GraderError: No worker could be started, or the canary could not try.
    """
    server.ready()
    missing = lockdown.missing_for_grading(server.sandbox.layers)
    found = trial(server, [*private, ALWAYS])
    return Trial(found.attempts, found.seconds, missing)


def trial(server: ForkServer, unreadable: Sequence[str]) -> Trial:
    """Let the canary try, and read the clock; raise `GraderError` where it cannot even try."""
    source = Path(__file__).with_name("canary.py").read_text(encoding="utf-8")
    canary = Student(server, Program("canary", (("canary.py", source),)), Limits())
    try:
        # Burnt once for nothing: what a first call costs would be on the clock.
        [flags, _] = canary.call(
            [
                Call(
                    "probe", (list(unreadable), os.getpid(), "" if server.writes else "."), "number"
                ),
                Call("burn", (0.0,), "number"),
            ]
        )
        if flags.error is not None:
            raise GraderError(f"the canary could not try: {flags.error} {flags.error.detail}")
        canary.call([Call("burn", (BURNT,), "number")])
        attempts = dict(zip(ATTEMPTS, map(bool, flags.value), strict=True))
        return Trial(attempts, canary.cpu)
    finally:
        canary.end()
