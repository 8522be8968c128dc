"""The web application: a table of routes, and the checks before each of them.

    app = build(site)        # an ASGI application

Each route names an action, and `auth.may` decides whether it is allowed. A route without a rule
cannot be built.
"""

from __future__ import annotations

import errno
import sqlite3
import sys
import traceback
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Literal

from msgspec import Struct
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from grader.serve import accounts, attempts, auth, pages, uploads, wording
from grader.serve import staff_pages as staff
from grader.serve import student_pages as students
from grader.serve.context import Site, Stop, WebCall, html
from grader.serve.database import is_full, now
from grader.serve.uploads import UploadError

LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]", "::1")
FORWARDED: Final = ("x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "forwarded", "via",
                    "x-real-ip")  # fmt: skip
HEADERS: Final[Mapping[str, str]] = {
    # with no-referrer, our own forms would arrive with Origin: null
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
FORM_BYTES: Final = 64 * 1024
"""Bytes of a form without a file."""


class Rule(Struct, frozen=True):
    """One route: its action, which determines who may use it, and its handler."""

    method: Literal["GET", "POST"]
    path: str
    action: str
    handler: Callable[[WebCall], Awaitable[Response]]
    has_file: bool = False
    is_local: bool = False
    """Whether it answers only programs on this machine that do not use a proxy."""


ROUTES: Final = (
    Rule("GET", "/", "read own assignments", students.home),
    Rule("GET", "/a/{offering}", "read an assignment", students.offering),
    Rule("POST", "/a/{offering}", "submit", students.submit, has_file=True),
    Rule("GET", "/s/{attempt}", "read an attempt", students.attempt),
    Rule("GET", "/s/{attempt}/file", "download an attempt", students.file),
    Rule("GET", "/i/{token}", "use a link", students.show_invite),
    Rule("POST", "/i/{token}", "use a link", students.use_invite),
    Rule("POST", "/sign-out", "sign out", students.sign_out),
    Rule("POST", "/link", "make a link for another device", students.device_link),
    Rule("GET", "/privacy", "read about privacy", students.privacy),
    Rule("GET", "/privacy/my-data", "download own data", students.my_data),
    Rule("GET", "/staff/{offering}", "watch the class", staff.staff),
    Rule("GET", "/staff/{offering}/events", "watch the class", staff.events),
    Rule("GET", "/staff/{offering}/report", "watch the class", staff.report),
    Rule("GET", "/staff/{offering}/answers", "watch the class", staff.answers),
    Rule("POST", "/staff/{offering}/retry", "retry", staff.retry),
    Rule("POST", "/staff/{offering}/override", "override", staff.override),
    Rule("POST", "/staff/{offering}/extend", "extend", staff.extend),
    Rule("POST", "/staff/{offering}/regrade", "regrade", staff.regrade),
    Rule("POST", "/staff/{offering}/link", "reissue a link", staff.reissue),
    Rule("GET", "/staff/{offering}/export/{format}", "export", staff.export),
    Rule("POST", "/staff/{offering}/export", "export", staff.fill_in, has_file=True),
    Rule("GET", "/staff/{offering}/audit", "read the audit", staff.audit_log),
    Rule("GET", "/healthz", "read the health", staff.health, is_local=True),
    Rule("GET", "/metrics", "read the health", staff.metrics, is_local=True),
)


def build(site: Site) -> Starlette:
    """Return the application."""
    unruled = [route.path for route in ROUTES if route.action not in auth.RULES]
    if unruled:
        raise LookupError(f"no rule for {unruled[0]}")

    async def lost(request: Request, error: Exception) -> Response:
        return _finished(await _told(request, site, Stop(404, wording.NOT_FOUND)))

    routes = [Route(route.path, _guarded(site, route), methods=[route.method]) for route in ROUTES]
    made = Starlette(routes=routes, exception_handlers={404: lost, 405: lost})
    made.router.redirect_slashes = False  # its redirects would lack our headers
    return made


def _guarded(site: Site, route: Rule) -> Callable[[Request], Awaitable[Response]]:
    """Return a route's handler with checks before it; every response has the security headers."""

    async def endpoint(request: Request) -> Response:
        try:
            answer = await route.handler(await _checked(site, route, request))
        except Stop as stop:
            answer = await _told(request, site, stop)
        except UploadError as error:
            answer = await _told(request, site, Stop(error.status, str(error)))
        except Exception as error:
            if _is_full(error):
                site.state["full"] = now()
                return _finished(await _told(request, site, Stop(507, wording.FULL)))
            traceback.print_exc(file=sys.stderr)
            answer = await _told(request, site, Stop(500, wording.UNEXPECTED))
        return _finished(answer)

    return endpoint


def _is_full(error: Exception) -> bool:
    """Return whether the disk is full, as reported by a database or a spooled upload."""
    if isinstance(error, sqlite3.Error):
        return is_full(error)
    return getattr(error, "errno", 0) in (errno.ENOSPC, errno.EDQUOT)


def _finished(answer: Response) -> Response:
    for name, value in HEADERS.items():
        answer.headers[name] = value
    answer.headers.setdefault("Content-Security-Policy", pages.BASE)
    return answer


async def _told(request: Request, site: Site, stop: Stop) -> Response:
    """Return a page with the reason. All 404 pages are equal, so as not to reveal what exists."""
    titles = {401: "Please sign in", 404: "Not found", 429: "Please wait", 507: "Not stored"}
    title = titles.get(stop.status, "That did not work")
    page = pages.render(
        "message.html", title=title, text=stop.text, back="" if stop.status in (401, 404) else "/"
    )
    # a form must not be sent again automatically
    is_soon = stop.status == 503 and request.method == "GET"
    return html(page, stop.status, stop.headers | ({"Refresh": "2"} if is_soon else {}))


async def _checked(site: Site, route: Rule, request: Request) -> WebCall:
    """Check host, rights, origin and form, in this order; stop at the first failure."""
    if route.is_local:
        _check_local(request)
    elif not _is_our_host(site, request):
        raise Stop(400, wording.WRONG_HOST)
    token = request.cookies.get(site.cookie, "")[:200]
    person, offering, attempt = site.database.read(_asked, token, request.path_params)
    _check_rights(route, person, offering, attempt)
    form: Mapping[str, Any] = {}
    if route.method == "POST":
        if request.headers.get("origin", site.origin) != site.origin:
            raise Stop(403, wording.FORGED)
        form = await uploads.read_form(request, uploads.MOST if route.has_file else FORM_BYTES)
        if route.action != "use a link" and (person is None or form.get("csrf") != person.csrf):
            raise Stop(403, wording.FORGED)
    return WebCall(request, site, person, form, offering, attempt)


def _asked(
    connection: sqlite3.Connection, token: str, named: Mapping[str, str]
) -> tuple[accounts.User | None, attempts.Offering | None, attempts.StoredAttempt | None]:
    """Return the user of the request, and the objects named in the path."""
    offering = attempts.offering(connection, named["offering"]) if "offering" in named else None
    attempt = attempts.find(connection, named["attempt"]) if "attempt" in named else None
    return accounts.signed_in(connection, token), offering, attempt


def _check_rights(
    route: Rule,
    person: accounts.User | None,
    offering: attempts.Offering | None,
    attempt: attempts.StoredAttempt | None,
) -> None:
    if "{attempt}" in route.path:
        if attempt is None or not auth.may(person, route.action, attempt):
            raise Stop(404, wording.NOT_FOUND)
        return
    if "{offering}" in route.path and person is not None and offering is None:
        raise Stop(404, wording.NOT_FOUND)
    if person is None and offering is None and "{offering}" in route.path:
        raise Stop(401, wording.SIGNED_OUT)
    if not auth.may(person, route.action, offering):
        raise Stop(401, wording.SIGNED_OUT) if person is None else Stop(404, wording.NOT_FOUND)


def _check_local(request: Request) -> None:
    host = request.headers.get("host", "").rpartition(":")[0] or request.headers.get("host", "")
    client = request.client.host if request.client else ""
    is_forwarded = any(name in request.headers for name in FORWARDED)
    if is_forwarded or host not in LOOPBACK or client not in LOOPBACK:
        raise Stop(404, wording.NOT_FOUND)


def _is_our_host(site: Site, request: Request) -> bool:
    return request.headers.get("host", "").casefold() == site.origin.partition("://")[2]
