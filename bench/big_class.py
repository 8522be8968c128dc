"""Grade a large mixed class: time and memory as it grows, leftovers, the cost of hangs.

    python bench/big_class.py --size 10000 [--write docs/performance.md]

The class mixes right answers, common mistakes, notebooks, broken files, hostile ones and endless
loops, in the shares of `SHARES`. Three sizes are graded, each ten times the previous one. Once a
second the memory and descriptors of all processes are measured, and results.db is read for the
run's progress. This process adopts orphaned processes, so that none is overlooked.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import ctypes
import itertools
import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from measure import machine, pss, run, tree, write_section

from grader.checks.mistakes import mistaken, module_of

ROOT = Path(__file__).parents[1]
NAME = "two_layer_network"
SHARES = {"right": 70, "mistake": 20, "notebook": 5, "broken": 2, "hostile": 2, "endless loop": 1}
"""Number of each kind in a hundred submissions."""
HOSTILE = ("memory_bomb", "fork_bomb", "thread_bomb", "giant_print", "exit_on_call", "segfault",
           "write_frames", "descriptor_bomb", "huge_arrays", "patch_the_worker")  # fmt: skip
ROLES = ("command", "grading process", "fork server", "worker")
_ADOPT = 36  # PR_SET_CHILD_SUBREAPER


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument(
        "--hangs", type=int, default=300, help="size of the class with hangs; 0: none"
    )
    parser.add_argument("--write", type=Path, help="put the tables there")
    options = parser.parse_args()
    ctypes.CDLL(None).prctl(_ADOPT, 1, 0, 0, 0)
    sizes = [max(size, 1) for size in (options.size // 100, options.size // 10, options.size)]
    text = big_class([graded(size, options.jobs) for size in sizes], options)
    if options.hangs:
        text += hangs(options.hangs, options.jobs)
    print(text)
    if options.write:
        write_section(options.write, "big-class", text)


# --- the class --------------------------------------------------------------------------------


class Samples:
    """Sources of each kind, based on the reference course."""

    def __init__(self) -> None:
        folder = ROOT / "reference" / NAME
        self.solution = (folder / "solution.py").read_text(encoding="utf-8")
        known = module_of((folder / "mistakes.py").read_text(encoding="utf-8"), "mistakes")
        variants = sorted((folder / "variants").glob("*.py"))
        self.right = [path.read_bytes() for path in variants]
        self.mistake = [mistaken(self.solution, each).encode() for each in known.MISTAKES]
        self.broken = [b"def relu(z:\n    return z\n", b"\xff\xfe\xc0", b"", b"import nothing\n"]
        self.hostile = [self._hostile(name) for name in HOSTILE]
        self.functions = [node.name for node in ast.parse(self.solution).body
                          if isinstance(node, ast.FunctionDef)]  # fmt: skip

    def source(self, kind: str, number: int) -> tuple[str, bytes]:
        """Return (suffix, content) of submission ``number`` of a kind."""
        if kind == "notebook":
            return ".ipynb", notebook(self.solution)
        if kind == "endless loop":
            return ".py", self.hanging(self.functions[number % len(self.functions)])
        known: list[bytes] = getattr(self, kind)
        return ".py", known[number % len(known)]

    def hanging(self, *functions: str) -> bytes:
        """Return the solution with endless loops in ``functions``."""
        loops = "".join(f"\n\ndef {name}(*args):\n    while True: pass\n" for name in functions)
        return (self.solution + loops).encode()

    @staticmethod
    def _hostile(name: str) -> bytes:
        folder = ROOT / "tests" / "samples" / "hostile"
        parts = [(folder / f"{part}.py").read_text(encoding="utf-8") for part in (name, "_tail")]
        target = "TARGET = dict(files=[], folders=[], notes=[], pids=[], tcp=0, udp=0, unix='')"
        return "\n".join([parts[0], target, parts[1]]).encode()


def notebook(source: str) -> bytes:
    """Return a notebook with a cell for each part of ``source``."""
    cells = [
        {"cell_type": "code", "metadata": {}, "outputs": [], "source": part}
        for part in re.split(r"^# %%.*$", source, flags=re.MULTILINE)
    ]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}).encode()


def kinds() -> Iterator[str]:
    """Yield the kind of each submission of a class, well mixed."""
    hundred = [kind for kind, share in SHARES.items() for _ in range(share)]
    return itertools.cycle(hundred[37 * place % 100] for place in range(100))


def make_class(folder: Path, size: int, without: str = "") -> Counter[str]:
    """Write a class of ``size``; a kind in ``without`` is replaced by right answers."""
    samples, made = Samples(), Counter[str]()
    folder.mkdir()
    for number, kind in zip(range(size), kinds(), strict=False):
        kind = "right" if kind == without else kind
        suffix, source = samples.source(kind, made[kind])
        (folder / f"student{number:05}{suffix}").write_bytes(source)
        made[kind] += 1
    return made


# --- one run ----------------------------------------------------------------------------------


@dataclass
class Seen:
    """The measurements of a run."""

    size: int
    made: Counter[str]
    wall: float = 0.0
    memory: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    """MiB (PSS) of the largest process of each role."""
    while_grading: float = 0.0
    """MiB of the command before it began to write pages."""
    descriptors: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    counted: list[tuple[float, int]] = field(default_factory=list)
    """(seconds, grades in results.db), as read from outside."""
    slowest_answer: float = 0.0
    zombies: int = 0
    left: list[str] = field(default_factory=list)

    @property
    def grading(self) -> float:
        """Return the seconds per submission, from the first to the last observed grade."""
        if len(self.counted) < 2:  # it ended before the second measurement
            return self.wall / self.size
        (began, first), (ended, last) = self.counted[0], self.counted[-1]
        return (ended - began) / max(last - first, 1)

    def time_left(self, share: float) -> float:
        """Return the time left when ``share`` was graded, as a multiple of the estimate then."""
        began, first = self.counted[0] if self.counted else (0.0, 0)
        for now, count in self.counted:
            if count >= share * self.size and count > first:
                estimated = (self.size - count) * (now - began) / (count - first)
                return (self.counted[-1][0] - now) / estimated if estimated else 1.0
        return 1.0


def graded(size: int, jobs: int) -> Seen:
    """Grade a class of ``size`` and measure it."""
    with tempfile.TemporaryDirectory() as place:
        folder, temporary = Path(place), Path(place) / "tmp"
        seen = Seen(size, make_class(folder / "class", size))
        temporary.mkdir()
        began = time.monotonic()
        process = subprocess.Popen(
            command(folder / "class", folder / "out", jobs), cwd=ROOT, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, env={**os.environ, "TMPDIR": str(temporary)},
            start_new_session=True,
        )  # fmt: skip
        while process.poll() is None:
            _look(process.pid, seen, folder / "out" / "results.db", began)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(1.0)
        seen.wall = time.monotonic() - began
        said = process.stderr.read().decode() if process.stderr else ""
        if process.returncode:
            raise SystemExit(f"a class of {size} ended with status {process.returncode}: {said}")
        pages = len(list((folder / "out" / "feedback").iterdir()))
        if (pages, graded_now(folder / "out" / "results.db")) != (size, size):
            raise SystemExit(f"a class of {size} has {pages} pages")
        seen.left = [str(path.relative_to(temporary)) for path in temporary.rglob("*")]
        seen.left += [path.name for path in (folder / "out").rglob(".*.part")]
        seen.left += _adopted()
        return seen


def command(source: Path, out: Path, jobs: int) -> list[str]:
    return [sys.executable, "-m", "grader", "grade", str(source), "--assignment", NAME,
            "--out", str(out), "--seed", "7", "--jobs", str(jobs)]  # fmt: skip


def _look(pid: int, seen: Seen, results: Path, began: float) -> None:
    zombies = 0
    for each in tree(pid):
        role = _role(each, pid)
        zombies += role == "zombie"
        seen.memory[role] = max(seen.memory[role], pss(each))
        with contextlib.suppress(OSError):
            count = len(os.listdir(f"/proc/{each}/fd"))
            seen.descriptors[role] = max(seen.descriptors[role], count)
    seen.zombies = max(seen.zombies, zombies)
    asked = time.monotonic()
    count = graded_now(results)
    if not count:
        return
    seen.slowest_answer = max(seen.slowest_answer, time.monotonic() - asked)
    if not seen.counted or count > seen.counted[-1][1]:
        seen.counted.append((asked - began, count))
        if count < seen.size:
            seen.while_grading = max(seen.while_grading, pss(pid))


def graded_now(results: Path) -> int:
    """Return the number of grades in the store, read while the run continues."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{results}?mode=ro", uri=True)) as store:
            return int(store.execute("SELECT COUNT(*) FROM attempts").fetchone()[0])
    except sqlite3.Error:  # not created yet
        return 0


def _adopted(seconds: float = 5.0) -> list[str]:
    """Return the processes that the command left running; collect those that have ended."""
    until = time.monotonic() + seconds
    with contextlib.suppress(ChildProcessError):
        while time.monotonic() < until:
            os.waitpid(-1, os.WNOHANG)
            time.sleep(0.01)
    return [_name(child) for child in tree(os.getpid())[1:]]


def _role(pid: int, command: int) -> str:
    if pid == command:
        return "command"
    try:
        said = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")
        parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return "gone"
    if parent[0] == "Z":
        return "zombie"
    if b"grader.grading" in said:
        return "grading process"
    if said.startswith(b"bwrap"):
        return "bubblewrap"
    with contextlib.suppress(OSError):
        above = Path(f"/proc/{parent[1]}/cmdline").read_bytes()
        forked = b"worker.main" in above and not above.startswith(b"bwrap")
        return "worker" if forked else "fork server"
    return "gone"


def _name(pid: int) -> str:
    try:
        said = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return f"process {pid}"
    return f"process {pid}: {said[:60] or 'a zombie'}"


# --- the report -------------------------------------------------------------------------------


def big_class(runs: Sequence[Seen], options: argparse.Namespace) -> str:
    """Return the tables of the runs."""
    last = runs[-1]
    mix = ", ".join(f"{share} % {kind}" for kind, share in SHARES.items())
    sizes = " | ".join(f"{each.size:,}" for each in runs)
    rows: list[tuple[str, Callable[[Seen], str]]] = [
        ("wall, ms per submission while grading", lambda s: f"{s.grading * 1e3:.1f}"),
        ("wall, whole command, s", lambda s: f"{s.wall:.1f}"),
        ("command, MiB, while grading", lambda s: f"{s.while_grading:.0f}"),
        *((f"{role}, MiB", _most(role)) for role in ROLES),
        *((f"{role}, descriptors", _descriptors(role)) for role in ROLES),
        ("time left, as a multiple of the estimate at 25 / 50 / 75 %",
         lambda s: " / ".join(f"{s.time_left(share):.2f}" for share in (0.25, 0.5, 0.75))),
        ("results.db answers while the run goes on, ms at most",
         lambda s: f"{s.slowest_answer * 1e3:.0f}"),
        ("zombies at a time, at most", lambda s: str(s.zombies)),
        ("left afterwards: processes, temporary files", lambda s: "; ".join(s.left) or "none"),
    ]  # fmt: skip
    table = "\n".join(f"| {what} | {' | '.join(map(told, runs))} |" for what, told in rows)
    written = f" --write {options.write}" if options.write else ""
    return f"""## A big class

One command, {options.jobs} grading processes, `{NAME}`: {mix}. Memory (PSS, the
largest process of its role) and descriptors: looked at once a second; the largest workers are those
of hostile submissions that take all the memory they may. {machine()}. Made by
`python bench/big_class.py --size {last.size}{written}`.

| submissions | {sizes} |
|---|{"--:|" * len(runs)}
{table}
"""


def _most(role: str) -> Callable[[Seen], str]:
    return lambda seen: f"{seen.memory[role]:.0f}"


def _descriptors(role: str) -> Callable[[Seen], str]:
    return lambda seen: str(seen.descriptors[role])


def hangs(size: int, jobs: int) -> str:
    """Return the cost of endless loops: a class with 1 % of them and without, and one of each
    kind.
    """
    samples = Samples()
    costs = {}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for number, without in enumerate(("endless loop", "")):
            source = folder / f"class{number}"
            make_class(source, size, without)
            cost = run(command(source, folder / f"out{number}", jobs), cwd=ROOT,
                       stdout=subprocess.DEVNULL)  # fmt: skip
            costs[without] = cost
        alone = {
            "a right answer": samples.solution.encode(),
            "one function an endless loop": samples.hanging("forward"),
            "every function an endless loop": samples.hanging(*samples.functions),
            "an endless loop on import": b"while True: pass\n",
            "every function sleeps": samples.hanging(*samples.functions).replace(
                b"while True: pass", b"__import__('time').sleep(1e6)"),
        }  # fmt: skip
        ones = {}
        for number, (what, source) in enumerate(alone.items()):
            (folder / f"one{number}").mkdir()
            (folder / f"one{number}" / "student.py").write_bytes(source)
            ones[what] = run(command(folder / f"one{number}", folder / f"alone{number}", 1),
                             cwd=ROOT, stdout=subprocess.DEVNULL)  # fmt: skip
    right = ones.pop("a right answer")
    rows = [
        f"| {what} | {cost.cpu - right.cpu:.1f} | {cost.wall - right.wall:.1f} |"
        for what, cost in ones.items()
    ]
    none, some = costs["endless loop"], costs[""]
    return f"""
What hangs cost: the same class of {size} with right answers in place of its endless loops, and with
them (1 %): {none.cpu:.1f} s and {some.cpu:.1f} s of CPU, {none.wall:.1f} s and {some.wall:.1f} s of wall.
One submission alone, beyond what a right one costs:

| submission | CPU, s | wall, s |
|---|--:|--:|
{chr(10).join(rows)}
"""


if __name__ == "__main__":
    main()
