"""The service as people use it: real processes, one course, requests as browsers send them."""

import contextlib
import io
import json
import re
import sqlite3
import subprocess
import zipfile

import pytest
from served import (
    GRADER,
    NAME,
    PATIENCE,
    PEOPLE,
    RIGHT,
    WRONG,
    Service,
    make_course,
    open_folder,
    until,
)

from grader.results.store import FIRST_SERVED, Store


@pytest.fixture(scope="module")
def service():
    with open_folder() as folder:
        people = {**PEOPLE, "zoe": "student"}  # is forgotten, and does nothing else
        running = Service(folder, make_course(folder), people=people).start()
        yield running
        running.stop()
        assert running.process.returncode == 0, running.log.read_text()


def grader(service, *arguments):
    words = [*GRADER, *map(str, arguments)]
    return subprocess.run(words, cwd=service.course, capture_output=True, text=True, timeout=PATIENCE,
                          check=False)  # fmt: skip


def test_a_student_submits_reads_and_submits_again(service):
    """What is acknowledged is graded; the page shows the score; the last attempt counts."""
    first = service.submit("ada", WRONG)
    assert first.status_code == 303
    page = service.feedback("ada", first.headers["location"])
    assert page.status_code == 200
    assert "sandbox" in page.headers["content-security-policy"]
    second = service.submit("ada", RIGHT)
    service.feedback("ada", second.headers["location"])
    assert ">100<" in service.as_("ada").get("/").text
    with Store.open(service.data / "results" / NAME) as store:
        seeds = [each.grade.seed for each in store.of("ada")]
    assert seeds[0] is None
    assert seeds[1] is not None  # it follows feedback
    file = service.as_("ada").get(f"{first.headers['location']}/file")
    assert (file.content, file.headers["content-disposition"][:10]) == (WRONG, "attachment")


def test_the_same_form_twice_is_one_attempt(service):
    """A browser that sends again after a lost answer does not submit twice."""
    places = {service.submit("bob", RIGHT, ticket="t1").headers["location"] for _ in range(2)}
    assert len(places) == 1
    service.feedback("bob", places.pop())


def zipped(**members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "."), data)
    return out.getvalue()


@pytest.mark.parametrize(
    ("file", "data", "status"),
    [
        ("x.txt", b"hello", 422), ("x.py", b"", 422), ("x.zip", b"no zip", 422),
        ("x.zip", zipped(a__py=RIGHT, b__py=WRONG), 422), ("x.zip", zipped(a__txt=b""), 422),
        ("x.ipynb", b"{", 422), ("x.py", b"#" * (2 << 20), 422), ("x.py", b"#" * (66 << 20), 413),
    ],
)  # fmt: skip
def test_what_cannot_be_graded_is_refused_in_words(service, file, data, status):
    """Nothing is stored, and a sentence says why."""
    before = service.as_("eve").get(f"/a/{NAME}").text.count("/file")
    answer = service.submit("eve", data, file)
    assert (answer.status_code, "<p>" in answer.text) == (status, True), answer.text
    assert service.as_("eve").get(f"/a/{NAME}").text.count("/file") == before


def test_a_zip_with_one_file_is_read(service):
    answer = service.submit("eve", zipped(work__py=RIGHT), "work.zip")
    assert service.feedback("eve", answer.headers["location"]).status_code == 200


def test_forms_of_other_sites_are_refused(service):
    """The token and the origin each alone refuse a forged form."""
    ada = service.as_("ada")
    forged = {"csrf": service.csrf("ada")}
    for headers, form in (
        ({"Origin": "https://evil.example"}, forged), ({"Origin": "null"}, forged),
        ({"Origin": service.origin}, {"csrf": "0" * 32}), ({"Origin": service.origin}, {}),
    ):  # fmt: skip
        assert ada.post("/link", data=form, headers=headers).status_code == 403
    assert ada.post("/link", data=forged, headers={"Origin": service.origin}).status_code == 200


def test_staff_overrides_extends_regrades_and_exports(service):
    """Each action has its effect, the student reads the reason, and the audit has it."""
    service.feedback("ada", service.submit("ada", RIGHT + b"# 3").headers["location"])
    done = service.post(
        "boss", f"/staff/{NAME}/override", student="ada", score="61.5", reason="oral exam"
    )
    assert done.status_code == 303
    assert "61.5" in service.as_("ada").get("/").text
    assert "oral exam" in service.as_("ada").get(f"/a/{NAME}").text
    done = service.post(
        "boss", f"/staff/{NAME}/extend", student="ada", due="2031-01-01T12:00", reason="ill"
    )
    assert done.status_code == 303
    shown = service.post("boss", f"/staff/{NAME}/regrade")
    assert "No score changes" in shown.text
    name = re.search(r'name="shown" value="(\w+)"', shown.text)[1]
    stored = service.post("boss", f"/staff/{NAME}/regrade", write="1", shown=name, reason="fixed")
    assert "are stored" in stored.text
    again = service.post("boss", f"/staff/{NAME}/regrade", write="1", shown=name, reason="fixed")
    assert again.status_code == 409
    table = service.as_("boss").get(f"/staff/{NAME}/export/csv").text
    assert re.search(r"ada,Ada,.*,61.5,", table)
    pages = zipfile.ZipFile(
        io.BytesIO(service.as_("boss").get(f"/staff/{NAME}/export/feedback.zip").content)
    )
    assert "ada.html" in pages.namelist()
    audit = service.as_("boss").get(f"/staff/{NAME}/audit").text
    assert all(
        word in audit for word in ("oral exam", "extended to", "stored a regrade", "exported csv")
    )
    assert (
        service.post("boss", f"/staff/{NAME}/override", student="ada", score="5").status_code == 422
    )


def test_the_commands_work_while_it_serves(service):
    """report, show, adjust, export, regrade and push on the same folder."""
    folder = service.data / "results" / NAME
    service.feedback("bob", service.submit("bob", RIGHT + b"# 4").headers["location"])
    assert grader(service, "report", folder).returncode == 0
    assert "bob" in grader(service, "show", folder, "bob").stdout
    done = grader(service, "adjust", folder, "bob", "=42", "--reason", "a talk")
    assert done.returncode == 0, done.stderr
    assert grader(service, "export", "csv", folder).returncode == 0
    assert grader(service, "regrade", folder).returncode == 0
    assert "would be posted" in grader(service, "push", "canvas", folder).stdout
    until(lambda: "42" in service.as_("bob").get("/").text)  # the page follows


def test_a_persons_own_data(service):
    """All that is stored, as a download."""
    service.feedback("ada", service.submit("ada", RIGHT + b"# own").headers["location"])
    answer = service.as_("ada").get("/privacy/my-data")
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    known = json.loads(archive.read("data.json"))
    assert known["email"] == "ada@example.org"
    assert known["grades"][NAME]
    assert "instructor" not in json.dumps(known["grades"])
    assert any(name.startswith("files/") for name in archive.namelist())


def test_submissions_of_staff_are_trials(service):
    answer = service.submit("boss", RIGHT)
    assert service.feedback("boss", answer.headers["location"]).status_code == 200
    with Store.open(service.data / "results" / NAME) as store:
        assert store.of("boss") == []


def test_a_link_works_once_and_looking_does_not_use_it(service):
    """GET and HEAD change nothing; a device link signs in elsewhere; signing out ends a session."""
    page = service.post("ada", "/link").text
    path = re.search(r"/i/[\w-]+", page)[0]
    other = service.as_("")
    for _ in range(2):
        assert other.get(path).status_code == 200
        assert other.head(path).status_code == 200
    assert other.post(path, headers={"Origin": service.origin}).status_code == 303
    assert other.post(path, headers={"Origin": service.origin}).status_code == 404
    csrf = re.search(r'name="csrf" value="(\w+)"', other.get("/").text)[1]
    other.post("/sign-out", data={"csrf": csrf}, headers={"Origin": service.origin})
    assert other.get("/").status_code == 401
    del service.sessions[""]


def test_health_answers_this_machine_alone(service):
    answer = service.as_("").get("/healthz")
    assert answer.json()["ok"]
    for headers in (
        {"X-Forwarded-For": "10.0.0.1"},
        {"Host": "submit.example.org"},
        {"Via": "1.1 x"},
    ):
        assert service.as_("").get("/metrics", headers=headers).status_code == 404


def test_killed_processes_are_replaced_and_nothing_is_lost(service):
    """kill -9 of the grading service, then of web, with attempts in hand."""
    places = [service.submit("eve", RIGHT + b"# %d" % n).headers["location"] for n in range(2)]
    first = service.kill("grading")
    places.append(service.submit("eve", RIGHT + b"# after").headers["location"])
    second = service.kill("web")
    until(lambda: service.child("grading") not in (None, first))
    until(lambda: service.child("web") not in (None, second))
    until(lambda: _answers(service))
    for place in places:
        assert service.feedback("eve", place).status_code == 200
    with contextlib.closing(sqlite3.connect(service.data / "service.db")) as connection:
        rows = connection.execute("SELECT state, tries FROM attempt").fetchall()
    assert set(rows) == {("done", 0)}
    with Store.open(service.data / "results" / NAME) as store:
        served = [number for _, number, _ in store.rounds() if number >= FIRST_SERVED]
    assert len(served) == len(set(served))  # a regrade has rounds below


def _answers(service):
    try:
        return service.as_("eve").get("/").status_code == 200
    except Exception:
        return False


def test_forget(service):
    """No byte of the name or the file is left in any database or exported file; others' stay."""
    needle = b"a-needle-in-a-haystack"
    service.feedback("zoe", service.submit("zoe", RIGHT + b"# " + needle).headers["location"])
    assert grader(service, "export", "csv", service.data / "results" / NAME).returncode == 0
    folder = service.data / "results" / NAME / f"{NAME}-feedback-folders"
    folder.mkdir(exist_ok=True)
    (folder / "zoe.html").write_text("zoe@example.org")
    notes = [folder.parent / name for name in ("seats.csv", "talks.zip")]
    for path in notes:
        path.write_text("the staff's own")
    done = grader(service, "serve", "forget", "zoe", "--data", service.data)
    assert done.returncode == 0, done.stderr
    assert all(path.exists() and str(path) in done.stdout for path in notes)
    assert len(done.stdout.splitlines()) == 2 + len(notes)  # all else is gone, or the grader's
    for path in service.data.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert b"zoe@example.org" not in data, path
            assert needle not in data, path
    assert service.as_("zoe").get("/").status_code == 401


def test_a_second_service_on_the_same_data_refuses(service):
    done = subprocess.run(
        [*GRADER, "serve", "--course", str(service.course), "--data", str(service.data), "--port", "1"],
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (2, 1), done.stderr
    assert "another `grader serve`" in done.stderr
