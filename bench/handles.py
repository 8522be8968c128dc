"""Measure the cost of operations on handles, relative to a plain call over the same pipe.

    python bench/handles.py [--count 2000] [--most 2.0]

Each row is the median of several rounds. Calls and operations alternate, so that a busy machine
slows down both. The command exits with 1 if an operation costs more than ``--most`` times a call.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from grader.checks.boundary.handles import handle_of
from grader.checks.boundary.kinds import Trail
from grader.checks.boundary.peer import Peer
from grader.checks.boundary.remote_module import module_of
from grader.model import Limits
from grader.sandbox.fork_server import ForkServer, Sandbox
from grader.sandbox.student import Call, Program, Student

SOURCE: Final = """
X = 3.0

class Value:
    def __init__(self, data):
        self.data = data
    def __add__(self, other):
        return Value(self.data + getattr(other, "data", other))
    def double(self):
        return 2 * self.data

def f(x):
    return x

def apply(function, x):
    return function(x)
"""
ROUNDS: Final = 5


def main() -> int:
    """Print the table; return 1 if an operation is too slow."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=300, help="operations in each round")
    parser.add_argument("--most", type=float, default=2.0, help="largest ratio that is accepted")
    options = parser.parse_args()
    slow = []
    with ForkServer(Sandbox.best()) as server:
        limits = Limits(total=1e6)
        student = Student(server, Program("sub", (("sub.py", SOURCE),)), limits)
        for name, ratio, bounded in rows(student, options.count):
            print(f"{name:<28}{ratio:6.2f}")
            slow += [name] if bounded and ratio > options.most else []
        student.end()
    return int(bool(slow))


def rows(student: Student, count: int) -> list[tuple[str, float, bool]]:
    """Return for each operation its name, its cost in calls, and whether it is limited."""
    trail = Trail(recording=True)
    for _, operation, _ in operations(program(student, 1, trail)):
        operation()
    plain = Call("f", (1.0,), "number")
    found = []
    for name, operation, bounded in operations(program(student, 2, trail.again())):
        ratios = []
        for _ in range(ROUNDS):
            few = count if bounded else 3
            call = seconds(lambda: student.call([plain]), count)
            ratios.append(seconds(operation, few) / call)
        found.append((name, statistics.median(ratios), bounded))
    return found


def program(student: Student, test: int, trail: Trail) -> Any:
    """Return the program as seen by one test."""
    return module_of(Peer(student, test=test, roots=(__file__,), made=handle_of, trail=trail))


def operations(own: Any) -> list[tuple[str, Callable[[], Any], bool]]:
    """Return each operation, with its name and whether its cost is limited."""
    value, held = own.Value(2.0), own.put(list(range(100)))
    array = np.zeros((300, 300))
    return [
        ("a variable", lambda: own.X, True),
        ("f(1.0)", lambda: own.f(1.0), True),
        ("len", lambda: len(held), True),
        ("an item", lambda: held[3], True),
        ("an attribute", lambda: value.data, True),
        ("setting an attribute", lambda: setattr(value, "data", 1.0), True),
        ("h + h", lambda: value + value, True),
        ("a method call", lambda: value.double(), True),
        ("a callback", lambda: own.apply(abs, -1.0), False),
        ("iterating 100 elements", lambda: list(held), False),
        ("a 300 x 300 array both ways", lambda: own.f(array), False),
    ]


def seconds(operation: Callable[[], Any], count: int) -> float:
    """Return the mean time of an operation."""
    started = time.perf_counter()
    for _ in range(count):
        operation()
    return (time.perf_counter() - started) / count


if __name__ == "__main__":
    sys.exit(main())
