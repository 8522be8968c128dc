"""What a command costs, and where a measurement is written down: what the benchmarks share.

    cost = run([sys.executable, "-m", "grader", "grade", ...])
    cost.cpu, cost.wall, cost.memory
    write_section(Path("docs/performance.md"), "compare", text)

A section stands between two comments, so that each benchmark writes its own and no other.
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

    The memory is the proportional set size (shared pages count once), summed over the processes that
    live at the same time, looked at five times a second.
    """

    cpu: float
    wall: float
    memory: float


def run(command: Sequence[str | Path], **how: Any) -> Cost:
    """Run ``command`` to its end; ``how`` as for `subprocess.Popen`; raises SystemExit if it fails.

    Two sums of CPU time are taken, and the larger one counts. That of wait4(2) is exact for whom
    somebody waited; bubblewrap waits for nobody, so it lacks the workers of grader. That of /proc
    has all who live, and whom they waited for, but ends a twentieth of a second too early.
    """
    began = time.perf_counter()
    process = subprocess.Popen([*map(str, command)], start_new_session=True, **how)
    looks: list[tuple[float, float]] = [(0.0, 0.0)]
    ended = threading.Event()
    watch = threading.Thread(target=_watch, args=(process.pid, looks, ended))
    watch.start()
    try:
        _, status, used = os.wait4(process.pid, 0)
    except BaseException:  # Ctrl-C: it has a session of its own, and does not hear it
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
        if now >= due:  # soon after the start too: some end before long
            due, memory = now + min(now - began, _WEIGH), sum(map(pss, all_of_it))
        looks.append((sum(sum(times(each)) for each in all_of_it), memory))
        if ended.wait(_LOOK):
            return


def tree(pid: int) -> list[int]:
    """A process and all below it, whichever of its threads started them."""
    return [pid, *(each for child in _children(pid) for each in tree(child))]


def _children(pid: int) -> Iterator[int]:
    """Of every thread; processes and threads that end meanwhile have none."""
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with contextlib.suppress(OSError):
                yield from map(int, Path(f"/proc/{pid}/task/{task}/children").read_text().split())


def times(pid: int) -> tuple[float, float]:
    """CPU seconds (of a process, of the children it waited for)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0, 0.0
    user, system, waited_user, waited_system = (int(field) / _TICKS for field in fields[11:15])
    return user + system, waited_user + waited_system


def pss(pid: int) -> float:
    """Proportional set size of a process, MiB."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def machine() -> str:
    """The processor, how many of it, the kernel and the Python, in one line."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    processor = models[0] if models else platform.machine()
    cores = len(os.sched_getaffinity(0))
    kernel, python = platform.release(), platform.python_version()
    return f"{cores} × {processor}, Linux {kernel}, Python {python}"


def write_section(path: Path, name: str, text: str) -> None:
    """Put ``text`` between the markers of section ``name``; make file and section where missing."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    whole = path.read_text(encoding="utf-8") if path.exists() else "# Performance\n"
    section = f"{begin}\n{text.strip()}\n{end}"
    head, found, rest = whole.partition(begin)
    _, closed, tail = rest.partition(end)
    if found and not closed:
        raise SystemExit(f"{path}: {begin} has no {end}")
    made = f"{head}{section}{tail}" if found else f"{whole.rstrip()}\n\n{section}\n"
    path.write_text(made, encoding="utf-8")
