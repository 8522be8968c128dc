"""The public tests of the course: right answers pass, stubs fail helpfully, mistakes show."""

from __future__ import annotations

import ast
import re
import sys
import types
import warnings

import pytest
from places import ROOT

from grader.authoring.stub import stub
from grader.checks.mistakes import Mistake, mistaken
from grader.selfcheck.checks import Result, checks
from grader.selfcheck.public_tests import exercise_of, load_public
from grader.selfcheck.report import WIDTH

NAMES = sorted(path.name for path in (ROOT / "reference").iterdir() if path.is_dir())
WITH_GRADIENTS = [name for name in NAMES if name != "ngram_lm"]
ANSWERS = [
    (name, file.stem)
    for name in NAMES
    for file in sorted((ROOT / "reference" / name).glob("**/*.py"))
    # left_in brings a notebook's belongings, which a student has and we may not.
    if file.parent.name == "variants" and file.stem != "left_in"
]


def public(name: str) -> types.ModuleType:
    return load_public(ROOT / "exercises" / name / "test_public.py")


def solution(name: str) -> str:
    return (ROOT / "reference" / name / "solution.py").read_text(encoding="utf-8")


def results(name: str, source: str, only: str = "") -> list[Result]:
    """What the public tests of an exercise say of a source; ``only``: a function's tables."""
    module = sys.modules[f"checked_{name}"] = types.ModuleType(f"checked_{name}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(source, f"<{name}>", "exec"), module.__dict__)  # noqa: S102  # ours
    there = checks(module.__dict__, public(name))
    if only:
        there = [c for c in there if c.gradient and c.title.startswith(f"{only}:")]
    return [check.run() for check in there]


def not_passed(found: list[Result]) -> list[Result]:
    return [result for result in found if result.verdict != "passed"]


@pytest.mark.parametrize("name", NAMES)
def test_the_solution_passes(name):
    """The reference passes every public test, and every gradient agrees with the numbers."""
    assert not_passed(results(name, solution(name))) == []


@pytest.mark.parametrize(("name", "style"), ANSWERS)
def test_right_answers_pass(name, style):
    """A right answer in another style passes too: float32 inside, lists returned, loops ..."""
    file = ROOT / "reference" / name / "variants" / f"{style}.py"
    assert not_passed(results(name, file.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("name", NAMES)
def test_the_stub_is_not_written_yet(name):
    """Of the stub every check says what is not written yet, and none that it is wrong."""
    found = results(name, stub(solution(name)))
    gaps = [result for result in found if result.verdict == "unwritten"]
    assert all(result.unwritten for result in gaps)
    names = {node.name for node in ast.parse(solution(name)).body if hasattr(node, "name")}
    assert {result.unwritten.partition(".")[0] for result in gaps} <= names
    assert [r.title for r in found if r.verdict == "failed"] == []
    # A module's parameters can be listed before its forward is written, and not much else.
    assert len(gaps) >= len(found) - 2


def gradient_mistakes(name: str) -> dict[str, Mistake]:
    """One form of each mistake made in a function whose gradient has a table."""
    path = ROOT / "reference" / name / "mistakes.py"
    module = types.ModuleType("mistakes")
    exec(compile(path.read_bytes(), str(path), "exec"), module.__dict__)  # noqa: S102  # ours
    functions = {gradient.function for gradient in public(name).GRADIENTS}
    # These give the right gradient: something else is wrong with them.
    right = {"argument-modified", "state-between-calls", "needs-extra-key", "cache-in-global",
             "numeric-differentiation", "wrong-exception"}  # fmt: skip
    return {
        f"{mistake.function}: {mistake.id}": mistake
        for mistake in reversed(module.MISTAKES)
        if mistake.function in functions and mistake.id not in right
    }


@pytest.mark.parametrize("name", WITH_GRADIENTS)
def test_the_tables_show_mistakes(name):
    """At least half of the mistakes in a gradient show in its tables; most do."""
    mistakes = gradient_mistakes(name)
    missed = [
        said
        for said, mistake in mistakes.items()
        if not not_passed(results(name, mistaken(solution(name), mistake), mistake.function))
    ]
    assert mistakes
    assert len(missed) <= len(mistakes) / 2, missed


@pytest.mark.parametrize("name", NAMES)
def test_titles(name):
    """A title is one sentence that fits on a line; the tests say which exercise they are for."""
    file = ROOT / "exercises" / name / "test_public.py"
    assert exercise_of(file) == public(name).EXERCISE == name
    titles = [check.title for check in checks({}, public(name))]
    assert titles
    assert [title for title in titles if len(title) > WIDTH] == []
    assert [title for title in titles if title.startswith("test_") or ". " in title] == []


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_given_away(name):
    """A public test has no line in common with a solution: no line, that is, that says anything."""

    def lines(source: str) -> set[str]:
        plain = (re.sub(r"\s+", " ", line).strip() for line in source.splitlines())
        return {line for line in plain if len(line) > 12}

    inside = re.findall(r"# BEGIN SOLUTION\n(.*?)# END SOLUTION", solution(name), re.DOTALL)
    given = stub(solution(name))
    secret = set.union(*map(lines, inside)) - lines(given)
    shown = lines((ROOT / "exercises" / name / "test_public.py").read_text(encoding="utf-8"))
    assert secret & shown == set()
