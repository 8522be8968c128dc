"""Uploads that come at once share a commit; each is stored before it is acknowledged, or refused."""

import asyncio
import sqlite3

import pytest

from grader.serve import accounts, attempts
from grader.serve.database import Database, connect, transaction
from grader.serve.messages import OfferingInfo

COUNT = 50


@pytest.fixture
def database(tmp_path):
    """Return a database with an offering and many students, and a list of its transactions."""
    made = Database(tmp_path / "service.db")
    made.path, made.said = tmp_path / "service.db", []

    def fill(connection):
        attempts.set_offerings(connection, [OfferingInfo("relu", "one", "One", "ReLU")])
        with transaction(connection):
            for number in range(COUNT):
                accounts.enrol(connection, f"s{number}", "", "", "one", "student")
        connection.set_trace_callback(made.said.append)

    asyncio.run(made(fill))
    yield made
    made.close()


def submit(database, users, size=10):
    """Submit at once for each user; return the ids, or what was raised."""

    async def run():
        relu = database.read(attempts.offering, "relu")
        people = [database.read(accounts.person, user) for user in users]
        upload = attempts.Upload("a.py", bytes(range(256)) * size)
        sent = (database.together(attempts.accept, relu, who, upload, "") for who in people)
        return await asyncio.gather(*sent, return_exceptions=True)

    return asyncio.run(run())


def stored(database):
    """Return the ids that another connection sees."""
    connection = connect(database.path)
    found = {row["id"] for row in connection.execute("SELECT id FROM attempt").fetchall()}
    connection.close()
    return found


def test_many_uploads_share_few_commits(database):
    """All are stored; one by one, each would have waited for the disk."""
    found = submit(database, range(1, COUNT + 1))
    assert stored(database) == set(found)
    assert len(set(found)) == COUNT
    assert database.said.count("COMMIT") < COUNT / 2
    before = database.said.count("COMMIT")
    asyncio.run(one_by_one(database))
    assert database.said.count("COMMIT") == before + 5


async def one_by_one(database):
    relu = database.read(attempts.offering, "relu")
    for user in range(1, 6):
        who = database.read(accounts.person, user)
        await database(attempts.accept, relu, who, attempts.Upload("a.py", b""), "")


def test_who_is_refused_undoes_only_that(database):
    """One student sends six at once, four of which may be in hand; the others' are stored."""
    found = submit(database, [1, 2, 1, 1, 1, 3, 1, 1])
    refused = [each for each in found if isinstance(each, attempts.LimitError)]
    assert len(refused) == 2
    assert stored(database) == {each for each in found if isinstance(each, str)}
    assert len(stored(database)) == 6


def test_a_full_disk_stores_nothing_of_what_shares_a_commit(database):
    """Nobody is told that it was stored."""

    def shrink(connection):
        pages = connection.execute("PRAGMA page_count").fetchall()[0][0]
        connection.execute(f"PRAGMA max_page_count = {pages + 40}")

    asyncio.run(database(shrink))
    found = submit(database, range(1, COUNT + 1), size=2000)
    assert any(isinstance(each, sqlite3.OperationalError) for each in found)
    assert stored(database) == {each for each in found if isinstance(each, str)}


def test_a_commit_that_fails_leaves_no_transaction_open(tmp_path):
    """Else the next one would be a part of it, and acknowledged without being stored."""
    connection = connect(tmp_path / "service.db")
    connection.execute("CREATE TABLE child (of INTEGER REFERENCES user (id) DEFERRABLE"
                       " INITIALLY DEFERRED)")  # fmt: skip

    def fail():
        with transaction(connection):
            connection.execute("INSERT INTO child VALUES (99)")

    with pytest.raises(sqlite3.IntegrityError):
        fail()
    assert not connection.in_transaction
    with transaction(connection):
        accounts.enrol(connection, "ada", "", "", "one", "student")
    other = connect(tmp_path / "service.db")
    assert len(other.execute("SELECT * FROM user").fetchall()) == 1
    other.close()
    connection.close()
