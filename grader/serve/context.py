"""Objects for all handlers: database, grading service, and the user of the request."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from msgspec import Struct, field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from grader.serve import messages as post
from grader.serve import pages, wording
from grader.serve.accounts import User
from grader.serve.attempts import Offering, StoredAttempt
from grader.serve.connections import Connections
from grader.serve.database import Database
from grader.serve.messages import NotServedError

_A = TypeVar("_A")
PAUSES = (0.1, 0.3, 0.6, 1.0, 0.0)
"""Pauses in seconds between attempts to reach the grading service, which may be restarting."""


class Queue(Protocol):
    """The dispatcher, as handlers use it."""

    def wake(self) -> None:
        """Look for work immediately."""

    async def finished(self, row: int, seconds: float) -> StoredAttempt | None:
        """Wait until an attempt is graded or the time is over; return its current state."""


class Site(Struct, frozen=True):
    """The settings and services of the web process."""

    origin: str
    """Scheme, host and port, as browsers send them."""
    database: Database
    service: Connections
    queue: Queue
    retain_days: int = 0
    state: dict[str, Any] = field(default_factory=dict)
    """Values that the class watcher and the dispatcher provide for the pages."""

    @property
    def is_secure(self) -> bool:
        """Return whether browsers use https."""
        return self.origin.startswith("https:")

    @property
    def cookie(self) -> str:
        """Return the name of the session cookie."""
        return "__Host-s" if self.is_secure else "s"


class WebCall(Struct, frozen=True):
    """One request, after the checks."""

    request: Request
    site: Site
    person: User | None
    form: Mapping[str, Any]
    offering: Offering | None = None
    attempt: StoredAttempt | None = None

    @property
    def user(self) -> User:
        """Return the signed-in user; the route's rule has ensured that there is one."""
        if self.person is None:
            raise Stop(401, wording.SIGNED_OUT)
        return self.person

    @property
    def course_offering(self) -> Offering:
        """Return the offering named in the path."""
        if self.offering is None:
            raise Stop(404, wording.NOT_FOUND)
        return self.offering

    def field(self, name: str, most: int = 500) -> str:
        """Return a text field of the form as one line."""
        value = self.form.get(name, "")
        return " ".join(value.split())[:most] if isinstance(value, str) else ""

    def reason(self) -> str:
        """Return the reason in the form; end the request with a message if there is none."""
        reason = self.field("reason")
        if not reason or not reason.isprintable():
            raise Stop(422, wording.NO_REASON)
        return reason


class Stop(Exception):
    """Ends a request with a status and a sentence."""

    def __init__(self, status: int, text: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(text)
        self.status, self.text, self.headers = status, text, dict(headers or {})


async def ask(site: Site, request: post.Request, kind: type[_A]) -> _A:
    """Ask the grading service; end the request with a message if it refuses or is not running."""
    for pause in PAUSES:
        try:
            answer = await site.service.ask(request)
            break
        except NotServedError:
            await asyncio.sleep(pause)
    else:
        raise Stop(503, wording.RESTARTING, {"Retry-After": "2"})
    if isinstance(answer, kind):
        return answer
    if isinstance(answer, post.Refusal | post.Unable):
        text = answer.why[:1].upper() + answer.why[1:]
        raise Stop(422 if isinstance(answer, post.Refusal) else 503, f"{text.rstrip('.')}.")
    raise TypeError(f"{type(answer).__name__} instead of {kind.__name__}")


def html(page: pages.Page, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a page with its content security policy."""
    return Response(
        page.html, status, {"Content-Security-Policy": page.policy, **(headers or {})}, "text/html"
    )


def say(title: str, text: str, status: int = 200, *, back: str = "", person: User | None = None,
        headers: Mapping[str, str] | None = None) -> Response:  # fmt: skip
    """Return a page with one sentence."""
    page = pages.render("message.html", title=title, text=text, back=back, person=person)
    return html(page, status, headers)


def see(path: str) -> Response:
    """Redirect the browser to one of our pages, after a form."""
    return RedirectResponse(path, 303)


Handler = Callable[[WebCall], Any]
