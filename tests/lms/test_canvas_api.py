"""Pushing grades to a small Canvas: a real HTTP server that behaves as its documented API."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from msgspec.structs import replace

from grader.course.assignment import Assignment
from grader.lms import canvas_api as push
from grader.lms.canvas_api import Target, canvas, target
from grader.lms.exports.sheet import ExportError
from grader.model import Grade, Outcome, Standing, Submission

TOKEN = "7~secret-token"  # noqa: S105  # of the server below
HERE = "/api/v1/courses/12/assignments/34"


@dataclass
class Canvas:
    """What the server holds, what it was asked, and what it is told to do wrong next."""

    url: str = ""
    page: int = 2
    users: list[dict] = field(default_factory=list)
    scores: dict[int, float] = field(default_factory=dict)
    comments: dict[int, list[str]] = field(default_factory=dict)
    excused: set[int] = field(default_factory=set)
    asked: list[tuple[str, str]] = field(default_factory=list)
    faults: list[tuple[str, str, object]] = field(default_factory=list)
    """(method, part of the path, what happens), each once, in order."""
    jobs: dict[int, list] = field(default_factory=dict)
    """number -> [polls until it is done, what it does then, state]"""
    polls: int = 2
    refuses: set[int] = field(default_factory=set)
    """Users whose grade a bulk update leaves out."""

    def posted(self) -> list[str]:
        return [path for method, path in self.asked if method != "GET"]

    def put(
        self, user: int, score: str | None, comment: str | None, excuse: str | None = None
    ) -> None:
        if score is not None:
            self.scores[user] = float(score)
            self.excused.discard(user)
        if excuse == "true":
            self.scores.pop(user, None)
            self.excused.add(user)
        if comment:
            self.comments.setdefault(user, []).append(comment)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    canvas: Canvas

    def log_message(self, *arguments: object) -> None:
        pass

    def do_GET(self) -> None:
        self.serve("GET")

    def do_POST(self) -> None:
        self.serve("POST")

    def do_PUT(self) -> None:
        self.serve("PUT")

    def serve(self, method: str) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        self.canvas.asked.append((method, parts.path))
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self.answer(401, {"errors": [{"message": "Invalid access token."}]})
        after = None
        for fault in self.canvas.faults:
            if fault[0] == method and fault[1] in parts.path:
                self.canvas.faults.remove(fault)
                after = self.fault(fault[2])
                if after is None:
                    return None
                break
        status, document, headers = self.route(method, parts.path, parts.query, body)
        if after == "silence":
            time.sleep(0.6)
            return None
        if isinstance(after, int):
            return self.answer(after, {"errors": "after it was done"})
        return self.answer(status, document, headers)

    def fault(self, what: object) -> object:
        """Do a fault; return what is to come after the request was carried out, if it is."""
        if isinstance(what, tuple):  # (status, headers, text)
            self.answer(what[0], what[2], what[1])
            return None
        if what == "time-out":
            time.sleep(0.6)
            return None
        if what == "hang up":
            self.close_connection = True
            return None
        return what

    def route(self, method: str, path: str, query: str, body: str) -> tuple[int, object, dict]:
        canvas = self.canvas
        if method == "GET" and path == "/api/v1/courses/12/users":
            return self.listed(canvas.users, path, query)
        if method == "GET" and path == f"{HERE}/submissions":
            held = [
                {"user_id": user["id"], "score": canvas.scores.get(user["id"]),
                 "excused": user["id"] in canvas.excused,
                 "submission_comments": [{"comment": text}
                                         for text in canvas.comments.get(user["id"], [])]}
                for user in canvas.users
            ]  # fmt: skip
            return self.listed(held, path, query)
        if method == "POST" and path == f"{HERE}/submissions/update_grades":
            return 200, self.start(body), {}
        if method == "PUT" and (match := re.fullmatch(rf"{HERE}/submissions/(\d+)", path)):
            form = dict(parse_qsl(body))
            canvas.put(
                int(match[1]),
                form.get("submission[posted_grade]"),
                form.get("comment[text_comment]"),
                form.get("submission[excuse]"),
            )
            return 200, {"id": 1}, {}
        if method == "GET" and (match := re.fullmatch(r"/api/v1/progress/(\d+)", path)):
            return self.progress(int(match[1]))
        return 404, {"errors": [{"message": "The specified resource does not exist."}]}, {}

    def listed(self, items: list, path: str, query: str) -> tuple[int, object, dict]:
        page = int(parse_qs(query).get("page", ["1"])[0])
        size = self.canvas.page
        headers = {}
        if page * size < len(items):
            following = re.sub(r"&page=\d+", "", query) + f"&page={page + 1}"
            headers["Link"] = f'<{self.canvas.url}{path}?{following}>; rel="next", <x>; rel="last"'
        return 200, items[(page - 1) * size : page * size], headers

    def start(self, body: str) -> object:
        form = {}
        for key, value in parse_qsl(body):
            match = re.fullmatch(r"grade_data\[(\d+)\]\[(posted_grade|text_comment|excuse)\]", key)
            form.setdefault(int(match[1]), {})[match[2]] = value
        number = 900 + len(self.canvas.jobs)
        self.canvas.jobs[number] = [self.canvas.polls, form, "queued"]
        return {"id": number, "workflow_state": "queued", "completion": 0}

    def progress(self, number: int) -> tuple[int, object, dict]:
        if number not in self.canvas.jobs:
            return 404, {"errors": []}, {}
        job = self.canvas.jobs[number]
        job[0] -= 1
        if job[0] <= 0 and job[2] == "queued":
            for user, entry in job[1].items():
                if user not in self.canvas.refuses:
                    told = (entry.get(key) for key in ("posted_grade", "text_comment", "excuse"))
                    self.canvas.put(user, *told)
            job[2] = "completed"
        return 200, {"id": number, "workflow_state": job[2]}, {}

    def answer(self, status: int, document: object, headers: dict | None = None) -> None:
        data = document.encode() if isinstance(document, str) else json.dumps(document).encode()
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


@pytest.fixture
def server() -> Iterator[Canvas]:
    """Three students: known by Canvas id, by student number, and by e-mail."""
    made = Canvas(users=[
        {"id": 101, "sis_user_id": "0123", "login_id": "ada", "email": "ada@example.edu"},
        {"id": 102, "sis_user_id": "0456", "login_id": "bob", "email": "bob@example.edu"},
        {"id": 103, "sis_user_id": None, "login_id": "zoë", "email": "zoë@example.edu"},
    ])  # fmt: skip
    handler = type("Bound", (Handler,), {"canvas": made})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        http.daemon_threads = True
        made.url = f"http://127.0.0.1:{http.server_address[1]}"
        threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True).start()
        yield made
        http.shutdown()


def graded(student: str, points: float, **known: str) -> Grade:
    check = Outcome("t::a", "relu is right", "failed", points, 100.0, "wrong at z < 0")
    return Grade(Submission(student, "a.py", **known), 100.0, (check,))


GRADES = [
    graded("0123", 87.5, sid="0123", email="ada@example.edu"),
    graded("0456", 33.3333, sid="0456"),
    graded("zoë@example.edu", 0.0, email="zoë@example.edu"),
]
SCORES = {101: 87.5, 102: 33.33, 103: 0.0}


@dataclass
class Pusher:
    server: Canvas
    journal: Path
    waited: list[float] = field(default_factory=list)

    def __call__(self, grades: list[Grade] = GRADES, send: bool = True, **how: object):
        to = Target(self.server.url, "12", "34", TOKEN)
        return canvas(to, grades, journal=self.journal, inbox="gradescope", send=send,
                      wait=self.waited.append, **how)  # fmt: skip


@pytest.fixture
def pusher(server: Canvas, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pusher:
    monkeypatch.setattr(push, "TIMEOUT", 0.3)
    return Pusher(server, tmp_path / "push-canvas.json")


def test_nothing_is_sent_without_being_told_to(server: Canvas, pusher: Pusher) -> None:
    """Not even a question goes out; what would be sent is said."""
    report = pusher(send=False)
    assert [] == server.asked
    assert not report.sent
    assert ["87.5", "33.33", "0"] == [post.score for post in report.posts]


def test_grades_and_comments_arrive(server: Canvas, pusher: Pusher) -> None:
    report = pusher()
    assert SCORES == server.scores
    assert 3 == len(report.posts)
    assert [
        "87.5 of 100 points.\nrelu is right (12.5 points lost)\nwrong at z < 0"
    ] == server.comments[101]
    assert [f"{HERE}/submissions/update_grades"] == server.posted()
    assert not pusher.journal.exists()


def test_a_second_push_sends_nothing(server: Canvas, pusher: Pusher) -> None:
    pusher()
    server.asked.clear()
    report = pusher()
    assert ([], 3, []) == (report.posts, report.unchanged, server.posted())
    changed = [graded("0123", 90.0, sid="0123"), *GRADES[1:]]
    assert ["0123"] == [post.student for post in pusher(changed).posts]
    assert {**SCORES, 101: 90.0} == server.scores
    assert 1 == len(server.comments[102])


@pytest.mark.parametrize("refused", [set(), {102}])
def test_the_final_score_is_sent_and_who_is_excused_is_so(
    server: Canvas, pusher: Pusher, refused: set[int]
) -> None:
    """Neither the raw score nor a zero; once only, in bulk or alone; undone by a score."""
    server.refuses = refused
    late = replace(GRADES[0], standing=Standing(70.0, penalty=20.0, lines=("late: 20 % off",)))
    excused = replace(GRADES[1], standing=Standing(None, excused=True))
    assert 3 == len(pusher([late, excused, GRADES[2]]).posts)
    assert ({101: 70.0, 103: 0.0}, {102}) == (server.scores, server.excused)
    assert server.comments[101][0].startswith("70 of 100 points.\nlate: 20 % off\n")
    assert 102 not in server.comments
    assert 3 == pusher([late, excused, GRADES[2]]).unchanged
    pusher([late, GRADES[1], GRADES[2]])
    assert (33.33, set()) == (server.scores[102], server.excused)


def test_without_comments(server: Canvas, pusher: Pusher) -> None:
    pusher(comments=False)
    assert (SCORES, {}) == (server.scores, server.comments)


def test_who_is_not_in_the_course_is_listed_and_an_error_is_no_zero(
    server: Canvas, pusher: Pusher
) -> None:
    unknown = Outcome("t::a", "relu", "error", 0.0, 100.0)
    broken = Grade(Submission("0456", "a.py", sid="0456"), 100.0, (unknown,))
    report = pusher([GRADES[0], broken, graded("nobody", 5.0, sid="nobody")])
    assert ["nobody: not in the gradebook"] == report.unmatched
    assert ["0456 could not be graded (error) and is left unchanged"] == report.notes
    assert {101: 87.5} == server.scores


PASSING = {
    "409": (409, {}, "conflict"),
    "429": (429, {"Retry-After": "7"}, "slow down"),
    "403 throttled": (403, {}, "403 Forbidden (Rate Limit Exceeded)"),
}


@pytest.mark.parametrize("where", ["GET users", "GET submissions", "POST update", "GET progress"])
@pytest.mark.parametrize("fault", PASSING)
def test_refusals_that_pass_are_waited_out(
    server: Canvas, pusher: Pusher, fault: str, where: str
) -> None:
    method, part = where.split()
    server.faults = [(method, part, PASSING[fault])] * 3
    pusher()
    assert SCORES == server.scores
    assert all(1 == len(server.comments[user]) for user in SCORES)
    assert ([7.0] * 3 if fault == "429" else [1.0, 2.0, 4.0]) == pusher.waited[:3] or (
        part == "progress"
    )


@pytest.mark.parametrize("fault", [(500, {}, "oops"), (503, {}, "later"), "time-out", "hang up"])
@pytest.mark.parametrize("where", ["GET users", "POST update", "GET progress"])
def test_a_server_in_trouble(server: Canvas, pusher: Pusher, fault: object, where: str) -> None:
    server.faults = [(*where.split(), fault)] * 2
    pusher()
    assert SCORES == server.scores
    assert all(1 == len(server.comments[user]) for user in SCORES)


@pytest.mark.parametrize("after", [502, "silence"])
def test_what_was_done_though_it_was_not_said_is_not_done_twice(
    server: Canvas, pusher: Pusher, after: object
) -> None:
    """The batch was taken and its answer lost: its job runs, and no comment occurs twice."""
    server.polls = 0
    server.faults = [("POST", "update", after)]
    applied = pusher.waited.append

    def wait(seconds: float) -> None:
        applied(seconds)
        for number in server.jobs:  # Canvas's job runs while we wait
            Handler.progress(type("H", (), {"canvas": server})(), number)

    to = Target(server.url, "12", "34", TOKEN)
    canvas(to, GRADES, journal=pusher.journal, inbox="gradescope", send=True, wait=wait)
    assert SCORES == server.scores
    assert all(1 == len(server.comments[user]) for user in SCORES)
    assert 1 == len(server.posted())


def test_it_goes_on_where_it_was_cut_off(
    server: Canvas, pusher: Pusher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut off while Canvas works on a batch: that job is awaited first, and nothing sent twice."""
    monkeypatch.setattr(push, "BATCH", 2)
    server.faults = [("GET", "progress", (401, {}, "the token ran out"))]
    with pytest.raises(ExportError, match="refuses GET /api/v1/progress/900 with 401"):
        pusher()
    assert pusher.journal.exists()
    pusher()
    assert SCORES == server.scores
    assert all(1 == len(server.comments[user]) for user in SCORES)
    assert 2 == len(server.posted())
    assert not pusher.journal.exists()


def test_a_job_that_canvas_forgot_holds_nothing_up(server: Canvas, pusher: Pusher) -> None:
    pusher.journal.write_text('{"progress": "77"}')
    pusher()
    assert SCORES == server.scores


def test_what_a_batch_leaves_out_is_sent_alone(server: Canvas, pusher: Pusher) -> None:
    server.refuses = {102}
    assert 3 == len(pusher().posts)
    assert SCORES == server.scores
    assert f"{HERE}/submissions/102" == server.posted()[-1]


def test_a_server_that_stays_down_ends_it_in_one_line(server: Canvas, pusher: Pusher) -> None:
    server.faults = [("GET", "users", (503, {}, "down"))] * 50
    with pytest.raises(
        ExportError, match=r"does not answer GET /api/v1/courses/12/users: status 503"
    ):
        pusher()
    assert [1.0, 2.0, 4.0, 8.0, 16.0, 32.0] == pusher.waited


def test_the_token_goes_to_canvas_alone(server: Canvas, pusher: Pusher) -> None:
    """No redirect is followed, no page on another host is asked for, nothing shows the token."""
    server.faults = [("GET", "users", (302, {"Location": "http://127.0.0.1:1/"}, ""))]
    with pytest.raises(ExportError, match="with 302"):
        pusher()
    server.faults = [
        ("GET", "users", (200, {"Link": '<https://evil.example/x>; rel="next"'}, "[]"))
    ]
    with pytest.raises(ExportError, match="another host"):
        pusher()
    assert TOKEN not in repr(Target(server.url, "12", "34", TOKEN))


def test_a_wrong_token_is_said(server: Canvas, pusher: Pusher) -> None:
    to = Target(server.url, "12", "34", "wrong")
    with pytest.raises(ExportError, match="with 401: the token is not valid") as caught:
        canvas(to, GRADES, journal=pusher.journal, send=True, wait=pusher.waited.append)
    assert "wrong" not in str(caught.value)


def test_where_to(server: Canvas) -> None:
    """From the catalogue and the environment; what is missing is said."""
    assignment = Assignment("lstm_cell", "LSTM", lms={"canvas": {"course": 12, "assignment": 34}})
    environ = {"CANVAS_URL": "https://canvas.example.edu/", "CANVAS_TOKEN": TOKEN}
    assert Target("https://canvas.example.edu", "12", "34", TOKEN) == target(assignment, environ)
    for change, told in [
        ({"CANVAS_TOKEN": ""}, "set CANVAS_TOKEN"),
        ({"CANVAS_URL": ""}, "set CANVAS_URL"),
        ({"CANVAS_URL": "http://canvas.example.edu"}, "must begin with https"),
        ({"CANVAS_TOKEN": "a\r\nb"}, "set CANVAS_TOKEN"),
    ]:
        with pytest.raises(ExportError, match=told):
            target(assignment, environ | change)
    with pytest.raises(ExportError, match="write lms"):
        target(replace(assignment, lms={}), environ)
