"""What is kept from one request to the next: results that are open, connections, an index."""

import asyncio
import os
import shutil
import threading

import pytest
from served import NAME, make_course

from grader.course.assignment import Course
from grader.model import Grade, Submission
from grader.results.store import Run, Store
from grader.serve import attempts
from grader.serve.connections import Connections
from grader.serve.courses import Courses
from grader.serve.database import connect
from grader.serve.messages import NotServedError, ServiceStatus, StatusRequest, framed
from grader.serve.stores import Stores


def begun(folder, *students):
    """Write results with a grade for each student."""
    folder.mkdir()
    with Store.create(folder, Run("relu", 1, 10.0, "secret")) as store:
        for who in students:
            submission = Submission(who, "relu.py", b"x = 1")
            store.add(Grade(submission, 10.0), submission)
    return folder


def test_results_stay_open_until_the_file_is_another(tmp_path):
    """The next request, in any thread, has the same connection; a restored backup is opened anew."""
    here, backup = begun(tmp_path / "a", "ada"), begun(tmp_path / "b", "ada", "bob")
    stores, found = Stores(), []

    def look():
        with stores.opened(here) as store:
            found.append((store, [len(store.of(who)) for who in ("ada", "bob")]))

    look()
    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    for file in here.glob("results.db*"):
        file.unlink()
    shutil.copy(backup / "results.db", here)
    look()
    (first, _), (second, _), (third, _) = found
    assert first is second
    assert first is not third
    assert [counts for _, counts in found] == [[1, 0], [1, 0], [1, 1]]


def test_two_threads_never_share_a_connection(tmp_path):
    """Whoever comes while it is in use gets another one."""
    stores, here = Stores(), begun(tmp_path / "a", "ada")
    with stores.opened(here) as first, stores.opened(here) as second:
        assert first is not second


def test_an_open_transaction_is_not_handed_on(tmp_path):
    """After an error in the middle of writing, the connection is closed."""
    stores, here = Stores(), begun(tmp_path / "a", "ada")
    broken = []

    def write():
        with stores.opened(here) as store:
            broken.append(store)
            store._execute("BEGIN IMMEDIATE")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write()
    with stores.opened(here) as store:
        assert store is not broken[0]
        assert not store.is_writing


class Answering:
    """A grading service that answers every request alike, and counts its connections."""

    def __init__(self):
        self.count, self.writers = 0, []

    async def serve(self, reader, writer):
        self.count += 1
        self.writers.append(writer)
        while length := await reader.read(8):
            await reader.readexactly(int.from_bytes(length))
            writer.write(framed(ServiceStatus(self.count)))


def test_a_connection_is_used_again_and_replaced_when_the_service_ended(tmp_path):
    """One after the other share a connection, two at once do not; one that ended is not used."""

    async def go():
        service, path = Answering(), str(tmp_path / "s")
        server = await asyncio.start_unix_server(service.serve, path)
        connections, ask = Connections(path), StatusRequest()
        seen = [(await connections.ask(ask)).processes for _ in range(3)]
        await asyncio.gather(*(connections.ask(ask) for _ in range(2)))
        seen.append(service.count)
        for writer in service.writers:
            writer.close()
        await asyncio.sleep(0.1)
        seen.append((await connections.ask(ask)).processes)
        server.close()
        for writer in service.writers:
            writer.close()
        await asyncio.sleep(0.1)
        with pytest.raises(NotServedError):
            await connections.ask(ask)
        return seen

    assert asyncio.run(go()) == [1, 1, 1, 2, 3]


def test_the_queue_is_read_by_its_index(tmp_path):
    """However many attempts were graded: without the index's own condition, all of them are read."""
    connection, asked = connect(tmp_path / "service.db"), []
    connection.execute("INSERT INTO course VALUES ('k', 'K')")
    connection.execute("INSERT INTO offering (id, course, title, opens, due, closes, counts, zone,"
                       " max_score) VALUES ('a', 'k', 'A', '', '', '', 'last', 'UTC', 1)")  # fmt: skip
    connection.execute("INSERT INTO user VALUES (1, 'ada', 'Ada', '')")
    connection.execute("INSERT INTO attempt (id, offering, user, file, sha256, accepted_at, state)"
                       " VALUES ('i', 'a', 1, 'a.py', '', '', 'queued')")  # fmt: skip
    connection.set_trace_callback(asked.append)
    assert attempts.take_next(connection, 4).row == 1
    assert attempts.ahead(connection, 2) == 1
    connection.set_trace_callback(None)
    queries = [each for each in asked if each.startswith("SELECT")]
    assert len(queries) >= 3
    plans = [
        row[3] for query in queries for row in connection.execute(f"EXPLAIN QUERY PLAN {query}")
    ]
    assert [plan for plan in plans if plan.startswith("SCAN")] == []
    plans = connection.execute(
        "EXPLAIN QUERY PLAN SELECT 1 FROM attempt WHERE state = 'queued'"
    ).fetchall()
    assert plans[0][3].startswith("SCAN")
    connection.close()


def test_a_new_file_of_the_course_is_seen_without_listing_them_every_time(tmp_path, monkeypatch):
    """A file in any folder, an empty one too; what changed just now is listed until it is settled."""
    folder, listed, files_of = make_course(tmp_path), [], Course.grading_files
    (folder / "tests/hidden" / NAME / "more").mkdir()
    monkeypatch.setattr(
        Course, "grading_files", lambda course, name: listed.append(name) or files_of(course, name)
    )
    courses = Courses([folder])

    def lists():
        """Return how often the files are listed for three requests, and the last version."""
        before = len(listed)
        version = [courses.place(NAME).version for _ in range(3)][-1]
        return len(listed) - before, version

    assert lists()[0] >= 3  # the folders were written just now
    for path in (folder, *folder.rglob("*")):
        os.utime(path, (1e9, 1e9))
    versions = {lists()[1]}
    assert lists()[0] == 0
    for file in (f"tests/hidden/{NAME}/more/a.py", "tests/hidden/shared/b.py"):
        (folder / file).parent.mkdir(exist_ok=True)
        (folder / file).write_text("x = 1\n")
        versions.add(courses.place(NAME).version)
    assert len(versions) == 3
