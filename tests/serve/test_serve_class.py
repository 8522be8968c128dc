"""A class in Chromium, from the sign-in through the deadline to the gradebook.

    GRADER_CLASS=30 pytest tests/serve/test_serve_class.py      # as in `make faults`; else 6 students

Everybody is in a browser of their own; the instructor's page of the class stays open all the time.
"""

import csv
import os
from datetime import UTC, datetime, timedelta

import pytest
from chromium import expect, started
from served import NAME, RIGHT, WRONG, Service, make_course, open_folder, set_dates, until

CLASS = [f"s{number:02}" for number in range(int(os.environ.get("GRADER_CLASS", "6")))]
FIRST, SECOND, *_ = CLASS
STEP = 30_000  # milliseconds that a slow machine may need for one step
POLICY = "late: {per_day: 50}"


class Person:
    """Somebody with a browser of their own; what it complains about is collected."""

    def __init__(self, browser, service, who, complaints):
        self.service = service
        self.page = browser.new_context(base_url=service.origin).new_page()
        self.page.set_default_timeout(STEP)
        self.page.on("console", lambda message: complaints.append(message.text))
        self.page.on("pageerror", lambda error: complaints.append(str(error)))
        self.page.goto(service.links[who])
        self.page.get_by_role("button", name="Sign in as").click()
        self.page.get_by_role("heading", name="Assignments").wait_for()

    def submit(self, source):
        """Choose a file, press the button, and read the feedback."""
        self.page.goto(f"/a/{NAME}")
        file = {"name": f"{NAME}.py", "mimeType": "text/x-python", "buffer": source}
        self.page.get_by_label("Your file").set_input_files(file)
        with self.page.expect_response(lambda a: "/s/" in a.url and a.status == 200) as shown:
            self.page.get_by_role("button", name="Submit").click()
        assert "Back to the assignment" in shown.value.text()

    def fill(self, section, student="", **fields):
        """Fill in a form of the page of the class, and send it."""
        form = self.page.locator(f"section[aria-labelledby={section}]")
        if student:
            form.get_by_label("Student", exact=True).select_option(student)
        for label, value in fields.items():
            form.get_by_label(label.replace("_", " ")).fill(value)
        form.get_by_role("button").click()

    def reads(self, text):
        """Wait until a text stands on the page."""
        self.page.get_by_text(text).first.wait_for()


@pytest.fixture(scope="module")
def service():
    """Return a service with a class and an instructor."""
    with open_folder() as folder:
        people = dict.fromkeys(CLASS, "student") | {"boss": "instructor"}
        running = Service(folder, make_course(folder, POLICY), people=people).start()
        yield running
        running.stop()


def test_a_class_through_a_deadline(service):
    """Upload, feedback, resubmission, the class live, deadline, extension, override, regrade, export."""
    complaints = []
    with started() as browser:
        boss = Person(browser, service, "boss", complaints)
        boss.page.goto(f"/staff/{NAME}")
        people = {who: Person(browser, service, who, complaints) for who in CLASS}
        for who, person in people.items():
            person.submit(WRONG if who in (FIRST, SECOND) else RIGHT)
        people[FIRST].submit(RIGHT)
        watch(boss)
        close(service, people[FIRST], people[SECOND])
        decide(boss)
        people[FIRST].submit(RIGHT + b"# in time, with an extension")
        people[SECOND].page.goto(f"/a/{NAME}")
        people[SECOND].reads("a good talk")
        read_gradebook(boss)
    assert complaints == []


def watch(boss):
    """The page that has been open all the time shows how everybody stands."""
    rows = boss.page.locator("#rows tr")
    assert rows.count() == len(CLASS)
    expect(rows.filter(has_text="graded")).to_have_count(len(CLASS), timeout=STEP)
    right = rows.filter(has=boss.page.locator("td:nth-child(3)", has_text="100"))
    expect(right).to_have_count(len(CLASS) - 1, timeout=STEP)
    boss.reads(f"{len(CLASS)} students. 0 submissions are waiting")


def close(service, *students):
    """The deadline passes: nobody waits for it, its date is moved."""
    past = f"{datetime.now(UTC) - timedelta(minutes=1):%Y-%m-%d %H:%M}+00:00"
    set_dates(service.course, f"{POLICY}, due: '{past}', closes: '{past}'")
    for student in students:
        until(lambda page=student.page: page.goto(f"/a/{NAME}") and is_closed(page))


def is_closed(page):
    """Return whether a page of an assignment has no form any more."""
    return "is closed" in page.inner_text("main") and not page.get_by_label("Your file").count()


def decide(boss):
    """Extend, override, and grade everybody again."""
    boss.fill("extend", FIRST, New_due_date="2031-01-01T12:00", Reason="ill")
    boss.page.goto(f"/staff/{NAME}")
    boss.fill("override", SECOND, Score="42.5", Reason="a good talk")
    boss.page.goto(f"/staff/{NAME}")
    boss.fill("regrade")
    boss.reads("No score changes")
    boss.page.get_by_label("Reason").fill("checked")
    boss.page.get_by_role("button", name="Store these grades").click()
    boss.reads("The new grades are stored")


def read_gradebook(boss):
    """The file has everybody's score, and the audit log says who did what."""
    boss.page.goto(f"/staff/{NAME}")
    with boss.page.expect_download() as started:
        boss.page.get_by_role("link", name="Grades (CSV)").click()
    with started.value.path().open(encoding="utf-8-sig") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert set(rows) == set(CLASS)
    assert "42.5" in rows[SECOND].values()
    boss.page.get_by_role("link", name="Audit log").click()
    for word in ("a good talk", "extended to 2031-01-01", "stored a regrade", "exported csv"):
        boss.reads(word)
