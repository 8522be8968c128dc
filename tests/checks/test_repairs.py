"""Changes of a student's own code: found however it is written, true, and limited."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest

from grader.checks.answers import Asked
from grader.checks.case import Case
from grader.checks.diagnosis import changed_programs, diagnostics, explanations, repairs
from grader.checks.diagnosis.changed_programs import ChangedPrograms
from grader.checks.diagnosis.edit_places import Edit, note_kept
from grader.checks.diagnosis.mutants import count_turns, made
from grader.checks.diagnosis.repair_names import note_names
from grader.checks.diagnosis.repair_operators import OPERATORS
from grader.checks.diagnosis.repaired import Repaired
from grader.checks.diagnosis.variants import WHICH, with_variants
from grader.checks.diagnosis.views import Cause
from grader.checks.exercise import Exercise
from grader.checks.mistakes import Catalogue, module_of
from grader.checks.reference import Module
from grader.model import Limits
from grader.sandbox.fork_server import ForkServer, Sandbox
from grader.sandbox.student import Program, Student

REFERENCE = """
import numpy as np

def f(x, k):
    return (k * np.tanh(x)).sum(axis=0) / len(x)

def g(x, k):
    return {"a": k * x.sum(axis=1), "b": x.max(axis=0) - x.min(axis=0), "c": x.T @ x}

def h(x, k):
    return f(x, k) ** 2 + x[0] * k
"""
LOOP = """
import numpy as np

def f(x, k):
    found = np.zeros(x.shape[1])
    for row in x:
        found = found + k * np.tanh(row)
    return found / len(x)
"""
APART = """
def g(x, k):
    total = np.array([k * sum(row) for row in x])
    spread = np.array([max(column) - min(column) for column in x.T])
    squares = np.einsum("ij,ik->jk", x, x)
    return {"a": total, "b": spread, "c": squares}

def h(x, k):
    first = f(x, k)
    return np.array([each * each + k * other for each, other in zip(first, x[0])])
"""
WHOLE = LOOP + APART


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    """A fork server for all of them."""
    with ForkServer(Sandbox.best()) as running:
        yield running


def program(*changes: tuple[str, str], text: str = WHOLE) -> str:
    """Return the student's program with some texts replaced."""
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def causes(
    source: str,
    server: ForkServer,
    functions: Sequence[str] = ("f",),
    hidden: Sequence[Case] = (),
) -> list[Cause]:
    """Return what explains the wrong functions of a program, one after the other.

    Args:
        source: The program.
        server: Starts its workers.
        functions: The wrong functions.
        hidden: The inputs that it was asked before.
    """

    def draw(rng: np.random.Generator, reference: object) -> Iterator[Case]:
        for k in (2.0, 3.0, 0.5):
            for function in ("f", "g", "h"):
                yield Case(function, rng.normal(size=(3, 2)), k)

    reference = Module(module_of(REFERENCE, "reference"), {})
    exercise = Exercise("f", REFERENCE, reference, Catalogue(REFERENCE, (), {}, ()))
    cases = list(draw(np.random.default_rng(0), None))
    found = diagnostics.Diagnostics(exercise, {draw: cases}, lambda key: np.random.default_rng(1))
    student = Student(server, Program("work", (("work.py", source),)), Limits())
    asked = Asked(student, reference)
    asked.answers(hidden)
    investigation = explanations.Investigation(found, asked)
    every: list[Cause] = []
    try:
        for function in functions:
            view = investigation.view(function, [draw])
            if view.errors:
                made_of = Cause(function, f"{view.errors[0][1]}.")
                investigation.repaired.raised(view, made_of)
                every.append(made_of)
            else:
                every += investigation.edits(view) or investigation.unexplained(view)
        return every
    finally:
        investigation.end()
        student.end()


def counted(monkeypatch: pytest.MonkeyPatch, name: str) -> Callable[[], float]:
    """Return a function that returns an attribute of the last search."""
    found: list[ChangedPrograms] = []
    begin = ChangedPrograms.__init__

    def begun(self: ChangedPrograms, *arguments: Any) -> None:
        begin(self, *arguments)
        found.append(self)

    monkeypatch.setattr(ChangedPrograms, "__init__", begun)
    return lambda: float(getattr(found[-1], name))


RUNNING = (
    "found = found + k * np.tanh(row)\n    return found / len(x)",
    "found = (found + k * np.tanh(row)) / len(x)\n    return found",
)
HELPER = """
def bent(values):
    return np.tanh(values) ** 2

CHOICES = {"tanh": bent}

def f(x, k):
    bend = CHOICES["tanh"]
    found = np.zeros(x.shape[1])
    for row in x:
        found = found + k * bend(row)
    return found / len(x)
"""
CLASS = """
class Total:
    def __init__(self, size):
        self.sum, self.count = np.zeros(size), 0

    def add(self, row):
        self.sum = row
        self.count += 1

def f(x, k):
    total = Total(x.shape[1])
    for row in x:
        total.add(k * np.tanh(row))
    return total.sum / total.count
"""
HEAD = "import numpy as np\n"


@pytest.mark.parametrize(
    ("source", "functions", "sentences"),
    [
        (
            program(RUNNING), ["f"],
            ["f would be right if the brackets around the sum of `found` and the term with `tanh(row)` "
             "were left out in `found` (line 7 of work.py)."],
        ),
        (
            HEAD + HELPER, ["f"],
            ["f would be right if `tanh(values)` were not raised to the power `2` (line 4 of work.py)."],
        ),
        (
            HEAD + CLASS, ["f"],
            ["f: the result holds only the share of the last example instead. f would be right if "
             "`sum` were added to each time, not overwritten (line 8 of work.py)."],
        ),
        (
            program(RUNNING, ("each * each + k", "each * each - k")), ["f", "h"],
            ["f would be right if the brackets",
             "With f right, h would be right if the `-` before"],
        ),
        (
            program(("k * sum(row)", "sum(row)"), ("x, x)", "x, x + k)")), ["g"],
            ["g behaves as if the factor `k` were left out in `a` (one of two mistakes).",
             "g would be right if `k` were not added in `squares` (line 13 of work.py), apart from its "
             "other mistake."],
        ),
        (
            program(("k * np.tanh(row)", "2 * np.tanh(row - 1)")), ["f"],
            ["f would be right if `1` were not subtracted in `found` (line 7 of work.py), and if `k` were used "
             "in place of `2` in `found` (line 7 of work.py)."],
        ),
    ],
    ids=["brackets", "helper in a table", "method", "beside a wrong helper", "beside an edit", "two"],
)  # fmt: skip
def test_a_change_is_found_however_the_program_is_written(
    source: str, functions: list[str], sentences: list[str], server: ForkServer
) -> None:
    """The sentence names what would be different, and the student's line."""
    found = [cause.sentence for cause in causes(source, server, functions)]
    assert [each[: len(start)] for each, start in zip(found, sentences, strict=True)] == sentences


def test_an_exception_says_what_would_help(server: ForkServer) -> None:
    """A change after which a function raises no longer, and is right, stands beside its exception."""
    [cause] = causes(program(("x.shape[1]", "x.shape[2]")), server)
    assert cause.sentence == (
        "f raised an IndexError, line 5 of work.py. "
        "f would be right if an index of `shape` were `1`, not `2` in `found` (line 5 of work.py)."
    )


def test_a_change_must_be_right_on_every_input(
    server: ForkServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without this rule, one that is right for the first input only is reported."""
    source = program(("k * np.tanh(row)", "2 * np.tanh(row)"))
    [cause] = causes(source, server)
    assert "`k` were used in place of `2`" in cause.sentence
    monkeypatch.setattr(repairs.Repairs, "are_right", lambda *_: True)
    [cause] = causes(source, server)
    assert "`k` were used in place of `2`" not in cause.sentence


FILLED = """
def g(x, k):
    total = np.zeros(len(x))
    for n, row in enumerate(x):
        total[n] = np.sin(sum(row)) ** 3 / (k + 1)
    spread = np.array([max(column) - min(column) for column in x.T])
    return {"a": total, "b": spread, "c": x.T @ x}
"""


@pytest.mark.parametrize(
    ("source", "function"),
    [(HEAD + FILLED, "g"), (program(("k * np", "(1 if k > 1 else 7) * np")), "f")],
)
def test_a_change_that_destroys_an_answer_is_no_mistake(
    source: str, function: str, server: ForkServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such a change and such an edit of the reference agree; without the rule, both are named."""
    assert not any("apart from" in cause.sentence for cause in causes(source, server, [function]))
    monkeypatch.setattr(Repaired, "_is_narrower", lambda *_: True)
    assert "apart from its other mistake" in causes(source, server, [function])[-1].sentence


ENDLESS = """
import numpy as np

def f(x, k):
    found, left = np.zeros(x.shape[1]), len(x)
    while left > 0:
        left -= 1
        found = found + np.sin(x[left]) ** 3 / (k + np.cos(x[left]))
    return found
"""


def test_a_change_that_never_ends_is_stopped(
    server: ForkServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The turns of its loops are counted; otherwise its worker is stopped for its time."""
    ended = counted(monkeypatch, "_ended")
    causes(ENDLESS, server)
    assert ended() == 0
    monkeypatch.setattr(changed_programs, "count_turns", lambda tree: None)
    causes(ENDLESS, server)
    assert ended() > 0


def test_the_search_ends_after_its_share_of_the_time(
    server: ForkServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the request that uses it up, no further change is tried."""
    tried: list[range] = []
    varied = ChangedPrograms._varied

    def counting(self: ChangedPrograms, function: str, case: Case, numbers: range) -> Any:
        tried.append(numbers)
        return varied(self, function, case, numbers)

    monkeypatch.setattr(ChangedPrograms, "_varied", counting)
    source = program(("k * np.tanh(row)", "np.sin(row) ** 3 / (k + np.cos(row))"))
    causes(source, server)
    assert len(tried) > 1
    tried.clear()
    monkeypatch.setattr(changed_programs, "SHARE", 0.0)
    causes(source, server)
    assert tried == [range(1, changed_programs.PER_REQUEST + 1)]


def test_a_repair_is_confirmed_on_hidden_inputs(
    server: ForkServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is right by chance on the diagnostic inputs is not reported."""
    more = "\n    if x[0, 0] > 100:\n        k = 0"
    source = program(RUNNING, ("[1])\n    for row", f"[1]){more}\n    for row"))
    hidden = [Case("f", np.full((3, 2), 200.0), 2.0)]
    [cause] = causes(source, server, hidden=hidden)
    assert not cause.is_repair
    monkeypatch.setattr(repairs.Repairs, "confirmed", lambda *_: True)
    [cause] = causes(source, server, hidden=hidden)
    assert cause.is_repair


# --- many changes in one program ----------------------------------------------------------------

SAMPLES = [WHOLE, HELPER, CLASS, ENDLESS]


class Chosen(ast.NodeTransformer):
    """Replaces each conditional about `WHICH` by the branch for one number."""

    def __init__(self, number: int) -> None:
        self.number = number

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        """Return the chosen branch, or the statement itself if it is the student's."""
        self.generic_visit(node)
        match node.test:
            case ast.Compare(left=ast.Name(id=name), comparators=[ast.Constant(value=number)]) if (
                name == WHICH
            ):
                return node.body if number == self.number else node.orelse
        return node


@pytest.mark.parametrize("source", SAMPLES)
def test_the_chosen_variant_is_the_edited_program(source: str) -> None:
    """For changes of several statements, for each ninth other one, and for none."""
    tree = ast.parse(source)
    note_kept(tree)
    note_names(tree)
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef | ast.ClassDef):
            continue
        count_turns(node)
        homes = [each for each in ast.walk(node) if isinstance(each, ast.FunctionDef)]
        found = [edit for operator in OPERATORS for home in homes for edit in operator(home)]
        edits: dict[int, Edit] = dict(enumerate(found, 1))
        before = ast.unparse(node)
        text = with_variants(node, edits)
        assert ast.unparse(node) == before
        several = [number for number, edit in edits.items() if edit.at is None]
        for number in (0, *several, *list(edits)[::9]):
            with made([edits[number]] if number else []):
                want = ast.unparse(node)
            assert ast.unparse(Chosen(number).visit(ast.parse(text))) == want
