"""Measure the submission service relative to the batch command.

    python bench/serve.py --size 1000 --kills 200 [--write docs/performance.md]

A course with one exercise is graded by `grader grade`, then served: uploads at half of the batch's
throughput, the same with fresh seeds, with some endless loops, with an open staff page, many at
once, and under kill -9. The right solution is submitted, with a comment that makes each copy
different.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import shutil
import signal
import sqlite3
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from measure import machine, pss, run, times, tree, write_section

from grader.results.store import Store
from grader.serve import accounts
from grader.serve.database import connect

ROOT: Final = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "shared"))
import served  # type: ignore[import-not-found]  # noqa: E402  # beside the tests that use it

NAME: Final = "two_layer_network"
RIGHT: Final = (ROOT / "reference" / NAME / "solution.py").read_bytes()
GRADER: Final = served.GRADER
FEW: Final = 4
"""Submissions in the smaller of two batch runs; the difference excludes the start-up cost."""
WARM: Final = 4 * (os.cpu_count() or 1)
"""Uploads before the first measurement, which start all processes."""
WHOLE: Final = 20
"""Every time after this many kills, the whole service is killed."""
LOOP: Final = b"\n\ndef relu(*args, **kwargs):\n    while True:\n        pass\n"
TICK: Final = 0.05
TURNS: Final = (False, True, True, False, False, True, True, False)
"""Whether the staff page is open in each turn of its measurement."""
OPENING: Final = 2.0
"""Seconds before a turn begins, in which an open page has received the class."""
AT_REST: Final = 0.1
"""CPU seconds that an idle service may use in 2 seconds."""
DRAW: Final = random.Random(17)  # noqa: S311  # repeatable, not secret


@dataclass
class Phase:
    """Uploads at a rate: seconds until each feedback is displayed, and the CPU time of all."""

    waits: list[float] = field(default_factory=list)
    cpu: float = 0.0

    @property
    def p95(self) -> float:
        """Return the 95th percentile of the waiting times."""
        return statistics.quantiles(self.waits, n=20)[-1]


@dataclass(frozen=True)
class Row:
    """A line of the table: quantity, target and value."""

    what: str
    target: str
    value: str


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=1000, help="uploads at once")
    parser.add_argument("--paced", type=int, default=100, help="uploads of each other phase")
    parser.add_argument("--kills", type=int, default=200, help="processes that are killed")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write it into this file")
    options = parser.parse_args()
    with served.open_folder() as folder:
        rows = list(measured(folder, options.size, options.paced, options.kills))
    text = section(rows, options)
    print(text)
    if options.write:
        write_section(options.write, "serve", text)


def section(rows: Sequence[Row], options: argparse.Namespace) -> str:
    """Return the section of docs/performance.md."""
    table = "\n".join(f"| {row.what} | {row.target} | {row.value} |" for row in rows)
    command = f"--size {options.size} --paced {options.paced} --kills {options.kills}"
    return (
        "## The submission service\n\n"
        f"`python bench/serve.py {command}` on {time.strftime('%Y-%m-%d')}, on {machine()}, load "
        f"{os.getloadavg()[1]:.1f}. Exercise {NAME}; every ratio compares two measurements of this "
        "run.\nThe batch command is `grader grade`, without what its start costs; its CPU is the mean of a run "
        "before and one after.\n\n"
        f"| what | target | measured |\n|---|---|---|\n{table}\n"
    )


def measured(folder: Path, size: int, paced: int, kills: int) -> Iterator[Row]:
    """Yield the rows of the table, in the order of measurement."""
    course = make_course(folder)
    cpu, rate = batch(course, folder, "before", paced)
    say(f"batch: {cpu:.3f} s of CPU each, {rate:.2f} a second")
    patient = 10 + size // 5  # students who upload while processes are killed, five times each
    with serving(folder, course, 3 * paced + size + patient + WARM) as (service, sessions):
        client = Client(service, sessions)
        paced_phase(client, range(3 * paced + size + patient, len(sessions) - 1), 100.0)
        quiet, seconds = paced_phase(client, range(paced), rate / 2), one_grade(service)
        again = paced_phase(client, range(paced), rate / 2)
        client.rest()
        cpu = (cpu + batch(course, folder, "after", paced)[0]) / 2
        yield Row(
            "CPU of a first attempt, beside the batch", "≤ 1.3", ratio(quiet.cpu / paced, cpu)
        )
        yield Row("feedback at half the batch's throughput, p95, in times of one grade",
                  "≤ 15", ratio(quiet.p95, seconds))  # fmt: skip
        yield Row("CPU of an attempt after feedback (fresh inputs)", "≤ 2.5",
                  ratio(again.cpu / paced, cpu))  # fmt: skip
        others = range(paced, 2 * paced)
        loops = set(others[:: max(2, min(50, paced // 2))])
        looped = paced_phase(client, others, rate / 2, loops)
        share = f"{len(loops)} endless loops among {paced} uploads ({len(loops) / paced:.0%})"
        yield Row(f"{share}: p95 of the others, beside none", "≤ 2 (for 2 %)",
                  ratio(looped.p95, quiet.p95))  # fmt: skip
        yield staff_page(client, range(2 * paced, 3 * paced))
        yield from burst(client, range(3 * paced, 3 * paced + size), rate)
        first = 3 * paced + size
        yield killed(client, range(first, first + patient), kills, size)


def say(line: str) -> None:
    """Print progress; the table follows at the end."""
    print(line, file=sys.stderr, flush=True)


def ratio(value: float, other: float) -> str:
    """Return a ratio, with the two values that it is computed from."""
    found = f"{value / other:.2f} ({value:.3f} s / {other:.3f} s)"
    say(found)
    return found


# --- the batch command ----------------------------------------------------------------------------


def make_course(folder: Path) -> Path:
    """Write a course with this exercise."""
    course = folder / "course"
    for part in ("reference", "tests/hidden", "exercises"):
        shutil.copytree(ROOT / part / NAME, course / part / NAME)
    (course / "assignments.yaml").write_text(
        f"title: Bench\ntimezone: UTC\nassignments:\n  - {{name: {NAME}, title: {NAME}}}\n"
    )
    (course / ".grader-secret").write_text("ab" * 32)
    return course


def source(number: int) -> bytes:
    """Return a right submission that differs from all others."""
    return RIGHT + b"\n# %d, %d\n" % (number, DRAW.getrandbits(60))


def batch(course: Path, folder: Path, when: str, count: int) -> tuple[float, float]:
    """Return the CPU seconds per submission, and submissions per second."""
    costs = []
    for many in (FEW, FEW + count):
        inbox = folder / f"inbox-{when}-{many}"
        inbox.mkdir()
        for number in range(many):
            (inbox / f"s{number}.py").write_bytes(source(number))
        costs.append(run([*GRADER, "grade", inbox, "--assignment", NAME, "--out",
                          folder / f"out-{when}-{many}"], cwd=course, stdout=sys.stderr))  # fmt: skip
    few, many_cost = costs
    if many_cost.wall <= few.wall:
        raise SystemExit("this machine is too busy to measure anything; try again when it is not")
    return (many_cost.cpu - few.cpu) / count, count / (many_cost.wall - few.wall)


# --- the service ----------------------------------------------------------------------------------


@contextlib.contextmanager
def serving(folder: Path, course: Path, people: int) -> Iterator[tuple[Any, list[str]]]:
    """Serve the course; yield the service, and sessions of each student and the instructor."""
    roles = {f"s{number:05}": "student" for number in range(people)} | {"boss": "instructor"}
    service = served.Service(folder, course, people=roles)
    connection = connect(service.data / "web" / "service.db")
    tokens = [service.links[who].rpartition("/")[2] for who in roles]
    sessions = [accounts.redeem(connection, token) or "" for token in tokens]
    connection.close()
    service.start()
    served.until(lambda: '"processes": 1' in service.health())
    try:
        yield service, sessions
    finally:
        service.stop()


class Client:
    """Minimal browsers: one connection per request, and only the status is parsed."""

    def __init__(self, service: Any, sessions: list[str]) -> None:
        self.service, self.sessions = service, sessions

    async def request(
        self, who: int, method: str, path: str, body: bytes = b"", more: str = ""
    ) -> tuple[int, str]:
        """Return the status and the location in the response."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.service.port)
        try:
            writer.write(
                f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.service.port}\r\n"
                f"Cookie: s={self.sessions[who]}\r\nOrigin: {self.service.origin}\r\n"
                f"Connection: close\r\n{more}Content-Length: {len(body)}\r\n\r\n".encode()
                + body
            )
            head = (await reader.read()).partition(b"\r\n\r\n")[0].decode()
        finally:
            writer.close()
        place = next(
            (line[10:] for line in head.split("\r\n") if line.startswith("location: ")), ""
        )
        return int(head.split(" ", 2)[1]), place

    async def submit(self, who: int, data: bytes) -> str:
        """Upload a file; return the location of its feedback, which acknowledges it."""
        form = {"csrf": accounts.csrf_of(self.sessions[who]), "ticket": f"{DRAW.getrandbits(60)}"}
        parts = [f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
                 for name, value in form.items()]  # fmt: skip
        file = f'--x\r\nContent-Disposition: form-data; name="file"; filename="{NAME}.py"\r\n\r\n'
        body = "".join([*parts, file]).encode() + data + b"\r\n--x--\r\n"
        kind = "Content-Type: multipart/form-data; boundary=x\r\n"
        status, place = await self.request(who, "POST", f"/a/{NAME}", body, kind)
        if status != 303:
            raise ConnectionError(f"status {status}")
        return place

    async def feedback(self, who: int, place: str) -> None:
        """Wait for the feedback page of an attempt."""
        while (await self.request(who, "GET", place))[0] != 200:
            await asyncio.sleep(TICK)

    def cpu(self) -> float:
        """Return the CPU seconds of the service so far."""
        return sum(sum(times(each)) for each in tree(self.service.process.pid))

    def rest(self) -> None:
        """Wait until the service is idle; at the start it launches more processes than needed."""
        while True:
            before = self.cpu()
            time.sleep(2.0)
            if self.cpu() - before < AT_REST:
                return

    def memory(self) -> float:
        """Return the proportional set size of the service, in MiB."""
        return sum(map(pss, tree(self.service.process.pid)))

    def open_attempts(self) -> int:
        """Return the number of attempts that are not graded yet."""
        query = "SELECT COUNT(*) FROM attempt WHERE state IN ('queued', 'grading')"
        with contextlib.closing(sqlite3.connect(self.service.data / "service.db")) as connection:
            return int(connection.execute(query).fetchone()[0])


def one_grade(service: Any) -> float:
    """Return the median time of grading one submission, without waiting, in seconds."""
    with Store.open(service.data / "results" / NAME) as store:
        return statistics.median(grade.seconds for _, grade in store.since(0))


def paced_phase(
    client: Client,
    people: Sequence[int],
    rate: float,
    loops: Collection[int] = (),
) -> Phase:
    """Upload at a rate, whatever is waiting; endless loops do not count in waiting times."""
    phase = Phase()

    async def student(who: int) -> None:
        began = time.perf_counter()
        data = source(who) + (LOOP if who in loops else b"")
        await client.feedback(who, await client.submit(who, data))
        if who not in loops:
            phase.waits.append(time.perf_counter() - began)

    client.rest()
    began = client.cpu()
    asyncio.run(at_rate(student, people, rate))
    phase.cpu = client.cpu() - began
    return phase


async def at_rate(
    act: Callable[[int], Awaitable[None]], people: Sequence[int], rate: float
) -> None:
    """Start ``act`` for each person at a rate per second, and wait for all."""
    async with asyncio.TaskGroup() as group:
        for who in people:
            group.create_task(act(who))  # type: ignore[arg-type]  # a coroutine function's result
            await asyncio.sleep(1 / rate)


def staff_page(client: Client, people: Sequence[int]) -> Row:
    """Compare the CPU time of one upload per second with and without an open staff page.

    It is opened and closed in turn, so that a load that grows or falls cancels. It is opened before
    its turn begins: sending the whole class to it for the first time is not counted.
    """
    each, costs = len(people) // len(TURNS), {True: 0.0, False: 0.0}
    client.rest()
    for number, is_open in enumerate(TURNS):
        turn = people[number * each : (number + 1) * each]
        costs[is_open] += asyncio.run(_one_a_second(client, turn, is_open))
    watched, without = (costs[is_open] / (each * TURNS.count(is_open)) for is_open in costs)
    value = f"{watched / without - 1:+.1%} ({watched:.4f} s / {without:.4f} s an upload)"
    say(value)
    return Row("an open staff page at one upload a second, more CPU", "≤ 5 %", value)


async def _one_a_second(client: Client, people: Sequence[int], is_watched: bool) -> float:
    """Return the CPU seconds of one upload per second, with or without an open staff page."""
    page = client.request(-1, "GET", f"/staff/{NAME}/events") if is_watched else asyncio.sleep(0)
    watch = asyncio.ensure_future(page)
    await asyncio.sleep(OPENING)
    began = client.cpu()
    await at_rate(lambda each: _one(client, each), people, 1.0)
    used = client.cpu() - began
    watch.cancel()
    await asyncio.gather(watch, return_exceptions=True)
    return used


async def _one(client: Client, who: int) -> None:
    await client.feedback(who, await client.submit(who, source(who)))


def burst(client: Client, people: Sequence[int], rate: float) -> Iterator[Row]:
    """Upload from all students at once."""
    before, began = client.memory(), time.perf_counter()

    async def all_at_once() -> None:
        async with asyncio.TaskGroup() as group:
            for who in people:
                group.create_task(client.submit(who, source(who)))

    asyncio.run(all_at_once())
    accepted = time.perf_counter() - began
    yield Row(
        f"{len(people):,} uploads at once: all are accepted after", "≤ 10 s", f"{accepted:.1f} s"
    )
    levels = [client.memory()]
    while client.open_attempts():
        time.sleep(1.0)
        levels.append(client.memory())
    graded = len(people) / (time.perf_counter() - began)
    yield Row("their rate of grading, beside the batch", "≥ 0.9",
              f"{graded / rate:.2f} ({graded:.2f} / {rate:.2f} a second)")  # fmt: skip
    third = max(1, len(levels) // 3)
    first, last = statistics.median(levels[:third]), statistics.median(levels[-third:])
    yield Row("memory in the last third of them, beside the first third", "flat",
              f"{last / first:.2f} ({last:.0f} / {first:.0f} MiB; {before:.0f} before)")  # fmt: skip


def killed(client: Client, people: Sequence[int], kills: int, uploads: int) -> Row:
    """Kill random processes of the service while students upload, sometimes all of them."""
    service, places = client.service, []
    before, each = _stored(service), max(1, uploads // kills)

    async def student(who: int) -> None:
        with contextlib.suppress(OSError, ConnectionError, IndexError, TimeoutError):
            async with asyncio.timeout(20):
                places.append((who, await client.submit(who, source(who))))

    async def everything() -> None:
        for number in range(kills):
            turn = [people[(number * each + one) % len(people)] for one in range(each)]
            sent = [asyncio.create_task(student(who)) for who in turn]
            await asyncio.sleep(DRAW.uniform(0.0, 1.0))
            if number % WHOLE == WHOLE - 1:
                service.process.kill()
                service.process.wait()
                await asyncio.to_thread(service.start)
            else:
                victims = tree(service.process.pid)[1:]
                with contextlib.suppress(ProcessLookupError, IndexError):
                    os.kill(DRAW.choice(victims), signal.SIGKILL)
            await asyncio.gather(*sent)

    asyncio.run(everything())
    served.until(lambda: not client.open_attempts(), 600)
    after = _stored(service)
    with contextlib.closing(sqlite3.connect(service.data / "service.db")) as connection:
        known = {
            row[0] for row in connection.execute("SELECT id FROM attempt WHERE state = 'done'")
        }
        failed = {
            row[0] for row in connection.execute("SELECT id FROM attempt WHERE state = 'error'")
        }
    lost = [place for _, place in places if place.rpartition("/")[2] not in known | failed]
    twice = len(after) - len(set(after))
    value = (f"{len(lost)} lost, {twice} stored twice of {len(places):,} acknowledged"
             f" ({len(after) - len(before)} graded, {len(failed)} to be tried again by staff)")  # fmt: skip
    say(value)
    whole = kills // WHOLE
    what = (
        f"{kills} kills at random moments of {kills * each:,} uploads, {whole} of the whole service"
    )
    return Row(what, "0 and 0", value)


def _stored(service: Any) -> list[int]:
    with Store.open(service.data / "results" / NAME) as store:
        return [number for _, number, _ in store.rounds()]


if __name__ == "__main__":
    main()
