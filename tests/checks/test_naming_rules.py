"""Each rule about names, switched off alone, lets a mistake be named that was not made."""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from grader.checks.answers import Asked
from grader.checks.case import Case
from grader.checks.diagnosis import diagnostics, edits, explanations, two_edits
from grader.checks.diagnosis.views import Cause, View
from grader.checks.exercise import Exercise
from grader.checks.mistakes import Catalogue, Hint, Mistake, module_of
from grader.checks.reference import Module
from grader.model import Limits
from grader.sandbox.fork_server import ForkServer, Sandbox
from grader.sandbox.student import Program, Student

SOURCE = """
import numpy as np

def f(x, k):
    a = k * x + 1
    b = a - x
    c = a + b
    return {"a": a, "b": b, "c": c}
"""
K_IGNORED = Mistake("k-ignored", "f", {"k * x + 1": "x + 1"})
K_IGNORED_TOO = Mistake("k-is-one", "f", {"k * x + 1": "x * 1 + 1"})
B_DOUBLED = Mistake("b-doubled", "f", {"b = a - x": "b = 2 * a - x"})
C_HALVED = Mistake("c-halved", "f", {"c = a + b": "c = (a + b) / 2"})


@dataclass(frozen=True)
class Stray:
    """A wrong program, the rule that keeps it without a name, and the name that it gets otherwise."""

    student: str
    """What stands in place of ``a = k * x + 1`` and the two lines after it."""
    module: types.ModuleType
    rule: str
    without: str
    name: str
    mistakes: tuple[Mistake, ...] = (K_IGNORED, B_DOUBLED, C_HALVED)
    lookalikes: tuple[Mistake, ...] = ()
    ks: tuple[float, ...] = field(default=(2.0, 3.0, 4.0))
    """The values of ``k`` on the diagnostic inputs."""


REST = "b = a - x\n    c = a + b"
STRAYS = {
    "one witness": Stray(
        f"a = (k if k < 2 else 1) * x + 1\n    {REST}", edits,
        "WITNESSES: Final = 2", "WITNESSES: Final = 1", "k-ignored", ks=(1.0, 1.0, 2.0),
    ),
    "two names": Stray(
        f"a = x + 1\n    {REST}", explanations,
        'name = next(iter(names)) if len(names) == 1 else ""', "name = min(names, default='')",
        "k-ignored", mistakes=(K_IGNORED, K_IGNORED_TOO),
    ),
    "lookalike": Stray(
        f"a = x + 1\n    {REST}", diagnostics,
        "(*catalogue.mistakes, *catalogue.lookalikes)", "catalogue.mistakes",
        "k-ignored", mistakes=(K_IGNORED,), lookalikes=(K_IGNORED_TOO,),
    ),
    "one array only": Stray(
        "a = x + 1\n    b = a * a - x\n    c = a + b * x", edits,
        'keys = [path] if path is not None else sorted(right, key=lambda key: key not in wrong)',
        'keys = [path] if path is not None else sorted(right)[:1]', "k-ignored",
    ),
    "less than half": Stray(
        "a = x + 1\n    b = a * a - x\n    c = a + b * x", explanations,
        "2 * len(explained[best]) < len(paths)", "False", "k-ignored",
    ),
}  # fmt: skip


MEAN = """
import numpy as np

def f(x, k):
    a = (np.tanh(k * x) - x) / len(x)
    return {"a": a}
"""
RIGHT = {MEAN: "a = (np.tanh(k * x) - x) / len(x)"}
"""What a student writes otherwise, where it is not the first line of `SOURCE`."""


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    """A fork server for all of them."""
    with ForkServer(Sandbox.best()) as running:
        yield running


def changed(module: types.ModuleType, rule: str, without: str) -> types.ModuleType:
    """Return a module of the grader with another text for a rule."""
    text = Path(str(module.__file__)).read_text(encoding="utf-8")
    assert text.count(rule) == 1, rule
    made = types.ModuleType(module.__name__)
    code = compile(text.replace(rule, without), str(module.__file__), "exec")
    exec(code, made.__dict__)  # noqa: S102  # our own module, one rule changed
    return made


def names(stray: Stray, server: ForkServer) -> set[str]:
    """Return the mistakes that are named for a program."""
    return {cause.mistake for cause in causes(stray, server)} - {""}


def causes(stray: Stray, server: ForkServer, text: str = SOURCE) -> list[Cause]:
    """Return the edits that explain a program."""

    def draw(rng: np.random.Generator, reference: object) -> Iterator[Case]:
        for k in stray.ks:
            yield Case("f", rng.normal(size=(2, 3)), k)

    hints = {each.id: Hint(f"f: it is {each.id}. Why?", "") for each in stray.mistakes}
    reference = Module(module_of(text, "reference"), {})
    catalogue = Catalogue(text, stray.mistakes, hints, stray.lookalikes)
    exercise = Exercise("f", text, reference, catalogue)
    cases = list(draw(np.random.default_rng(0), None))
    found = diagnostics.Diagnostics(exercise, {draw: cases}, lambda key: np.random.default_rng(1))
    source = text.replace(RIGHT.get(text, f"a = k * x + 1\n    {REST}"), stray.student)
    assert source != text
    student = Student(server, Program("work", (("work.py", source),)), Limits())
    investigation = explanations.Investigation(found, Asked(student, reference))
    try:
        view = investigation.view("f", [draw])
        assert view.is_wrong
        return investigation.edits(view)
    finally:
        investigation.end()
        student.end()


@pytest.mark.parametrize("kind", STRAYS)
def test_each_rule_matters(kind: str, server: ForkServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the rule nothing is named; without it, and with all others, a wrong name is."""
    stray = STRAYS[kind]
    assert names(stray, server) == set()
    other = changed(stray.module, stray.rule, stray.without)
    if stray.module is edits:
        monkeypatch.setattr(explanations, "Edits", other.Edits)
    elif stray.module is diagnostics:
        monkeypatch.setattr(diagnostics, "Diagnostics", other.Diagnostics)
    else:
        monkeypatch.setattr(explanations, "Investigation", other.Investigation)
    assert names(stray, server) == {stray.name}


def test_a_mistake_that_was_made_is_named(server: ForkServer) -> None:
    """All rules together leave that."""
    made = Stray(f"a = x + 1\n    {REST}", edits, "", "", "k-ignored")
    assert names(made, server) == {"k-ignored"}


def test_one_input_that_overflows_is_enough(
    server: ForkServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Few inputs overflow; without the rule such a mistake has no name."""
    logs = "np.log(np.exp(k * x)) + 1"
    mistake = Mistake("overflows", "f", {"k * x + 1": logs})
    stray = Stray(f"a = {logs}\n    {REST}", edits, "", "", "", (mistake,), ks=(2.0, 3.0, 2000.0))
    assert names(stray, server) == {"overflows"}
    monkeypatch.setattr(View, "is_infinite_or_nan", lambda view: False)
    assert names(stray, server) == set()


def test_two_mistakes_in_one_function_are_both_named(server: ForkServer) -> None:
    """Each explains arrays that the other does not."""
    two = Stray("a = x + 1\n    b = a - x\n    c = (a + b) / 2", edits, "", "", "")
    assert names(two, server) == {"k-ignored", "c-halved"}


@pytest.mark.parametrize(
    ("student", "sentences"),
    [
        (
            "a = k * x + 1\n    b = a + x\n    c = a + (a - x)",
            ["f behaves as if the `-` before `x` in `b` were `+`, in `b` only."],
        ),
        (
            "a = x + 1\n    b = a + x\n    c = a - b",
            [
                "f behaves as if the factor `k` were left out in `a` (one of three mistakes).",
                "f behaves as if the `-` before `x` in `b` were `+` (one of three mistakes).",
                "f behaves as if the `+` before `b` in `c` were `-` (one of three mistakes).",
            ],
        ),
        (
            f"x = np.abs(x)\n    a = k * x + 1\n    {REST}",
            ["f behaves as if `x` were taken without its signs."],
        ),
        (
            f"x = x.copy()\n    x[0] = 0\n    a = k * x + 1\n    {REST}",
            ["f behaves as if the first row of `x` were 0."],
        ),
    ],
)
def test_edits_without_a_catalogue(student: str, sentences: list[str], server: ForkServer) -> None:
    """Edits in one array, three together, and other arguments are said; each card has its arrays."""
    found = causes(Stray(student, edits, "", "", "", mistakes=()), server)
    assert [cause.sentence for cause in found] == sentences
    if len(found) > 1:
        assert [("a",), ("b",), ("c",)] == [min(cause.changes) for cause in found]


@pytest.mark.parametrize(
    ("student", "text", "clauses"),
    [
        (f"a = x - 1\n    {REST}", SOURCE,
         ["the `+` before `1` in `a` were `-`", "the factor `k` were left out in `a`"]),
        ("a = np.tanh(x) - x", MEAN,
         ["the division by `len(x)` were left out in `a`", "the factor `k` were left out in `a`"]),
    ],
)  # fmt: skip
def test_two_edits_of_one_array(
    student: str,
    text: str,
    clauses: list[str],
    server: ForkServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Effects that add up, or multiply, are two mistakes; without the rule, nothing is found."""
    stray = Stray(student, edits, "", "", "", mistakes=())
    said = [cause.sentence for cause in causes(stray, server, text)]
    assert sorted(said) == [f"f behaves as if {each} (one of two mistakes)." for each in clauses]
    monkeypatch.setattr(two_edits, "superposed", lambda search, view, failing: None)
    assert causes(stray, server, text) == []
