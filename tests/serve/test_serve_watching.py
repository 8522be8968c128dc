"""Those who watch a class are sent only what changed, and everything that changed."""

from types import SimpleNamespace

import pytest
from msgspec.structs import replace

from grader.serve import attempts, staff_pages
from grader.serve.database import connect

OFFERING = SimpleNamespace(id="a", course="k")


@pytest.fixture
def connection(tmp_path):
    """Return a service.db with three students, the first of whom has a graded attempt."""
    made = connect(tmp_path / "service.db")
    made.execute("INSERT INTO course VALUES ('k', 'K')")
    made.execute("INSERT INTO offering (id, course, title, opens, due, closes, counts, zone, max_score)"
                 " VALUES ('a', 'k', 'A', '', '', '', 'last', 'UTC', 100)")  # fmt: skip
    for user, student in enumerate(("ada", "bob", "eve"), 1):
        made.execute("INSERT INTO user VALUES (?, ?, ?, '')", (user, student, student.title()))
        made.execute("INSERT INTO enrolment VALUES (?, 'k', 'student')", (user,))
    submit(made, 1, "done")
    yield made
    made.close()


def submit(connection, user, state="queued"):
    count = connection.execute("SELECT COUNT(*) FROM attempt").fetchone()[0]
    connection.execute(
        "INSERT INTO attempt (id, offering, user, file, sha256, accepted_at, state) VALUES"
        " (?, 'a', ?, 'a.py', '', '', ?)", (f"id{count + 1}", user, state))  # fmt: skip


def score(connection, user, final):
    connection.execute("INSERT OR REPLACE INTO standing VALUES ('a', ?, ?, '[]')", (user, final))


def states(seen):
    return {user: (row["state"], row["attempt"], row["score"]) for user, row in seen.rows.items()}


def test_only_students_whose_attempts_wait_or_are_new_are_read(connection, monkeypatch):
    """Each step shows the same as a reading of all of the class."""
    read = []
    monkeypatch.setattr(
        staff_pages.attempts, "class_rows",
        lambda *given: read.append(rows := attempts_rows(*given)) or rows,
    )  # fmt: skip
    seen = staff_pages._class_now(connection, OFFERING, None)
    assert len(read[-1]) == 3
    assert staff_pages._class_now(connection, OFFERING, seen).rows is seen.rows
    assert len(read) == 1  # nothing changed, nothing was read
    steps = (
        lambda: submit(connection, 2),
        lambda: connection.execute("UPDATE attempt SET state = 'grading' WHERE row = 2"),
        lambda: submit(connection, 2),
        lambda: (connection.execute("UPDATE attempt SET state = 'done'"), score(connection, 2, 50)),
        lambda: submit(connection, 3, "error"),
    )
    for step in steps:
        step()
        seen = staff_pages._class_now(connection, OFFERING, seen)
        assert len(read[-1]) == 1
        assert states(seen) == states(staff_pages._class_now(connection, OFFERING, None))
        read.pop()


attempts_rows = attempts.class_rows


def test_a_score_that_staff_set_is_sent_at_once(connection):
    """Also if it replaces the newest one; that the student was read is all that was read."""
    seen = staff_pages._class_now(connection, OFFERING, None)
    for final in (42, 43, 44):
        score(connection, 1, final)
        before = seen
        seen = staff_pages._class_now(connection, OFFERING, seen)
        assert seen.rows[1]["score"] == str(final)
        assert seen.rows[2] is before.rows[2]
    seen = replace(seen, standings=99)  # without the number, nothing is read
    score(connection, 1, 45)
    assert staff_pages._class_now(connection, OFFERING, seen).rows[1]["score"] == "44"


def test_who_was_invited_is_sent_with_the_next_whole_class(connection, monkeypatch):
    """A new student has no attempt and no standing."""
    seen = staff_pages._class_now(connection, OFFERING, None)
    connection.execute("INSERT INTO user VALUES (4, 'tim', 'Tim', '')")
    connection.execute("INSERT INTO enrolment VALUES (4, 'k', 'student')")
    seen = staff_pages._class_now(connection, OFFERING, seen)
    assert 4 not in seen.rows
    monkeypatch.setattr(staff_pages, "WHOLE", 0.0)
    seen = staff_pages._class_now(connection, OFFERING, seen)
    assert 4 in seen.rows
