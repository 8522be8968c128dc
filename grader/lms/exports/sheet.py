r"""Tables that an instructor downloaded: single cells are written, all other bytes stay the same.

>>> page = read(b'\xef\xbb\xbfStudent,"Score"\r\n"M\xc3\xbcller, Z",\r\n')
>>> page.row(1)
['Müller, Z', '']
>>> page.put(1, 1, "87.5")
>>> page.data()
b'\xef\xbb\xbfStudent,"Score"\r\n"M\xc3\xbcller, Z",87.5\r\n'

Students are matched only by ids, never by names: a grade whose ids match no row, or two, is listed
as unmatched.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from msgspec import Struct, field

from grader.errors import UserError
from grader.lms import wording
from grader.lms.exports import numbers
from grader.lms.exports.matching import matched
from grader.lms.wording import number
from grader.model import Grade
from grader.people import label
from grader.text import folded, for_cell, lms_line, one_line

__all__ = ["Export", "ExportError", "Filling", "Sheet"]

DELIMITERS: Final = ",;\t"
MAX_BYTES: Final = 64 * 1024 * 1024
COMMENTS: Final = 5_000
EXCUSED: Final = "EX"


class ExportError(UserError):
    """No file can be created; the message is one line that says what to do."""


class Export(Struct, frozen=True):
    """A file for an LMS, the students whose grades found no row, and notes."""

    data: bytes
    unmatched: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


# --- a sheet ----------------------------------------------------------------------------------


class Sheet(Struct):
    """The rows of cells as written in the file, including quotes, and the separators."""

    cells: list[list[str]]
    ends: list[str]
    delimiter: str
    encoding: str
    mark: str = ""
    """Text before the header: a byte order mark, or Excel's line ``sep=;``."""

    def __len__(self) -> int:
        return len(self.cells)

    def row(self, number: int) -> list[str]:
        """Return the texts of a row."""
        return [_text(raw) for raw in self.cells[number]]

    def get(self, row: int, column: int) -> str:
        """Return the text of a cell; '' beyond the end of its row."""
        raw = self.cells[row]
        return _text(raw[column]) if column < len(raw) else ""

    def put(self, row: int, column: int, text: str) -> None:
        """Write a cell, with quotes if it had them or needs them."""
        raw = self.cells[row]
        raw += [""] * (column + 1 - len(raw))
        quoted = raw[column].lstrip().startswith('"')
        must = any(c in text for c in f'{self.delimiter}"\r\n')
        raw[column] = '"' + text.replace('"', '""') + '"' if quoted or must else text

    def data(self) -> bytes:
        """Return the content of the file."""
        rows = (self.delimiter.join(row) for row in self.cells)
        text = "".join(f"{row}{end}" for row, end in zip(rows, self.ends, strict=True))
        return (self.mark + text).encode(self.encoding, "replace")


def read(data: bytes) -> Sheet:
    """Return the sheet in a file with any usual encoding and delimiter; raise `ExportError`."""
    if len(data) > MAX_BYTES:
        raise ExportError(f"the file given is over {MAX_BYTES >> 20} MiB: no gradebook is")
    encoding, text = _decoded(data)
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    text = text.removeprefix("\ufeff")
    if announced := re.match(r"sep=([,;\t])\r?\n", text):  # Excel's own line, which is kept
        mark, text = mark + announced[0], text[announced.end() :]
    delimiter = announced[1] if announced else _delimiter(text)
    plain = f"[^{delimiter}\r\n]*+"
    cell = re.compile(rf'( *"(?:[^"]|"")*+"{plain}|{plain})({delimiter}|\r\n|\r|\n|\Z)')
    sheet = Sheet([[]], [], delimiter, encoding, mark)
    at = 0
    while at <= len(text):
        match = cell.match(text, at)
        if match is None:  # an unclosed quote, so the rest is one cell
            sheet.cells[-1].append(text[at:])
            break
        sheet.cells[-1].append(match[1])
        at = match.end()
        if match[2] != delimiter:
            sheet.ends.append(match[2])
            if not match[2] or at == len(text):
                break
            sheet.cells.append([])
    sheet.ends += [""] * (len(sheet.cells) - len(sheet.ends))
    return sheet


def _decoded(data: bytes) -> tuple[str, str]:
    """Return an encoding that reproduces these bytes exactly, and the text."""
    wide = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}.get(data[:2])
    for encoding in (*([wide] if wide else []), "utf-8"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if text.encode(encoding) == data:
            return encoding, text
    return "latin-1", data.decode("latin-1")


def _delimiter(text: str) -> str:
    """Return the most frequent delimiter outside quotes in the first line."""
    first = re.sub(r'"(?:[^"]|"")*+"', "", text[:100_000]).splitlines()[:1]
    counted = Counter(c for c in (first[0] if first else "") if c in DELIMITERS)
    return counted.most_common(1)[0][0] if counted else ","


def _text(raw: str) -> str:
    inner = raw.strip()
    if len(inner) > 1 and inner[0] == inner[-1] == '"':
        return inner[1:-1].replace('""', '"')
    return raw


def table(rows: Iterable[Sequence[str]]) -> bytes:
    """Return a new CSV in UTF-8."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode("utf-8", "replace")


# --- filling in -------------------------------------------------------------------------------


class Filling(Struct, frozen=True):
    """The key columns of a sheet by kind of id, and the column of the score."""

    page: Sheet
    rows: Iterable[int]
    keys: Mapping[int, tuple[str, ...]]
    at: int
    comments: int | None = None
    """The column of comments, if there is a writable one."""
    mark: str = ""
    """The decimal mark of the sheet, if its cells show it."""
    key: Callable[[int, str], str] = field(default=lambda column, text: text)
    """Returns the id, given a key column and the text of its cell."""
    locked: frozenset[int] = frozenset()
    """Rows that the system does not allow to change."""
    excused: str = ""
    """The system's word for excused students, if it has one."""


def fill(
    filling: Filling,
    grades: Sequence[Grade],
    inbox: str,
    most: Callable[[int], float | None] = lambda row: None,
    comment: Callable[[Grade], str] = lambda grade: "",
) -> Export:
    """Write each score into its student's row. ``most`` returns the points possible in a row."""
    page = filling.page
    places: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
    for row in filling.rows:
        for at, kinds in filling.keys.items():
            if identity := folded(filling.key(at, page.get(row, at))):
                for kind in kinds:
                    places[kind, identity].add(row)
    found, strangers = matched(grades, inbox, places)
    notes: list[str] = []
    for row, grade in sorted(found.items()):
        _write(filling, row, grade, most, comment, notes)
    return Export(page.data(), tuple(strangers), tuple(dict.fromkeys(notes)))


def _write(
    filling: Filling,
    row: int,
    grade: Grade,
    most: Callable[[int], float | None],
    comment: Callable[[Grade], str],
    notes: list[str],
) -> None:
    """Write one student's score, or note why the cell stays unchanged."""
    page, student = filling.page, lms_line(label(grade.submission))
    if row in filling.locked:
        notes.append(f"{student}: the grade is locked there, and left unchanged")
    elif grade.excused and filling.excused:
        page.put(row, filling.at, filling.excused)
    elif grade.final is None:
        notes.append(not_graded(grade))
    elif page.get(row, filling.at).strip() == EXCUSED:
        notes.append(f"{student} is excused there, and left unchanged")
    else:
        score = number(scaled(grade.final, grade.max_score, most(row), notes))
        page.put(row, filling.at, score.replace(".", ",") if filling.mark == "," else score)
        if filling.comments is not None:
            page.put(row, filling.comments, for_cell(comment(grade)))


def scaled(score: float, ours: float, theirs: float | None, notes: list[str]) -> float:
    """Return the score on the LMS's scale, with a note if it differs from ours."""
    if not theirs or not ours or abs(theirs - ours) < 1e-9:
        return score
    notes.append(f"scores are scaled: {number(ours)} points here are {number(theirs)} there")
    return score * theirs / ours


def not_graded(grade: Grade) -> str:
    """Return the note on a grade without a score."""
    if grade.excused:
        return f"{lms_line(label(grade.submission))} is excused, and left unchanged"
    return f"{lms_line(label(grade.submission))} could not be graded (error) and is left unchanged"


def keys(header: Sequence[str], kinds: Mapping[str, tuple[str, ...]]) -> dict[int, tuple[str, ...]]:
    """Return the columns of a header that hold ids; raise `ExportError` if there are none."""
    found = {at: kinds[name] for at, name in enumerate(header) if name in kinds}
    if not found:
        raise ExportError(f"the file given has no column {' or '.join(kinds)}")
    return found


def column(header: Sequence[str], names: Iterable[str], what: str) -> int:
    """Return the only column with one of these names; raise `ExportError` otherwise."""
    wanted = list(names)
    for name in wanted:
        found = [at for at, text in enumerate(header) if text == name]
        if len(found) == 1:
            return found[0]
    raise ExportError(f"the file given has no single column for {what}: {' or '.join(wanted)}")


def points(page: Sheet, row: int, at: int | None, mark: str = "") -> float | None:
    """Return the points that a cell states, or None if it is empty.

    Raises:
        ExportError: The cell cannot be read, so scores cannot be scaled.
    """
    text = page.get(row, at).strip() if at is not None else ""
    if not text:
        return None
    if (value := numbers.parsed(text, mark)) is None:
        raise ExportError(numbers.unreadable(text, one_line(page.get(0, at or 0), 60)))
    return value


def names(name: str) -> tuple[str, str]:
    """Split 'Lovelace, Ada' or 'Ada Lovelace' into first and last name."""
    last, comma, first = name.partition(",")
    if comma:
        return first.strip(), last.strip()
    first, _, last = name.strip().rpartition(" ")
    return first.strip(), last.strip()


def comment(grade: Grade, most: int = COMMENTS) -> str:
    """Return the text about a grade for systems with a single comment field."""
    return wording.comment(grade, most)
