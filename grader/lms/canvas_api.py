"""Push grades to Canvas over its REST API. Without ``send``, no request is made at all.

    report = canvas(target, grades, journal=folder / "push-canvas.json", send=True)

Scores and comments are sent in bulk (``submissions/update_grades``), and the Progress in the answer
is polled to its end. Values that Canvas already has are not sent again, so a second push sends
nothing. An interrupted push continues after the job that it had started (recorded in the journal)
has ended.

Temporary refusals (403 with a rate limit, 409, 429) and server errors are retried after a wait. If
it is unknown whether Canvas accepted a batch (5xx, a timeout), its state is read again before
anything is sent twice. Source: Canvas LMS REST API, *Submissions*, *Progress*, *Throttling*,
*Pagination*.
"""

from __future__ import annotations

import http.client
import json
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from msgspec import Struct, field
from msgspec.structs import replace

from grader.course.assignment import Assignment
from grader.files import write
from grader.lms.exports import matching, sheet
from grader.lms.exports.sheet import ExportError
from grader.lms.wording import number
from grader.model import Grade
from grader.people import label
from grader.text import folded, lms_line

BATCH: Final = 50
PAGE: Final = 100
TRIES: Final = 7
LONGEST_WAIT: Final = 60.0
TIMEOUT: Final = 30.0
POLLS: Final = 600
MAX_ANSWER: Final = 64 * 1024 * 1024
LOCAL: Final = frozenset({"127.0.0.1", "::1", "localhost"})
NEXT: Final = re.compile(r'<([^>]*)>\s*;\s*rel="next"')
DONE: Final = frozenset({"completed", "failed"})


_Answer = tuple[int, dict[str, str], bytes]
"""Status, headers, body."""


class _UnsureError(Exception):
    """It is unknown whether Canvas executed a request."""


WHERE: Final = "write lms: {canvas: {course: ID, assignment: ID}} in assignments.yaml"


class Target(Struct, frozen=True):
    """One assignment in one Canvas. The token is never shown, not even in ``repr``."""

    url: str
    course: str
    assignment: str
    token: str

    def __repr__(self) -> str:
        return f"Target({self.url!r}, {self.course!r}, {self.assignment!r}, token hidden)"


class Post(Struct, frozen=True):
    """The values to set for one student in Canvas."""

    student: str
    user: str
    score: str
    comment: str = ""
    excuse: bool = False
    """Whether to excuse the student instead of setting a score."""


class PushReport(Struct):
    """The result of a push."""

    posts: list[Post] = field(default_factory=list)
    """The values that were sent, or would be sent."""
    unchanged: int = 0
    unmatched: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    sent: bool = False


def target(assignment: Assignment, environ: Mapping[str, str]) -> Target:
    """Return the assignment in Canvas from ``lms: {canvas: ...}`` and the environment.

    Raises:
        ExportError: The address, CANVAS_URL or CANVAS_TOKEN is missing.
    """
    settings = assignment.lms.get("canvas", {})
    url = str(settings.get("url") or environ.get("CANVAS_URL", "")).rstrip("/")
    course, identity = str(settings.get("course", "")), str(settings.get("assignment", ""))
    token = environ.get("CANVAS_TOKEN", "").strip()
    if not course or not identity:
        raise ExportError(WHERE)
    if not url:
        raise ExportError(
            "set CANVAS_URL to the address of your Canvas, as https://canvas.example.edu"
        )
    if not token or not token.isascii() or not token.isprintable():
        raise ExportError("set CANVAS_TOKEN to an access token of yours (Account, Settings)")
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOCAL):
        raise ExportError("CANVAS_URL must begin with https://: the token goes there")
    return Target(url, course, identity, token)


def canvas(
    to: Target,
    grades: Sequence[Grade],
    *,
    journal: Path,
    inbox: str = "",
    send: bool = False,
    comments: bool = True,
    wait: Callable[[float], None] = time.sleep,
) -> PushReport:
    """Set these grades in Canvas; raise `ExportError` if that fails.

    Without ``send`` no connection is made; the report lists what would be sent, as far as known.
    """
    report = PushReport(sent=send)
    known = []
    for grade in grades:
        if grade.final is None and not grade.excused:
            report.notes.append(sheet.not_graded(grade))
        else:
            known.append(grade)
    if not send:
        report.posts = [_post(grade, inbox, comments) for grade in known]
        return report
    api = _Api(to, wait)
    _finish(api, journal)
    users = _users(api)
    found, report.unmatched = matching.matched(known, inbox, users)
    posts = [_made(grade, str(user), comments) for user, grade in sorted(found.items())]
    waiting = _differing(api, posts)
    report.unchanged = len(posts) - len(waiting)
    _send_all(api, waiting, report, journal)
    return report


def _post(grade: Grade, inbox: str, comments: bool) -> Post:
    """Prepare the values to send, as far as possible without Canvas's list of users."""
    return _made(grade, matching.identities(grade, inbox).get("canvas", ""), comments)


def _made(grade: Grade, user: str, comments: bool) -> Post:
    text = sheet.comment(grade) if comments else ""
    score = "" if grade.final is None else number(grade.final)
    return Post(lms_line(label(grade.submission)), user, score, text, grade.excused)


# --- sending ------------------------------------------------------------------------------------


def _send_all(api: _Api, waiting: list[Post], report: PushReport, journal: Path) -> None:
    """Send in batches until Canvas has everything; send what a batch did not set one by one."""
    for at in range(0, len(waiting), BATCH):
        posts = waiting[at : at + BATCH]
        left = list(posts)
        for _ in range(3):
            _send(api, left, journal)
            left = _differing(api, left)
            if not left:
                break
        for post in left:
            _send_one(api, post)
        stuck = {post.user for post in _differing(api, left)} if left else set()
        report.posts += [post for post in posts if post.user not in stuck]
        report.unmatched += [
            f"{post.student}: Canvas did not take the grade" for post in posts if post.user in stuck
        ]


def _send(api: _Api, posts: Sequence[Post], journal: Path) -> None:
    """Send one batch and wait for its Progress to end; the caller checks the result."""
    form: dict[str, str] = {}
    for post in posts:
        what, value = _verdict(post)
        form[f"grade_data[{post.user}][{what}]"] = value
        if post.comment:
            form[f"grade_data[{post.user}][text_comment]"] = post.comment
    try:
        answer = api.call("POST", f"{api.here}/submissions/update_grades", form)
    except _UnsureError:
        api.wait(5.0)  # it may still arrive, so Canvas's state decides
        return
    job = str(answer.get("id", "")) if isinstance(answer, dict) else ""
    if not job.isdecimal():
        raise ExportError("Canvas answered a bulk update with no Progress")
    write(journal, json.dumps({"progress": job}).encode())
    _finish(api, journal)


def _finish(api: _Api, journal: Path) -> None:
    """Wait for the job recorded in the journal, if there is one."""
    try:
        noted = json.loads(journal.read_text())
    except (OSError, ValueError):
        return
    job = str(noted.get("progress", "")) if isinstance(noted, dict) else ""
    for turn in range(POLLS if job.isdecimal() else 0):
        state = api.get(f"/api/v1/progress/{job}", missing={"workflow_state": "completed"})
        if isinstance(state, dict) and state.get("workflow_state") in DONE:
            break
        api.wait(min(0.5 * 1.5**turn, 10.0))
    else:
        if job.isdecimal():
            raise ExportError(f"Canvas has not finished its job {job}; push again later")
    journal.unlink(missing_ok=True)


def _send_one(api: _Api, post: Post) -> None:
    what, value = _verdict(post)
    form = {f"submission[{what}]": value}
    if post.comment:
        form["comment[text_comment]"] = post.comment
    try:
        api.call("PUT", f"{api.here}/submissions/{post.user}", form)
    except (_UnsureError, ExportError):
        api.wait(5.0)


def _verdict(post: Post) -> tuple[str, str]:
    return ("excuse", "true") if post.excuse else ("posted_grade", post.score)


# --- the state of Canvas ------------------------------------------------------------------------

KINDS: Final = {"id": ("canvas",), "sis_user_id": ("sid",), "login_id": ("login", "email"),
                "email": ("email",)}  # fmt: skip


def _users(api: _Api) -> Mapping[tuple[str, str], set[int]]:
    """Return Canvas's users by (kind of id, id)."""
    query = {"enrollment_type[]": "student", "include[]": "email", "per_page": str(PAGE)}
    found: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
    for user in api.pages(f"/api/v1/courses/{api.to.course}/users", query):
        for field_name, kinds in KINDS.items():
            value = user.get(field_name)
            if value and isinstance(user.get("id"), int):
                for kind in kinds:
                    found[kind, folded(str(value))].add(user["id"])
    return found


def _differing(api: _Api, posts: Sequence[Post]) -> list[Post]:
    """Return the posts that differ from Canvas's state; an existing comment is not repeated."""
    if not posts:
        return []
    query = {"include[]": "submission_comments", "per_page": str(PAGE)}
    held = {
        str(each.get("user_id")): each for each in api.pages(f"{api.here}/submissions", query)
    }  # fmt: skip
    left = []
    for post in posts:
        have = held.get(post.user, {})
        said = {_words(each.get("comment")) for each in have.get("submission_comments") or []}
        if not _is(have, post):
            left.append(replace(post, comment="" if _words(post.comment) in said else post.comment))
        elif post.comment and _words(post.comment) not in said:
            left.append(post)
    return left


def _words(text: Any) -> str:
    return " ".join(str(text).split())


def _is(have: Mapping[str, Any], post: Post) -> bool:
    if post.excuse:
        return have.get("excused") is True
    score = have.get("score")
    return isinstance(score, int | float) and abs(score - float(post.score)) < 0.005


# --- HTTP ---------------------------------------------------------------------------------------


class _Api(Struct):
    """A connection to one Canvas; it refuses redirects, which could leak the token."""

    to: Target
    wait: Callable[[float], None]

    @property
    def here(self) -> str:
        return f"/api/v1/courses/{self.to.course}/assignments/{self.to.assignment}"

    def pages(self, path: str, query: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """Yield every item of a paginated list."""
        following = f"{path}?{urlencode(query)}"
        seen: set[str] = set()
        while following and following not in seen:
            seen.add(following)
            status, headers, body = self._tried("GET", following, None)
            items = _json(body) if status == 200 else None
            if not isinstance(items, list):
                raise ExportError(_refused("GET", path, status, body))
            yield from (item for item in items if isinstance(item, dict))
            match = NEXT.search(headers.get("link", ""))
            following = self._same_host(match[1]) if match else ""

    def get(self, path: str, missing: Any = None) -> Any:
        """Return the JSON at a path; ``missing`` if there is none."""
        status, _, body = self._tried("GET", path, None)
        if status == 404 and missing is not None:
            return missing
        if status != 200:
            raise ExportError(_refused("GET", path, status, body))
        return _json(body)

    def call(self, method: str, path: str, form: Mapping[str, str]) -> Any:
        """Send a form; raise `_UnsureError` if it is unknown whether it was executed."""
        status, _, body = self._tried(method, path, urlencode(form).encode())
        if status not in (200, 201):
            raise ExportError(_refused(method, path, status, body))
        return _json(body)

    def _same_host(self, url: str) -> str:
        ours, theirs = urlsplit(self.to.url), urlsplit(url)
        if theirs.netloc and theirs.netloc != ours.netloc:
            raise ExportError("Canvas names a next page on another host")
        return f"{theirs.path}?{theirs.query}".removeprefix(ours.path)

    def _tried(self, method: str, path: str, form: bytes | None) -> _Answer:
        """Return the answer to a request, which is repeated while the refusal is temporary."""
        said = "no answer"
        for turn in range(TRIES):
            pause = min(2.0**turn, LONGEST_WAIT)
            try:
                status, headers, body = self._once(method, path, form)
            except (OSError, http.client.HTTPException) as error:
                said = type(error).__name__
                refused = isinstance(error, ConnectionRefusedError)
                if form is not None and not refused:
                    raise _UnsureError from None
            else:
                if not _passes(status, body):
                    return status, headers, body
                said = f"status {status}"
                if form is not None and status >= 500:
                    raise _UnsureError
                pause = _retry_after(headers, pause)
            if turn < TRIES - 1:
                self.wait(pause)
        raise ExportError(f"Canvas does not answer {method} {path.partition('?')[0]}: {said}")

    def _once(self, method: str, path: str, form: bytes | None) -> _Answer:
        parts = urlsplit(self.to.url)
        secure = parts.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(parts.netloc, timeout=TIMEOUT)
        headers = {"Authorization": f"Bearer {self.to.token}", "Accept": "application/json"}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(method, f"{parts.path}{path}", form, headers)
            answer = connection.getresponse()
            body = answer.read(MAX_ANSWER)
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, body
        finally:
            connection.close()


def _passes(status: int, body: bytes) -> bool:
    """Return whether a refusal is temporary."""
    throttled = status == 403 and b"rate limit" in body.lower()
    return throttled or status in (409, 429) or status >= 500


def _retry_after(headers: Mapping[str, str], otherwise: float) -> float:
    asked = headers.get("retry-after", "")
    return min(float(asked), LONGEST_WAIT) if asked.isdecimal() else otherwise


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise ExportError("Canvas answered with something that is not JSON") from None


def _refused(method: str, path: str, status: int, body: bytes) -> str:
    why = {401: "the token is not valid", 403: "the token may not do this", 404: "not found there"}
    said = why.get(status) or lms_line(body.decode("utf-8", "replace"), 100)
    return f"Canvas refuses {method} {path.partition('?')[0]} with {status}: {said}"
