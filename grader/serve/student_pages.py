"""Pages for students: assignments, submission, feedback, links, privacy."""

from __future__ import annotations

import io
import json
import secrets
import sqlite3
import zipfile
from datetime import UTC, datetime
from typing import Any, Final

from starlette.responses import Response

from grader.inbox.beside import NOTHING
from grader.parcel import is_parcel
from grader.serve import accounts, attempts, pages, uploads, wording
from grader.serve import messages as post
from grader.serve.attempts import LimitError, Offering, StoredAttempt
from grader.serve.context import Site, Stop, WebCall, ask, html, say, see
from grader.serve.database import is_full, now

WAIT: Final = 5.0
"""Seconds that a feedback page waits for its grade before it shows the queue."""


async def home(call: WebCall) -> Response:
    """Show every course of the user, with due dates and scores."""
    return html(pages.render("home.html", person=call.user,
                             courses=call.site.database.read(_courses, call.user)))  # fmt: skip


def _courses(connection: sqlite3.Connection, person: accounts.User) -> list[dict[str, Any]]:
    titles = {
        row["id"]: row["title"] for row in connection.execute("SELECT * FROM course").fetchall()
    }
    found = []
    for course in person.roles:
        is_staff = person.is_staff(course)
        rows = []
        for each in attempts.offerings(connection):
            if each.course != course or not (is_staff or _is_begun(each)):
                continue
            stands = attempts.stands(connection, each.id, person.id)
            rows.append({
                "id": each.id, "title": each.title, "due": wording.moment(each.due, each.zone),
                "closes": wording.moment(each.closes, each.zone),
                "score": wording.score(stands.final if stands else None),
            })  # fmt: skip
        found.append({"title": titles.get(course, course), "rows": rows, "is_staff": is_staff})
    return found


def _is_begun(offering: Offering) -> bool:
    return not offering.opens or offering.opens <= now()


async def offering(call: WebCall) -> Response:
    """Show an assignment: its dates, the form, and the user's own attempts."""
    found, person = call.course_offering, call.user
    is_staff = person.is_staff(found.course)
    if not is_staff and not _is_begun(found):
        raise Stop(404, wording.NOT_FOUND)
    own = call.site.database.read(attempts.of_user, person.id, found.id)
    extended = call.site.database.read(attempts.extended_to, found.id, person.id)
    is_open = is_staff or found.is_open(now(), extended)
    page = pages.render(
        "offering.html", person=person, offering=found, is_trial=is_staff, is_open=is_open,
        due=wording.moment(found.due, found.zone), closes=wording.moment(found.closes, found.zone),
        extended=wording.moment(extended, found.zone), closed_text=wording.CLOSED,
        ticket=secrets.token_urlsafe(12),
        takes_several=found.takes != NOTHING, files=wording.files(found.id, found.takes),
        stands=call.site.database.read(attempts.stands, found.id, person.id),
        attempts=[_listed(each, found) for each in own],
    )  # fmt: skip
    return html(page)


def _listed(attempt: StoredAttempt, offering: Offering) -> dict[str, str]:
    result = {"queued": "waiting", "grading": "being graded", "error": "could not be graded"}
    score = f"{wording.score(attempt.score)} points"
    return {"id": attempt.id, "file": attempt.file, "result": result.get(attempt.state, score),
            "at": wording.moment(attempt.accepted_at, offering.zone)}  # fmt: skip


async def submit(call: WebCall) -> Response:
    """Store an attempt; when the response 303 is sent, the attempt is on the disk."""
    found, person = call.course_offering, call.user
    if not person.is_staff(found.course) and not _is_open(call.site, found, person):
        raise Stop(403, wording.CLOSED if _is_begun(found) else wording.NOT_OPEN)
    upload = await uploads.read_upload(call.form, found.id, found.takes)
    try:
        identity = await call.site.database.together(
            attempts.accept, found, person, upload, call.field("ticket", 40)
        )
    except LimitError as limit:
        text = f"Your file was NOT stored. {limit} Try again in {_seconds(limit.seconds)}."
        raise Stop(429, text, {"Retry-After": str(limit.seconds)}) from None
    except sqlite3.OperationalError as error:
        call.site.state["full"] = now() if is_full(error) else ""
        raise Stop(507 if is_full(error) else 503,
                   wording.FULL if is_full(error) else wording.BUSY) from None  # fmt: skip
    call.site.queue.wake()
    return see(f"/s/{identity}")


def _is_open(site: Site, offering: Offering, person: accounts.User) -> bool:
    """Return whether a student's attempt is accepted now; only the closing can be extended."""
    extended = ""
    if offering.closes:
        extended = site.database.read(attempts.extended_to, offering.id, person.id)
    return offering.is_open(now(), extended)


def _seconds(seconds: int) -> str:
    minutes = round(seconds / 60)
    if seconds >= 120:
        return f"{minutes} minutes"
    return "1 second" if seconds == 1 else f"{seconds} seconds"


async def attempt(call: WebCall) -> Response:
    """Show the feedback, or the message that the attempt is stored and waiting."""
    found = _attempt(call)
    if found.state in ("queued", "grading"):
        found = await call.site.queue.finished(found.row, WAIT) or found
    if found.state in ("queued", "grading"):
        ahead = call.site.database.read(attempts.ahead, found.row)
        return say(
            "Saved", wording.waiting(ahead), 202, person=call.person, headers={"Refresh": "2"}
        )
    if found.state == "error":
        return say("Not graded", wording.OURS, person=call.person, back=f"/a/{found.offering}")
    request = post.PageRequest(found.offering, found.student, found.row, found.trial)
    document = await ask(call.site, request, post.Document)
    links = pages.environment().get_template("links.html").render(attempt=found)
    return html(pages.sandboxed(document.data, links))


def _attempt(call: WebCall) -> StoredAttempt:
    if call.attempt is None:
        raise Stop(404, wording.NOT_FOUND)
    return call.attempt


async def file(call: WebCall) -> Response:
    """Send the submitted file as a download, never as a page."""
    found = _attempt(call)
    data = await call.site.database(attempts.source, found.row)
    return _download(data, f"{found.offering}-{found.row}{_suffix(found.file, data)}")


def _suffix(file: str, data: bytes) -> str:
    """Return the suffix of the submitted file; several files are one zip."""
    if is_parcel(data):
        return ".zip"
    return ".ipynb" if file.lower().endswith(".ipynb") else ".py"


def _download(data: bytes, name: str, media: str = "application/octet-stream") -> Response:
    policy = f"{pages.BASE}; sandbox"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Security-Policy": policy,
    }
    return Response(data, 200, headers, media)


async def show_invite(call: WebCall) -> Response:
    """Show the user of a link; only the button uses it, so that link checkers do not."""
    token = call.request.path_params["token"]
    who = call.site.database.read(accounts.invited, token)
    if who is None:
        raise Stop(404, wording.LINK_USED)
    return html(pages.render("invite.html", who=who.shown, action=f"/i/{token}"))


async def use_invite(call: WebCall) -> Response:
    """Sign in."""
    session = await call.site.database(accounts.redeem, call.request.path_params["token"])
    if session is None:
        raise Stop(404, wording.LINK_USED)
    answer = see("/")
    answer.set_cookie(
        call.site.cookie, session, max_age=400 * 86400, path="/", secure=call.site.is_secure,
        httponly=True, samesite="lax",
    )  # fmt: skip
    return answer


async def sign_out(call: WebCall) -> Response:
    """End the session."""
    token = call.request.cookies.get(call.site.cookie, "")
    await call.site.database(accounts.sign_out, token)
    answer = say("Signed out", "You are signed out on this device.")
    answer.delete_cookie(call.site.cookie, path="/", secure=call.site.is_secure, httponly=True)
    return answer


async def device_link(call: WebCall) -> Response:
    """Create a link with which the user can sign in on another device."""
    token = await call.site.database(
        accounts.new_link, call.user.id, accounts.DEVICE_LINK, replaces=False
    )
    page = pages.render("link.html", person=call.user, who=call.user.shown,
                        lasts="within 10 minutes", link=f"{call.site.origin}/i/{token}")  # fmt: skip
    return html(page)


async def privacy(call: WebCall) -> Response:
    """Show which data is stored."""
    return html(pages.render("privacy.html", person=call.person, retain=call.site.retain_days))


async def my_data(call: WebCall) -> Response:
    """Send all data stored about the user, with every submitted file."""
    known = await call.site.database(_known, call.user)
    document = await ask(call.site, post.MyDataRequest(call.user.student), post.Document)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        stored = {
            **known,
            "grades": json.loads(document.data),
            "made": datetime.now(UTC).isoformat(),
        }
        archive.writestr("data.json", json.dumps(stored, indent=1, ensure_ascii=False))
        for each in await call.site.database(attempts.of_user, call.user.id):
            data = await call.site.database(attempts.source, each.row)
            name = f"files/{each.offering}-{each.row}{_suffix(each.file, data)}"
            archive.writestr(name, data)
    return _download(out.getvalue(), "my-data.zip", "application/zip")


def _known(connection: sqlite3.Connection, person: accounts.User) -> dict[str, Any]:
    """Return all data in service.db about a person, except tokens."""
    mine = {"user": person.id}
    queries = {
        "attempts": "SELECT id, offering, file, sha256, accepted_at, state, seconds, score FROM attempt"
        " WHERE user = :user ORDER BY row",
        "extensions": "SELECT offering, due, reason, at FROM extension WHERE user = :user",
        "scores": "SELECT offering, final, lines FROM standing WHERE user = :user",
        "sessions": "SELECT created, expires FROM session WHERE user = :user",
        "links": "SELECT created, expires, used FROM invite WHERE user = :user",
    }
    found: dict[str, Any] = {
        "id": person.student, "name": person.name, "email": person.email, "roles": dict(person.roles)
    }  # fmt: skip
    for name, query in queries.items():
        found[name] = [dict(row) for row in connection.execute(query, mine).fetchall()]
    audit = "SELECT at, action, offering, reason FROM audit WHERE student = ? ORDER BY id"
    found["staff did"] = [
        dict(row) for row in connection.execute(audit, (person.student,)).fetchall()
    ]
    return found
