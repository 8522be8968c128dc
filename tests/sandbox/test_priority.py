"""A program that takes long gives way to others; one that is quick does not."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.model import Limits
from grader.sandbox import priority
from grader.sandbox.faults import OverrunError
from grader.sandbox.fork_server import ForkServer, Sandbox
from grader.sandbox.student import Call, Program, Student

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere: the sandbox is Linux's")

SOURCE = """
import time
def f(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
    return 1.0
def g(x):
    return 1.0
"""


@pytest.fixture
def one() -> Iterator[Student]:
    """Return a program in a worker."""
    with ForkServer(Sandbox.best()) as server:
        program = Program("work", (("work.py", SOURCE),))
        yield Student(server, program, Limits(call_cpu=1.5))


def run(one: Student, function: str, seconds: float) -> tuple[int, str]:
    """Call a function; return the priority of the worker afterwards, and of its session."""
    one.call([Call(function, (seconds,), "number")])
    assert one._worker is not None
    pid = one._worker._own_pid
    session = Path(f"/proc/{pid}/autogroup")
    found = session.read_text().split()[-1] if session.exists() else ""
    return os.getpriority(os.PRIO_PROCESS, pid), found


def test_a_slow_program_gives_way(one: Student) -> None:
    """From within its first slow call on."""
    assert run(one, "f", 0.05) in ((0, "0"), (0, ""))
    assert run(one, "f", 1.1) in ((priority.NICE, str(priority.NICE)), (priority.NICE, ""))


def test_without_it_a_slow_program_does_not(one: Student, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is `give_way` that does it."""
    monkeypatch.setattr(priority, "give_way", lambda pid: None)
    assert run(one, "f", 1.1)[0] == 0


def test_after_a_loop_its_next_worker_gives_way(one: Student) -> None:
    """Else each check that calls it would begin with the priority of a quick one."""
    with pytest.raises(OverrunError):
        run(one, "f", 1e6)
    assert run(one, "g", 0.0)[0] == priority.NICE
