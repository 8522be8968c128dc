"""The pages and plots as values: what is in them, what never is, and that the numbers are right."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import os
import re
import statistics as plain
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from grader.course.assignment import Assignment
from grader.model import Grade, Outcome, Submission
from grader.results import cards, class_report, feedback
from grader.results import class_figures as statistics
from grader.results.store import Run
from grader.text import visible, visible_line

RUN = Run("two_layer_network", 17, 10.0, "f00d", ("uid", "seccomp"), "plain", {"grader": "0.1.0"})
DUE = datetime(2026, 11, 20, 22, 59, tzinfo=UTC)
ASSIGNMENT = Assignment("two_layer_network", "Two-layer network", points=10.0, due=DUE)
HOSTILE = (
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' autofocus onfocus='alert(1)",
    "<!-- <title> --> ]]> {{ 7 * 7 }} {% raw %}",
    "right\u202eto\u2066left\u200f",
    "\x00\x1b[31mred\x07\x7f\x9b",
    "line\u2028paragraph\u2029",
    "\ud800 lone",
    "javascript:alert(1)",
    "z" * 100_000,
)
CONTROLS = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066\u2067\u2028\u2029]"
)


def passed(name="relu", points=2.0, **more):
    return Outcome(f"test_a.py::test_{name}", f"{name} is right", "passed", points, points,
                   seconds=0.01, **more)  # fmt: skip


def failed(name="z1", points=0.0, most=4.0, message="z1: wrong values", **more):
    return Outcome(f"test_b.py::test_{name}", f"{name} is right", "failed", points, most, message,
                   seconds=0.01, **more)  # fmt: skip


def unknown(name="W1"):
    return Outcome(f"test_b.py::test_{name}", f"{name} is right", "error", 0.0, 4.0, "not judged",
                   instructor={"traceback": "OSError: disk full"}, seconds=0.01)  # fmt: skip


def grade(*outcomes, student="ada", message="", seconds=0.1, **known):
    submission = Submission(student, f"{student}/two_layer_network.py", **known)
    return Grade(submission, 10.0, outcomes, message, seconds)


def feedback_page(made):
    return feedback.render(RUN, ASSIGNMENT, made).decode()


def report_page(grades, links=None):
    links = {g.submission.student: feedback.file_name(g.submission.student) for g in grades}
    return class_report.render(RUN, ASSIGNMENT, grades, links).decode()


def embedded(text):
    """The data that the report's script reads."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    return json.loads(found[1])


class Skeleton(HTMLParser):
    """A page without its text: the elements, and the names of their attributes."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.texts = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, tuple(name for name, _ in attrs)))

    def handle_data(self, data):
        self.texts.append(data)


# --- the feedback page ------------------------------------------------------------------------


def test_a_student_reads_score_verdicts_points_messages_hints_and_what_to_do():
    made = grade(
        passed(), failed(points=3.2, mistake="mask", hint="Which unit is `silent`?", more="Think."),
        failed("W1", message="W1: transposed"),
    )  # fmt: skip
    text = feedback_page(made)
    for part in ("5.2", "of 10 points", "1 passed", "1 partial", "1 failed", "z1: wrong values",
                 "Which unit is <code>silent</code>?", "W1: transposed", "0.8 points lost",
                 "grader check two_layer_network.py"):  # fmt: skip
        assert part in text
    assert re.search(
        r"<details class=\"more\"><summary>Something to try</summary><p>Think.</p>", text
    )


def test_what_fails_with_the_words_of_a_known_mistake_is_put_to_it():
    """An exception that ends several checks is one thing to fix, named or not where it is met."""
    raised = {"message": "forward raised a ValueError, line 41"}
    named = failed("forward", **raised, mistake="turned", hint="Which?", more="Think.")
    [one, other] = cards.entries(grade(failed("first", **raised), named, failed("W1")))
    assert ([o.id for o in one.checks], one.question) == (
        ["test_b.py::test_first", "test_b.py::test_forward"], "Which?",
    )  # fmt: skip
    assert (len(other.checks), other.question) == (1, "")


def test_failed_checks_stand_first_and_those_of_one_mistake_together():
    mask = {"mistake": "mask", "hint": "Which?", "more": "Think."}
    made = grade(passed(), failed("z1", **mask), failed("b1", message="b1"), failed("W1", **mask))
    text = feedback_page(made)
    assert text.count("Which?") == 1
    places = [text.index(f"{name} is right") for name in ("z1", "W1", "b1", "relu")]
    assert places == sorted(places)


def test_checks_that_fail_for_one_reason_are_told_it_once():
    why = "your file is not valid Python (line 1):\n  def (:"
    outcomes = [failed(f"n{i}", message=why) for i in range(9)]
    text = feedback_page(grade(*outcomes, message=why))
    assert text.count("not valid Python") == 1
    heading = text.index("Your file is not valid Python (line 1)</h3>")
    assert heading < text.index("def (:") < text.index("9 checks")
    assert "36 points lost" in text


def test_what_could_not_be_judged_is_no_zero():
    text = feedback_page(grade(passed(), unknown()))
    assert "No score yet" in text
    assert "not your fault" in text
    assert "0 of 10" not in text
    bare = Grade(Submission("ada", "", error="two files"), 10.0, (), "two files: a.py, b.py")
    assert "two files: a.py, b.py" in feedback_page(bare)


def test_all_right_is_said_and_nothing_is_to_be_done():
    text = feedback_page(grade(passed(points=10.0)))
    assert "Everything is correct" in text
    assert "What to fix" not in text


def test_nothing_of_the_instructor_is_in_it():
    """And the same values elsewhere are, so that this test would see them."""
    secret = {"traceback": "HUSH", "output": "HUSH", "inputs": {"HUSH": ["HUSH"]}}
    outcomes = [replace(o, instructor=secret) for o in (passed(), failed(), unknown())]
    made = replace(grade(*outcomes), instructor=secret)
    assert "HUSH" not in feedback_page(made)
    assert "HUSH" in feedback_page(replace(made, message="HUSH"))


def test_a_remark_on_a_passed_check_is_shown():
    assert "see &#39;vectorisation&#39;" in feedback_page(
        grade(passed(message="see 'vectorisation'"))
    )


# --- text that means harm ---------------------------------------------------------------------


def everywhere(text):
    """A grade with ``text`` wherever a student's can be."""
    known = {"name": text, "email": text, "sid": text, "group": text, "submitted_at": text}
    outcomes = (passed(), failed(message=text), replace(unknown(), instructor={"traceback": text}))
    made = grade(*outcomes, student=text, message=text, **known)
    return replace(made, submission=replace(made.submission, file=f"{text}.ipynb"))


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_stays_text(text):
    """The page has the elements and attributes that it has for a harmless text, and no others."""
    for render in (feedback_page, lambda made: report_page([made])):
        got = render(everywhere(text))
        assert Skeleton(got).tags == Skeleton(render(everywhere("harmless"))).tags
        assert not CONTROLS.search(got)
        assert len(got) < 150_000


def test_markup_that_got_through_would_be_seen():
    """The comparison above can fail."""
    got = feedback_page(everywhere("harmless"))
    broken = got.replace("harmless", "<b onclick=x>", 2)
    assert Skeleton(broken).tags != Skeleton(got).tags


def test_hostile_text_is_still_to_be_read():
    assert "<script>alert(1)</script>" in "".join(
        Skeleton(feedback_page(everywhere(HOSTILE[0]))).texts
    )
    assert embedded(report_page([everywhere(HOSTILE[0])]))["name"] == [HOSTILE[0]]
    assert "right⟨U+202E⟩to⟨U+2066⟩left⟨U+200F⟩" in feedback_page(everywhere(HOSTILE[4]))
    assert "␀␛[31mred␇␡⟨U+009B⟩" in feedback_page(everywhere(HOSTILE[5]))


@given(st.text(st.characters(exclude_categories=()), max_size=60))
def test_any_text_can_be_shown_and_encoded(text):
    assert not CONTROLS.search(visible(text).replace("\n", ""))
    visible(text).encode()
    assert "\n" not in visible_line(text)


def test_names_are_kept_apart_from_the_text_around_them():
    """By elements in the page; by characters where there can be none."""
    text = feedback_page(grade(passed(), name="אבג"))
    assert "<bdi>אבג</bdi>" in text
    assert "<title>Two-layer network: feedback for \u2068אבג\u2069</title>" in text


@pytest.mark.parametrize("render", [feedback_page, lambda made: report_page([made])])
def test_the_policy_lets_run_what_the_page_was_made_with_and_nothing_else(render):
    text = render(grade(passed(), failed()))
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1].replace("&#39;", "'")
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        for body in re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL):
            digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
            assert f"{tag}-src 'sha256-{digest}'" in policy
    attributes = {name for _, names in Skeleton(text).tags for name in names}
    assert not [name for name in attributes if name == "style" or name.startswith("on")]
    assert re.findall(r"https?://[^\s\"]*", text.replace("http://www.w3.org/2000/svg", "")) == []


def test_rendering_is_pure():
    made = grade(passed(), failed())
    assert feedback_page(made) == feedback_page(made)
    assert report_page([made]) == report_page([made])


# --- names of files ---------------------------------------------------------------------------


@given(
    st.lists(st.text(st.characters(exclude_categories=())), min_size=2, max_size=20, unique=True)
)
@example(
    ["ada", "Ada", "ADA", "ａda", "a/da", "../ada", "ada ", "ada\0", "con", "nul.x", ".", "..", ""]
)
@example(["é", "e\u0301", "\ud800", "\udfff", "a" * 5000, "a" * 5001, "-rf", "~", "%2e%2e", "a\\b"])
def test_file_names_are_safe_and_never_the_same(students):
    """Where the case of letters makes no difference, either; and a name of ours is no other's."""
    names = [feedback.file_name(student) for student in students]
    assert len({name.casefold() for name in names}) == len(students)
    for name in names:
        assert re.fullmatch(r"[a-z0-9][a-z0-9._@+~-]{0,90}\.html", name)
        assert not re.match(r"(con|nul|aux|prn|com\d|lpt\d)\.", name)
        assert feedback.file_name(name.removesuffix(".html")) == name or "~" in name


def test_plain_ids_stay_readable():
    assert feedback.file_name("1234567") == "1234567.html"
    assert feedback.file_name("a.turing@example.org") == "a.turing@example.org.html"


# --- compiled templates -----------------------------------------------------------------------

COMPILES = "from grader.results import page; page._environment().get_template('feedback.html')"
CANNOT = "from jinja2 import Environment; Environment.compile = None; "


def compiled(caches, code):
    environment = {**os.environ, "XDG_CACHE_HOME": str(caches)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, stderr=subprocess.DEVNULL)
    return done.returncode == 0


def test_templates_are_compiled_once(tmp_path):
    """And as often as needed where they cannot be kept, or were damaged."""
    assert not compiled(tmp_path, CANNOT + COMPILES)
    assert compiled(tmp_path, COMPILES)
    assert compiled(tmp_path, CANNOT + COMPILES)
    kept = list(tmp_path.rglob("*.cache"))
    assert [file.stat().st_mode & 0o77 for file in kept] == [0] * len(kept) != []
    for file in kept:
        file.write_bytes(file.read_bytes()[:-40])
    assert not compiled(tmp_path, CANNOT + COMPILES)
    assert compiled(tmp_path, COMPILES)
    assert compiled(os.devnull, COMPILES)


# --- figures ----------------------------------------------------------------------------------


def by_definition(verdicts, rest):
    """(M1 - M0) / s * sqrt(p q), as textbooks have it."""
    won = [score for verdict, score in zip(verdicts, rest, strict=True) if verdict]
    lost = [score for verdict, score in zip(verdicts, rest, strict=True) if not verdict]
    share = len(won) / len(rest)
    spread = plain.pstdev(rest)
    return (plain.mean(won) - plain.mean(lost)) / spread * math.sqrt(share * (1 - share))


def class_of(*rows):
    """A class from rows of points of checks worth 1 each."""
    return [
        grade(
            *(check_of(place, float(points)) for place, points in enumerate(row)), student=f"s{n}"
        )
        for n, row in enumerate(rows)
    ]


def check_of(place, points):
    status = "passed" if points == 1 else "failed"
    return Outcome(f"test_c.py::test_{place}", "A check", status, points, 1.0, seconds=0.01)


def test_difficulty_and_discrimination_are_what_they_are_defined_to_be():
    rng = np.random.default_rng(3)
    rows = rng.choice([0, 0.8, 1], (40, 5))
    found = statistics.checks(class_of(*rows))
    for place, check in enumerate(found):
        verdicts = rows[:, place] == 1
        rest = rows.sum(axis=1) - rows[:, place]
        assert check.difficulty == verdicts.mean()
        assert check.discrimination == pytest.approx(by_definition(verdicts, list(rest)))
        assert (check.passed, check.partial, check.failed) == tuple(
            int((rows[:, place] == points).sum()) for points in (1, 0.8, 0)
        )


def test_a_check_that_all_pass_tells_nobody_apart():
    check = statistics.checks(class_of([1, 0], [1, 1], [1, 0.5]))[0]
    assert (check.difficulty, check.discrimination) == (1.0, None)


def test_a_check_that_the_good_fail_is_flagged():
    rows = [[1, 1, 1, 0]] * 16 + [[0, 0, 0, 1]] * 16
    flags = [check.flags for check in statistics.checks(class_of(*rows))]
    assert flags[3] == ("strong students fail it more often than weak ones",)
    few = statistics.checks(class_of(*rows[14:18]))
    assert few[3].flags == ()


def test_a_check_that_hardly_anybody_passes_is_flagged_if_they_do_well():
    good, weak = [[1, 1, 1, 0]] * 30, [[0, 0, 1, 0]] * 30
    assert statistics.checks(class_of(*good))[3].flags == (
        "no student passes, though they earn 100 % of all other points",
    )
    assert statistics.checks(class_of(*weak))[3].flags == ()
    assert statistics.checks(class_of(*good, [1, 1, 1, 1]))[3].flags[-1].startswith("hardly any")


def test_a_fair_check_is_not_flagged_by_chance_more_often_than_it_may():
    """Checks that have nothing to do with one another: 5 % by the rule, 10 % with much bad luck."""
    rng = np.random.default_rng(0)
    flagged = [bool(check.flags) for _ in range(20)
               for check in statistics.checks(class_of(*rng.integers(0, 2, (60, 8))))]  # fmt: skip
    assert 0 < sum(flagged) <= 0.1 * len(flagged)


def test_submissions_in_which_nothing_ran_do_not_count_for_checks():
    rows = class_of([1, 0], [0, 1], [1, 1])
    blank = grade(*(replace(o, status="failed", points=0.0, seconds=0.0) for o in rows[0].outcomes))
    assert statistics.checks([*rows, blank]) == statistics.checks(rows)
    assert statistics.notes(ASSIGNMENT, blank) == ["blank"]
    assert statistics.checks([blank])[0].difficulty is None


def test_what_could_not_be_judged_counts_for_nothing():
    rows = class_of([1, 0], [0, 1], [1, 1])
    odd = replace(rows[0], outcomes=(replace(rows[0].outcomes[0], status="error", points=0.0),))
    check = statistics.checks([*rows[1:], odd])[0]
    assert (check.judged, check.unknown, check.difficulty) == (2, 1, 0.5)
    assert statistics.scores([odd]) is None


@pytest.mark.parametrize(
    ("cause", "trace", "note"),
    [
        ("pipe", "", "attack"),
        ("crashed", "", "crashed"),
        ("overran", "", "hung"),
        ("raised", "x\nPermissionError: [Errno 1] no", "forbidden"),
    ],
)
def test_what_is_to_be_looked_at_is_noted(cause, trace, note):
    made = grade(passed(), failed(cause=cause, instructor={"traceback": trace}))
    assert statistics.notes(ASSIGNMENT, made) == [note]
    assert f'data-filter=\'{{"note":"{note}"}}\'' in report_page([made])


def test_late_is_by_the_due_date_and_its_grace():
    def handed_in(text):
        return statistics.late_by(replace(ASSIGNMENT, grace=timedelta(minutes=10)),
                                  grade(submitted_at=text))  # fmt: skip

    assert handed_in("2026-11-20T23:05:00+00:00") == timedelta()
    assert handed_in("2026-11-21T00:59:00+01:00") == timedelta(hours=1)
    assert handed_in("2026-11-21T22:59:00") == timedelta(days=1)
    assert handed_in("yesterday") == timedelta()


def test_full_marks_are_in_the_last_bin():
    grades = [grade(passed(points=points)) for points in (0.0, 9.9, 10.0, 12.0)]
    counts = [count for _, _, count in statistics.histogram(grades, 10.0)]
    assert (counts[0], counts[-1], sum(counts)) == (1, 3, 4)


# --- the class report -------------------------------------------------------------------------


def test_the_data_are_the_grades():
    grades = [
        grade(passed(), failed(points=3.2, mistake="mask", hint="?"), unknown(), student="ada"),
        grade(passed(), failed(), student="bob", name="Bob", sid="42"),
    ]
    data = embedded(report_page(grades))
    assert data["name"] == ["ada", "Bob"]
    assert data["href"] == ["ada.html", "bob.html"]
    assert data["score"] == [None, 2.0]
    assert data["verdicts"] == "P8E" + "P0-"
    assert data["made"] == [[0], [1]]
    assert data["also"] == ["", "42"]


def test_lists_of_special_ones_are_cut_and_lead_on():
    message = "your program crashed in the middle of this (SIGSEGV)"
    grades = [grade(failed(message=message, cause="crashed"), student=f"s{i}") for i in range(40)]
    text = report_page(grades)
    assert 'Crashed <span class="of">40</span>' in text
    assert f"The first {class_report.LISTED} are listed here." in text


def test_an_unfair_check_is_called_so_in_words():
    rows = [[1, 1, 1, 0]] * 16 + [[0, 0, 0, 1]] * 16
    text = report_page(class_of(*rows))
    assert "<strong>Possible problem with 1 check.</strong>" in text
    assert "strong students fail it more often than weak ones" in text


# --- plots ------------------------------------------------------------------------------------


def test_plots_are_files_that_come_out_the_same_and_name_nobody(tmp_path):
    from grader.results import plots

    grades = [
        grade(
            passed(), failed(mistake="mask", hint="?"), student="s3cret", name="S3cret", seconds=i
        )
        for i in range(12)
    ]
    first = plots.save(RUN, grades, tmp_path / "one")
    second = plots.save(RUN, grades, tmp_path / "two")
    names = ("scores", "checks", "mistakes", "heat-map")
    assert [path.name for path in first] == [
        f"{n}.{kind}" for n in names for kind in ("svg", "png")
    ]
    for one, two in zip(first, second, strict=True):
        assert one.read_bytes() == two.read_bytes()
        assert b"3cret" not in one.read_bytes()
        assert one.stat().st_mode & 0o077 == 0
        assert one.read_bytes().startswith(b"<?xml" if one.suffix == ".svg" else b"\x89PNG")


def test_plots_of_nobody_are_none(tmp_path):
    from grader.results import plots

    assert plots.save(RUN, [], tmp_path) == []
