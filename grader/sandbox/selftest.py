"""Test the sandbox: a canary in a worker tries what the layers must prevent.

    found = examine(server, ["/course/tests/hidden/relu/test_relu.py"])
    found.problem     # why this machine cannot grade, or ''

A run does this first, and so does `grader doctor`: layers are tested, not assumed.
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
"""CPU seconds that a worker uses to check its clock."""
ALWAYS: Final = "/etc/passwd"
"""A file that everybody may read, except workers."""
_LEAST, _MOST = 0.009, 0.5


class Trial(Struct, frozen=True):
    """The result: which attempts succeeded, and the CPU seconds shown for `BURNT`."""

    attempts: Mapping[str, bool]
    seconds: float
    missing: str = ""
    """The layers missing for grading, in words, or ''."""

    @property
    def escapes(self) -> list[str]:
        """Return the attempts that succeeded; a working sandbox has none."""
        return [name for name, succeeded in self.attempts.items() if succeeded]

    @property
    def clock_is_right(self) -> bool:
        """Return whether the CPU time of a worker, read from outside, is about right."""
        return _LEAST < self.seconds < _MOST

    @property
    def problem(self) -> str:
        """Return why this machine must not grade submissions, or ''."""
        if self.missing:
            return f"no sandbox good enough to grade others' code here: {self.missing}"
        if self.escapes:
            return f"the sandbox leaks: a canary in it could {', '.join(self.escapes)}"
        if not self.clock_is_right:
            return f"the CPU clock of workers shows {self.seconds:.3f} s for {BURNT:g} s of work"
        return ""


def examine(server: ForkServer, private: Sequence[str]) -> Trial:
    """Check the layers, run the canary, and check the CPU clock.

    Args:
        server: The fork server, started or not.
        private: Files that workers may not read, and whose folders they may not list or write to.

    Raises:
        GraderError: No worker could be started, or the canary could not run.
    """
    server.ready()
    missing = lockdown.missing_for_grading(server.sandbox.layers)
    found = trial(server, [*private, ALWAYS])
    return Trial(found.attempts, found.seconds, missing)


def trial(server: ForkServer, unreadable: Sequence[str]) -> Trial:
    """Run the canary and check the clock; raise `GraderError` if the canary cannot run."""
    source = Path(__file__).with_name("canary.py").read_text(encoding="utf-8")
    canary = Student(server, Program("canary", (("canary.py", source),)), Limits())
    try:
        # One warm-up call, so that the cost of a first call is not measured.
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
