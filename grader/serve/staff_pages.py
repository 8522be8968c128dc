"""Pages for staff: the class live, override, extension, regrade, retry, export, audit, links."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
import time
from collections.abc import AsyncIterator, Collection, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace
from starlette.datastructures import UploadFile
from starlette.responses import Response, StreamingResponse

from grader.serve import accounts, attempts, pages, wording
from grader.serve import messages as post
from grader.serve.accounts import audit
from grader.serve.attempts import Offering
from grader.serve.context import Site, Stop, WebCall, ask, html, say, see
from grader.serve.database import now, stored, transaction

SCORE: Final = re.compile(r"\d{1,6}(?:[.,]\d{1,4})?", re.ASCII)
FORMATS: Final = ("canvas", "moodle", "gradescope-csv", "blackboard")
TICK: Final = 1.0
WHOLE: Final = 60.0
"""Seconds after which the live page reads the whole class again."""


async def staff(call: WebCall) -> Response:
    """Show the class, with the forms for staff."""
    offering, person = call.course_offering, call.user
    rows = await call.site.database(attempts.class_rows, offering)
    page = pages.render(
        "staff.html", person=person, offering=offering, rows=rows, formats=FORMATS,
        summary=_summary(rows), problem=call.site.state.get("problem", ""),
        unable=call.site.state.get("unable", {}).get(offering.id, ""),
        is_instructor=person.roles.get(offering.course) == "instructor",
        final=json.loads(offering.final) if offering.final else None,
    )  # fmt: skip
    return html(page)


def _int(value: object) -> int:
    return value if isinstance(value, int) else 0


# --- live ---------------------------------------------------------------------------------------


class ClassNow(Struct, frozen=True):
    """The content of the live page: a summary line, and a row for each user."""

    at: float
    whole: float
    """Time at which the whole class was read."""
    is_patched: bool
    """Whether parts of it have been read again since then."""
    changes: tuple[int, int]
    unsettled: int
    standings: int
    """The number of the newest standing."""
    text: str
    rows: Mapping[object, Mapping[str, object]]


class Watcher:
    """Runs one query for all viewers of a class, at most once a second and only after changes.

    It reads the students with waiting or new attempts or a new standing. It reads the whole class only
    now and then, because only ``serve invite`` and ``serve forget`` change anything else.
    """

    def __init__(self) -> None:
        self._seen: dict[str, ClassNow] = {}
        self._asking: dict[str, asyncio.Lock] = {}

    async def news(self, site: Site, offering: Offering) -> ClassNow:
        """Return the class, at most one second old."""
        async with self._asking.setdefault(offering.id, asyncio.Lock()):
            seen = self._seen.get(offering.id)
            if seen is None or time.monotonic() - seen.at >= 0.9 * TICK:
                seen = await site.database(_class_now, offering, seen)
                self._seen[offering.id] = seen
            return seen


def _class_now(
    connection: sqlite3.Connection, offering: Offering, seen: ClassNow | None
) -> ClassNow:
    """Return the class; only what has changed since ``seen`` is read again."""
    at, changes = time.monotonic(), attempts.changes(connection)
    is_old = seen is None or at - seen.whole >= WHOLE
    if seen is not None and seen.changes == changes and not (seen.is_patched and is_old):
        return replace(seen, at=at)
    unsettled = attempts.unsettled(connection, offering)
    standings = attempts.newest_standing(connection)
    since, whole, found = None, at, dict[object, Mapping[str, object]]()
    if seen is not None and not is_old:
        since, whole, found = (seen.unsettled, seen.standings), seen.whole, dict(seen.rows)
    for row in attempts.class_rows(connection, offering, since):
        live = _live(row)
        known = seen.rows.get(row["user"]) if seen is not None else None
        found[row["user"]] = known if known == live else live
    text = _summary(found.values())
    return ClassNow(at, whole, not is_old, changes, unsettled, standings, text, found)


WATCHER: Final = Watcher()


def _summary(rows: Collection[Mapping[str, object]]) -> str:
    return wording.class_summary(len(rows), sum(_int(row["waiting"]) for row in rows))


def _live(row: dict[str, object]) -> dict[str, object]:
    final = row["final"]
    state = wording.state(*(_int(row[name]) for name in ("attempts", "waiting", "errors")))
    return {
        "user": row["user"], "attempt": row["attempt"], "attempts": row["attempts"], "state": state,
        "errors": row["errors"] or 0, "waiting": row["waiting"] or 0,
        "score": wording.score(final if isinstance(final, int | float) else None),
    }  # fmt: skip


async def events(call: WebCall) -> Response:
    """Send the class, and then each row that changes."""
    offering = call.course_offering

    async def stream() -> AsyncIterator[str]:
        text, silent = "", 0
        rows: Mapping[object, Mapping[str, object]] = {}
        while not call.site.state.get("ending") and not await call.request.is_disconnected():
            seen = await WATCHER.news(call.site, offering)
            changed = [row for user, row in seen.rows.items() if rows.get(user) is not row]
            silent += 1
            if changed or text != seen.text:
                text, rows, silent = seen.text, seen.rows, 0
                yield f"data: {json.dumps({'rows': changed, 'text': text})}\n\n"
            elif silent % 15 == 0:
                yield ": still here\n\n"
            await asyncio.sleep(TICK)

    return StreamingResponse(
        stream(), headers={"Content-Security-Policy": pages.BASE}, media_type="text/event-stream"
    )


async def report(call: WebCall) -> Response:
    """Show the class report."""
    offering = call.course_offering
    rows = await call.site.database(attempts.class_rows, offering)
    links = {str(row["student"]): f"/s/{row['attempt']}" for row in rows if row["attempt"]}
    document = await ask(call.site, post.ReportRequest(offering.id, links), post.Document)
    return html(pages.sandboxed(document.data, "", "allow-scripts allow-top-navigation"))


async def answers(call: WebCall) -> Response:
    """Show the students' answers to manually graded questions."""
    request = post.AnswersRequest(call.course_offering.id)
    document = await ask(call.site, request, post.Document)
    return html(pages.sandboxed(document.data, ""))


# --- forms --------------------------------------------------------------------------------------


def _member(connection: sqlite3.Connection, offering: Offering, student: str) -> int:
    rows = connection.execute(
        "SELECT user.id FROM user JOIN enrolment ON enrolment.user = user.id"
        " WHERE student = ? AND course = ?",
        (student, offering.course),
    ).fetchall()
    if not rows:
        raise Stop(422, wording.NO_STUDENT)
    return int(rows[0]["id"])


async def override(call: WebCall) -> Response:
    """Set a final score, or withdraw the last change."""
    offering, student, reason = call.course_offering, call.field("student"), call.reason()
    user = await call.site.database(_member, offering, student)
    given = call.field("score", 20)
    if given and not SCORE.fullmatch(given):
        raise Stop(422, wording.NO_SCORE)
    change = f"={given.replace(',', '.')}" if given else "undo"
    by = call.user.student
    request = post.OverrideRequest(offering.id, student, change, reason, by, now())
    stands = await ask(call.site, request, post.Stands)
    action = f"set the score to {given}" if given else "withdrew a change"
    await call.site.database(_note, call, user, stands, action, student, reason)
    return see(f"/staff/{offering.id}")


def _note(
    connection: sqlite3.Connection, call: WebCall, user: int, stands: post.Stands, action: str,
    student: str, reason: str,
) -> None:  # fmt: skip
    with transaction(connection):
        attempts.set_standing(connection, call.course_offering.id, user, stands)
        audit(connection, call.user.student, action, call.course_offering.id, student, reason)


async def extend(call: WebCall) -> Response:
    """Set a later due date for a student; it also reopens a closed assignment for that student."""
    offering, student, reason = call.course_offering, call.field("student"), call.reason()
    user = await call.site.database(_member, offering, student)
    try:
        given = datetime.fromisoformat(call.field("due", 40))
    except ValueError:
        raise Stop(422, wording.NO_DATE) from None
    if given.tzinfo is None:
        given = given.replace(tzinfo=ZoneInfo(offering.zone))
    due, by, at = stored(given.astimezone(UTC)), call.user.student, now()
    request = post.ExtendRequest(offering.id, student, due, reason, by, at)
    stands = await ask(call.site, request, post.Stands)
    await call.site.database(_keep_extension, offering.id, user, (due, reason, by, at))
    action = f"extended to {wording.moment(due, offering.zone)}"
    await call.site.database(_note, call, user, stands, action, student, reason)
    return see(f"/staff/{offering.id}")


def _keep_extension(
    connection: sqlite3.Connection, offering: str, user: int, values: tuple[str, str, str, str]
) -> None:
    connection.execute(
        "INSERT INTO extension VALUES (NULL, ?, ?, ?, ?, ?, ?)", (offering, user, *values)
    )


async def regrade(call: WebCall) -> Response:
    """Show whose score would change; with ``write``, store exactly these changes."""
    offering = call.course_offering
    is_write = call.field("write") == "1"
    reason = call.reason() if is_write else ""
    shown = call.field("shown", 40) if is_write else ""
    if is_write and not shown:
        raise Stop(409, wording.STALE)
    try:
        found = await ask(call.site, post.RegradeRequest(offering.id, shown), post.Changes)
    except Stop as stop:
        raise Stop(409 if is_write and stop.status == 422 else stop.status, stop.text) from None
    if found.is_stored:
        await call.site.database(
            audit, call.user.student, "stored a regrade", offering.id, "", reason
        )
    return html(pages.render("regrade.html", person=call.user, offering=offering, found=found))


async def retry(call: WebCall) -> Response:
    """Queue attempts again that could not be graded."""
    offering = call.course_offering
    await call.site.database(_retry, offering.id, call.user.student)
    call.site.queue.wake()
    return see(f"/staff/{offering.id}")


def _retry(connection: sqlite3.Connection, offering: str, by: str) -> None:
    with transaction(connection):
        done = connection.execute(
            "UPDATE attempt SET state = 'queued', tries = 0 WHERE offering = ? AND state = 'error'",
            (offering,),
        )
        again = wording.submissions(done.rowcount)
        audit(connection, by, f"had {again} graded again", offering)


async def reissue(call: WebCall) -> Response:
    """Create a new personal link; the old one stops working."""
    offering, student, reason = call.course_offering, call.field("student"), call.reason()
    user = await call.site.database(_member, offering, student)
    token = await call.site.database(_new_link, call, user, student, reason)
    page = pages.render("link.html", person=call.user, who=student, lasts="within 14 days",
                        link=f"{call.site.origin}/i/{token}")  # fmt: skip
    return html(page)


def _new_link(
    connection: sqlite3.Connection, call: WebCall, user: int, student: str, reason: str
) -> str:
    with transaction(connection):
        audit(
            connection,
            call.user.student,
            "made a new link",
            call.course_offering.id,
            student,
            reason,
        )
        return accounts.new_link(connection, user)


async def export(call: WebCall) -> Response:
    """Send the grades as CSV, or everyone's feedback pages."""
    name = call.request.path_params["format"]
    if name not in ("csv", "feedback.zip"):
        raise Stop(404, wording.NOT_FOUND)
    return await _exported(call, name, None)


async def fill_in(call: WebCall) -> Response:
    """Fill in an uploaded gradebook."""
    file = call.form.get("file")
    if not isinstance(file, UploadFile):
        raise Stop(422, wording.NO_GRADEBOOK)
    return await _exported(call, call.field("format", 40), await file.read())


async def _exported(call: WebCall, name: str, into: bytes | None) -> Response:
    offering = call.course_offering
    made = await ask(call.site, post.ExportRequest(offering.id, name, into), post.Document)
    await call.site.database(audit, call.user.student, f"exported {name}", offering.id)
    media = "application/zip" if made.name.endswith(".zip") else "text/csv"
    headers = {
        "Content-Disposition": f'attachment; filename="{made.name}"',
        "Content-Security-Policy": f"{pages.BASE}; sandbox",
    }
    return Response(made.data, 200, headers, media)


async def audit_log(call: WebCall) -> Response:
    """Show the actions of staff in this course."""
    entries = await call.site.database(_entries, call.course_offering)
    return html(pages.render("audit.html", person=call.user, entries=entries))


def _entries(connection: sqlite3.Connection, offering: Offering) -> list[dict[str, Any]]:
    rows = connection.execute(
        "SELECT * FROM audit WHERE offering = '' OR offering IN"
        " (SELECT id FROM offering WHERE course = ?) ORDER BY id DESC LIMIT 2000",
        (offering.course,),
    ).fetchall()
    return [{**dict(row), "at": wording.moment(row["at"], offering.zone)} for row in rows]


async def health(call: WebCall) -> Response:
    """Report whether the service works, for a monitor on this machine."""
    state = await call.site.database(attempts.queue_state)
    try:
        processes = (await ask(call.site, post.StatusRequest(), post.ServiceStatus)).processes
    except Stop:
        return say("Not healthy", "The grading service does not answer.", 503)
    return Response(
        json.dumps({"ok": True, "queued": state.queued, "grading": state.grading,
                    "oldest_seconds": state.oldest_seconds, "errors": state.errors,
                    "processes": processes, "problem": call.site.state.get("problem", ""),
                    "cannot_be_graded": call.site.state.get("unable", {}),
                    "disk_full_since": call.site.state.get("full", "")}),
        200, {"Content-Security-Policy": pages.BASE}, "application/json",
    )  # fmt: skip


async def metrics(call: WebCall) -> Response:
    """Return the same values in the text format of Prometheus."""
    state = await call.site.database(attempts.queue_state)
    seconds = call.site.state.get("seconds", 0.0)
    text = (
        f"grader_queued {state.queued}\ngrader_grading {state.grading}\n"
        f"grader_oldest_seconds {state.oldest_seconds}\ngrader_errors {state.errors}\n"
        f"grader_graded_total {call.site.state.get('graded', 0)}\ngrader_seconds_total {seconds:.3f}\n"
    )
    return Response(text, 200, {"Content-Security-Policy": pages.BASE}, "text/plain")
