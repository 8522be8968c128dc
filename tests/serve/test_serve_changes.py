"""What changes around a running service: tests that kill, an edited course, closing, backups."""

import contextlib
import json
import re
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from served import NAME, RIGHT, WRONG, Service, make_course, open_folder, set_dates, until

from grader.results.store import Store

TRAP = '''
import os

def test_trap(bench):
    """It is a trap"""
    text = "".join(text for _, text in bench.asked.student.program.cells)
    if "# deadly" in text:
        os.kill(os.getpid(), 9)
'''


@pytest.fixture(scope="module")
def service():
    with open_folder() as folder:
        course = make_course(folder)
        (course / "tests" / "hidden" / NAME / "test_trap.py").write_text(TRAP)
        running = Service(folder, course).start()
        yield running
        running.stop()
        assert running.process.returncode == 0, running.log.read_text()


def opened(path):
    """Open a database until the end of a with block; each statement is committed."""
    return contextlib.closing(sqlite3.connect(path, isolation_level=None))


def rows(service, query):
    with opened(service.data / "service.db") as connection:
        return connection.execute(query).fetchall()


def handed_in(service, student):
    with Store.open(service.data / "results" / NAME) as store:
        return [each.grade for each in store.of(student)]


def staff_watches_live(service):
    """The stream says at once who has submitted, and again when the score is there."""
    until(lambda: service.offering_is_known())
    with service.as_("tom").stream("GET", f"/staff/{NAME}/events") as stream:
        news = (json.loads(line[6:]) for line in stream.iter_lines() if line.startswith("data: "))
        first = next(news)
        assert {row["state"] for row in first["rows"]} == {"nothing submitted"}
        service.submit("eve", WRONG)
        for each in news:
            found = {row["state"]: row for row in each["rows"] if row["attempts"]}
            if "graded" in found:
                break
        assert found["graded"]["attempts"] == 1


def a_process_that_dies_twice_is_an_error_that_staff_can_have_graded_again(service):
    """Never a zero: both read it in words; after the course is mended it is graded."""
    service.feedback("ada", service.submit("ada", RIGHT).headers["location"])
    place = service.submit("ada", RIGHT + b"# deadly").headers["location"]
    page = service.feedback("ada", place)
    assert "This is our problem" in page.text
    assert "could not be graded" in service.as_("ada").get(f"/a/{NAME}").text
    assert rows(service, "SELECT state, score FROM attempt WHERE state != 'done'") == [
        ("error", None)
    ]
    assert [(each.status, each.score) for each in handed_in(service, "ada")][1:] == [
        ("error", None)
    ]
    class_page = service.as_("tom").get(f"/staff/{NAME}").text
    assert re.search(r"Ada</bdi>.*could not be graded", class_page)
    assert json.loads(service.health())["errors"] == 1
    test = service.course / "tests" / "hidden" / NAME / "test_trap.py"
    test.write_text(TRAP.replace("os.kill(os.getpid(), 9)", "pass"))
    assert service.post("tom", f"/staff/{NAME}/retry").status_code == 303
    assert "This is our problem" not in service.feedback("ada", place).text
    assert ">100<" in service.as_("ada").get("/").text
    first, second = handed_in(service, "ada")
    assert (second.status, second.score) == ("graded", 100)
    assert first.versions["course"] != second.versions["course"]  # old attempts keep theirs
    assert json.loads(service.health())["errors"] == 0
    assert "graded again" in service.as_("boss").get(f"/staff/{NAME}/audit").text


def a_course_that_cannot_be_read_any_more_is_served_as_it_was(service):
    """Staff reads why; students go on."""
    entry = service.course / "assignments.yaml"
    good = entry.read_text()
    entry.write_text(good.replace("title: Graphs", "titel: Graphs"))
    until(lambda: "titel" in service.as_("tom").get(f"/staff/{NAME}").text)
    service.feedback("bob", service.submit("bob", RIGHT).headers["location"])
    entry.write_text(good)
    until(lambda: "titel" not in service.as_("tom").get(f"/staff/{NAME}").text)


def after_closing_everybody_is_graded_once_more(service):
    """On one seed, nothing is written; an extension opens it again for one student."""
    past = datetime.now(UTC) - timedelta(days=2)
    set_dates(service.course, f"due: {past:%Y-%m-%d %H:%M}, closes: {past:%Y-%m-%d %H:%M}")
    before = handed_in(service, "ada")
    page = until(lambda: _final(service))
    assert "No score would change" in page
    assert handed_in(service, "ada") == before
    assert "closed" in service.as_("bob").get(f"/a/{NAME}").text
    assert service.submit("bob").status_code == 403
    later = service.post("boss", f"/staff/{NAME}/extend", student="bob", due="2031-01-01T12:00",
                         reason="ill")  # fmt: skip
    assert later.status_code == 303
    assert service.submit("bob", RIGHT + b"# late").status_code == 303
    assert service.submit("eve").status_code == 403


def _final(service):
    page = service.as_("tom").get(f"/staff/{NAME}").text
    return page if "Check after closing" in page else None


def a_restored_backup_and_students_who_are_forgotten_by_age(service):
    """What an older results.db does not have is graded again; old students are forgotten."""
    folder, copy = service.data / "results" / NAME, service.data.parent / "backup.db"
    set_dates(service.course, "")  # open again
    place = until(lambda: service.submit("eve", RIGHT).headers.get("location"))
    service.feedback("eve", place)
    with opened(folder / "results.db") as found, opened(copy) as backup:
        found.backup(backup)
    graded = len(handed_in(service, "eve"))
    service.feedback("eve", service.submit("eve", RIGHT + b"# 2").headers["location"])
    service.stop()
    for path in folder.glob("results.db*"):
        path.unlink()
    with opened(copy) as backup, opened(folder / "results.db") as found:
        backup.backup(found)
    with opened(service.data / "service.db") as connection:
        connection.execute("UPDATE attempt SET accepted_at = '2020' || substr(accepted_at, 5)"
                           " WHERE user IN (SELECT id FROM user WHERE student = 'bob')")  # fmt: skip
    service.start("--retain", "400d")
    until(lambda: len(handed_in(service, "eve")) == graded + 1)
    assert service.feedback("eve", place).status_code == 200
    until(lambda: rows(service, "SELECT 1 FROM user WHERE student = 'bob'") == [])
    assert until(lambda: handed_in(service, "bob") == [])
    assert len(rows(service, "SELECT 1 FROM user")) == 4


def test_one_service_through_all_of_this(service):
    """Each step builds on what was submitted before, so they run in order, in one process."""
    staff_watches_live(service)
    a_process_that_dies_twice_is_an_error_that_staff_can_have_graded_again(service)
    a_course_that_cannot_be_read_any_more_is_served_as_it_was(service)
    after_closing_everybody_is_graded_once_more(service)
    a_restored_backup_and_students_who_are_forgotten_by_age(service)
