"""Fair credit, messages and diagnosis, through a real class: each student gets one thing wrong."""

import numpy as np
import pytest
from places import ROOT

from grader.checks import arrays
from grader.checks import partial_credit as credit_of
from grader.checks import student_module as remote
from grader.checks.answers import Asked
from grader.checks.case import Case
from grader.checks.check import Check
from grader.checks.failure import Failure
from grader.checks.mistakes import module_of
from grader.checks.reference import Module
from grader.course import catalog
from grader.grading.protocol import Settings
from grader.model import Limits, Submission
from grader.runs import local
from grader.sandbox.faults import GraderError, StudentError
from grader.sandbox.fork_server import ForkServer, Sandbox
from grader.sandbox.student import Program, Student

RIGHT = (ROOT / "reference/two_layer_network/solution.py").read_text(encoding="utf-8")
BACKWARD = [f"test_network.py::test_backward[{name}]" for name in "z2 W2 b2 a1 z1 W1 b1".split()]


def swapped(*pairs):
    """The solution with pieces of its text replaced."""
    source = RIGHT
    for right, wrong in pairs:
        assert source.count(right) == 1, right
        source = source.replace(right, wrong)
    return source


TANH = """
def forward(params, X):
    z1 = X @ params["W1"].T + params["b1"]
    a1 = np.tanh(z1)
    z2 = a1 @ params["W2"].T + params["b2"]
    a2 = sigmoid(z2)
    return a2, {"X": X, "z1": z1, "a1": a1, "z2": z2, "a2": a2}

def backward(params, cache, y):
    X, z1, a1, a2 = cache["X"], cache["z1"], cache["a1"], cache["a2"]
    dz2 = (a2 - y) / len(y)
    da1 = dz2 @ params["W2"]
    dz1 = da1 * (1 - np.tanh(z1) ** 2)
    return {"z2": dz2, "W2": dz2.T @ a1, "b2": dz2.sum(0), "a1": da1, "z1": dz1,
            "W1": dz1.T @ X, "b1": dz1.sum(0)}
"""

CONSTANT = """
def forward(params, X):
    half = np.full((len(X), 1), 0.5)
    hidden = np.zeros((len(X), len(params["b1"])))
    return half, {"X": X, "z1": hidden, "a1": hidden, "z2": half * 0, "a2": half}

def backward(params, cache, y):
    m = len(y)
    hidden = np.zeros((m, len(params["b1"])))
    return {"z2": np.zeros((m, 1)), "a1": hidden, "z1": hidden,
            **{key: np.zeros_like(value) for key, value in params.items()}}
"""

BUSY = """
import time

timed = []
right = backward

def backward(params, cache, y):
    timed.extend([1] * (len(params["b1"]) == 70))
    until = time.process_time() + 0.002 * (len(timed) in {when})
    while time.process_time() < until:
        pass
    return right(params, cache, y)
"""

NAMED_PAIR = """
from typing import NamedTuple
import numpy as np

class Trained(NamedTuple):
    params: dict
    losses: np.ndarray

    def __len__(self):
        return len(self.losses)
"""

CLASS = {
    "right": RIGHT,
    "wrong forward": swapped(("    a1 = relu(z1)\n", "    a1 = np.tanh(z1)\n")),
    "no mask": swapped(("dz1 = da1 * relu_derivative(z1)", "dz1 = da1")),
    "zero upstream": swapped(("dz1 = da1 * relu_derivative(z1)", "dz1 = 0 * da1")),
    "own network": RIGHT + TANH,
    "constant": RIGHT + CONSTANT,
    "nan": RIGHT
    + "\ndef relu(z):\n    return z * np.nan\n\ndef sigmoid(z):\n    return z * np.nan\n",
    "from the start": swapped(
        ("    losses = np.zeros(epochs)\n", "    start, losses = params, np.zeros(epochs)\n"),
        ("            _, cache = forward(params, x)\n", "            _, cache = forward(start, x)\n"),
    ),
    "slow": RIGHT + BUSY.format(when="range(1, 999)"),
    "slow at first": RIGHT + BUSY.format(when="(1, 2)"),
    "small only": swapped(("    db1 = dz1", "    dW1 *= dW1.size < 1000\n    db1 = dz1")),
    "turned if square": swapped(
        ("dW1 = dz1.T @ X\n", "dW1 = dz1.T @ X\n    dW1 = dW1.T if len(X[0]) == len(dW1) else dW1\n")
    ),
    "own backward in train": swapped(("    dz2 = (a2 - y) / m\n", "    dz2 = 3 * (a2 - y) / m\n")),
    "modifies": swapped(("    z1 = X @ params", "    X -= 0.5\n    z1 = X @ params")),
    "counts": RIGHT
    + "\ncalls = []\ndef relu(z):\n    calls.append(1)\n    return np.maximum(z, 0) * len(calls)\n",
    "raises": swapped(("    e = np.exp(-np.abs(z))\n", "    e = np.exp(-np.abs(z))\n    return [][3]\n")),
    "own exception": RIGHT + "\nclass Secret(Exception): pass\ndef relu(z):\n    raise Secret(str(z))\n",
    "complex": RIGHT + "\ndef relu(z):\n    return np.maximum(z, 0) + 0j\n",
    "none": RIGHT + "\ndef relu(z):\n    np.maximum(z, 0)\n",
    "transposed": RIGHT + "\ndef relu(z):\n    return np.maximum(z, 0).T\n",
    "doubled": RIGHT + "\ndef relu(z):\n    return 2 * np.maximum(z, 0)\n",
    "no key": swapped(('"z2": z2, "a2": a2}', '"z2": z2}')),
    "stops": "import numpy as np\ndef relu(z):\n    return np.maximum(z, 0)\n1 / 0\n" + RIGHT,
    "forbidden": "import torch\n" + RIGHT,
    "uses it": "import torch\n" + RIGHT + "\ndef relu(z):\n    return torch.relu(z)\n",
    "own key": swapped(
        ('"z2": z2, "a2": a2}', '"z2": z2, "a2": a2, "m": len(X)}'),
        ("    m = len(y)\n    dz2", '    m = cache["m"]\n    dz2'),
    ),
    "typo": swapped(('    da1 = dz2 @ params["W2"]', '    da1 = dz2 @ params["w2"]')),
    "last forward": swapped(
        ("    z1 = X @ params", "    global last\n    last = X\n    z1 = X @ params"),
        ('    X, z1, a1, a2 = cache["X"]', "    X, z1, a1, a2 = last"),
    ),
    "grows": RIGHT.replace("import numpy as np\n", "import numpy as np\ncalls = []\n", 1).replace(
        "    dz2 = (a2 - y) / m\n    dW2",
        "    calls.append(1)\n    if len(calls) > 1:\n        raise ValueError(m)\n"
        "    dz2 = (a2 - y) / m\n    dW2",
    ),
    "turned": swapped(('    z1 = X @ params["W1"].T', '    z1 = X @ params["W1"]')),
    "named pair": RIGHT.replace("import numpy as np\n", NAMED_PAIR, 1).replace(
        "return params, losses", "return Trained(params, losses)"
    ),
    "one of two": RIGHT.replace("return params, losses", "return params"),
    "other sizes": swapped(('    z1 = X @ params["W1"].T', '    z1 = X @ np.ones((7, 9))')),
}  # fmt: skip


@pytest.fixture(scope="module")
def graded():
    """Every student's outcomes, by the check's id."""
    course = catalog.load(ROOT)
    settings = Settings(str(course.folder), "two_layer_network", 11, b"test")
    submissions = [Submission(who, "two_layer_network.py", s.encode()) for who, s in CLASS.items()]
    return {
        submission.student: {outcome.id: outcome for outcome in grade.outcomes}
        for submission, grade in local.grade_all(submissions, settings, jobs=1, patience=200)
    }


def credit(outcome):
    """The share of a check's points."""
    return round(outcome.points / outcome.max_points, 3)


def test_right(graded):
    """Everything right is full marks."""
    assert {credit(outcome) for outcome in graded["right"].values()} == {1}


def test_wrong_forward_does_not_cost_backward(graded):
    """backward is judged on the reference's cache."""
    found = graded["wrong forward"]
    assert found["test_network.py::test_forward"].status == "failed"
    assert {credit(found[check]) for check in BACKWARD} == {1}


def test_one_wrong_line_costs_one_array(graded):
    """What follows from a wrong z1 by the right rule gets 80 %, and says so."""
    found = graded["no mask"]
    shares = {check[-3:-1]: credit(found[check]) for check in BACKWARD}
    assert shares == {"z2": 1, "W2": 1, "b2": 1, "a1": 1, "z1": 0, "W1": 0.8, "b1": 0.8}
    assert "correct given your own z1" in found[BACKWARD[5]].message
    assert found[BACKWARD[4]].mistake == "relu-mask-missing"
    assert found[BACKWARD[4]].hint.endswith("?")


def test_nothing_follows_from_zeros(graded):
    """Arrays that are right given an upstream of zeros earn nothing."""
    assert [credit(graded["zero upstream"][check]) for check in BACKWARD[4:]] == [0, 0, 0]


def test_derivative_of_ones_own_forward(graded):
    """A consistent other network gets 60 % for its gradients, labelled."""
    found = graded["own network"]
    assert found["test_network.py::test_forward"].status == "failed"
    z1 = found[BACKWARD[4]]
    assert credit(z1) == 0  # no parameter: numbers say nothing about it
    w1 = found[BACKWARD[5]]
    assert credit(w1) == 0.8 or (
        credit(w1) == 0.6 and "derivative of your own forward" in w1.message
    )


def test_a_right_forward_excuses_no_wrong_gradient(graded):
    """Numbers that agree where nothing is wrong are no derivative of one's own forward."""
    w1 = graded["turned if square"][BACKWARD[5]]
    assert credit(w1) == 0
    assert "derivative" not in w1.message


def test_constants_earn_nothing(graded):
    """A constant forward whose gradient is rightly zero is no gradient."""
    found = graded["constant"]
    assert [credit(found[check]) for check in BACKWARD] == [0] * 7
    assert found["test_network.py::test_backward_is_fast"].points == 0
    assert found["test_side_effects.py::test_arguments_are_left_alone"].status == "waiting"


def test_losses_that_stand_still_are_no_constant(graded):
    """They are those of parameters that never move, and yet the parameters returned have moved."""
    losses = graded["from the start"]["test_training.py::test_losses"]
    assert (losses.status, losses.mistake) == ("failed", "")


def test_nan_says_nothing(graded):
    """No NaN is equal to another, and yet they are no different answers."""
    outcome = graded["nan"]["test_side_effects.py::test_arguments_are_left_alone"]
    assert (outcome.status, outcome.message) == ("waiting", "not judged yet")
    assert "relu" in outcome.blocked_by


def test_slow_is_told_who_is_slow(graded):
    """A right answer is told that it is slow, and one that two slow runs make look so is not."""
    slow, not_slow = (
        graded[who]["test_network.py::test_backward_is_fast"] for who in ("slow", "slow at first")
    )
    assert (slow.status, not_slow.status) == ("passed", "passed")
    assert "times the time of array code" in slow.message
    assert not_slow.message == ""


def test_the_timed_call_is_as_right_as_the_others(graded):
    """Its size tells it: numbers in place of backpropagation could be left out just there.

    With an array that is wrong everywhere there is nothing to time yet, and little is lost.
    """
    timed = graded["small only"].pop("test_network.py::test_backward_is_fast")
    assert (timed.points, timed.mistake) == (0, "")
    assert "this one is wrong where others are right" in timed.message
    assert all(outcome.status == "passed" for outcome in graded["small only"].values())
    waiting = graded["no mask"]["test_network.py::test_backward_is_fast"]
    assert (waiting.status, credit(waiting)) == ("waiting", 0.8)


@pytest.mark.parametrize("room", [remote.ROOM, 10**6])
def test_nothing_is_computed_with_what_is_far_too_large(monkeypatch, room):
    """What the reference makes of a student's part is as large as that part times its own."""
    monkeypatch.setattr(remote, "ROOM", room)
    ours = Module(module_of("def f(x):\n    return x\n", "ours"), {})
    source = "import numpy as np\ndef f(x):\n    return np.ones((4096 if x[0] else 2, 1, 1))\n"
    with ForkServer(Sandbox.best()) as server:
        theirs = Student(server, Program("work", (("work.py", source),)), Limits())
        parts = remote.Remote(Asked(theirs, ours))
        assert (parts.f(np.zeros(9)) + np.ones((2, 9))).shape == (2, 2, 9)
        if room == 4:
            with pytest.raises(StudentError, match="what f returns is far too large"):
                parts.f(np.ones(9))
        else:
            assert (parts.f(np.ones(9)) + np.ones((9, 9))).nbytes > 2 << 20
        theirs.end()


LOOPS = """
def step(x):
    return x + 1

def loop(x):
    for _ in range(6):
        x = step(x)
    return x
"""


@pytest.mark.parametrize("bound", [True, False])
def test_no_loop_makes_answers_larger_and_larger(monkeypatch, bound):
    """Handed back as arguments, they would allow for larger ones."""
    largest = []
    size = arrays.size

    def noted(arrays):
        largest.append(size(arrays := list(arrays)))
        return largest[-1]

    monkeypatch.setattr(remote, "size", noted)
    ours = Module(module_of(LOOPS, "ours"), {})
    source = "import numpy as np\ndef step(x):\n    return np.ones(3 * x.size)\n"
    source += "def loop(x):\n    return np.arange(500.0)\n"
    with ForkServer(Sandbox.best()) as server:
        theirs = Student(server, Program("work", (("work.py", source),)), Limits())
        asked, case = Asked(theirs, ours), Case("loop", np.zeros(500))
        failure = Failure(asked, [case], asked.answers([case]), (), None, np.random.default_rng)
        if not bound:
            monkeypatch.setattr(credit_of, "_room", lambda *_: 10**9)
        assert not credit_of.given_parts(failure, ("step",))
        theirs.end()
    assert (max(largest) > 10**5) == (not bound)


STUMBLES = {
    "no cache": """
def forward(params, X):
    return sigmoid(X @ params["W1"].T)
def backward(params, cache, y):
    return cache["A1"]
""",
    "a key that is no literal": """
class Odd(int):
    def __repr__(self):
        return "007"
def backward(params, cache, y):
    raise KeyError(Odd(7))
""",
    "nothing the second time": """
seen, first = set(), relu
def relu(z):
    known = z.tobytes() in seen
    seen.add(z.tobytes())
    return None if known else first(z)
""",
    "a part that returns nothing": """
def sigmoid(z):
    pass
def forward(params, X):
    z2 = X.sum(axis=1, keepdims=True)
    return 1 / (1 + np.exp(-z2)), {"X": X, "z1": X, "a1": X, "z2": z2, "a2": z2}
""",
}


def test_no_answer_makes_an_error_of_us():
    """Whoever could, would have it in place of a zero; and a student who forgot a return got it."""
    settings = Settings(str(ROOT), "two_layer_network", 11, b"test", preflight=False)
    submissions = [Submission(who, "a.py", (RIGHT + s).encode()) for who, s in STUMBLES.items()]
    assert {
        submission.student: grade.status
        for submission, grade in local.grade_all(submissions, settings, jobs=1, patience=200)
    } == dict.fromkeys(STUMBLES, "graded")


def test_no_single_array_makes_an_error_of_us():
    """A hidden test that calls a student's function itself finds no pair."""
    source = (ROOT / "reference/padding_pooling/solution.py").read_text(encoding="utf-8")
    source += "\n\ndef max_pool(batch, lengths):\n    return batch.max(axis=1)\n"
    settings = Settings(str(ROOT), "padding_pooling", 11, b"test", preflight=False)
    [(_, grade)] = local.grade_all([Submission("ada", "a.py", source.encode())], settings, 1, 200)
    assert grade.status == "graded"


def test_what_stumbles_over_an_answer_leaves_the_verdict():
    """A look for credit or a name that raises is told to staff."""
    check = Check(None, None, None, None, None)
    assert check._extra(lambda: 3) == 3
    assert check._extra(lambda: {}["no"]) is None
    assert "KeyError: 'no'" in check.stumbled
    with pytest.raises(GraderError):
        check._extra(raising)


def raising():
    raise GraderError("the fork server died")


@pytest.mark.parametrize("steady", [True, False])
def test_credit_is_for_functions_that_stand_by_their_answers(steady):
    """Not for one that is another where no check asks."""
    source = (
        f"calls = []\ndef f(x):\n    calls.append(x)\n    return x if {steady} else x * len(calls)"
    )
    with ForkServer(Sandbox.best()) as server:
        theirs = Student(server, Program("work", (("work.py", source),)), Limits())
        asked = Asked(theirs, Module(module_of("def f(x):\n    return x + 1\n", "ours"), {}))
        asked.answers([Case("f", np.arange(3.0))])
        parts = remote.Remote(asked)
        parts.f(np.arange(4.0))
        assert parts.is_steady() == steady
        theirs.end()


def test_train_is_judged_with_ones_own_parts(graded):
    """A wrong backward costs train a fifth, not all."""
    assert credit(graded["own backward in train"]["test_training.py::test_trained_params"]) == 0.8


@pytest.mark.parametrize(
    ("student", "check", "mistake"),
    [
        ("own key", BACKWARD[0], "needs-extra-key"),
        ("typo", BACKWARD[3], ""),  # a KeyError too, but of no key that their forward makes
        ("last forward", BACKWARD[5], "cache-in-global"),
        ("grows", BACKWARD[0], "state-between-calls"),
        ("turned", "test_network.py::test_forward", "weights-transposed"),  # raises the same
        ("other sizes", "test_network.py::test_forward", ""),  # a ValueError too, of other sizes
        ("own network", BACKWARD[5], ""),
    ],
)
def test_what_a_program_does_names_its_mistake(graded, student, check, mistake):
    """Exceptions and left-over state are told apart, and what only looks alike is not named."""
    outcome = graded[student][check]
    assert (outcome.status, outcome.mistake) == ("failed", mistake)


@pytest.mark.parametrize(
    ("right", "wrong", "mistake"),
    [
        ("params[key] - learning_rate", "params[key] + learning_rate", "update-uphill"),
        ("    dz2 /= m\n", "    dz2 /= -m\n", "sign-flipped"),
    ],
)
def test_of_two_that_look_alike_the_one_is_made_here(right, wrong, mistake):
    """Uphill by a step or by a gradient: the student's own backward tells which."""
    source = (ROOT / "reference/window_lm/solution.py").read_text(encoding="utf-8")
    assert source.count(right) == 1
    submission = Submission("curie", "window_lm.py", source.replace(right, wrong).encode())
    settings = Settings(str(ROOT), "window_lm", 11, b"test", preflight=False)
    [(_, grade)] = local.grade_all([submission], settings, jobs=1, patience=200)
    found = {o.id: o.mistake for o in grade.outcomes}["test_texts.py::test_trained_params"]
    assert found == mistake


def test_modified_argument(graded):
    """Named, with its own points."""
    outcome = graded["modifies"]["test_side_effects.py::test_arguments_are_left_alone"]
    assert (outcome.status, outcome.mistake) == ("failed", "argument-modified")
    assert "forward modified its argument X" in outcome.message


MANNERS = (
    "test_side_effects.py::test_arguments_are_left_alone",
    "test_side_effects.py::test_equal_arguments_give_equal_results",
)


@pytest.mark.parametrize("check", MANNERS)
def test_side_effects_wait_for_values_and_earn_the_same_share(graded, check):
    """Nothing is known of the arguments of what raises: it waits, and earns what the values did."""
    outcome = graded["typo"][check]
    assert (outcome.status, outcome.message) == ("waiting", "not judged yet")
    assert outcome.blocked_by.startswith("backward and train must return the right values")
    assert 0 < credit(outcome) < 1


def test_state_between_calls(graded):
    """A second call that answers otherwise."""
    outcome = graded["counts"]["test_side_effects.py::test_equal_arguments_give_equal_results"]
    assert (outcome.status, outcome.mistake) == ("failed", "state-between-calls")


def test_exception_is_named_with_its_line(graded):
    """A built-in exception by name and line, nothing of its text."""
    outcome = graded["raises"]["test_activations.py::test_sigmoid"]
    line = CLASS["raises"][: CLASS["raises"].index("return [][3]")].count("\n") + 1
    assert outcome.message == f"sigmoid raised an IndexError, line {line} of two_layer_network.py"
    assert "IndexError" in outcome.instructor["traceback"]


def test_own_exception_says_nothing_of_its_own(graded):
    """Neither its name nor its text: both can carry hidden inputs."""
    outcome = graded["own exception"]["test_activations.py::test_relu"]
    assert "an exception of your own" in outcome.message
    assert "Secret" not in outcome.message


@pytest.mark.parametrize(
    ("student", "said"),
    [
        ("complex", "holds complex numbers"),
        ("none", "is a return missing?"),
        ("transposed", "expected shape (3, 4), got (4, 3): transposed?"),
        ("doubled", "twice the right one"),
    ],
)
def test_messages(graded, student, said):
    """What is wrong, in words."""
    assert said in graded[student]["test_activations.py::test_relu"].message


def test_a_pair_is_what_unpacks_as_one(graded):
    """A named tuple may have a length of its own."""
    assert {credit(outcome) for outcome in graded["named pair"].values()} == {1}


@pytest.mark.parametrize(
    "check",
    [
        "test_training.py::test_trained_params",
        "test_training.py::test_losses",
    ],
)
def test_what_cannot_be_read_is_told_of_the_whole(graded, check):
    """It is the answer that is no pair, not what was looked for in it, and no constant either."""
    said = "what train returns is not a tuple of the length that the docstring gives"
    assert graded["one of two"][check].message == said


def test_missing_cache_key_fails_forward(graded):
    """A listed key is part of the contract."""
    assert "a2 is missing" in graded["no key"]["test_network.py::test_forward"].message


def test_what_stands_around_an_error_counts(graded):
    """A statement that raises costs only itself: what is defined above and below it is graded."""
    assert {credit(outcome) for outcome in graded["stops"].values()} == {1}


def test_forbidden_import(graded):
    """torch is not among the modules of this assignment: what does not use it is graded all the same."""
    assert {credit(outcome) for outcome in graded["forbidden"].values()} == {1}
    assert credit(graded["uses it"]["test_activations.py::test_relu"]) == 0
    assert "NameError" in graded["uses it"]["test_activations.py::test_relu"].message
