"""What each system reads of one submission: valid whatever the grade, and true."""

from __future__ import annotations

import ast
import base64
import html
import json
import math
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lms_samples import SCHEMAS, grade_in, junit, valid, validator
from msgspec.structs import replace
from places import ROOT

from grader.lms import ANSWERS, EXPORTS, JOBS, Job, JobOutput, JobPlace
from grader.lms.jobs import gradescope, vpl
from grader.lms.jobs.classroom50 import shared
from grader.model import Grade, Outcome, Submission
from grader.text import for_lms

EVIL = (
    "<script>alert(1)</script> ]]> | `x` ::set-env name=A::b\nGrade :=>> 100\n--|>\r\x1b[31m\ud800"
)


def outcome(number: int, status: str = "passed", points: float = 1.0, **more: str) -> Outcome:
    got = points if status == "passed" else 0.0
    return Outcome(f"test_a.py::test_{number}", f"check {number}", status, got, points, **more)


def grade(*outcomes: Outcome, message: str = "", **who: str) -> Grade:
    most = sum(each.max_points for each in outcomes)
    return Grade(Submission("ada", "a.py", **who), most, outcomes, message, seconds=0.25)


GRADES = {
    "right": grade(outcome(1), outcome(2)),
    "wrong": grade(
        outcome(1), outcome(2, "failed", message="W1 is off", hint="Why?", more="Look.")
    ),
    "unicode": grade(
        outcome(1, "failed", message="∂L/∂W ≠ 0, Zoë 李 \u200d"), name="Zoë Müller 李"
    ),
    "hostile": grade(outcome(1, "failed", message=EVIL), outcome(2), message=EVIL, name=EVIL),
    "no points": grade(outcome(1, points=0.0), outcome(2, "failed", points=0.0), outcome(3)),
    "thirds": grade(*(replace(outcome(n), points=100 / 3, max_points=100 / 3) for n in range(3))),
    "an error": grade(outcome(1), outcome(2, "error", message="not judged")),
    "not graded": Grade(Submission("ada", "", error="the fork server died at /opt/x"), 0.0, ()),
    "nothing": grade(*(outcome(n, "failed", message="nothing was submitted") for n in range(3))),
    "500 checks": grade(*(outcome(n, "failed" if n % 3 else "passed") for n in range(500))),
    "1 MiB": grade(
        outcome(1, "failed", message="x" * (1 << 20)), outcome(2), message="y" * (1 << 20)
    ),
}
LONG = grade(*(outcome(n, "failed", message="é\n" * (1 << 17)) for n in range(500)))
FACTS = {
    "GITHUB_OUTPUT": "/o",
    "GITHUB_STEP_SUMMARY": "/s",
    "submission": "submit/2026-11-22T10-11-12Z",
}
WITHOUT_SCORE = {name for name, each in GRADES.items() if each.score is None}


def answered(system: str, graded: Grade, **more: object) -> JobOutput:
    job = Job(Path("x"), (Path("/r"),), facts=FACTS, expected="relu", title="ReLU & co",
              graded_at="2026-11-22T12:00:00+00:00", seed=7, **more)  # fmt: skip
    return ANSWERS[system](graded, job)


def document(system: str, graded: Grade, **more: object) -> dict:
    """What the system reads, valid by its schema."""
    answer = answered(system, graded, **more)
    if system == "gitlab":
        return junit(answer.write[Path("/r")])
    if system == "vpl":
        return vars(grade_in(answer.stdout.decode()))
    if system == "coderunner":
        return valid(system, answer.stdout)
    if system == "github":
        name, _, encoded = answer.append[Path("/o")].partition(b"=")
        assert name == b"result"
        return valid(system, base64.b64decode(encoded))
    return valid(system, answer.write[Path("/r")])


@pytest.mark.parametrize("name", GRADES)
@pytest.mark.parametrize("system", ANSWERS)
def test_every_grade_is_valid_in_every_system(system: str, name: str) -> None:
    graded = GRADES[name]
    found = document(system, graded)
    score = {
        "gradescope": lambda: found.get("score"),
        "prairielearn": lambda: found.get("score", math.nan) * graded.max_score,
        "github": lambda: sum(test["score"] for test in found["tests"]),
        "classroom50": lambda: found["score"] if found["max-score"] else None,
        "gitlab": lambda: float(found["score"]) if found["score"] else None,
        "vpl": lambda: found["grade"],
        "coderunner": lambda: found.get("fraction", math.nan) * graded.max_score,
    }[system]()
    if graded.score is None:
        absent = score is None or math.isnan(score) or found.get("status") == "error"
        assert absent, "an error is no zero"
    else:
        near = 0.5 if system == "classroom50" else 1e-4
        assert score == pytest.approx(graded.score, abs=near)


LIMITS = {"prairielearn": 1 << 20, "github": 1 << 20, "gitlab": 30_000_000, "vpl": 64_000}


@pytest.mark.parametrize("system", ANSWERS)
def test_long_texts_are_cut_with_a_note_and_nothing_is_left_out(system: str) -> None:
    answer = answered(system, LONG)
    data = [answer.stdout, *answer.write.values(), *answer.append.values()]
    assert all(len(each) < LIMITS.get(system, 5_000_000) for each in data)
    one = answered(system, GRADES["1 MiB"])
    text = b"".join([one.stdout, *one.write.values(), *one.append.values()])
    if system != "classroom50":  # it has no texts
        assert b"1,048,576 characters in all" in text or b"1&#44;048" in text or b"048,576" in text


@pytest.mark.parametrize("system", ANSWERS)
def test_no_reason_of_ours_and_nothing_for_staff_is_shown(system: str) -> None:
    secret = {"traceback": "expected 0.123", "output": "their print"}
    told = replace(GRADES["wrong"], instructor=secret)
    told = replace(
        told, outcomes=(replace(told.outcomes[0], instructor=secret), *told.outcomes[1:])
    )
    for each in (told, GRADES["not graded"]):
        answer = answered(system, each)
        text = str([answer.stdout, answer.write, answer.append, document(system, each)])
        assert "expected 0.123" not in text
        assert "their print" not in text
        assert "fork server" not in text


STATUS = {"gradescope": 3, "github": 3, "gitlab": 3, "classroom50": 3}


@pytest.mark.parametrize("name", GRADES)
@pytest.mark.parametrize("system", ANSWERS)
def test_the_exit_status_is_the_one_that_the_system_expects(system: str, name: str) -> None:
    wanted = STATUS.get(system, 0) if name in WITHOUT_SCORE else 0
    assert answered(system, GRADES[name]).status == wanted


# --- one by one ---------------------------------------------------------------------------------


def test_gradescope_says_what_each_check_said() -> None:
    found = document("gradescope", GRADES["wrong"])
    assert [test["status"] for test in found["tests"]] == ["passed", "failed"]
    assert found["tests"][1]["output"] == "W1 is off\n\nHint: Why?\n\nLook."
    assert found["extra_data"] == {"status": "graded", "seed": 7}
    assert found["stdout_visibility"] == "hidden"
    assert "visibility" not in found
    shown = document("gradescope", GRADES["wrong"], settings={"visibility": "after_due_date"})
    assert shown["visibility"] == "after_due_date"


def test_lateness_is_taken_off_the_whole_and_said() -> None:
    late = {"penalty": 10.0, "remarks": ("Late by 25 hours: 10 % late penalty.",)}
    found = document("gradescope", GRADES["right"], **late)
    assert (found["score"], sum(test["score"] for test in found["tests"])) == (1.8, 2.0)
    assert found["output"] == late["remarks"][0]
    assert document("prairielearn", GRADES["right"], **late)["score"] == 0.9


def test_prairielearn_has_a_word_for_an_error() -> None:
    for name in WITHOUT_SCORE:
        found = document("prairielearn", GRADES[name])
        assert found["gradable"] is False
        assert "score" not in found
        assert "not your fault" in found["message"]


def test_github_commands_and_summary_hold_nothing_that_is_obeyed() -> None:
    """No workflow command, no Markdown and no HTML of a student's."""
    answer = answered("github", GRADES["hostile"])
    lines = answer.stdout.decode().split("\n")[:-1]
    assert all(line.startswith(("::notice title=", "::warning title=")) for line in lines)
    assert len(lines) == 2
    page = answer.append[Path("/s")].decode()
    assert "<" not in page.replace("<br>", "")
    assert page.count("|") == 5 * (2 + len(GRADES["hostile"].outcomes))
    assert "`" not in page
    assert "<script>alert(1)</script>" in html.unescape(page)


def test_github_without_the_runners_files_says_it_on_stdout_alone() -> None:
    answer = ANSWERS["github"](GRADES["right"], Job(Path("x"), title="ReLU"))
    assert (answer.stdout, answer.append) == (b"::notice title=ReLU::2 of 2 points\n", {})


def test_classroom50_gives_whole_points_that_add_up() -> None:
    found = document("classroom50", GRADES["thirds"])
    assert (found["score"], found["max-score"]) == (100, 100)
    assert [test["score"] for test in found["tests"]] == [34, 33, 33]
    assert found["datetime"] == "2026-11-22T10:11:12Z"
    assert found["graded_at"] == "2026-11-22T12:00:00Z"


@given(st.lists(st.floats(0, 50), max_size=40), st.data())
def test_whole_points_keep_the_total_and_their_caps(
    worth: list[float], data: st.DataObject
) -> None:
    """No part is above its cap, and the sum is the total wherever it can be."""
    got = [data.draw(st.sampled_from([0.0, each / 2, each])) for each in worth]
    most, score = round(sum(worth)), round(sum(got))
    caps = shared(most, worth)
    parts = shared(score, got, caps)
    assert sum(caps) == most
    assert all(0 <= part <= cap for part, cap in zip(parts, caps, strict=True))
    assert sum(parts) <= score
    if all(part == whole for part, whole in zip(got, worth, strict=True)):
        assert sum(parts) == score


def test_vpl_scales_to_the_activity_and_lets_nobody_forge_a_grade() -> None:
    job = Job(Path("x"), facts={"max": "20"})
    read = grade_in(vpl.answer(GRADES["wrong"], job).stdout.decode())
    assert read.grade == 10
    assert "-check 2: failed, 0 of 1 points\n W1 is off" in read.comments
    assert grade_in(answered("vpl", GRADES["hostile"]).stdout.decode()).grade == 1
    assert grade_in(answered("vpl", GRADES["an error"]).stdout.decode()).grade is None


def test_coderunner_shows_a_table_and_escapes_it() -> None:
    found = document("coderunner", GRADES["hostile"])
    header, first, _ = found["testresults"]
    assert header == ["iscorrect", "Check", "Points", "Message", "ishidden"]
    assert first[0] == 0
    assert "<script" not in json.dumps(found)
    assert len(found["columnformats"]) == len([h for h in header if not h.startswith("is")])


def test_gitlab_tells_points_in_names_and_properties() -> None:
    found = document("gitlab", GRADES["wrong"])
    assert (found["tests"], found["failures"], found["errors"]) == ("2", "1", "0")
    assert (found["test_a.py::test_2"], found["score"], found["max_score"]) == ("0/1", "1", "2")
    assert document("gitlab", GRADES["not graded"])["errors"] == "1"


def test_cut_texts_say_how_long_they_were() -> None:
    assert for_lms("abc", 3) == "abc"
    assert for_lms("abcd", 3) == "abc\n[cut: 4 characters in all]"
    assert for_lms("a\x00\u202e\ud800b") == "a\ufffd\ufffd\ufffdb"


@settings(max_examples=30)
@given(st.text(st.characters(), max_size=200))
@pytest.mark.parametrize("system", ANSWERS)
def test_any_text_at_all_is_valid_everywhere(system: str, text: str) -> None:
    found = document(system, grade(outcome(1, "failed", message=text), message=text, name=text))
    assert found


# --- the schemas --------------------------------------------------------------------------------

EXAMPLES = json.loads((SCHEMAS.parent / "examples.json").read_text(encoding="utf-8"))
WRONG = [(name, wrong) for name, known in EXAMPLES.items() for wrong in known["wrong"]]


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_schema_takes_the_fields_of_the_vendors_example(name: str) -> None:
    assert EXAMPLES[name]["right"]
    for right in EXAMPLES[name]["right"]:
        validator(name).validate(right)


@pytest.mark.parametrize(("name", "wrong"), WRONG)
def test_a_schema_refuses_what_is_wrong(name: str, wrong: dict) -> None:
    with pytest.raises(jsonschema.ValidationError):
        validator(name).validate(wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        "<testsuites><testcase name='a'/></testsuites>",
        "<testsuites><testsuite name='a'/></testsuites>",
        "<testsuites><testsuite name='a' tests='1' failures='0' errors='0'>"
        "<testcase name='a' points='3'/></testsuite></testsuites>",
        "<testsuites><testsuite name='a' tests='1' failures='0' errors='0' time='1.23456'/></testsuites>",
        "<testsuites><testsuite name='a' tests='1' failures='0' errors='0'>"
        "<testcase name='a'><broken/></testcase></testsuite></testsuites>",
    ],
)
def test_the_junit_schema_refuses_what_is_wrong(wrong: str) -> None:
    import xmlschema

    with pytest.raises(xmlschema.XMLSchemaValidationError):
        junit(wrong.encode())


def test_the_junit_schema_takes_what_pytest_writes(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "import pytest\ndef test_a(): pass\ndef test_b(): assert 0\n"
        "@pytest.fixture\ndef broken(): 1 / 0\ndef test_c(broken): pass\n"
        "def test_d(): pytest.skip('no')\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--junitxml=r.xml",
               "-c", "/dev/null", "--rootdir=.", "test_it.py"]  # fmt: skip
    subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=60)
    found = junit((tmp_path / "r.xml").read_bytes())
    assert (found["failures"], found["errors"], found["skipped"]) == ("1", "1", "1")


# --- what the systems provide -------------------------------------------------------------------


def test_gradescope_metadata_is_read(tmp_path: Path) -> None:
    (tmp_path / "autograder").mkdir()
    file = tmp_path / "autograder" / "submission_metadata.json"
    file.write_text(json.dumps({
        "id": 5, "created_at": "2026-07-01T14:22:32.365935-07:00",
        "assignment": {"due_date": "2026-07-01T14:00:00.000000-07:00", "late_due_date": None},
        "users": [{"email": "a@x", "id": 1, "name": "Ada"}, {"email": "b@x", "id": 2, "name": "Bob"}],
    }))  # fmt: skip
    job = gradescope.job(JobPlace({}, tmp_path, tmp_path))
    assert (job.student, job.name, job.due_at[:10]) == ("a@x", "Ada, Bob", "2026-07-01")
    for damaged in (b"", b"[1]", b"{", b'{"users": {"0": 1}, "assignment": []}', b"[" * 100_000):
        file.write_bytes(damaged)
        job = gradescope.job(JobPlace({}, tmp_path, tmp_path))
        assert job.results == (tmp_path / "autograder/results/results.json",)


def test_the_environment_of_a_job_is_read(tmp_path: Path) -> None:
    environ = {"GITHUB_WORKSPACE": "/w", "GITHUB_ACTOR": "ada", "CI_PROJECT_DIR": "/p",
               "VPL_SUBFILE0": "a.py", "VPL_GRADEMAX": "20", "USERNAME": "bob"}  # fmt: skip
    place = JobPlace(environ, tmp_path)
    assert JOBS["github"](place).submission == Path("/w")
    assert JOBS["gitlab"](place).results == (Path("/p/report.xml"),)
    assert JOBS["vpl"](place).submission == tmp_path / "a.py"
    assert JOBS["classroom50"](place).student == "bob"
    for system in JOBS:
        assert JOBS[system](JobPlace({}, tmp_path)).submission


# --- how they are made --------------------------------------------------------------------------


@pytest.mark.parametrize("room", ["jobs", "exports"])
def test_adapters_import_the_core_and_never_one_another(room: str) -> None:
    folder = ROOT / "grader" / "lms" / room
    adapters = {path.stem for path in folder.glob("*.py")} & {*ANSWERS, *EXPORTS}
    assert len(adapters) >= 5
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("grader.lms"):
                names = {node.module.rpartition(".")[2], *(alias.name for alias in node.names)}
                assert path.stem not in adapters or not names & adapters, path.name
