"""Several files of one submission, and a question that a person marks, at a running service."""

import csv
import io
import shutil
import subprocess
import sys
import zipfile

import pytest
from places import ROOT
from served import Service, open_folder, until

from grader.inbox.beside import Beside
from grader.parcel import files_of
from grader.serve.uploads import UploadError, together

SAMPLES = ROOT / "tests/samples/outside"
FILES = {
    name: (SAMPLES / "course/reference/ledger" / name).read_bytes()
    for name in ("ledger.py", "entries.py")
}
TAKES = Beside(files=("entries.py",), texts=True)


def zipped(files):
    """Return a zip of files, in a folder as systems make it."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in files.items():
            archive.writestr(f"my work/{name}", data)
    return made.getvalue()


@pytest.mark.parametrize(
    ("files", "kept"),
    [
        (FILES, FILES),
        ({"all.zip": zipped(FILES)}, FILES),
        ({**FILES, "why.md": b"so", "x.csv": b"1"}, {**FILES, "why.md": b"so"}),
        ({"Ledger (1).py": b"x = 1", "entries.py": b"y = 1"},
         {"Ledger (1).py": b"x = 1", "entries.py": b"y = 1"}),
    ],
)  # fmt: skip
def test_files_are_one_submission(files, kept):
    """One by one or in a zip, with the names under which they are imported."""
    found = together(files, "ledger", TAKES)
    assert kept == files_of(found.file, found.data)


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"ledger.py": b"x = 1"}, "entries.py was not submitted"),
        ({"entries.py": b"x = 1"}, "No .py or .ipynb file"),
        ({"all.zip": b"PK"}, "not a zip that can be read"),
        ({"all.zip": zipped({"inner.zip": zipped(FILES)})}, "archive inside"),
        ({"ledger.py": b"\xff\xfe"}, "cannot be read"),
        ({"a\0b.py": b"x = 1"}, "cannot be used"),
        ({"notes.md": b"x"}, "No .py or .ipynb file"),
    ],
)
def test_what_cannot_be_graded_is_refused_in_words(files, reason):
    """Nothing is stored, and the student reads what to send."""
    with pytest.raises(UploadError, match=reason):
        together(files, "ledger", TAKES)


@pytest.fixture(scope="module")
def service():
    """Start a service on the outside author's course, with only the exercise of two files."""
    with open_folder() as folder:
        course = folder / "course"
        shutil.copytree(SAMPLES / "course", course)
        (course / ".grader-secret").write_text("ab" * 32)
        text = (course / "assignments.yaml").read_text()
        head, entry = text.partition("assignments:\n")[::2]
        entry = entry[entry.index("  - name: ledger") :]
        (course / "assignments.yaml").write_text(f"{head}assignments:\n{entry}")
        running = Service(folder, course).start()
        yield running
        running.stop()


def test_two_files_and_an_answer_are_graded_and_marked(service):
    """The program is graded, the question waits for a person, and the mark counts."""
    form = service.as_("ada").get("/a/ledger").text
    assert "multiple" in form
    assert "entries.py" in form
    answer = b"# Why\n\nAn entry keeps its parts together.<script>alert(1)</script>\n"
    sent = [("file", (name, data)) for name, data in {**FILES, "design.md": answer}.items()]
    done = service.post("ada", "/a/ledger", files=sent)
    assert done.status_code == 303, done.text
    path = done.headers["location"]
    assert "to be graded" in service.feedback("ada", path).text
    stored = service.as_("ada").get(f"{path}/file")
    assert stored.headers["content-disposition"].endswith('.zip"')
    assert {*FILES, "design.md"} == set(zipfile.ZipFile(io.BytesIO(stored.content)).namelist())
    assert "/staff/ledger/answers" in service.as_("boss").get("/staff/ledger").text
    shown = service.as_("boss").get("/staff/ledger/answers")
    assert "An entry keeps its parts together.&lt;script&gt;" in shown.text
    assert "to be graded" in shown.text
    assert "sandbox" in shown.headers["content-security-policy"]
    assert service.as_("ada").get("/staff/ledger/answers").status_code in (403, 404)
    only = service.post("ada", "/a/ledger", files=[("file", ("ledger.py", FILES["ledger.py"]))])
    assert (422, True) == (only.status_code, "entries.py was not submitted" in only.text)
    marked = subprocess.run(
        [sys.executable, "-m", "grader", "mark", str(service.data / "results/ledger"), "ada",
         "design", "15", "--reason", "clear"],
        capture_output=True, text=True, check=False, env={"GRADER_COURSE": str(service.course)},
    )  # fmt: skip
    assert marked.returncode == 0, marked.stdout + marked.stderr
    page = service.as_("ada").get(path).text
    assert {"to be graded": False, "clear": True} == {
        w: w in page for w in ("to be graded", "clear")
    }
    [row] = csv.DictReader(service.as_("boss").get("/staff/ledger/export/csv").text.splitlines())
    assert ("25.0", "15.0") == (row["score"], row["manual::design"])
    until(lambda: "<strong>25</strong> of 30" in service.as_("ada").get("/a/ledger").text)
    answers = (service.data / "results/ledger/answers.html").read_text(encoding="utf-8")
    assert "An entry keeps its parts together." in answers
