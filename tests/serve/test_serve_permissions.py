"""Who sees what: every route of the table, every role, in the own course and in another one."""

import asyncio
import datetime
import re

import httpx
import pytest

from grader.serve import accounts, app, attempts, auth, context
from grader.serve.connections import Connections
from grader.serve.database import Database, transaction
from grader.serve.messages import Graded, OfferingInfo

ORIGIN = "http://127.0.0.1:8000"
ROLES = ("student", "assistant", "instructor")
MAY = {
    "use a link": {"out", *ROLES, "other"},
    "read about privacy": {"out", *ROLES, "other"},
    "read the health": {"out", *ROLES, "other"},
    "read own assignments": {*ROLES, "other"},
    "download own data": {*ROLES, "other"},
    "sign out": {*ROLES, "other"},
    "make a link for another device": {*ROLES, "other"},
    "read an assignment": {*ROLES},
    "submit": {*ROLES},
    "read an attempt": {"owner", "assistant", "instructor"},
    "download an attempt": {"owner", "assistant", "instructor"},
    "watch the class": {"assistant", "instructor"},
    "retry": {"assistant", "instructor"},
    "override": {"instructor"},
    "extend": {"instructor"},
    "regrade": {"instructor"},
    "export": {"instructor"},
    "read the audit": {"instructor"},
    "reissue a link": {"instructor"},
}
"""Written by hand, apart from the code: a route with a new action fails until it stands here."""
WHO = ("out", *ROLES, "other", "owner")


class NoQueue:
    """Nothing is graded here."""

    def wake(self):
        pass

    async def finished(self, row, seconds):
        pass


def prepare(connection):
    """Two courses, a user of each role, an instructor of the other course alone, and an attempt."""
    infos = [OfferingInfo("relu", "one", "One", "ReLU"), OfferingInfo("lstm", "two", "Two", "LSTM")]
    attempts.set_offerings(connection, infos)
    sessions = {"out": ""}
    people = [("owner", "one", "student"), *((role, "one", role) for role in ROLES),
              ("other", "two", "instructor")]  # fmt: skip
    with transaction(connection):
        users = {who: accounts.enrol(connection, who, who, "", c, role) for who, c, role in people}
    for who, user in users.items():
        sessions[who] = accounts.redeem(connection, accounts.new_link(connection, user))
    owner = accounts.person(connection, users["owner"])
    offering = attempts.offering(connection, "relu")
    upload = attempts.Upload("relu.py", b"x = 1")
    identity = attempts.accept(connection, offering, owner, upload, "")
    found = attempts.find(connection, identity)
    attempts.finish(connection, found, Graded("graded", 5.0, 5.0, []))
    return sessions, identity


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("permissions")
    database = Database(folder / "service.db")
    site = context.Site(
        ORIGIN, database, Connections(str(folder / "no.sock")), NoQueue(), state={"ending": True}
    )
    sessions, attempt = asyncio.run(database(prepare))
    yield app.build(site), sessions, attempt
    database.close()


def ask(world, method, path, who, form=None, headers=None):
    application, sessions, _ = world

    async def go():
        transport = httpx.ASGITransport(application, client=("127.0.0.1", 5))
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
            cookies = {"Cookie": f"s={sessions[who]}"} if sessions[who] else {}
            data = {"csrf": accounts.csrf_of(sessions[who]), **(form or {})}
            return await client.request(
                method, path, data=data if method == "POST" else None,
                headers={"Origin": ORIGIN, **cookies, **(headers or {})},
            )  # fmt: skip

    return asyncio.run(go())


def filled(path, attempt):
    known = {"offering": "relu", "attempt": attempt, "token": "unknown", "format": "csv"}
    return re.sub(r"\{(\w+)\}", lambda match: known[match[1]], path)


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("route", app.ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_route(route, who, world, monkeypatch):
    """Allowed is what the table by hand allows; all else is 404, or 401 when signed out."""
    monkeypatch.setattr(context, "PAUSES", (0.0,))
    if route.action == "sign out" and who != "out":
        return  # it ends the session: test_serve_service tries that
    answer = ask(world, route.method, filled(route.path, world[2]), who)
    role = "student" if who == "owner" and "{attempt}" not in route.path else who
    if role in MAY[route.action]:
        refused = "use a link" == route.action  # its token is unknown
        assert (answer.status_code in (401, 404)) == refused, answer.text
    else:
        expected = 401 if who == "out" and "{attempt}" not in route.path else 404
        assert answer.status_code == expected
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_without_the_rule_a_stranger_reads_everything(world, monkeypatch):
    """What `may` is for: with it switched off, the other course's instructor sees the class."""
    assert ask(world, "GET", "/staff/relu", "other").status_code == 404
    monkeypatch.setattr(auth, "may", lambda person, action, thing: True)
    assert ask(world, "GET", "/staff/relu", "other").status_code == 200


def test_a_route_without_a_rule_cannot_be_built(world, monkeypatch):
    monkeypatch.delitem(auth.RULES, "override")
    with pytest.raises(LookupError, match="override"):
        app.build(None)


def test_somebody_elses_attempt_is_as_unknown_as_one_that_does_not_exist(world):
    """Byte for byte."""
    one = ask(world, "GET", f"/s/{world[2]}", "student")
    other = ask(world, "GET", "/s/0123456789abcdef01234567", "student")
    known = [(k, v) for k, v in one.headers.items()]
    assert (one.status_code, one.content, known) == (
        404,
        other.content,
        list(other.headers.items()),
    )


def test_limits_are_told_in_words(tmp_path):
    """One in hand and three waiting; 60 an hour; the hold-off; each with the seconds to wait."""
    database = Database(tmp_path / "service.db")

    def fill(connection):
        attempts.set_offerings(
            connection, [OfferingInfo("relu", "one", "One", "ReLU", hold_off=600.0)]
        )
        with transaction(connection):
            user = accounts.enrol(connection, "ada", "", "", "one", "student")
        ada, relu = accounts.person(connection, user), attempts.offering(connection, "relu")
        upload = attempts.Upload("relu.py", b"")
        attempts.accept(connection, relu, ada, upload, "")
        told = []
        for _ in range(2):
            with pytest.raises(attempts.LimitError) as limit:
                attempts.accept(connection, relu, ada, upload, "")
            told.append((str(limit.value), limit.value.seconds))
        free = attempts.Offering(
            **{f: getattr(relu, f) for f in relu.__slots__} | {"hold_off": 0.0}
        )
        for _ in range(3):
            attempts.accept(connection, free, ada, upload, "")
        with pytest.raises(attempts.LimitError, match="4 of your submissions are waiting"):
            attempts.accept(connection, free, ada, upload, "")
        for _ in range(56):
            connection.execute("UPDATE attempt SET state = 'done'")
            attempts.accept(connection, free, ada, upload, "")
        connection.execute("UPDATE attempt SET state = 'done'")
        with pytest.raises(attempts.LimitError, match="60 times within an hour") as limit:
            attempts.accept(connection, free, ada, upload, "")
        return told, limit.value.seconds

    told, seconds = asyncio.run(database(fill))
    database.close()
    assert "once in 10 min" in told[0][0]
    assert 590 < told[0][1] <= 601
    assert 3500 < seconds <= 3601


def test_lanes(tmp_path):
    """Slow students get at most half; one attempt of each at a time; the newer one first."""
    database = Database(tmp_path / "service.db")

    def fill(connection):
        attempts.set_offerings(connection, [OfferingInfo("relu", "one", "One", "ReLU")])
        relu, order = attempts.offering(connection, "relu"), []
        for name in ("slow1", "slow2", "slow3", "quick"):
            with transaction(connection):
                user = accounts.enrol(connection, name, "", "", "one", "student")
            who = accounts.person(connection, user)
            done = attempts.find(connection, attempts.accept(
                connection, relu, who, attempts.Upload("a.py", b""), ""))  # fmt: skip
            seconds = 3.0 if name.startswith("slow") else 0.1
            attempts.finish(connection, done, Graded("graded", 1.0, 1.0, [], seconds))
        for name in ("slow1", "slow2", "slow3", "quick", "slow1"):
            who = next(accounts.person(connection, u) for u in range(1, 5)
                       if accounts.person(connection, u).student == name)  # fmt: skip
            attempts.accept(connection, relu, who, attempts.Upload("a.py", name.encode()), "")
        while found := attempts.take_next(connection, 4):
            order.append((found.student, found.row))
        return order

    order = asyncio.run(database(fill))
    database.close()
    assert order == [("slow1", 9), ("slow2", 6), ("quick", 8)]


def test_a_clock_that_is_set_back(tmp_path):
    """The order goes by row, and staff reads of the jump."""
    database = Database(tmp_path / "service.db")

    def fill(connection):
        attempts.set_offerings(connection, [OfferingInfo("relu", "one", "One", "ReLU")])
        with transaction(connection):
            user = accounts.enrol(connection, "ada", "", "", "one", "student")
        ada, relu = accounts.person(connection, user), attempts.offering(connection, "relu")
        upload = attempts.Upload("a.py", b"")
        attempts.accept(connection, relu, ada, upload, "")
        later = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=2)
        connection.execute("UPDATE attempt SET accepted_at = ?", (later.isoformat(),))
        newest = attempts.accept(connection, relu, ada, upload, "")
        audit = connection.execute("SELECT action, reason FROM audit").fetchall()
        return attempts.of_user(connection, user)[0].id == newest, [tuple(row) for row in audit]

    is_newest, audit = asyncio.run(database(fill))
    database.close()
    assert is_newest
    assert audit[0][0] == "clock"
    assert "set back by 7200 s" in audit[0][1] or "set back by 7199 s" in audit[0][1]
