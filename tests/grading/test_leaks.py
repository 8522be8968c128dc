"""Nothing hidden reaches a student: submissions that tell their inputs in every way we could think of.

Each of `LEAKS` spells what it is called with into something that might be shown: text, names, shapes,
keys, line numbers, numbers returned, time. They are graded as one class by the command, and every
byte that a student can see is scanned: the feedback page, their part of the gradebook, what each LMS
is handed, and their line in the terminal. A number of four digits that is not on the page of one who
tells nothing, is a hit, whatever it is; so is a word of theirs, or an input as bytes.
"""

from __future__ import annotations

import base64
import gzip
import html
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace
from once import once
from places import ROOT

from grader.checks.arrays import arrays_in
from grader.course import catalog
from grader.course.assignment import Assignment
from grader.grading.session import Bench
from grader.lms import ANSWERS, EXPORTS, Job
from grader.lms.exports.sheet import comment
from grader.model import Grade
from grader.results import feedback, policy
from grader.sandbox.fork_server import Sandbox

EXERCISE = "two_layer_network"
WORD = "telltaleword"
"""What the samples say, in lower case."""
SEED, SECRET = 7, b"the secret of a course that leaks"
QUIET = "quiet"
"""Who is wrong in the same places and tells nothing."""

PRELUDE = """
import base64, logging, os, struct, sys, time, types, warnings
import numpy as np

TOLD = "tellTaleWord"


def numbers(value):
    if isinstance(value, dict):
        value = tuple(value.values())
    if isinstance(value, (tuple, list)):
        return [number for item in value for number in numbers(item)]
    return [float(number) for number in np.asarray(value, float).ravel()]


def first(value):
    return next(number for number in numbers(value) if number % 1)


def digits(value, count=9):
    return f"{abs(first(value)):.12e}".replace(".", "")[:count]


def spelt(value):
    return TOLD + " " + " ".join(map(repr, numbers(value)[:20]))


def like(value, change):
    if isinstance(value, tuple):
        return tuple(like(item, change) for item in value)
    if isinstance(value, dict):
        return {key: like(item, change) for key, item in value.items()}
    return change(value)


def asked(name, right):
    def answer(*given):
        return tell(name, given, lambda: right(*given))

    return answer


NAMES = "relu relu_derivative sigmoid sigmoid_derivative loss loss_from_logits".split()
NAMES += "forward backward update train".split()
for _name in NAMES:
    globals()[_name] = asked(_name, globals()[_name])


def tell(name, given, right):
    return like(right(), lambda array: array * 0.75 + 0.125)

"""

SAMPLES = (ROOT / "tests" / "samples" / "leaks.txt").read_text(encoding="utf-8")
LEAKS = dict(block.split("\n", 1) for block in SAMPLES.split("\n## ")[1:])
CUT_AFTER = 20
"""Characters of a name that the terminal shows in any case."""
LINES_OF_THE_FILE = (
    "def tell(name, given, right):\n    n = 1000 + int(digits(given, 4)) % 2000\n"
    + "".join(f"    if n == {number}: raise ValueError\n" for number in range(1000, 3000))
)
SHEET = b"Identifier,Full name,ID number,Grade,Maximum Grade,Feedback comments\nParticipant 1,S,S,,100,\n"


def source(code: str) -> str:
    """A right answer whose functions are replaced by ones that tell."""
    solution = (ROOT / "reference" / EXERCISE / "solution.py").read_text(encoding="utf-8")
    solution = solution.replace('if __name__ == "__main__":', "if False:")
    body = "\n".join(f"    {line}" for line in code.splitlines())
    told = f"def tell(name, given, right):\n{body}\n" if code else ""
    return f"{solution}\n{PRELUDE}{told}"


def submissions() -> dict[str, str]:
    """Who hands what in."""
    others = {name: source(code) for name, code in LEAKS.items()}
    return {QUIET: source(""), "lines of the file": source("") + LINES_OF_THE_FILE, **others}


# --- grading ----------------------------------------------------------------------------------


class Graded:
    """A class that leaks, graded by the command, and all that its students can see."""

    def __init__(self, folder: Path, students: dict[str, str], course: Path = ROOT) -> None:
        for student, text in students.items():
            place = folder / "class" / student
            place.mkdir(parents=True)
            (place / f"{EXERCISE}.py").write_text(text, encoding="utf-8")
        (folder / "secret").write_bytes(SECRET)
        self.out = folder / "out"
        command = [sys.executable, "-m", "grader", "grade", str(folder / "class"), "--assignment",
                   EXERCISE, "--seed", str(SEED), "--out", str(self.out), "--jobs", "2"]  # fmt: skip
        environ = {
            **os.environ,
            "GRADER_SECRET_FILE": str(folder / "secret"),
            "PYTHONPATH": str(course),
        }
        done = subprocess.run(
            command,
            cwd=course,
            env=environ,
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        self.terminal = done.stdout + done.stderr
        found = policy.standings(catalog.load(course), self.out)
        self.assignment = found.assignment
        self.grades = {grade.submission.student: grade for grade in found.grades}

    def seen(self, student: str) -> Iterator[tuple[str, str]]:
        """Every text that a student can see, and where."""
        page = self.out / "feedback" / feedback.file_name(student)
        yield "feedback", page.read_text(encoding="utf-8")
        document = json.loads((self.out / "grades.json").read_bytes())
        [entry] = [each for each in document["submissions"] if each["student"] == student]
        yield "grades.json", json.dumps(for_students(entry), ensure_ascii=False)
        for place, text in (
            ("grades.csv", (self.out / "grades.csv").read_text(encoding="utf-8")),
            ("terminal", self.terminal),
        ):
            yield place, "\n".join(line for line in text.splitlines() if is_row(line, student))
        yield from handed_over(self.grades[student], self.assignment)


def is_row(line: str, student: str) -> bool:
    """Whether a line of a table is this student's; other rows may hold "log" in another word."""
    name = student if len(student) < CUT_AFTER else student[:CUT_AFTER]
    ends = ("  ", ",", ": ") if name == student else ("",)
    return line.lstrip().startswith(tuple(name + end for end in ends))


def for_students(value: Any) -> Any:
    """The gradebook without what is the instructor's."""
    if isinstance(value, dict):
        # A cluster is a digest of answers to demonstration examples.
        kept = {key: item for key, item in value.items() if key not in ("instructor", "cluster")}
        return {key: for_students(item) for key, item in kept.items()}
    return [for_students(item) for item in value] if isinstance(value, list) else value


def handed_over(grade: Grade, assignment: Assignment) -> Iterator[tuple[str, str]]:
    """What each LMS is given of one grade to show."""
    job = Job(Path("x"), (Path("/r"),), expected=EXERCISE, title=EXERCISE, seed=None,
              facts={"GITHUB_OUTPUT": "/o", "GITHUB_STEP_SUMMARY": "/s", "submission": "submit/x"},
              graded_at="2026-11-22T12:00:00+00:00")  # fmt: skip
    for system, answer in ANSWERS.items():
        made = answer(grade, job)
        data = [made.stdout, *made.write.values(), *made.append.values()]
        yield system, b"\n".join(data).decode()
    known = replace(assignment, lms={"canvas": {"assignment": 1}, "blackboard": {"column": 1}})
    sheets = {"moodle": SHEET.replace(b"S", grade.submission.student.encode())}
    for system, export in EXPORTS.items():
        yield f"export {system}", export([grade], known, sheets.get(system), "plain").data.decode()
    yield "comment", comment(grade)


# --- looking ----------------------------------------------------------------------------------


@cache
def hidden() -> tuple[np.ndarray, ...]:
    """Every array that the hidden tests ask with in this run."""
    sys.path.insert(0, str(ROOT / "tests" / "hidden"))
    from two_layer_network import cases

    course = catalog.load(ROOT)
    bench = Bench(course, course.assignment(EXERCISE), Sandbox(frozenset()), SEED, SECRET)
    draws = [draw for name, draw in vars(cases).items() if name.endswith("_cases")]
    drawn = [case for draw in draws if draw is not cases.timed_cases for case in bench.draw(draw)]
    return tuple(np.asarray(each, float) for case in drawn for each in arrays_in(case.args))


@cache
def needles() -> frozenset[str]:
    """The inputs as bytes: base64 and hexadecimal, either way round; and a word of the samples."""
    found = {WORD}
    for array in hidden():
        found.add(base64.b64encode(array.tobytes()).decode().lower()[:16])
        for number in array.ravel():
            found |= {number.tobytes().hex(), number.tobytes()[::-1].hex()} if number % 1 else set()
            found |= {abs(float(number)).hex()} if number % 1 else set()
    return frozenset(each for each in found if len(set(each)) > 4)


def texts(text: str) -> Iterator[str]:
    """The text as it stands, as a page shows it, and what is packed in it."""
    yield text
    yield html.unescape(text)
    for blob in re.findall(r"[A-Za-z0-9+/]{24,}", text):
        data = base64.b64decode(blob[: len(blob) // 4 * 4])
        yield data.decode("latin-1")
        if data[:2] == b"\x1f\x8b":
            yield gzip.decompress(data).decode("latin-1")


def long_numbers(text: str) -> set[str]:
    """Every number of at least four digits, its point and zeros before and after left out."""
    found = re.findall(r"\d[\d._]*", text)
    plain = (re.sub(r"\D", "", each).strip("0") for each in found)
    return {each for each in plain if len(each) >= 4}


def hits(text: str, innocent: str) -> list[str]:
    """What in ``text`` should not be there: nothing of it is in ``innocent``."""
    found, known = [], long_numbers("\n".join(texts(innocent)))
    for each in texts(text):
        found += sorted(long_numbers(each) - known)
        low = each.lower()
        found += [needle for needle in needles() if needle in low or needle[::-1] in low]
    return found


def without(text: str, said: list[str]) -> str:
    """Leave out what demonstration examples say of exceptions, however a place escapes it."""
    while (plain := html.unescape(text)) != text:  # a place may escape twice
        text = plain
    for each in said:
        for line in filter(None, [each, *each.splitlines()]):
            inside = json.dumps(line, ensure_ascii=False)[1:-1]
            for form in (line, inside, json.dumps(line)[1:-1]):
                text = text.replace(form, " ")
    return text


def says(text: str, said: list[str]) -> bool:
    """Whether the word of the samples stands in a text, either way round, outside of ``said``."""
    low = without(text, said).lower()
    return WORD in low or WORD[::-1] in low


def leaks(graded: Graded, student: str) -> dict[str, list[str]]:
    """Where something of what a student was asked with can be seen, and what.

    Demonstration examples and their picture may be shown with all their numbers, and with the words of
    an exception: a worker that never had a hidden input answered it. Hidden inputs are looked for in
    them all the same.
    """
    innocent = dict(graded.seen(QUIET))
    cards = graded.grades[student].cards
    shown = "\n".join(f"{card.example}\n{card.analogue}\n{card.picture}" for card in cards)
    said = [card.example.raised for card in cards if card.example]
    found = {}
    for place, text in graded.seen(student):
        known = f"{innocent[place]}\n{shown}"
        told = hits(text, known)
        if WORD in told and not any(says(each, said) for each in texts(text)):
            told = [each for each in told if each != WORD]
        found[place] = told
    return {place: told for place, told in found.items() if told}


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Graded:
    """The whole class."""
    return once(
        tmp_path_factory, "leaks", lambda: Graded(tmp_path_factory.mktemp("leaks"), submissions())
    )


def test_there_are_enough() -> None:
    """At least forty ways of telling, and inputs to look for."""
    assert len(LEAKS) >= 40
    assert len(needles()) > 500
    assert len(hidden()) > 50


@pytest.mark.parametrize("student", submissions())
def test_nothing_leaks(graded: Graded, student: str) -> None:
    """No number of the inputs, nor a word of the submission, anywhere a student looks."""
    assert graded.grades[student].status == "graded"
    assert leaks(graded, student) == {}


def test_what_they_tell_is_there_to_be_told(graded: Graded) -> None:
    """The instructor's part of what is scanned holds the very things that are looked for."""
    told = {
        student
        for student, grade in graded.grades.items()
        if hits(str([grade.instructor, *(o.instructor for o in grade.outcomes)]), "")
    }
    assert len(told) >= 30


# --- the scan itself: with one filter switched off, it finds what that one holds back --------------

FILTERS = {
    "numbers of two digits": ("small offset", [
        ("checks/compare.py", """f"{float(f'{number:.2g}'):g}\"""", 'f"{number:.9g}"'),
    ]),
    "shapes of known sizes": ("shape", [
        ("checks/compare.py", "if len(got) > 4 or not set(got) <= known:", "if False:"),
    ]),
    "no text of exceptions": ("raise repr", [
        ("sandbox/student.py", "{function} raised {_article", "{text} {_article"),
    ]),
    "no names but those of built-in exceptions": ("class name", [
        ("sandbox/guest/program.py", 'return ["", *kinds]', "return [kind.__name__]"),
        ("sandbox/student.py", "if name else _kind_of(kinds)", "if name else kinds[0]"),
    ]),
    "no lines far down": ("lines of the file", [
        ("sandbox/student.py", "FAR: Final = 999", "FAR: Final = 99999"),
    ]),
    "nothing of the instructor's in the gradebook": ("print", [
        ("results/tables.py", 'entry["instructor"] = dict(grade', 'entry["staff"] = dict(grade'),
    ]),
}  # fmt: skip
"""What holds something back, who tells it, and how that one filter alone is switched off."""


@pytest.mark.parametrize("name", FILTERS)
def test_without_a_filter_it_leaks(tmp_path: Path, name: str) -> None:
    """In a copy of the grader that lacks this one filter, the scan has hits."""
    student, swaps = FILTERS[name]
    course = copied(tmp_path / "course")
    for file, there, without in swaps:
        module = course / "grader" / file
        text = module.read_text(encoding="utf-8")
        assert text.count(there) == 1
        module.write_text(text.replace(there, without), encoding="utf-8")
    everyone = submissions()
    leaky = Graded(tmp_path, {each: everyone[each] for each in (QUIET, student)}, course)
    assert leaks(leaky, student)


def test_times_are_told_in_two_digits(graded: Graded, monkeypatch: pytest.MonkeyPatch) -> None:
    """An LMS that is told the time to the millisecond can be told four digits by taking it."""
    grade = graded.grades["seconds"]
    outcomes = [replace(each, seconds=1.2347) for each in grade.outcomes]
    timed = replace(grade, seconds=sum(each.seconds for each in outcomes), outcomes=outcomes)

    def told() -> dict[str, list[str]]:
        plain = dict(handed_over(grade, graded.assignment))
        found = {
            place: hits(text, plain[place]) for place, text in handed_over(timed, graded.assignment)
        }
        return {place: each for place, each in found.items() if each}

    assert told() == {}
    systems = {"github", "gitlab", "gradescope"}
    for system in systems:
        monkeypatch.setattr(f"grader.lms.jobs.{system}.seconds", float)
    assert set(told()) == systems


def test_times_in_the_gradebook_have_two_digits(graded: Graded) -> None:
    """Nor can grades.json be told more; the store keeps what was measured."""
    document = json.loads((graded.out / "grades.json").read_bytes())
    rows = [row for entry in document["submissions"] for row in (entry, *entry["checks"])]
    assert all(row["seconds"] == float(f"{row['seconds']:.2g}") for row in rows)
    measured = [o.seconds for grade in graded.grades.values() for o in grade.outcomes]
    assert any(one != float(f"{one:.2g}") for one in measured)


def copied(course: Path) -> Path:
    """The course and the grader, to be changed."""
    for part in (
        "grader",
        f"reference/{EXERCISE}",
        f"tests/hidden/{EXERCISE}",
        f"exercises/{EXERCISE}",
    ):
        shutil.copytree(ROOT / part, course / part, ignore=shutil.ignore_patterns("__pycache__"))
    text = f"title: Leaks\ntimezone: UTC\nassignments:\n  - name: {EXERCISE}\n    title: Network\n"
    (course / "assignments.yaml").write_text(text, encoding="utf-8")
    return course
