"""Feedback through an LMS: each page arrives at its student, byte for byte, and nothing is sent."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Mapping
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from grader.course.assignment import Assignment
from grader.inbox import open_inbox
from grader.lms import ExportError
from grader.lms.exports import feedback
from grader.model import Grade, Outcome
from grader.results import feedback as pages
from grader.results.policy import Standings
from grader.results.store import Run

RELU = Assignment("relu", "ReLU", points=20.0)
RUN = Run("relu", 1, 20.0, "x")
WORK = b"def relu(z):\n    return z * (z > 0)\n"
METADATA = b"""---
submission_1:
  :submitters:
  - :name: Ada
    :sid: '1001'
    :email: ada@example.edu
submission_2:
  :submitters:
  - :name: Zoe
    :sid: '1002'
    :email: zoe@example.edu
  - :name: Bob
    :sid: '1003'
    :email: bob@example.edu
"""
DOWNLOADS: Mapping[str, dict[str, bytes]] = {
    "canvas": {
        "birdada_101_9001_relu.py": WORK, "westkurt_LATE_103_9003_relu-1.py": WORK,
        "o'neil_smith_104_9004_my_5_6_relu.ipynb": b"{", "LATE_anon_aB12c_9005_relu.py": WORK,
        "smithada_105_9006_relu.py": WORK, "smithada_106_9007_relu.py": WORK,
    },
    "moodle": {
        "Ada B_4711_assignsubmission_file_/relu.py": WORK,
        "Ada B_4714_assignsubmission_file_/relu.py": WORK,  # two students of one name
        "Zoe\u0308 U\u0308nal_4715_assignsubmission_file_/relu.py": WORK,  # accents composed otherwise
        "李 小龙_4716_assignsubmission_file_/relu.py": WORK,
        "Zoë Ünal_4712_assignsubmission_file/sub/relu.py": WORK,
        "Kurt W_4713_assignsubmission_file_relu.py": WORK,
    },
    "blackboard": {
        "HW_1_ada_attempt_2026-03-01-10-20-30_relu.py": WORK,
        "HW_1_kurt_attempt_2026-03-02-10-20-30_relu.py": WORK,
    },
    "gradescope": {
        "submission_metadata.yml": METADATA, "submission_1/relu.py": WORK, "submission_2/relu.py": WORK,
    },
    "folders": {f"{name}/relu.py": WORK for name in ("ada", "zoë", "=1+1", "עדה", "x" * 200)},
}  # fmt: skip


def graded(root: Path, system: str) -> tuple[Standings, dict[str, bytes]]:
    """A class as it is downloaded, and each student's page."""
    for path, data in DOWNLOADS[system].items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    grades = tuple(
        Grade(one, 20.0, (Outcome("t::a", "relu", "failed", 5.0, 20.0, f"for {one.student}"),))
        for one in open_inbox(root, expected="relu", stub=b"").submissions
    )
    made = {grade.submission.student: pages.render(RUN, RELU, grade) for grade in grades}
    return Standings(RUN, RELU, grades), made


@pytest.mark.parametrize("system", DOWNLOADS)
def test_feedback_read_again_by_the_inbox_is_each_students_own(system: str, tmp_path: Path) -> None:
    """What an LMS would make of it: the same reader finds the same student and the same bytes."""
    found, wanted = graded(tmp_path / "download", system)
    assert len(set(wanted.values())) == len(wanted)
    out = tmp_path / ("feedback.zip" if feedback.TARGETS[system].zipped else "feedback")
    done = feedback.export(system, found, out)
    assert (done.count, done.unmatched) == (len(wanted), ())
    if system == "gradescope":  # it takes no files back: the folders are those of the export
        with zipfile.ZipFile(out) as archive:
            names = {student: pages.file_name(student) for student in wanted}
            got = {name.rpartition("/")[2]: archive.read(name) for name in archive.namelist()}
        assert got == {names[student]: page for student, page in wanted.items()}
        return
    kind = {"folders": "plain"}.get(system, system)
    again = open_inbox(out, expected="relu", stub=b"", kind=kind)
    read = {}
    for handin in again.submissions.handins:
        (file,) = handin.files
        read[handin.student] = again.submissions.read(file)
    if system == "folders":
        wanted = {
            pages.file_name(name).removesuffix(".html"): page for name, page in wanted.items()
        }
    assert read == wanted


def test_canvas_keeps_the_ids_and_moodle_its_four_underscores(tmp_path: Path) -> None:
    """As Canvas's and Moodle's sources take the names apart."""
    found, _ = graded(tmp_path / "c", "canvas")
    feedback.export("canvas", found, tmp_path / "c.zip")
    with zipfile.ZipFile(tmp_path / "c.zip") as archive:
        names = archive.namelist()
    ids = {tuple(part for part in name.split("_") if part.isdigit())[:2] for name in names}
    assert {("101", "9001"), ("103", "9003"), ("104", "9004")} < ids
    assert all(name.endswith(".html") for name in names)
    found, _ = graded(tmp_path / "m", "moodle")
    feedback.export("moodle", found, tmp_path / "m.zip")
    with zipfile.ZipFile(tmp_path / "m.zip") as archive:
        parts = [name.split("_", 4) for name in archive.namelist()]
    assert sorted(part[1:4] for part in parts) == [
        [number, "assignsubmission", "file"]
        for number in ("4711", "4712", "4713", "4714", "4715", "4716")
    ]
    assert {part[4] for part in parts} == {"/feedback.html"}


def test_results_of_another_system_have_no_place(tmp_path: Path) -> None:
    found, _ = graded(tmp_path / "class", "folders")
    for system in ("canvas", "moodle", "blackboard", "gradescope", "email"):
        with pytest.raises(ExportError, match="these results have no "):
            feedback.export(system, found, tmp_path / "x")
    with pytest.raises(ExportError, match="choose one of: canvas, moodle"):
        feedback.export("ilias", found, tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_who_has_no_file_in_the_download_is_named(tmp_path: Path) -> None:
    DOWNLOADS_ = {**DOWNLOADS["canvas"], "zeta_107_text.html": b"<p>here</p>"}
    root = tmp_path / "c"
    root.mkdir()
    for path, data in DOWNLOADS_.items():
        (root / path).write_bytes(data)
    found, _ = graded(root, "canvas")
    done = feedback.export("canvas", found, tmp_path / "c.zip")
    assert done.unmatched == ("zeta (107): no file from a Canvas download",)


def test_mails_are_drafts_with_the_page_attached(tmp_path: Path) -> None:
    """A hostile name or address adds no header and no formula."""
    found, wanted = graded(tmp_path / "g", "gradescope")
    grades = list(found.grades)
    from msgspec.structs import replace

    evil = replace(grades[0].submission, name='=Eve\r\nBcc: all@example.edu, "x', student="=eve",
                   email="eve@example.edu")  # fmt: skip
    lost = replace(grades[1].submission, student="nobody", email="a@b\r\nBcc: c@d")
    grades = [replace(grades[0], submission=evil), replace(grades[1], submission=lost), grades[2]]
    done = feedback.export("email", Standings(RUN, RELU, tuple(grades)), tmp_path / "mails")
    assert done.count == 2
    assert "nobody" in done.unmatched[0]
    mails = [message_from_bytes(path.read_bytes(), policy=default) for path in done.written
             if path.suffix == ".eml"]  # fmt: skip
    assert {mail["To"].addresses[0].addr_spec for mail in mails} == {
        "eve@example.edu", grades[2].submission.email
    }  # fmt: skip
    assert all(mail["Bcc"] is None and mail["X-Unsent"] == "1" for mail in mails)
    page = wanted[grades[2].submission.student]
    attached = [part.get_payload(decode=True) for mail in mails for part in mail.iter_attachments()]
    assert page in attached
    table = (tmp_path / "mails" / "mail-merge.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.reader(io.StringIO(table)))
    assert rows[0] == list(feedback.MERGE)
    assert rows[1][0].startswith("'=Eve")
    assert rows[1][2] == "'=eve"


def test_the_same_results_give_the_same_zip(tmp_path: Path) -> None:
    found, _ = graded(tmp_path / "c", "canvas")
    for name in ("a.zip", "b.zip"):
        feedback.export("canvas", found, tmp_path / name)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
