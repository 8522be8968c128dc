"""Send attempts from the queue to the grading service, and store its answers in service.db.

It runs in the web process. If the grading service is unavailable, attempts wait. If the web process
dies, grades that the service has finished are in results.db, and answer the next request.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import msgspec

from grader.serve import attempts
from grader.serve import messages as post
from grader.serve.attempts import StoredAttempt
from grader.serve.connections import Connections
from grader.serve.database import Database

AGAIN: Final = 0.2
"""Seconds before the next try if the grading service did not answer."""
HELD: Final = 5.0
"""Seconds before the next try if nothing of an offering can be graded."""
NEWS: Final = 2.0
CHECKS: Final = 5.0


class Dispatcher:
    """Manages the queue; each of its tasks is restarted if it fails, and reports why."""

    def __init__(
        self, database: Database, service: Connections, capacity: int, state: dict[str, Any]
    ) -> None:
        self._database, self._service, self._capacity = database, service, capacity
        self._state = state
        self._work = asyncio.Event()
        self._held: dict[str, float] = {}
        self._waiting: dict[int, list[asyncio.Future[None]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._rows: dict[str, int] = {}

    # --- for handlers ---------------------------------------------------------------------------

    def wake(self) -> None:
        """Look for work immediately."""
        self._work.set()

    async def finished(self, row: int, seconds: float) -> StoredAttempt | None:
        """Wait until an attempt is graded or the time is over; return its current state."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting = self._waiting.setdefault(row, [])
        waiting.append(done)
        try:
            known = self._database.read(attempts.by_row, row)
            if known is not None and known.state in ("queued", "grading"):
                await asyncio.wait([done], timeout=seconds)
                known = self._database.read(attempts.by_row, row)
            return known
        finally:
            waiting.remove(done)
            if not waiting and self._waiting.get(row) is waiting:
                del self._waiting[row]

    # --- tasks ----------------------------------------------------------------------------------

    async def start(self) -> None:
        """Queue the attempts that were being graded, read the offerings, and start."""
        await self._database(attempts.requeue_all)
        for task in (self._deal, self._follow_course, self._follow_results, self._check_finally):
            self._spawn(self._kept_up(task))

    def _spawn(self, work: Awaitable[None]) -> None:
        async def run() -> None:
            await work

        task = asyncio.create_task(run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _kept_up(self, task: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await task()
            except post.NotServedError:
                await asyncio.sleep(AGAIN)
            except Exception as error:  # a task must not end silently
                print(f"{task.__name__}: {error!r}", file=sys.stderr, flush=True)
                await asyncio.sleep(1.0)

    async def _deal(self) -> None:
        """Start attempts while there is capacity."""
        while True:
            self._work.clear()
            now = time.monotonic()
            held = [name for name, until in self._held.items() if until > now]
            for taken in await self._database(_taken, self._capacity, held):
                self._spawn(self._graded(*taken))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._work.wait(), 1.0)

    async def _graded(self, attempt: StoredAttempt, source: bytes) -> None:
        """Handle one attempt to its end; if it was not stored, it is queued again."""
        try:
            await self._grade(attempt, source)
        except post.NotServedError:
            await asyncio.sleep(AGAIN)
            await self._patiently(attempts.requeue, attempt.row)
        except Exception as error:
            print(f"attempt {attempt.row}: {error!r}", file=sys.stderr, flush=True)
            self._held[attempt.offering] = time.monotonic() + HELD
            await self._patiently(attempts.requeue, attempt.row)
        finally:
            self.wake()

    async def _grade(self, attempt: StoredAttempt, source: bytes) -> None:
        request = post.GradeRequest(
            attempt.offering, attempt.row, attempt.student, attempt.name, attempt.email,
            attempt.file, source, attempt.accepted_at, attempt.trial,
            attempt.tries + 1 >= attempts.TRIES,
        )  # fmt: skip
        answer = await self._service.ask(request)
        if isinstance(answer, post.Graded):
            await self._patiently(attempts.finish, attempt, answer)
            self._state.setdefault("unable", {}).pop(attempt.offering, None)
            self._state["graded"] = self._state.get("graded", 0) + 1
            self._state["seconds"] = self._state.get("seconds", 0.0) + answer.seconds
            for done in self._waiting.pop(attempt.row, []):
                if not done.done():
                    done.set_result(None)
        elif isinstance(answer, post.LostProcess):
            await self._patiently(attempts.requeue, attempt.row, is_counted=True)
        else:
            why = getattr(answer, "why", type(answer).__name__)
            print(f"{attempt.offering} cannot be graded: {why}", file=sys.stderr, flush=True)
            self._state.setdefault("unable", {})[attempt.offering] = why
            self._held[attempt.offering] = time.monotonic() + HELD
            await self._patiently(attempts.requeue, attempt.row)

    async def _patiently(self, function: Callable[..., Any], *arguments: Any, **named: Any) -> None:
        """Write to service.db; repeat it until the disk has room."""
        while True:
            try:
                await self._database(function, *arguments, **named)
            except sqlite3.OperationalError as error:
                print(f"service.db: {error}; trying again", file=sys.stderr, flush=True)
                await asyncio.sleep(1.0)
            else:
                return

    async def _follow_course(self) -> None:
        """Store the current offerings of the courses, now and after every edit."""
        before: list[post.OfferingInfo] = []
        is_first = True
        while True:
            answer = await self._service.ask(post.OfferingsRequest())
            if isinstance(answer, post.Offerings):
                self._state["problem"] = answer.problem
                if answer.offerings != before:
                    before = answer.offerings
                    await self._database(attempts.set_offerings, before)
            if is_first:
                is_first = False
                await self._reconcile()
            await asyncio.sleep(NEWS)

    async def _reconcile(self) -> None:
        """Queue attempts again that are missing from a restored results.db."""
        graded = await self._database(attempts.graded_rows)
        for offering, known in graded.items():
            answer = await self._service.ask(post.KnownRequest(offering, known))
            for row in answer.rows if isinstance(answer, post.Unknown) else []:
                await self._database(attempts.requeue, row)
        self.wake()

    async def _follow_results(self) -> None:
        """Store standings that commands (adjust, regrade) have changed in the results."""
        while True:
            answer = await self._service.ask(post.NewsRequest(self._rows))
            if isinstance(answer, post.News):
                if answer.stands:
                    await self._database(attempts.set_news, answer.stands)
                self._rows = answer.rows
            await asyncio.sleep(NEWS)

    async def _check_finally(self) -> None:
        """Grade everyone on one seed after closing, and store whose score would change."""
        while True:
            for offering in await self._database(attempts.to_check_finally):
                request = post.RegradeRequest(offering, is_final=True)
                answer = await self._service.ask(request)
                if isinstance(answer, post.Changes):
                    report = msgspec.json.encode(answer).decode()
                    await self._database(attempts.set_final, offering, report)
            await asyncio.sleep(CHECKS)


def _taken(
    connection: sqlite3.Connection, capacity: int, held: Sequence[str]
) -> list[tuple[StoredAttempt, bytes]]:
    """Take all attempts that may be graded now, each with its file."""
    found = []
    while attempt := attempts.take_next(connection, capacity, held):
        found.append((attempt, attempts.source(connection, attempt.row)))
    return found
