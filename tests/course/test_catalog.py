"""assignments.yaml: what it says is read as meant; what cannot be meant is refused by line."""

from __future__ import annotations

import pickle
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from places import ROOT

from grader.course.assignment import Assignment, Course, Late, SpeedLimit, Step
from grader.course.catalog import FILE, CatalogError, find_course, load
from grader.model import Limits

HEAD = "title: Networks\nassignments:\n  - name: relu\n    title: ReLU\n"
ZONED = HEAD.replace("assignments", "timezone: Europe/Berlin\nassignments")


def exercise(folder: Path, name: str, source: str = "def relu(z):\n    return z\n") -> None:
    """The files that an assignment must have."""
    (folder / "reference" / name).mkdir(parents=True)
    (folder / "reference" / name / "solution.py").write_text(source)
    (folder / "tests" / "hidden" / name).mkdir(parents=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A course folder with one exercise and no assignments.yaml yet."""
    exercise(tmp_path, "relu")
    return tmp_path


def loaded(folder: Path, text: str | bytes) -> Course:
    """The course that the text says."""
    data = text if isinstance(text, bytes) else text.encode()
    (folder / FILE).write_bytes(data)
    return load(folder)


def refusal(folder: Path, text: str | bytes) -> str:
    """What `load` says against the text: one line."""
    with pytest.raises(CatalogError) as caught:
        loaded(folder, text)
    assert str(caught.value).isprintable()
    return str(caught.value)


def entry(folder: Path, lines: str, head: str = ZONED) -> Assignment:
    """The first assignment, with lines of its own."""
    (found, *_) = loaded(folder, f"{head}    {lines}\n").assignments
    return found


# --- what is read -------------------------------------------------------------------------------


def test_the_shortest_entry_has_the_defaults(folder: Path) -> None:
    course = loaded(folder, HEAD)
    assert Course(folder.resolve(), "Networks", None, (Assignment("relu", "ReLU"),)) == course
    (relu,) = course.assignments
    assert (100.0, "numpy", (), Limits(), {}, None) == (
        relu.points, relu.runtime, relu.imports, relu.limits, relu.speed, relu.due
    )  # fmt: skip


def test_an_entry_with_everything(folder: Path) -> None:
    text = """\
points: 40.5
    runtime: torch
    imports: [torch, scipy]
    limits: {call_cpu: 5, memory_mb: 2048}
    speed: {relu: {ratio: 100, points: 5}}
    due: 2026-12-01 23:59
    grace: 15 min
    late: {per_day: 10, at_most: 50, cut_off: 7 days}
    attempts: best
    lms: {canvas: {course: 12, assignment: "34"}, blackboard: {column: 0123}}"""
    expected = Assignment(
        name="relu",
        title="ReLU",
        points=40.5,
        scaled=True,
        runtime="torch",
        imports=("torch", "scipy"),
        limits=Limits(call_cpu=5.0, memory_mb=2048),
        speed={"relu": SpeedLimit(100.0, 5.0)},
        due=datetime(2026, 12, 1, 23, 59, tzinfo=ZoneInfo("Europe/Berlin"), fold=1),
        zone=ZoneInfo("Europe/Berlin"),
        grace=timedelta(minutes=15),
        late=Late(10.0, 50.0, timedelta(days=7)),
        attempts="best",
        lms={"canvas": {"course": 12, "assignment": "34"}, "blackboard": {"column": "0123"}},
    )
    assert expected == entry(folder, text)


def test_a_course_travels_between_processes(folder: Path) -> None:
    """Grading processes and machines get it pickled."""
    course = loaded(folder, f"{ZONED}    due: 2026-12-01\n    lms: {{canvas: {{course: 1}}}}\n")
    assert course == pickle.loads(pickle.dumps(course))  # noqa: S301  # our own bytes


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-12-01T23:59+01:00", "2026-12-01T22:59"),
        ("2026-12-01 23:59:30 Z", "2026-12-01T23:59:30"),
        ("2026-12-01 23:59", "2026-12-01T22:59"),
        ("2026-07-01", "2026-07-01T21:59"),
        ("'2026-07-01'", "2026-07-01T21:59"),
        ("2026-10-25 02:30", "2026-10-25T01:30"),
    ],
)
def test_dates_without_a_zone_are_in_the_course_s(folder: Path, text: str, utc: str) -> None:
    """A day alone ends at 23:59; an hour that comes twice is the later one."""
    due = entry(folder, f"due: {text}").due
    assert due is not None
    assert datetime.fromisoformat(utc).replace(tzinfo=UTC) == due.astimezone(UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90 s", 90), ("1 h 30 min", 5400), ("0 min", 0), ("2 days", 172800), ("1.5h", 5400)],
)
def test_lengths_of_time(folder: Path, text: str, seconds: int) -> None:
    assert timedelta(seconds=seconds) == entry(folder, f"grace: {text}").grace


def test_lateness_begins_after_the_grace_and_counts_from_the_due_date(folder: Path) -> None:
    relu = entry(folder, "due: 2026-12-01T12:00Z\n    grace: 15 min")
    noon = datetime(2026, 12, 1, 12, tzinfo=UTC)

    def late_by(minutes: int, due: datetime | None = None) -> timedelta:
        return relu.lateness((noon + timedelta(minutes=minutes)).isoformat(), due).late_by

    assert timedelta() == late_by(15)
    assert timedelta(minutes=16) == late_by(16)
    assert timedelta() == late_by(120, due=noon + timedelta(days=1))
    assert timedelta() == Assignment("x", "no due date").lateness(noon.isoformat()).late_by


@pytest.mark.parametrize(
    ("late", "hours", "percent"),
    [
        (Late(per_day=10), 0, 0),
        (Late(per_day=10), 24, 10),
        (Late(per_day=10), 24.01, 20),
        (Late(per_day=10), 1000, 100),
        (Late(per_day=10, at_most=30), 1000, 30),
        (Late(per_day=10, cut_off=timedelta(hours=48)), 48, 20),
        (Late(per_day=10, cut_off=timedelta(hours=48)), 48.01, 100),
        (Late(steps=(Step(timedelta(hours=1), 5), Step(timedelta(hours=9), 50))), 1, 0),
        (Late(steps=(Step(timedelta(hours=1), 5), Step(timedelta(hours=9), 50))), 9, 5),
        (Late(steps=(Step(timedelta(hours=1), 5), Step(timedelta(hours=9), 50))), 10, 50),
    ],
)
def test_what_lateness_costs(late: Late, hours: float, percent: float) -> None:
    assert percent == late.penalty(timedelta(hours=hours))


def test_an_assignment_by_name(folder: Path) -> None:
    course = loaded(folder, HEAD)
    assert course.assignments[0] is course.assignment("relu")
    with pytest.raises(CatalogError, match=r"^unknown assignment 'rela'; did you mean relu\?$"):
        course.assignment("rela")
    with pytest.raises(CatalogError, match="write one of: relu"):
        course.assignment("lstm_cell")


# --- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "line", "field", "fact", "instead"),
    [
        ("pionts: 5", 6, "pionts", "unknown key", "points"),
        ("points: 5\n    points: 6", 7, "points", "written twice", "it once"),
        ("points: -1", 6, "points", "'-1' is not a number", "100"),
        ("points: .inf", 6, "points", "'.inf' is not a number", "100"),
        ("points: .nan", 6, "points", "'.nan' is not a number", "100"),
        ("points: 1e999", 6, "points", "'1e999' is not a number", "100"),
        ("points: '5'", 6, "points", "'5' is not a number", "100 without quotes"),
        ("points:", 6, "points", "an empty value is not a number", "100"),
        ("points: [5]", 6, "points", "a list is not a number", "100"),
        ("points: yes", 6, "points", "'yes' is not a number", "100"),
        ("runtime: Torch", 6, "runtime", "'Torch' is not allowed", "torch"),
        ("attempts: [last]", 6, "attempts", "a list is not allowed", "last or best"),
        ("imports: scipy", 6, "imports", "'scipy' is not a list", "[scipy]"),
        ("imports: [scipy.special]", 6, "imports[0]", "is not a top-level module", "scipy"),
        ("imports: [torch]", 6, "imports", "torch needs its own runtime", "runtime: torch"),
        ("limits: {memory: 5}", 6, "limits.memory", "unknown key", "memory_mb"),
        ("limits: {memory_mb: 1.5}", 6, "limits.memory_mb", "is not a whole number", "a number"),
        ("limits: {total: 0}", 6, "limits.total", "'0' is not a number", "a number of seconds"),
        ("limits: 5", 6, "limits", "'5' is not a mapping", "call_cpu: ..."),
        ("speed: {rela: {ratio: 9, points: 5}}", 6, "speed.rela", "no function 'rela'", "relu"),
        ("speed: {relu: {ratio: 9}}", 6, "speed.relu", "points is missing", "points: ..."),
        ("speed: {relu: {ratio: 2000, points: 1}}", 6, "speed.relu.ratio", "is not a number", "100"),
        ("due: 2026-13-01", 6, "due", "'2026-13-01' is not a date", "2026-12-01T23:59+01:00"),
        ("due: 2026-02-29 12:00", 6, "due", "is not a date", "2026-12-01T23:59+01:00"),
        ("due: next week", 6, "due", "'next week' is not a date", "2026-12-01T23:59+01:00"),
        ("due: 2026-12-01T23:59+29:00", 6, "due", "is not a date", "2026-12-01T23:59+01:00"),
        ("due: 2027-03-28 02:30", 6, "due", "does not exist in Europe/Berlin", "an hour later"),
        ("grace: 15", 6, "grace", "'15' is not a length of time", "15 min"),
        ("grace: -1 h", 6, "grace", "'-1 h' is not a length of time", "15 min"),
        ("grace: 900 days", 6, "grace", "is over a year", "a shorter time"),
        ("late: 10", 6, "late", "'10' is not a mapping", "per_day: ..."),
        ("late: {}", 6, "late", "needs per_day, steps or marked", "per_day: 10"),
        ("late: {per_day: 101}", 6, "late.per_day", "'101' is not a number", "a percentage without a sign"),
        ("late: {cut_off: 1 h, at_most: 5}", 6, "late.at_most", "needs per_day", "per_day: 10"),
        ("late: {steps: []}", 6, "late.steps", "no steps", "[{after: 0 min"),
        ("late: {steps: [{after: 2 h}]}", 6, "late.steps[0]", "lose is missing", "lose: ..."),
        (
            "late:\n      steps:\n      - {after: 2 h, lose: 5}\n      - {after: 1 h, lose: 9}",
            7, "late.steps", "steps are out of order", "them by growing",
        ),
        ("lms: {canvs: {course: 12}}", 6, "lms.canvs", "unknown key", "canvas"),
        ("lms: {canvas: {corse: 12}}", 6, "lms.canvas.corse", "unknown key", "course"),
        ("lms: {lti: {tool: 7}}", 6, "lms.lti", "unknown key", "one of: blackboard"),
        ("lms: {gradescope: {visibility: published}}", 6, "lms.gradescope.visibility",
         "'published' is not allowed", "after_published"),
        ("lms: {canvas: {course: []}}", 6, "lms.canvas.course", "a list is not a number", "what"),
        ("points: 5\n  - name: relu\n    title: Again", 7, "name", "'relu' is the name", "another"),
        ("points: 5\n  - title: Again", 7, "", "name is missing", "name: ..."),
        ("points: 5\n  - sigmoid", 7, "", "'sigmoid' is not a mapping", "name: ..., title: ..."),
        ("points: 5\n  - name: rel\n    title: T", 7, "name", "solution.py is missing", "relu"),
        ("points: 5\n  - name: Ex-2\n    title: T", 7, "name", "'Ex-2' is not a valid name", "lower-case"),
        ("points: 5\n  - name: ../x\n    title: T", 7, "name", "'../x' is not a valid name", "lower-case"),
        ("<<: {points: 5}", 6, "<<", "unknown key", "one of: name"),
        ("? [points]\n    : 5", 6, "", "a key that is not a word", "key: value"),
    ],
)  # fmt: skip
def test_an_entry_is_refused_by_line_and_field(
    folder: Path, lines: str, line: int, field: str, fact: str, instead: str
) -> None:
    """And the error says what to write instead."""
    said = refusal(folder, f"{ZONED}    {lines}\n")
    number = int("\n  - " in lines)
    where, _, rest = said.removeprefix(f"{FILE}:").partition(": ")
    assert (str(line), f"assignments[{number}]{'.' if field else ''}{field}") == (
        where, rest.partition(": ")[0]
    )  # fmt: skip
    assert fact in rest
    assert f"; write {instead}" in rest


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "1: the file is empty; write `title:` and `assignments:`"),
        ("[]", "1: a list is not a mapping; write title: ..., assignments: ..."),
        ("title: T", "1: assignments is missing; write assignments: ..."),
        ("titel: T", "1: titel: unknown key; write title"),
        ("title: 5\n", "1: title: '5' is not text; write \"5\" in quotes"),
        ("title: no\n", "1: title: 'no' is not text; write \"no\" in quotes"),
        ("title: T\nassignments:\n", "2: assignments: an empty value is not a list; write []"),
        (
            "timezone: Europe/Belin\n",
            "1: timezone: 'Europe/Belin' is not a time zone; write Europe/",
        ),
        (
            "timezone: ../../etc/passwd\n",
            "1: timezone: '../../etc/passwd' is not a time zone; write ",
        ),
    ],
)
def test_the_course_is_refused_by_line_and_field(folder: Path, text: str, said: str) -> None:
    others = {"title": "title: T\n", "assignments": "assignments: []\n"}
    if text.endswith("\n"):
        text += "".join(each for key, each in others.items() if key not in text)
    assert f"{FILE}:{said}" in refusal(folder, text)


@pytest.mark.parametrize(
    ("lines", "line", "said"),
    [
        ("\tpoints: 5", 5, "a tab; write spaces"),
        ("title2: a: b", 5, 'a colon where none is allowed; write text with a colon in "quotes"'),
        ("points: 'five", 5, "a quote that is not closed; write the closing quote"),
        ("points: @5", 5, 'a character with a special meaning in YAML; write the text in "quotes"'),
        ("points\n    imports: []", 6, "a line that is not `key: value`; write key: value"),
        ("points: 5\n---\n", 6, "a second document (`---`); write one document"),
        ("points: &five 5", 5, "an anchor or alias (`&` or `*`)"),
        ("points: *five", 5, "an anchor or alias (`&` or `*`)"),
        (f"points: {'[' * 1000}", 5, "nested too deeply"),
        ('title2: "\\UFFFFFFFF"', 5, "an impossible escape or number; write text"),
        ("points: \x07", 5, "a control character; write text without it"),
    ],
)
def test_what_is_no_yaml_is_refused_by_line(folder: Path, lines: str, line: int, said: str) -> None:
    assert refusal(folder, f"{HEAD}    {lines}\n").startswith(f"{FILE}:{line}: {said}")


def test_a_billion_laughs_are_refused_at_the_first(folder: Path) -> None:
    levels = pairwise("abcdefghi")
    bomb = "a: &a [x, x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in levels)
    assert refusal(folder, bomb).startswith(f"{FILE}:1: an anchor or alias")


def test_what_is_no_utf8_is_refused_by_line(folder: Path) -> None:
    said = refusal(folder, HEAD.encode() + b"    # f\xfcr\n")
    assert f"{FILE}:5: not UTF-8; save the file as UTF-8" == said
    assert "not UTF-8" in refusal(folder, HEAD.encode("utf-16"))


def test_a_byte_order_mark_and_dos_lines_are_read(folder: Path) -> None:
    assert loaded(folder, HEAD) == loaded(folder, HEAD.replace("\n", "\r\n").encode("utf-8-sig"))


def test_a_large_file_is_refused(folder: Path) -> None:
    assert "over 1 MiB" in refusal(folder, HEAD + "#" * 1024 * 1024)


def test_a_date_needs_a_zone_from_somewhere(folder: Path) -> None:
    said = refusal(folder, f"{HEAD}    due: 2026-12-01\n")
    assert f"{FILE}:5: assignments[0].due: '2026-12-01' has no time zone" in said
    assert "write 2026-12-01T23:59+01:00, or timezone: Europe/Berlin" in said


def test_hidden_tests_must_be_there(folder: Path) -> None:
    (folder / "tests" / "hidden" / "relu").rmdir()
    said = f"{FILE}:3: assignments[0].name: tests/hidden/relu/ is missing; write hidden tests"
    assert refusal(folder, HEAD).startswith(said)


def test_no_file_no_course(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match=r"contains no assignments\.yaml; write one with"):
        load(tmp_path)
    (tmp_path / FILE).mkdir()
    with pytest.raises(CatalogError, match="cannot be read"):
        load(tmp_path)


FIXTURE_KEPT = [HealthCheck.function_scoped_fixture]  # each example overwrites the file


@settings(max_examples=200, deadline=None, suppress_health_check=FIXTURE_KEPT)
@given(st.one_of(st.binary(max_size=60), st.text("-:?&*!%@'\"[]{}|>#,.\\\n\t <=~aU019é\u2028")))
def test_any_text_is_a_course_or_one_line(folder: Path, text: str | bytes) -> None:
    """No exception but its own, whatever the file holds."""
    data = text if isinstance(text, bytes) else text.encode()
    (folder / FILE).write_bytes(HEAD.encode() + b"    points: " + data)
    said = ""
    try:
        load(folder)
    except CatalogError as error:
        said = str(error)
    assert said.isprintable()


# --- finding ------------------------------------------------------------------------------------


def test_the_course_is_found_from_below(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GRADER_COURSE", raising=False)
    (folder / FILE).write_text(HEAD)
    assert folder.resolve() == find_course(folder / "reference" / "relu")
    assert folder.resolve() == find_course(folder)


def test_where_no_course_is_the_error_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GRADER_COURSE", raising=False)
    with pytest.raises(CatalogError, match="set GRADER_COURSE to it"):
        find_course(tmp_path)


def test_the_environment_names_the_course(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (folder / FILE).write_text(HEAD)
    monkeypatch.setenv("GRADER_COURSE", str(folder))
    assert folder.resolve() == find_course(elsewhere)
    monkeypatch.setenv("GRADER_COURSE", str(elsewhere))
    with pytest.raises(CatalogError, match=r"^GRADER_COURSE=.* contains no assignments\.yaml"):
        find_course(folder)


def test_our_own_course_loads() -> None:
    assert {"computation_graph", "two_layer_network"} <= {a.name for a in load(ROOT).assignments}


def test_the_examples_in_the_course_s_comments_are_right(folder: Path) -> None:
    """What assignments.yaml shows under 'Everything an entry may say' can be written so."""
    text = (ROOT / FILE).read_text(encoding="utf-8").partition("Everything an entry may say")[2]
    shown = [line.removeprefix("#   ") for line in text.splitlines() if line.startswith("#   ")]
    lines = "\n    ".join(line for line in shown if not line.startswith(" "))
    keys = {line.partition(":")[0] for line in lines.replace("    ", "").splitlines()}
    assert {f for f in Assignment.__slots__ if f not in ("name", "title", "scaled", "zone")} == keys
    for file in ("network.py", "data.py"):
        (folder / "reference" / "relu" / file).write_text("def backward():\n    pass\n")
    assert timedelta(days=7) == entry(folder, lines).late.cut_off  # type: ignore[union-attr]


def test_it_imports_fast_and_nothing_big() -> None:
    """Every command reads the course: numpy, pytest and nbformat have no business here."""
    script = "import sys, grader.course.catalog; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)
    assert {"numpy", "nbformat", "pytest", "difflib"}.isdisjoint(run.stdout.split())
