"""Times of submission that the instructor gives, and the texts of times that systems write."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader import timestamps
from grader.course import times
from grader.course.yaml_nodes import CatalogError
from grader.model import Submission

WRITTEN = {
    "2026-11-02 12:30:00 PST": "2026-11-02T12:30:00-08:00",
    "2026-11-02 12:30:00 Asia/Kolkata": "2026-11-02T12:30:00+05:30",
    "2026-11-02 12:30:00 NPT": "2026-11-02T12:30:00+05:45",
    "2026-11-02 12:30:00 +0930": "2026-11-02T12:30:00+09:30",
    "2026-11-02 12:30:00 GMT+2": "2026-11-02T12:30:00+02:00",
    "2026-11-02T12:30Z": "2026-11-02T12:30:00+00:00",
    "2026-11-02 07:30:15 PM": "2026-11-02T19:30:15",
    "2026-11-02 12:05:00 a.m.": "2026-11-02T00:05:00",
    "2. November 2026, 19:30 Uhr": "2026-11-02T19:30:00",
    "Montag, 2. März 2026, 9:05 Uhr": "2026-03-02T09:05:00",
    "Friday, 20 November 2026, 10:00": "2026-11-20T10:00:00",
    "Friday, November 20, 2026, 10:00 PM": "2026-11-20T22:00:00",
    "vendredi, 20 février 2026, 10:00": "2026-02-20T10:00:00",
    "viernes, 20 de noviembre de 2026, 10:00": "2026-11-20T10:00:00",
    "sexta-feira, 20 de março de 2026, 10:00": "2026-03-20T10:00:00",
    "venerdì, 20 novembre 2026, 10:00": "2026-11-20T10:00:00",
    "vrijdag, 20 maart 2026, 10:00": "2026-03-20T10:00:00",
    "fredag, 20 maj 2026, 10:00": "2026-05-20T10:00:00",
    "20.11.2026 10:00": "2026-11-20T10:00:00",
    "2026/11/20 10:00": "2026-11-20T10:00:00",
    "vendredi 20 novembre 2026, 22:59": "2026-11-20T22:59:00",
    "zaterdag 21 november 2026, 22:59": "2026-11-21T22:59:00",
    "piątek, 20 listopada 2026, 22:59": "2026-11-20T22:59:00",
    "пятница, 20 ноября 2026, 22:59": "2026-11-20T22:59:00",
    "2026年11月20日 星期五 22:59": "2026-11-20T22:59:00",
    "2026年11月20日(金曜日) 午後 10:59": "2026-11-20T22:59:00",
    "2026년 11월 20일 금요일, 오전 12:05": "2026-11-20T00:05:00",
    "20261120225900000": "2026-11-20T22:59:00+00:00",
    "Nov 20, 2026 1159 PM": "2026-11-20T23:59:00",
}
UNKNOWN = [
    "", "yesterday", "2026-11-02", "20.11.2026", "11/02/2026 10:00", "2026-11-02 12:30:00 IST",
    "2026-11-02 12:30:00 CST", "2026-11-02 12:30:00 Mars/Base", "2026-13-02 12:30:00",
    "2026-11-02 25:30:00", "2026-11-02 13:30:00 PM", "32. November 2026, 10:00", "20 Foo 2026, 10:00",
    "2026-11-02 12:30:00 ../../etc/passwd", "2026-11-02 12:30:00 Europe",
]  # fmt: skip


@pytest.mark.parametrize("text", WRITTEN)
def test_a_time_is_read_as_it_is_meant(text: str) -> None:
    assert timestamps.iso(text) == WRITTEN[text]


@pytest.mark.parametrize("text", UNKNOWN)
def test_what_could_be_two_times_is_none(text: str) -> None:
    """A zone that is not known is never dropped."""
    assert timestamps.iso(text) == ""


PEOPLE = [Submission("ada", "a.py"), Submission("103", "b.py", sid="0103", email="Kurt@example.edu"),
          Submission("104", "b.py", sid="twin"), Submission("105", "b.py", sid="twin")]  # fmt: skip


def given(root: Path, text: str) -> Path:
    (root / "times.csv").write_text(text, encoding="utf-8-sig")
    return root / "times.csv"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_times_find_their_student_by_any_id(delimiter: str, tmp_path: Path) -> None:
    rows = [["Submitted At", "Student"], ["2026-12-01 21:30", "ADA"],
            ["2. Dezember 2026 21:30 Uhr", "kurt@example.edu"], ["2026-12-01 21:30", "emmy"],
            ["2026-12-01 21:30", "twin"]]  # fmt: skip
    text = "\n".join(delimiter.join(row) for row in rows)
    found, notes = times.matched(times.read(given(tmp_path, text)), PEOPLE)
    assert found == {"ada": "2026-12-01T21:30:00", "103": "2026-12-02T21:30:00"}
    assert [note.partition(": ")[0] for note in notes] == ["times.csv:4", "times.csv:5"]
    assert "not among these" in notes[0]
    assert "several students" in notes[1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name,when\nada,1", "times.csv:1: its columns are 'name', 'when'"),
        (
            "student,submitted_at\nada,soon",
            "times.csv:2: submitted_at: 'soon' cannot be read as a time",
        ),
        ("student,submitted_at\nada,", "times.csv:2: submitted_at: no time"),
        ("student,submitted_at\n,2026-12-01 21:30", "times.csv:2: student: no student is named"),
        (
            "student,submitted_at\nada,2026-12-01 21:30\nADA,2026-12-01 21:31",
            "times.csv:3: student: 'ADA' is already on line 2",
        ),
        ("", "times.csv:1: its columns are missing"),
    ],
)
def test_a_wrong_row_is_refused_with_its_line(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(CatalogError) as error:
        times.read(given(tmp_path, text))
    assert str(error.value).startswith(said)


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match=r"gone\.csv: cannot be read"):
        times.read(tmp_path / "gone.csv")
