"""Write feedback pages for upload to an LMS: a zip, folders or e-mail drafts.

    made = export("canvas", found, Path("feedback.zip"))

Nothing is sent. Each system recognises a student by the names in its download, so these names are
kept: Canvas reads the ids between underscores, Moodle the number in the folder's name.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterable, Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Final

from msgspec import Struct

from grader import files
from grader.inbox.formats import blackboard, canvas, moodle
from grader.lms.exports.sheet import ExportError
from grader.lms.wording import number
from grader.model import Grade
from grader.people import label
from grader.results import feedback
from grader.results.policy import Standings
from grader.text import for_cell, lms_line, one_line

MERGE: Final = ("name", "email", "student", "score", "max_score", "file")
MADE: Final = (2000, 1, 1, 0, 0, 0)
"""The time of every zip member, so that the same results give the same zip."""


class Delivery(Struct, frozen=True):
    """The files written, the students without a page, and the next step."""

    written: tuple[Path, ...]
    count: int
    unmatched: tuple[str, ...]
    next_step: str


class System(Struct, frozen=True):
    """One system's form of feedback: the path of a student's page, and the next step."""

    place: Callable[[Grade], str]
    """Returns the path of the page; '' if the system has no place for this student."""
    missing: str
    next_step: str
    zipped: bool = True


def export(system: str, found: Standings, out: Path) -> Delivery:
    """Write the pages of a run for a system of `TARGETS`.

    Args:
        system: One of `TARGETS`.
        found: The results under the current policy.
        out: The zip to write; for folders and e-mail, the folder.

    Raises:
        ExportError: The results come from another system, or there is no page to write.
    """
    if system not in TARGETS:
        raise ExportError(
            f"no feedback for {one_line(system)}; choose one of: {', '.join(TARGETS)}"
        )
    target = TARGETS[system]
    grades = [grade for grade in found.grades if not grade.absent]
    places = {grade.submission.student: target.place(grade) for grade in grades}
    lost = [grade for grade in grades if not places[grade.submission.student]]
    if len(lost) == len(grades):
        better = found.run.inbox if found.run.inbox in TARGETS else "folders"
        raise ExportError(
            f"feedback for {system}: these results have {target.missing}; use --for {better}"
        )
    kept = [grade for grade in grades if places[grade.submission.student]]
    pages = {
        places[grade.submission.student]: feedback.render(found.run, found.assignment, grade)
        for grade in kept
    }
    if len(pages) < len(kept):
        raise ExportError(
            f"feedback for {system}: two students have the same place in the download"
        )
    if system == "email":
        pages = {**_mails(kept, places, pages, found), "mail-merge.csv": _merge(kept, places)}
    written = (_zip(out, pages),) if target.zipped else _folder(out, pages)
    unmatched = tuple(f"{label(grade.submission)}: {target.missing}" for grade in lost)
    return Delivery(written, len(kept), unmatched, target.next_step)


# --- the path of a page in each system ----------------------------------------------------------


def _for_canvas(grade: Grade) -> str:
    """Keep the downloaded name up to the student's own part, which is replaced."""
    name = grade.submission.file.rpartition("/")[2]
    match = canvas.NAME.fullmatch(name)
    return f"{_stem(name)}.html" if match and match["attachment"] else ""


def _for_blackboard(grade: Grade) -> str:
    name = grade.submission.file.rpartition("/")[2]
    return f"{_stem(name)}.html" if blackboard.NAME.fullmatch(name) else ""


def _for_moodle(grade: Grade) -> str:
    """Return the folder of the download; Moodle splits its name at four underscores."""
    top = grade.submission.file.partition("/")[0]
    match = moodle.NAME.fullmatch(top)
    if match is None or not match["who"].rpartition("_")[2].isdecimal():
        return ""
    return f"{match['who']}_assignsubmission_file_/feedback.html"


def _for_gradescope(grade: Grade) -> str:
    """Return a file in the submission's folder; each member of a group has one."""
    top, _, rest = grade.submission.file.partition("/")
    is_there = rest and top.startswith("submission_")
    return f"{top}/{feedback.file_name(grade.submission.student)}" if is_there else ""


def _for_folder(grade: Grade) -> str:
    return f"{feedback.file_name(grade.submission.student).removesuffix('.html')}/feedback.html"


def _for_email(grade: Grade) -> str:
    who = grade.submission
    known = _address(who.email or who.student)
    return feedback.file_name(who.student).removesuffix(".html") + ".eml" if known else ""


TARGETS: Final[Mapping[str, System]] = {
    "canvas": System(
        _for_canvas, "no file from a Canvas download",
        "in Canvas, open the assignment and choose Upload Submissions",
    ),
    "moodle": System(
        _for_moodle, "no folder from a Moodle download",
        "in Moodle, open the assignment and choose Upload multiple feedback files in a zip",
    ),
    "gradescope": System(
        _for_gradescope, "no folder from a Gradescope export",
        "Gradescope imports no files: share these folders, or grade there with the autograder",
    ),
    "blackboard": System(
        _for_blackboard, "no file from a Blackboard download",
        "attach each file to its attempt; the names are those of the download",
    ),
    "folders": System(_for_folder, "no name", "each folder is one student's", zipped=False),
    "email": System(
        _for_email, "no e-mail address",
        "open the .eml files in your mail program, or use mail-merge.csv; nothing was sent",
        zipped=False,
    ),
}  # fmt: skip


def _stem(name: str) -> str:
    """Return a file name without the suffix of a notebook or script."""
    stem, dot, suffix = name.rpartition(".")
    return stem if dot and suffix.lower() in ("py", "ipynb") else name


# --- e-mail -------------------------------------------------------------------------------------


def _address(text: str) -> Address | None:
    """Return an e-mail address that is valid in a header, or None."""
    plain = text.strip()
    if not plain.isascii() or not plain.isprintable() or plain.count("@") != 1 or " " in plain:
        return None
    try:
        return Address(addr_spec=plain)
    except (ValueError, IndexError):
        return None


def _mails(
    grades: Iterable[Grade], places: Mapping[str, str], pages: Mapping[str, bytes], found: Standings
) -> dict[str, bytes]:
    """Return a draft with the page attached, for each student."""
    made: dict[str, bytes] = {}
    for grade in grades:
        place = places[grade.submission.student]
        address = _address(grade.submission.email or grade.submission.student)
        if address is None:  # the student then has no path either
            continue
        mail = EmailMessage(policy=SMTP)
        mail["To"] = Address(lms_line(grade.submission.name, 100), address.username, address.domain)
        title = lms_line(found.assignment.title)
        mail["Subject"] = f"Feedback: {title}"
        mail["X-Unsent"] = "1"  # mail programs open it as a draft
        mail.set_content(
            f"{_score(grade)} in {title}. Your feedback is attached: open it in a browser.\n"
        )
        mail.add_attachment(pages[place], maintype="text", subtype="html", filename="feedback.html")
        made[place] = mail.as_bytes()
    return made


def _score(grade: Grade) -> str:
    if grade.final is None:
        return "There is no score yet"
    return f"You have {number(grade.final)} of {number(grade.max_score)} points"


def _merge(grades: Iterable[Grade], places: Mapping[str, str]) -> bytes:
    """Return the table for a mail merge."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(MERGE)
    for grade in grades:
        who = grade.submission
        score = "" if grade.final is None else number(grade.final)
        table.writerow([
            *map(for_cell, (who.name, who.email or who.student, who.student)), score,
            number(grade.max_score), places[who.student],
        ])  # fmt: skip
    return out.getvalue().encode("utf-8-sig", "replace")


# --- writing ------------------------------------------------------------------------------------


def _zip(out: Path, pages: Mapping[str, bytes]) -> Path:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, page in sorted(pages.items()):
            member = zipfile.ZipInfo(name, MADE)
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, page)
    return files.write(out, data.getvalue())


def _folder(out: Path, pages: Mapping[str, bytes]) -> tuple[Path, ...]:
    files.make_private(out)
    written: list[Path] = []
    for name, page in sorted(pages.items()):
        files.make_private((out / name).parent)
        written.append(files.write(out / name, page))
    return tuple(written)


def default_out(system: str, folder: Path, assignment: str) -> Path:
    """Return the default path of the feedback."""
    name = f"{assignment}-feedback-{system}"
    return folder / (f"{name}.zip" if TARGETS[system].zipped else name)


def systems() -> tuple[str, ...]:
    """Return the choices of the option ``--for``."""
    return tuple(TARGETS)
