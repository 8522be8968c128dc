"""Mutants and relations: what each says, and that a mutant which never ends is stopped."""

import types

import numpy as np
import pytest
from msgspec.structs import replace

from grader.checks.case import Case
from grader.checks.diagnosis import examples
from grader.checks.diagnosis.known_names import known_names
from grader.checks.diagnosis.mutants import MOST, Mutants, mutants
from grader.checks.diagnosis.pairs import Pair
from grader.checks.diagnosis.relations import multiples, relation
from grader.checks.diagnosis.shared_helpers import repeated
from grader.checks.diagnosis.views import Cause
from grader.checks.reference import Module
from grader.sandbox.student import Answer

SOURCE = """
def total(values, start):
    found = start
    for value in values:
        found = found + value
    return found


def endless(n):
    while n > 0:
        n -= 1
    return n
"""


def test_a_mutant_differs_by_one_edit_and_says_it() -> None:
    """Its sentence names the operand, and its module answers as it says."""
    every = mutants(SOURCE, ["total"])
    [lost] = [each for each in every if each.clause == "`value` were not added in `found`"]
    assert lost.module().total([1, 2], 5) == 5
    assert len(every) <= MOST


LOOPS = """
import numpy as np

def walk(start, steps):
    at = start
    for t in range(len(steps)):
        at = at * 2 + steps[t]
    return at

def scatter(steps, ids, values):
    total, turns = 0, 0
    for step in steps:
        total = total + step
        turns = total
    np.add.at(values, ids, ids)
    return turns, values

def forward(params, x):
    z = {k: params["W" + k] * x + params["b" + k] for k in "fi"}
    a = np.maximum(z["f"], 0)
    return a, {"z1": z["f"], "a1": a}

def backward(cache, d):
    a1 = cache["a1"]
    return {"W": d * a1}
"""


@pytest.mark.parametrize(
    ("function", "clause", "call", "made"),
    [
        ("walk", "`at` began from its first value again in each turn of the loop", (1, [5, 7]), 9),
        ("walk", "the first value of `at` were used in each turn in `at`", (1, [5, 7]), 9),
        ("walk", "it returned at the end of the first turn of its loop", (1, [5, 7]), 7),
        ("walk", "`at` were added up from turn to turn, where it is to be replaced", (1, [5]), 8),
        ("walk", "`steps` were left out in `at`, in the last turn of the loop", (1, [5, 7]), 14),
        ("walk", "the loop over `range(len(steps))` ended after its first turn", (1, [5, 7]), 7),
        ("backward", "`z1` were used in place of `a1` in `W`", ({"z1": 3, "a1": 4}, 2), {"W": 6}),
    ],
)
def test_slips_in_loops_and_caches(function: str, clause: str, call: tuple, made: object) -> None:
    """A mutant's module answers as its sentence says."""
    [found] = [each for each in mutants(LOOPS, [function], 1000) if each.clause == clause]
    assert getattr(found.module(), function)(*call) == made


def test_slips_in_one_gate_and_below_zero() -> None:
    """The bias of one gate for every gate, and a slope where 0 is right."""
    every = {each.clause: each for each in mutants(LOOPS, ["forward"], 1000)}
    params = {"Wf": 1.0, "Wi": 1.0, "bf": -3.0, "bi": 7.0}
    assert every["`bi` were used in place of `bk` in `z`"].module().forward(params, 1.0)[0] == 8
    leak = every["negative values were multiplied by 0.1, not set to 0 in `a`"]
    assert leak.module().forward(params, 1.0)[0] == pytest.approx(-0.2)


def test_lines_at_the_wrong_depth_and_columns_left_out() -> None:
    """The last line of a loop runs after it, and one column of an index adds nothing."""
    every = {each.clause: each for each in mutants(LOOPS, ["scatter"], 1000)}
    ids = np.array([[0, 1]])
    late = every["the line for `turns` ran once, after the loop, not in each turn"]
    assert late.module().scatter([], ids, np.zeros(2))[0] == 0
    part = every["the last column of `ids` were left out"].module()
    assert part.scatter([1], np.array([[1, 0]]), np.zeros(2))[1].tolist() == [0, 1]
    only = every["only the last column of `ids` were used"].module()
    assert only.scatter([1], np.array([[0, 1]]), np.zeros(2))[1].tolist() == [0, 1]


FORMS = """
import numpy as np

def step(f, i, c, g):
    state = f * c + i * g
    return state

def shown(o, c):
    h = o * np.tanh(c)
    return h

def mean(a, y):
    d = (a - y) / len(a)
    return d

def slope(z):
    return 1 / np.cosh(z) ** 2

def layers(K):
    found = []
    for k in range(K):
        found.append("hidden" if k < K else "last")
    return found
"""


@pytest.mark.parametrize(
    ("function", "clause", "call", "made"),
    [
        ("step", "`1 - f` were used in place of `i` in `state`", (0.25, 9, 4, 8), 7),
        ("shown", "`tanh` were applied to the whole product in `h`", (2, 0.5), np.tanh(1)),
        ("mean", "the brackets around the difference of `a` and `y` were left out in `d`",
         (np.array([8, 6]), 4), np.array([6, 4])),
        ("slope", "the slope of tanh were 1 - tanh(z), without a square", (1.0,), 1 - np.tanh(1)),
        ("slope", "the slope of tanh were 1 - z^2, with z itself and not tanh(z)", (3.0,), -8),
    ],
)  # fmt: skip
def test_formulas_in_another_form(function: str, clause: str, call: tuple, made: object) -> None:
    """Brackets, complements and slopes are written in the forms that are taken for the right one."""
    [found] = [each for each in mutants(FORMS, [function], 1000) if each.clause == clause]
    assert getattr(found.module(), function)(*call) == pytest.approx(made)


def test_a_bound_is_compared_one_turn_too_early() -> None:
    """The last turn of a loop is taken for another one."""
    clause = "`K` were smaller by 1 where it is compared with the turn of the loop"
    [found] = [each for each in mutants(FORMS, ["layers"], 1000) if each.clause == clause]
    assert found.module().layers(3) == ["hidden", "hidden", "last"]


SOLUTION = '''
def walk(start, steps):
    """Return where ``steps`` lead."""
    # BEGIN SOLUTION
    place = start
    for step in steps:
        place = place * 2 + step
    return place
    # END SOLUTION
'''


def test_names_that_the_stub_does_not_show_are_not_said() -> None:
    """A student never saw the solution's own variables; without the stub all names are said."""
    known = known_names(SOLUTION)
    assert known is not None
    assert {"walk", "steps"} <= known
    assert "place" not in known
    clauses = [each.clause for each in Mutants(SOLUTION, ["walk"], known).of("walk")]
    assert clauses
    assert not any("place`" in clause for clause in clauses)
    assert any("`steps`" in clause for clause in clauses)
    assert any("`place`" in each.clause for each in Mutants(SOLUTION, ["walk"]).of("walk"))


def test_the_tree_is_left_as_it_was() -> None:
    """Every edit is taken back: what the solution answers does not depend on the mutants made."""
    every = mutants(LOOPS, ["walk", "backward"], 1000)
    first = [_answer(each.module()) for each in every]
    again = [_answer(each.module()) for each in reversed(every)]
    assert first == again[::-1]


def _answer(module: types.ModuleType) -> str:
    try:
        return repr(module.walk(1, [5, 7])) + repr(module.backward({"z1": 3, "a1": 4}, 2))
    except Exception as error:
        return repr(error)


def test_a_mutant_that_never_ends_is_stopped() -> None:
    """`n -= 1` left out, or its sign turned: the loop's turns are counted."""
    stopped = 0
    for each in mutants(SOURCE, ["endless"]):
        try:
            each.module().endless(3)
        except RuntimeError:
            stopped += 1
        except Exception:  # noqa: S112  # other edits raise in their own ways
            continue
    assert stopped


RIGHT = np.array([[1.0, -2.0], [3.0, 5.0], [0.5, 4.0]])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda a: -a, "has the opposite sign"),
        (lambda a: len(a) * a, "is too large by a factor: the number of rows of `X`"),
        (lambda a: a[::-1], "is in the opposite order along the first axis"),
        (lambda a: a.T, "is transposed"),
        (lambda a: a[:, None], "has the right values with an axis of length 1 too many"),
        (lambda a: (a * len(a)).astype(np.float32), "is too large by a factor"),
        (lambda a: a + np.where(a > 3, np.inf, 0), "is infinite in some places"),
        (lambda a: a + np.where(a > 3, np.nan, 0), "is NaN in some places"),
        (lambda a: np.where(a > 3, np.nan, np.inf), "is NaN or infinite where a finite number"),
        (lambda a: a + np.sin(a * 7), ""),
    ],
)
def test_relations(wrong, said) -> None:
    """Each holds on all inputs, in float32 too; where none holds, nothing is said."""
    pairs = [
        Pair(wrong(a), a, {"the number of rows of `X`": len(a)})
        for a in (RIGHT, np.vstack([RIGHT + 0.25, RIGHT[:1]]))
    ]
    assert relation(pairs).startswith(said) if said else relation(pairs) == ""


def test_a_function_that_is_missing_is_named() -> None:
    """The right array is a function of the student's, as where a layer lacks its activation."""
    for function, said in (
        (np.tanh, "lacks the tanh"),
        (lambda a: 1 / (1 + np.exp(-a)), "lacks the sigmoid"),
        (np.abs, "has the right absolute values, but other signs"),
    ):
        assert relation([Pair(a, function(a)) for a in (RIGHT - 1.5, RIGHT - 2.25)]) == said


def test_multiples() -> None:
    """A factor of each input or of each row is said; any other array is not a multiple."""
    right = np.arange(1.0, 7).reshape(3, 2)
    inputs = [Pair(right * 2, right), Pair(right * 3, right)]
    assert "one number that depends on the input" in multiples(inputs)
    rows = [Pair(right * np.array([[2.0], [3], [5]]), right)] * 2
    assert multiples(rows) == "has in each row the right values times one number of this row"
    assert not multiples([Pair(right + 1, right)] * 2)


def test_rows_times_a_whole_number_each() -> None:
    """Rows that are off by a number among the arguments are said with its name, and by a size."""
    counts = {"`lengths`": np.array([3, 1, 2])}
    weights = counts["`lengths`"][:, None] / len(RIGHT)
    sizes = {"the number of rows of `X`": 3.0}
    pairs = [Pair(a * weights, a, sizes, counts=counts) for a in (RIGHT, RIGHT + 0.25)]
    said = "is in each row the right value times its entry of `lengths`"
    assert relation(pairs) == f"{said}, and divided by the number of rows of `X`"
    assert "lengths" not in relation([replace(pair, counts={}) for pair in pairs])


def test_one_number_in_all_wrong_places_is_said() -> None:
    """Where the input is negative, 0 is right and -1 comes out."""
    inputs = (RIGHT, RIGHT - 3.25)
    pairs = [Pair(np.sign(a), (a > 0).astype(float), first=a) for a in inputs]
    assert relation(pairs) == "is wrong only where the input is negative, and is -1 there"


def test_relations_with_arguments_that_are_negative() -> None:
    """A number among the arguments may be below 0: no root of it is taken."""
    pairs = [Pair(3 * a, a, {"`b`": -2.0}) for a in (RIGHT, RIGHT + 0.25)]
    assert relation(pairs) == "is always 3 times the right value"


def test_what_is_always_zero_says_nothing_where_it_is_right() -> None:
    """A column of zeros is right in most wrong programs."""
    wide = np.hstack([RIGHT, RIGHT[:, :1] + 1])
    others = np.array([0.0, 1.0, 1.0])

    def said(right: np.ndarray) -> str:
        inputs = (right, right + 0.25 * others)
        return relation([Pair(a + others * np.sin(7 * a + 1), a) for a in inputs])

    assert said(wide) == "is right in the first column only"
    assert said(wide * others) == ""


def test_an_array_that_is_too_large_is_shown_by_its_worst_entry() -> None:
    """The two sides of a card differ."""
    reference = Module(types.SimpleNamespace(f=lambda x: x), {})
    case = Case("f", np.arange(16.0).reshape(4, 4))
    made = examples.example(reference, case, Answer(case.args[0].T), [()])
    assert (made.returned, made.correct) == ("f[0, 3] = 12.0", "f[0, 3] = 3.0")


HELPERS = """
def inner(z): return z
def softmax(z): return inner(z)
def cross_entropy(z, t): return inner(z)
def other(z): return z
"""


@pytest.mark.parametrize(
    ("function", "sentence", "is_plain", "said"),
    [
        ("cross_entropy", "cross_entropy: `x` is 0.", False,
         "The same holds for cross_entropy; both use your `inner`."),
        ("cross_entropy", "cross_entropy: `x` is wrong.", True,
         "cross_entropy is wrong too; both use your `inner`."),
        ("cross_entropy", "cross_entropy: `x` is 1.", False, ""),
        ("other", "other: `x` is 0.", False, ""),
    ],
)  # fmt: skip
def test_one_slip_in_a_helper_is_one_cause(
    function: str, sentence: str, is_plain: bool, said: str
) -> None:
    """Two functions that use one helper and are wrong alike; another wrong, or no helper, is apart."""
    first = Cause("softmax", "softmax: `x` is 0.", helper="ours")
    causes = [first, Cause(function, sentence, is_plain=is_plain)]
    asked = ("softmax", "cross_entropy", "other")
    found = list(repeated(causes, HELPERS, asked, lambda name: ["ours"]))
    assert found == ([(first, causes[1], said)] if said else [])
