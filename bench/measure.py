"""Measure commands and record the results; the benchmarks share this module.

    cost = run([sys.executable, "-m", "grader", "grade", ...])
    cost.cpu, cost.wall, cost.memory
    write_section(Path("docs/performance.md"), "compare", text)

A section is enclosed by two comments, so that each benchmark changes only its own.
"""

from __future__ import annotations

import contextlib
import os
import platform
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_LOOK = 0.05
_WEIGH = 0.2
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Cost:
    """CPU and wall seconds of a command and all its processes, and their peak memory in MiB.

    The memory is the proportional set size (shared pages count once), summed over the processes
    alive at the same time, sampled five times a second.
    """

    cpu: float
    wall: float
    memory: float


def run(command: Sequence[str | Path], **how: Any) -> Cost:
    """Run ``command`` to its end, with options of `subprocess.Popen`; raise SystemExit if it fails.

    The larger of two sums of CPU time counts. The sum of wait4(2) is exact for processes that were
    waited for, but bubblewrap waits for none, so grader's workers are missing. The sum of /proc
    contains all living processes and those that they waited for, but ends a twentieth of a second
    too early.
    """
    began = time.perf_counter()
    process = subprocess.Popen([*map(str, command)], start_new_session=True, **how)
    looks: list[tuple[float, float]] = [(0.0, 0.0)]
    ended = threading.Event()
    watch = threading.Thread(target=_watch, args=(process.pid, looks, ended))
    watch.start()
    try:
        _, status, used = os.wait4(process.pid, 0)
    except BaseException:  # it has its own session, so Ctrl-C does not reach it
        os.killpg(process.pid, signal.SIGKILL)
        raise
    finally:
        wall = time.perf_counter() - began
        ended.set()
        watch.join()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} ended with status {process.returncode}")
    cpu, memory = (max(column) for column in zip(*looks, strict=True))
    return Cost(max(cpu, used.ru_utime + used.ru_stime), wall, memory)


def _watch(pid: int, looks: list[tuple[float, float]], ended: threading.Event) -> None:
    began = due = time.monotonic()
    while True:
        all_of_it, memory, now = tree(pid), 0.0, time.monotonic()
        if now >= due:  # also soon after the start, because some end quickly
            due, memory = now + min(now - began, _WEIGH), sum(map(pss, all_of_it))
        looks.append((sum(sum(times(each)) for each in all_of_it), memory))
        if ended.wait(_LOOK):
            return


def tree(pid: int) -> list[int]:
    """Return a process and all its descendants, whichever thread started them."""
    return [pid, *(each for child in _children(pid) for each in tree(child))]


def _children(pid: int) -> Iterator[int]:
    """Return the children of every thread; ended processes and threads have none."""
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with contextlib.suppress(OSError):
                yield from map(int, Path(f"/proc/{pid}/task/{task}/children").read_text().split())


def times(pid: int) -> tuple[float, float]:
    """Return CPU seconds: (of the process, of the children that it waited for)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0, 0.0
    user, system, waited_user, waited_system = (int(field) / _TICKS for field in fields[11:15])
    return user + system, waited_user + waited_system


def pss(pid: int) -> float:
    """Return the proportional set size of a process, in MiB."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def machine() -> str:
    """Return processor, number of cores, kernel and Python version in one line."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    processor = models[0] if models else platform.machine()
    cores = len(os.sched_getaffinity(0))
    kernel, python = platform.release(), platform.python_version()
    return f"{cores} × {processor}, Linux {kernel}, Python {python}"


def write_section(path: Path, name: str, text: str) -> None:
    """Write ``text`` between the markers of section ``name``; create missing ones."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    whole = path.read_text(encoding="utf-8") if path.exists() else "# Performance\n"
    section = f"{begin}\n{text.strip()}\n{end}"
    head, found, rest = whole.partition(begin)
    _, closed, tail = rest.partition(end)
    if found and not closed:
        raise SystemExit(f"{path}: {begin} has no {end}")
    made = f"{head}{section}{tail}" if found else f"{whole.rstrip()}\n\n{section}\n"
    path.write_text(made, encoding="utf-8")
