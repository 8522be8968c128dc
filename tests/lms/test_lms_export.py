"""A class's grades into what instructors have: cells filled in, every other byte kept, nobody guessed."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from grader.course.assignment import Assignment
from grader.inbox import KINDS, open_inbox
from grader.lms import ANSWERS, EXPORTS, ExportError, Job, export
from grader.lms.exports.sheet import names, read
from grader.model import Grade, Outcome, Submission

RELU = Assignment("relu", "ReLU & co", points=20.0)
WORK = b"def relu(z):\n    return z * (z > 0)\n"


def graded(who: Submission, points: float | None) -> Grade:
    status = "error" if points is None else "failed"
    check = Outcome(
        "t::a", "relu is right", status, points or 0.0, 20.0, "wrong, at z < 0", hint="?"
    )
    return Grade(who, 20.0, (check,))


def rows(data: bytes, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=delimiter))


# --- the matrix: every inbox x every output -----------------------------------------------------

PEOPLE = {
    "ada": {"canvas": "101", "participant": "17", "sid": "0123", "email": "ada@example.edu"},
    "zoë": {"canvas": "17", "participant": "456", "sid": "101", "email": "zoe@example.edu"},
    "bob": {"canvas": "0123", "participant": "101", "sid": "456", "email": "bob@example.edu"},
}
"""Three students whose numbers are those of another student in another system."""
POINTS = {"ada": 17.5, "zoë": 20.0, "bob": None}


def gradescope(who: str) -> dict[str, bytes]:
    lines = ["---"]
    for number, (_, person) in enumerate(PEOPLE.items()):
        lines += [f"submission_{number}:", "  :submitters:", f"  - :name: {who}",
                  f"    :sid: {person['sid']}", f"    :email: {person['email']}"]  # fmt: skip
    files = {f"submission_{number}/relu.py": WORK for number in range(len(PEOPLE))}
    return {"submission_metadata.yml": "\n".join(lines).encode(), **files}


INBOXES: dict[str, Callable[[], dict[str, bytes]]] = {
    "gradescope": lambda: gradescope("Somebody"),
    "canvas": lambda: {f"{n}_{p['canvas']}_{9 + i}_relu.py": WORK
                       for i, (n, p) in enumerate(PEOPLE.items())},
    "moodle": lambda: {f"{n}_{p['participant']}_assignsubmission_file_/relu.py": WORK
                       for n, p in PEOPLE.items()},
    "blackboard": lambda: {f"HW1_{n}_attempt_2026-01-02-03-04-05_relu.py": WORK for n in PEOPLE},
    "brightspace": lambda: {f"{p['canvas']}-5 - {n} - Nov 20, 2026 1000 AM/relu.py": WORK
                            for n, p in PEOPLE.items()},
    "sakai": lambda: {f"X, {n}({n})/Submission attachment(s)/relu.py": WORK for n in PEOPLE},
    "teams": lambda: {f"{n}/Week 1/Version 1/relu.py": WORK for n in PEOPLE},
    "nbgrader": lambda: {f"submitted/{n}/relu/relu.py": WORK for n in PEOPLE},
    "git": lambda: {f"{n}/{file}": data for n in PEOPLE
                    for file, data in {"relu.py": WORK, ".git/HEAD": b"ref: x\n"}.items()},
    "plain": lambda: {f"{n}.py": WORK for n in PEOPLE},
}  # fmt: skip
KNOWS: dict[str, set[str]] = {
    "brightspace": set(),
    "gradescope": {"sid", "email"},
    "canvas": {"canvas"},
    "moodle": {"participant"},
}
"""Which ids an inbox gives; the others give the login."""
HAS = {
    "canvas": {"canvas", "sid", "login", "email"},
    "moodle": {"participant", "sid", "email"},
    "gradescope-csv": {"sid", "email"},
    "blackboard": {"login", "sid"},
}
"""Which ids a file has."""


def class_of(kind: str, folder: Path) -> list[Grade]:
    """The class as that inbox gives it, graded: one right, one not quite, one error."""
    for path, data in INBOXES[kind]().items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    opened = open_inbox(folder, expected="relu", stub=b"")
    assert (opened.kind, len(opened.submissions)) == (kind, len(PEOPLE))
    found = []
    for who in opened.submissions:
        [name] = [name for name, person in PEOPLE.items() if _is(who, name, person, kind)]
        found.append(graded(replace(who, source=b""), POINTS[name]))
    return found


def _is(who: Submission, name: str, person: dict[str, str], kind: str) -> bool:
    numbers = {
        "canvas": "canvas",
        "brightspace": "canvas",
        "moodle": "participant",
        "gradescope": "sid",
    }
    return who.student == (person[numbers[kind]] if kind in numbers else name)


def file_of(format: str) -> tuple[bytes, str]:
    """What an instructor downloads, and the delimiter."""
    people = PEOPLE.items()
    match format:
        case "canvas":
            head = (
                "Student,ID,SIS User ID,SIS Login ID,Section,Quiz (33),ReLU & co (34),Final Score"
            )
            lines = [f'"{n}, X",{p["canvas"]},{p["sid"]},{n},A,7,,80' for n, p in people]
            lines = [head, "    Points Possible,,,,,10,20,(read only)", *lines,
                     '"Student, Test",999,,test,A,,,0']  # fmt: skip
            return ("\ufeff" + "\r\n".join(lines) + "\r\n").encode(), ","
        case "moodle":
            head = ("Identifier,Full name,ID number,Email address,Status,Grade,Maximum Grade,"
                    '"Grade can be changed","Last modified (grade)","Feedback comments"')  # fmt: skip
            lines = [f'"Participant {p["participant"]}","{n}",{p["sid"]},{p["email"]},'
                     '"Submitted for grading - ",,20.00,Yes,"-",""' for n, p in people]  # fmt: skip
            return "\n".join([head, *lines, ""]).encode(), ","
        case "gradescope-csv":
            head = "Name,SID,Email,Total Score,Max Points,Status"
            lines = [f"{n},{p['sid']},{p['email']},,20.0,Missing" for n, p in people]
            return "\n".join([head, *lines, ""]).encode(), ","
        case "blackboard":
            head = '"Last Name"\t"Username"\t"Student ID"\t"ReLU & co [Total Pts: 20 Score] |55"'
            lines = [f'"{n}"\t"{n}"\t"{p["sid"]}"\t""' for n, p in people]
            return "\n".join([head, *lines, ""]).encode(), "\t"
    raise AssertionError(format)


COLUMNS = {"canvas": 6, "moodle": 5, "gradescope-csv": 3, "blackboard": 3}


@pytest.mark.parametrize("format", EXPORTS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_inbox_into_every_export(kind: str, format: str, tmp_path: Path) -> None:
    grades = class_of(kind, tmp_path / "export")
    if format not in HAS:
        done = export(format, grades, RELU, inbox=kind)
        table = rows(done.data)
        assert (len(table), done.unmatched) == (1 + len(PEOPLE), ())
        return
    into, delimiter = file_of(format)
    done = export(format, grades, RELU, into, kind)
    before, after = rows(into, delimiter), rows(done.data, delimiter)
    known = KNOWS.get(kind, {"login"}) & HAS[format]
    at = COLUMNS[format]
    got = {row[at]: row for row in after[1:]}
    if known:
        assert [row[at] for row in after if row[at] in ("17.5", "20")][-2:] == ["17.5", "20"]
        assert done.unmatched == ()
        assert any("could not be graded" in note for note in done.notes)
        bob = next(i for i, row in enumerate(before) if any("bob" in cell for cell in row))
        assert after[bob] == before[bob], "an error is left as it is"
    else:
        assert done.data == into, "no id in common: nothing is written, and nothing guessed"
        assert len(done.unmatched) == len(PEOPLE)
    written = {at, 9} if format == "moodle" else {at}
    for one, other in zip(before, after, strict=True):
        assert [c for i, c in enumerate(one) if i not in written] == [
            c for i, c in enumerate(other) if i not in written
        ]
    assert got


@pytest.mark.parametrize("system", ANSWERS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_inbox_into_every_result(kind: str, system: str, tmp_path: Path) -> None:
    """Whatever an inbox says of a student, a result is made of it."""
    for grade in class_of(kind, tmp_path / "export"):
        answer = ANSWERS[system](grade, Job(Path("x"), (Path("r"),), expected="relu", title="R"))
        assert answer.stdout or answer.write


# --- sheets -------------------------------------------------------------------------------------


@settings(max_examples=300)
@given(
    st.one_of(st.binary(max_size=200), st.text("a,;\t\"\r\n '\ufeffé", max_size=60).map(str.encode))
)
def test_a_sheet_gives_back_every_byte(data: bytes) -> None:
    assert read(data).data() == data


@given(
    st.lists(st.lists(st.text("a,\"\r\n é=", max_size=5), min_size=2, max_size=4), min_size=1, max_size=5),
    st.text("b,\"\n1", min_size=1, max_size=8), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)  # fmt: skip
def test_one_cell_is_written_and_read_again(
    table: list[list[str]], text: str, encoding: str
) -> None:
    """Written by Python's csv, changed by us, read by Python's csv."""
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows(table)
    page = read(out.getvalue().encode(encoding))
    assert page.delimiter == ","
    page.put(len(table) - 1, 1, text)
    table[-1][1] = text
    told = page.data().decode("utf-16" if encoding == "utf-16" else "utf-8-sig")
    assert list(csv.reader(io.StringIO(told, newline=""))) == table


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_an_empty_cell_is_one_whatever_follows(delimiter: str, end: str) -> None:
    """At the end of a row, before a row that begins with a quote; and two delimiters on end."""
    rows_ = [["Student", "ID", "", ""], ['"A, ""B"""', "1", "", ""], [' "C"', "", '"2"', ""]]
    text = end.join(delimiter.join(row) for row in rows_)
    page = read(text.encode())
    assert [len(page.row(number)) for number in range(len(page))] == [4, 4, 4]
    assert page.row(1) == ['A, "B"', "1", "", ""]
    assert page.row(2) == ["C", "", "2", ""]
    assert page.data() == text.encode()


def test_gradescope_gets_no_number_that_is_none() -> None:
    """A submission without a submitter is known by its folder, and that is nobody's number."""
    found = [graded(Submission("submission_3", "a.py"), 5.0),
             graded(Submission("0123", "a.py", sid="0123"), 5.0)]  # fmt: skip
    done = export("gradescope-csv", found, RELU, inbox="gradescope")
    assert [row[2] for row in rows(done.data)] == ["SID", "0123"]
    assert done.unmatched == ("submission_3: no student number and no e-mail",)
    done = export("gradescope-csv", found, RELU, inbox="plain")
    assert [row[2] for row in rows(done.data)] == ["SID", "submission_3", "0123"]


def test_what_is_no_sheet_does_no_harm() -> None:
    for data in (b"", b"\xff\xfe", b"\xff\xfea", b'"' * 5000, b'"a' * 20_000, b"\x00" * 100):
        assert read(data).data() == data


# --- one by one ---------------------------------------------------------------------------------


def canvas_row(who: Submission, points: float, into: str, **lms: object) -> str:
    assignment = replace(RELU, lms={"canvas": lms} if lms else {})
    done = export("canvas", [graded(who, points)], assignment, into.encode(), "canvas")
    return done.data.decode()


def test_canvas_finds_the_column_by_id_or_by_title() -> None:
    head = "Student,ID,SIS User ID,SIS Login ID,Section,ReLU & co (34),ReLU & co (35)\n"
    ada = Submission("101", "a", sid="101")
    assert canvas_row(ada, 5, f"{head}A,101,,ada,,,\n", assignment=35).endswith("A,101,,ada,,,5\n")
    with pytest.raises(ExportError, match=r"has 2 columns ReLU & co \(\.\.\.\)"):
        canvas_row(ada, 5, f"{head}A,101,,ada,,,\n")
    with pytest.raises(
        ExportError, match=r"has no column \(36\); its assignments are: ReLU & co \(34\), "
    ):
        canvas_row(ada, 5, f"{head}A,101,,ada,,,\n", assignment=36)
    with pytest.raises(ExportError, match="add --into FILE, the gradebook that you exported"):
        export("canvas", [graded(ada, 5)], RELU)


def test_canvas_keeps_who_is_excused_and_scales_to_its_points() -> None:
    head = (
        "Student,ID,SIS User ID,SIS Login ID,Section,ReLU & co (34)\n    Points Possible,,,,,10\n"
    )
    ada, bob = Submission("1", "a", sid="1"), Submission("2", "a", sid="2")
    into = f"{head}A,1,,a,,EX\nB,2,,b,,3\n".encode()
    done = export("canvas", [graded(ada, 5), graded(bob, 15)], RELU, into, "canvas")
    assert done.data.decode() == f"{head}A,1,,a,,EX\nB,2,,b,,7.5\n"
    assert done.notes == (
        "1 is excused there, and left unchanged",
        "scores are scaled: 20 points here are 10 there",
    )


def test_canvas_without_a_file_when_the_ids_are_known() -> None:
    assignment = replace(RELU, lms={"canvas": {"assignment": 34}})
    who = Submission("101", "a", name="=HYPERLINK(1)", sid="101")
    done = export("canvas", [graded(who, 5)], assignment, inbox="canvas")
    assert rows(done.data)[0][-1] == "ReLU & co (34)"
    assert rows(done.data)[2] == ["'=HYPERLINK(1)", "101", "", "", "", "5"]


def test_two_who_are_the_same_and_one_who_stands_twice_are_listed() -> None:
    into = b"Name,SID,Email,Total Score\nA,1,a@x,\nB,2,a@x,\nC,3,c@x,\n"
    grades = [
        graded(Submission("x", "a", sid="1", email="a@x"), 1),
        graded(Submission("3", "a", sid="3"), 2),
        graded(Submission("c@x", "a", email="C@X"), 3),
    ]
    done = export("gradescope-csv", grades, RELU, into, "gradescope")
    assert done.data == into
    assert done.unmatched == (
        "x: occurs there 2 times",
        "3: the same student as others in the gradebook: 3, c@x",
        "c@x: the same student as others in the gradebook: 3, c@x",
    )


GERMAN = """Vorgangs-ID;Vollständiger Name;Status;Bewertung;Bestwertung;Zuletzt geändert (Bewertung);\
Feedback als Kommentar\r\nTeilnehmer/in 17;Zoë Müller;Abgegeben;;100,00;-;\r\n"""
UNKNOWN = "Tunniste;Nimi;Tila;Piste;Paras;Muutettu\nOsallistuja 17;Zoë;x;3,50;100,00;-\n"


def test_moodle_in_the_language_of_the_course() -> None:
    zoe = graded(Submission("17", "a", sid="17"), 17.5)
    done = export("moodle", [zoe], RELU, GERMAN.encode("utf-8-sig"), "moodle")
    table = rows(done.data, ";")
    assert table[1][:6] == ["Teilnehmer/in 17", "Zoë Müller", "Abgegeben", "87,5", "100,00", "-"]
    assert (
        table[1][6]
        == "17.5 of 20 points.<br>relu is right (2.5 points lost)<br>wrong, at z &lt; 0<br>?"
    )
    other = export("moodle", [zoe], RELU, UNKNOWN.encode(), "moodle")
    assert other.data.decode() == UNKNOWN.replace("3,50", "87,5")
    assert any("no column of feedback" in note for note in other.notes)


def test_moodle_makes_nothing_up() -> None:
    zoe = graded(Submission("17", "a", sid="17"), 17.5)
    for into, told in [
        (None, "add --into FILE, the grading worksheet"),
        (b"a,b\n", "no students in it"),
        (b"Name,Grade\nada,1\n", "no column of identifiers"),
        (b"Identifier,Scale\nParticipant 1,good\n", "no column of grades"),
    ]:
        with pytest.raises(ExportError, match=told):
            export("moodle", [zoe], RELU, into, "moodle")


def test_blackboard_keeps_its_utf_16_and_its_keys() -> None:
    """A username that begins with ``=`` is a key, and stays."""
    head = '"Last Name"\t"Username"\t"ReLU & co [Total Pts: 20 Score] |55"'
    into = ("\ufeff" + f'{head}\n"=X"\t"=ada"\t"Needs Grading"\n').encode("utf-16-le")
    ada = graded(Submission("=ada", "a", sid="=ada"), 17.5)
    done = export("blackboard", [ada], RELU, into, "blackboard")
    assert done.data == into.replace(
        "Needs Grading".encode("utf-16-le"), "17.5".encode("utf-16-le")
    )
    known = replace(RELU, lms={"blackboard": {"column": 55}})
    made = export("blackboard", [ada], known, inbox="blackboard")
    assert rows(made.data) == [["Username", "ReLU & co |55"], ["'=ada", "17.5"]]


def test_nbgrader_has_its_columns_and_neutral_names() -> None:
    who = Submission("ada", "a", name="Lovelace, =Ada", submitted_at="2026-01-02T03:04:05+00:00")
    head, row = rows(export("nbgrader", [graded(who, 17.5)], RELU).data)
    found = dict(zip(head, row, strict=True))
    assert head[:4] == ["assignment", "duedate", "timestamp", "student_id"]
    assert (found["first_name"], found["last_name"]) == ("'=Ada", "Lovelace")
    assert (found["timestamp"], found["score"]) == ("2026-01-02 03:04:05", "17.5")
    assert (found["max_score"], found["raw_score"]) == ("20", "17.5")


def test_no_cell_of_ours_is_a_formula() -> None:
    """A folder's name and a commit's e-mail are the student's to choose; nobody matches rows by these."""
    who = Submission("=cmd|' C'!A0", "a", name="+1", email="@SUM(1)", sid="-2\x07", note="=1")
    [_, row] = rows(export("csv", [graded(who, 17.5)], RELU).data)
    assert row[:4] == ["'=cmd|' C'!A0", "'+1", "'@SUM(1)", "'-2\ufffd"]


@pytest.mark.parametrize("format", ["nbgrader", "csv"])
def test_what_is_made_anew_takes_no_file(format: str) -> None:
    with pytest.raises(ExportError, match="leave out --into"):
        export(format, [], RELU, b"x")


def test_no_formula_of_a_student_reaches_a_cell() -> None:
    who = Submission("ada", "a", name="@SUM(1)", email="ada@x", sid="17")
    check = Outcome("t::a", "relu", "failed", 1.0, 20.0, "=cmd|' /C calc'!A0", hint="-1+1")
    evil = Grade(who, 20.0, (check,), message="=1+1")
    for format in EXPORTS:
        into = file_of(format)[0] if format in HAS else None
        done = export(format, [evil], RELU, into, "gradescope")
        for row in rows(done.data, file_of(format)[1] if into else ","):
            written = [cell for cell in row if "SUM" in cell or "cmd" in cell or "1+1" in cell]
            assert not any(cell[:1] in "=+-@" for cell in written)


def test_names_are_split_where_they_can_be() -> None:
    assert names("Ada Lovelace") == ("Ada", "Lovelace")
    assert names("Lovelace, Ada") == ("Ada", "Lovelace")
    assert names("Aristotle") == ("", "Aristotle")
    assert names("") == ("", "")
