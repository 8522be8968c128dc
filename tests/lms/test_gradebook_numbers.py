"""Worksheets of other languages, and numbers as gradebooks write them; nothing is guessed."""

from __future__ import annotations

import csv
import io

import pytest

from grader.course.assignment import Assignment
from grader.lms import ExportError, export
from grader.lms.exports.numbers import decimal_mark, parsed
from grader.model import Grade, Outcome, Submission
from grader.text import folded

RELU = Assignment("relu", "ReLU", points=100.0)


def grade(student: str, points: float = 87.5, **who: str) -> Grade:
    return Grade(
        Submission(student, "", **who), 100.0, (Outcome("a", "a", "failed", points, 100.0),)
    )


CLASS = [grade("4711", sid="4711"), grade("4712", 100.0, sid="4712")]


def cells(data: bytes, delimiter: str = ",", encoding: str = "utf-8-sig") -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode(encoding), newline=""), delimiter=delimiter))


LANGUAGES = {
    "en": ("Participant ", "Identifier|Full name|Email address|Status|Grade|Maximum Grade|"
           "Grade can be changed|Last modified (grade)|Feedback comments", "Yes", "No"),
    "de": ("Teilnehmer/in", "ID|Vollständiger Name|E-Mail-Adresse|Status|Bewertung|Bestwertung|"
           "Bewertung kann geändert werden|Zuletzt geändert (Bewertung)|Feedback als Kommentar", "Ja", "Nein"),
    "fr": ("Participant", "Identifiant|Nom complet|Adresse de courriel|Statut|Note|Note maximale|"
           "La note peut être modifiée|Dernière modification (note)|Feedback par commentaires", "Oui", "Non"),
    "es": ("Participante", "Identificador|Nombre completo|Dirección de correo|Estado|Calificación|"
           "Calificación máxima|La calificación puede ser cambiada|Última modificación (calificación)|"
           "Comentarios de retroalimentación", "Sí", "No"),
    "pt": ("Participante", "Identificador|Nome completo|Endereço de e-mail|Estado|Nota|Nota máxima|"
           "A nota pode ser alterada|Última modificação (nota)|Comentários de feedback", "Sim", "Não"),
    "it": ("Partecipante", "Identificativo|Nome completo|Indirizzo email|Stato|Valutazione|"
           "Valutazione massima|La valutazione può essere modificata|Ultima modifica (valutazione)|"
           "Commenti di feedback", "Sì", "No"),
    "nl": ("Deelnemer", "ID|Volledige naam|E-mailadres|Status|Cijfer|Maximumcijfer|"
           "Cijfer kan gewijzigd worden|Laatst gewijzigd (cijfer)|Feedback opmerkingen", "Ja", "Nee"),
    "sv": ("Deltagare", "Identifierare|Fullständigt namn|E-postadress|Status|Betyg|Högsta betyg|"
           "Betyget kan ändras|Senast ändrad (betyg)|Återkopplingskommentarer", "Ja", "Nej"),
    "da": ("Deltager", "Id|Fulde navn|E-mailadresse|Status|Karakter|Maksimal karakter|"
           "Karakteren kan ændres|Senest ændret (karakter)|Feedback-kommentarer", "Ja", "Nej"),
    "zh": ("参与者", "标识|全名|Email地址|状态|成绩|最高成绩|成绩可以更改|"
           "最后修改 (成绩)|反馈评语", "是", "否"),
    "pl": ("Uczestnik ", "Identyfikator|Imię i nazwisko|E-mail|Status|Ocena|Najwyższa ocena|"
           "Ocena może być zmieniona|Ostatnio modyfikowana (ocena)|Komentarz zwrotny", "Tak", "Nie"),
    "ja": ("参加者", "識別子|フルネーム|メールアドレス|ステータス|評点|最大評点|評点は変更できます|"
           "最終更新日時 (評点)|フィードバックコメント", "はい", "いいえ"),
    "ar": ("مشارك ", "المعرف|الاسم|البريد|الحالة|درجة|أعلى درجة|"
           "يمكن تغيير الدرجة|آخر تعديل|تعليقات", "نعم", "لا"),
}  # fmt: skip


def worksheet(language: str, most: str = "100.00", given: str = "", locked: bool = False,
              delimiter: str = ",", mail: bool = True) -> str:  # fmt: skip
    word, head, yes, no = LANGUAGES[language]
    lines = [head.split("|")]
    for number, name in ((4711, "Ada B"), (4712, "Kurt W")):
        email = f"{name[:3].lower()}@example.edu" if mail else ""
        change = no if locked else yes
        lines.append([f"{word}{number}", name, email, "Submitted", given, most, change, "-", ""])
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerows(lines)
    return out.getvalue()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_worksheet_in_any_language_gets_grade_and_comment(language: str) -> None:
    """Every other cell is as it was."""
    text = worksheet(language)
    done = export("moodle", CLASS, RELU, text.encode("utf-8-sig"), "moodle")
    before, after = cells(text.encode()), cells(done.data)
    assert done.unmatched == ()
    assert [row[4] for row in after[1:]] == ["87.5", "100"]
    assert all("points" in row[8] for row in after[1:])
    for one, other in zip(before, after, strict=True):
        assert [c for i, c in enumerate(one) if i not in (4, 8)] == [
            c for i, c in enumerate(other) if i not in (4, 8)
        ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_locked_row_is_left_as_it_is(language: str) -> None:
    text = worksheet(language, locked=True)
    done = export("moodle", CLASS, RELU, text.encode(), "moodle")
    assert done.data == text.encode()
    assert sum("locked" in note for note in done.notes) == 2


SAVED = {
    "Excel with semicolons": (worksheet("de", "100,00", delimiter=";"), "utf-8-sig", ";", "87,5"),
    "Excel, cp1252": (worksheet("de", "100,00", delimiter=";"), "latin-1", ";", "87,5"),
    "Excel's sep line": ("sep=;\r\n" + worksheet("fr", "100,00", delimiter=";"), "utf-8", ";", "87,5"),
    "UTF-16 with tabs": ("\ufeff" + worksheet("zh", delimiter="\t"), "utf-16-le", "\t", "87.5"),
    "no e-mail addresses": (worksheet("de", mail=False), "utf-8", ",", "87.5"),
    "capitals": (worksheet("de").replace("Teilnehmer/in", "TEILNEHMER/IN"), "utf-8", ",", "87.5"),
    "no decimals": (worksheet("en", "100"), "utf-8", ",", "87.5"),
    "five decimals": (worksheet("en", "100.00000"), "utf-8", ",", "87.5"),
}  # fmt: skip


@pytest.mark.parametrize("name", SAVED)
def test_a_worksheet_saved_by_a_spreadsheet(name: str) -> None:
    text, encoding, delimiter, wanted = SAVED[name]
    done = export("moodle", CLASS, RELU, text.encode(encoding), "moodle")
    after = done.data.decode(encoding).removeprefix("\ufeff").removeprefix("sep=;\r\n")
    assert [row[4] for row in cells(after.encode(), delimiter)[1:]] == [wanted, "100"]


THOUSANDS = ["1,000.00", "1.000,00", "1 000,00", "1\u00a0000,00", "1\u202f000,00", "1'000.00",
             "1\u2019000.00", "1000", "1000.0", "1000,00", "1,000", "up to 1,000"]  # fmt: skip


@pytest.mark.parametrize("most", THOUSANDS)
@pytest.mark.parametrize("format", ["moodle", "canvas", "blackboard"])
def test_a_thousand_points_are_a_thousand_or_refused(format: str, most: str) -> None:
    """Never a hundred, and never one; a refusal quotes the cell."""
    quoted = f'"{most}"'
    into = {
        "moodle": worksheet("en", most),
        "canvas": f"Student,ID,Section,ReLU (5)\n    Points Possible,,,{quoted}\nA,4711,x,\nB,4712,x,\n",
        "blackboard": f"Username\tReLU [Total Pts: {most} Score] |5\n4711\t\n4712\t\n",
    }[format]
    try:
        done = export(format, CLASS, RELU, into.encode(), format)
    except ExportError as error:
        assert most in str(error)  # noqa: PT017  # either answer will do
        assert most == "up to 1,000"
        return
    table = cells(done.data, "\t" if format == "blackboard" else ",")
    assert {row[4 if format == "moodle" else -1] for row in table[-2:]} == {"875", "1000"}


@pytest.mark.parametrize("most", ["1.000", "1,00,000", "Good", "ten", "1e3", "1.2.3"])
@pytest.mark.parametrize("format", ["canvas", "blackboard", "gradescope-csv"])
def test_a_number_that_cannot_be_read_stops_the_export(format: str, most: str) -> None:
    """It never means that scores are not scaled."""
    into = {
        "canvas": f'Student,ID,ReLU (5)\n    Points Possible,,"{most}"\nA,4711,\n',
        "blackboard": f"Username\tReLU [Total Pts: {most}] |5\n4711\t\n",
        "gradescope-csv": f'Name,SID,Total Score,Max Points\nA,4711,,"{most}"\n',
    }[format]
    who = [grade("4711", sid="4711", email="a@example.edu")]
    if format == "blackboard" and most in ("1e3", "1.2.3", "1,00,000"):
        return  # there, words stand around the number
    with pytest.raises(ExportError, match="cannot be read"):
        export(
            format, who, RELU, into.encode(), {"gradescope-csv": "gradescope"}.get(format, format)
        )


def test_other_cells_decide_what_a_mark_means() -> None:
    into = 'Student,ID,ReLU (5)\n    Points Possible,,"1.000"\nA,4711,"12,5"\n'
    done = export("canvas", [grade("4711", 12.34, sid="4711")], RELU, into.encode(), "canvas")
    assert cells(done.data)[-1][-1] == "123,4"
    assert (parsed("1.000", ","), parsed("1.000", "."), parsed("1.000")) == (1000.0, 1.0, None)
    assert decimal_mark(["7,25", "1.000,00", "x"]) == ","
    assert decimal_mark(["7,25", "7.25"]) == ""


@pytest.mark.parametrize(
    ("given", "most"),
    [("Good", ""), ("Good", "100.00"), ("", ""), ("Good", "Bad, Good"), ("", "-")],
)
def test_a_scale_is_refused(given: str, most: str) -> None:
    with pytest.raises(ExportError, match=r"scale|points"):
        export("moodle", CLASS, RELU, worksheet("en", most, given).encode(), "moodle")


def test_blackboard_writes_the_marks_of_its_own_cells() -> None:
    into = '"Username"\t"ReLU [Gesamtpunkte: 12,5 Score] |55"\n"ada"\t"7,25"\n'
    done = export("blackboard", [grade("ada", sid="ada")], RELU, into.encode(), "blackboard")
    assert '"10,94"' in done.data.decode()


@pytest.mark.parametrize("word", ["Username", "Benutzername", "用户名", "Word of another language"])
def test_blackboard_in_any_language(word: str) -> None:
    """Key columns stand after the two names, whatever they are called."""
    head = f"Last\tFirst\t{word}\tNumber\tReLU [Total Pts: 100 Score] |5"
    into = f"{head}\nada\tkurt\tada\t17\t\nkurt\tada\tkurt\t18\t\n"
    done = export("blackboard", [grade("ada", sid="ada")], RELU, into.encode(), "blackboard")
    assert cells(done.data, "\t")[1] == ["ada", "kurt", "ada", "17", "87.5"]
    assert cells(done.data, "\t")[2][-1] == ""


IDS = [
    ("zo\u00eb", "zoe\u0308"),
    ("ADA", "ada"),
    ("１２３", "123"),
    ("Straße", "STRASSE"),
    (" ada ", "ada"),
]


@pytest.mark.parametrize(("ours", "theirs"), IDS)
def test_one_rule_compares_ids(ours: str, theirs: str) -> None:
    """In a gradebook as in the extensions, which use the same function."""
    assert folded(ours) == folded(theirs)
    into = f"Student,ID,SIS User ID,SIS Login ID,ReLU (5)\n    Points Possible,,,,100\nA,1,x,{theirs},\n"
    done = export("canvas", [grade(ours)], RELU, into.encode(), "plain")
    assert done.unmatched == ()
    assert b"87.5" in done.data


def test_a_leading_zero_is_part_of_an_id() -> None:
    assert folded("0123") != folded("123")


@pytest.mark.parametrize("student", ["=HYPERLINK(1)", "+49", "-1", "@SUM(1)", " =1"])
@pytest.mark.parametrize("format", ["gradescope-csv", "nbgrader", "csv", "blackboard", "canvas"])
def test_no_id_is_a_formula_in_a_file_of_ours(format: str, student: str) -> None:
    lms = {"blackboard": {"column": 5}, "canvas": {"assignment": 5}}
    made = export(format, [grade(student)], Assignment("relu", "ReLU", lms=lms))
    for row in cells(made.data):
        assert not any(cell.lstrip()[:1] in ("=", "+", "@") for cell in row)
        assert not any(cell.lstrip().startswith("-") for cell in row)


HOSTILE = ["x" * 300, "אבג", "zoe\u0308", "a;b", 'q"q', "a,b", "ada\u202e"]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_rows_and_an_empty_last_column_stay_as_they_are(name: str) -> None:
    out = io.StringIO()
    csv.writer(out).writerows([
        ["Student", "ID", "SIS Login ID", "ReLU (5)", ""], ["    Points Possible", "", "", "100", ""],
        [name, "1", "ada", "", ""], [name, "2", name, "", ""], ["Twin", "3", "twin", "", ""],
        ["Twin", "4", "twin", "", ""],
    ])  # fmt: skip
    into = out.getvalue().encode()
    done = export("canvas", [grade("ada"), grade("twin")], RELU, into, "plain")
    before, after = cells(into), cells(done.data)
    assert after[2][3] == "87.5"
    assert done.unmatched == ("twin: occurs there 2 times",)
    after[2][3] = ""
    assert after == before
