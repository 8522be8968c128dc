"""Fair credit in every exercise: one step wrong at a time, through a real class.

The wrong step itself earns nothing, what stands before it is right, and what follows from it by the
right rule earns its share and says so, in the message that the student reads.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import pytest
from places import ROOT

from grader.checks.check import LOCAL_CREDIT, NUMERIC_CREDIT, SHARED
from grader.checks.diagnosis.final_points import SLIP_CREDIT
from grader.course import catalog
from grader.grading.protocol import Settings
from grader.model import Grade, Outcome, Submission
from grader.results import feedback, wording
from grader.results.store import Run
from grader.runs import local

COURSE = catalog.load(ROOT)
SEED, SECRET = 3, b"fair credit"
LABELS = {
    LOCAL_CREDIT: "correct given ",
    NUMERIC_CREDIT: "but it is the derivative of your own forward",
}


@dataclass(frozen=True)
class Slip:
    """A step gone wrong, and what becomes of the checks of one function.

    ``checks`` matches their ids, its group what they are called here; ``lost`` are those that earn
    nothing, ``follows`` those that earn 80 %, ``numeric`` 60 %; all the others are right.
    """

    exercise: str
    step: str
    right: str
    wrong: str
    checks: str
    lost: str = ""
    follows: str = ""
    numeric: str = ""
    followed: float = LOCAL_CREDIT
    """The share of those that follow; more if the slip would cost over a third otherwise."""

    @property
    def source(self) -> str:
        """What the student hands in."""
        solution = ROOT / "reference" / self.exercise / "solution.py"
        text = solution.read_text(encoding="utf-8")
        assert text.count(self.right) == 1, self.right
        return text.replace(self.right, self.wrong)

    def shares(self) -> dict[str, float]:
        """The share of its points that each check earns which is not right."""
        given = {0.0: self.lost, self.followed: self.follows, NUMERIC_CREDIT: self.numeric}
        return {name: share for share, names in given.items() for name in names.split()}


def _two_layer() -> Iterator[Slip]:
    def slip(
        step: str, right: str, wrong: str, lost: str, follows: str = "",
        checks: str = r"test_network.py::test_backward\[(.+)\]",
    ) -> Slip:  # fmt: skip
        return Slip("two_layer_network", step, right, wrong, checks, lost, follows)

    dz2, train = "dz2 = (a2 - y) / m", "test_training.py::test_(.+)"
    yield slip("dz2", dz2, "dz2 = a2 - y", "z2", "W2 b2 a1 z1 W1 b1")
    yield slip("dW2", "dW2 = dz2.T @ a1", "dW2 = -dz2.T @ a1", "W2")
    yield slip("db2", "db2 = dz2.sum(axis=0)", "db2 = dz2.mean(axis=0)", "b2")
    yield slip("da1", 'da1 = dz2 @ params["W2"]', 'da1 = dz2 @ params["W2"] ** 2', "a1", "z1 W1 b1")
    yield slip("dz1", "dz1 = da1 * relu_derivative(z1)", "dz1 = da1", "z1", "W1 b1")
    yield slip("dW1", "dW1 = dz1.T @ X", "dW1 = 2 * dz1.T @ X", "W1")
    yield slip("db1", "db1 = dz1.sum(axis=0)", "db1 = dz1.mean(axis=0)", "b1")
    yield slip("relu'", "np.where(z >= 0, 1.0, 0.0)", "np.where(z >= 0, 1.0, 0.1)", "", "z1 W1 b1")
    yield slip("forward", "a1 = relu(z1)", "a1 = np.tanh(z1)", "")
    relu = "np.maximum(z, 0.0)", "np.maximum(z, 0.1 * z)"
    yield slip("relu", *relu, "", "forward", "test_network.py::test_(.+)")
    yield slip("train", dz2, "dz2 = 3 * (a2 - y) / m", "", "trained_params losses", train)


def _lstm() -> Iterator[Slip]:
    def slip(
        step: str, right: str, wrong: str, lost: str, follows: str = "",
        checks: str = r"test_cell.py::test_backward\[(.+)\]",
    ) -> Slip:  # fmt: skip
        return Slip("lstm_cell", step, right, wrong, checks, lost, follows)

    gates = {"f": "c_prev * f * (1 - f)", "i": "g * i * (1 - i)", "g": "i * (1 - g**2)"}
    before_c = " ".join(kind + k for kind in "WUb" for k in gates)
    yield slip("delta_c", "    delta_c = dc + dh", "    delta_c = dh", "c_prev",
               f"{before_c} x h_prev")  # fmt: skip
    for k, right in gates.items():
        right = f'"{k}": delta_c * {right}'
        yield slip(f"dz_{k}", right, f"{right} * 2", f"W{k}", f"U{k} b{k} x h_prev")
    yield slip("dz_o", '"o": dh * tanh_c', '"o": dh', "Wo", "Uo bo x h_prev")
    yield slip("dc_prev", '"c_prev": delta_c * f', '"c_prev": delta_c', "c_prev")
    yield slip("dx", 'dz[k] @ params["W" + k]', 'dz[k] @ params["W" + k] * 2', "x")
    yield slip("forward", "h = o * np.tanh(c)", "h = o * c", "")
    yield slip("the cell, in sequence_backward", '"c_prev": delta_c * f', '"c_prev": delta_c', "",
               f"{before_c} Wo Uo bo xs h0 c0", r"test_sequence.py::test_backward\[(.+)\]")  # fmt: skip
    yield slip("the cell, in sequence_forward", "h = o * np.tanh(c)", "h = o * c", "", "forward",
               "test_sequence.py::test_(forward)")  # fmt: skip


def _handed_back() -> Iterator[Slip]:
    """What follows from cells that hand their arguments back is not this exercise: no credit."""
    cell = """
def cell_forward(params, x, h_prev, c_prev):
    return h_prev, c_prev, {"x": x, "h_prev": h_prev, **dict.fromkeys(("c_prev", *"figoc"), c_prev)}


def cell_backward(params, cache, dh, dc):
    return {**params, "x": cache["x"], "h_prev": dh, "c_prev": dc}


"""
    sequence = "def sequence_forward(", cell + "def sequence_forward("
    params = " ".join(kind + k for kind in "WUb" for k in "figo")
    yield Slip("lstm_cell", "arguments handed back", *sequence,
               r"test_cell.py::test_backward\[(.+)\]", f"x h_prev c_prev {params}")  # fmt: skip
    yield Slip("lstm_cell", "arguments handed back, in sequence_backward", *sequence,
               r"test_sequence.py::test_backward\[(.+)\]", f"xs c0 h0 {params}")  # fmt: skip


def _window() -> Iterator[Slip]:
    def slip(
        step: str, right: str, wrong: str, lost: str, follows: str = "",
        checks: str = r"test_network.py::test_backward\[(.+)\]",
    ) -> Slip:  # fmt: skip
        return Slip("window_lm", step, right, wrong, checks, lost, follows)

    added = "np.add.at(dE, contexts, de.reshape(*contexts.shape, -1))"
    yield slip("dz2", "    dz2 /= m\n", "", "W2", "b2 W1 b1 E")
    one = "    dz2 /= max(m, 2)\n"
    yield slip("dz2 of one example", "    dz2 /= m\n", one, "W2", "b2 W1 b1 E")
    yield slip("db2", "dz2.sum(axis=0)", "dz2.mean(axis=0)", "b2")
    yield slip("da1", 'da1 = dz2 @ params["W2"]', 'da1 = dz2 @ params["W2"] ** 2', "W1", "b1 E")
    yield slip("dz1", "dz1 = da1 * (1 - a1**2)", "dz1 = da1", "W1", "b1 E")
    yield slip("db1", "dz1.sum(axis=0)", "dz1.mean(axis=0)", "b1")
    yield slip("de", 'de = dz1 @ params["W1"]', 'de = 2 * dz1 @ params["W1"]', "E")
    yield slip("dE", added, "dE[contexts] += de.reshape(*contexts.shape, -1)", "E")
    tanh = "a1 = np.tanh(z1)", "a1 = np.sin(z1)"
    yield slip("forward", *tanh, "")
    yield slip("forward, in what uses it", *tanh, "", "perplexity trained_params losses generate",
               "test_texts.py::test_(.+)")  # fmt: skip
    yield slip("backward, in train", "    dz2 /= m\n", "", "", "trained_params losses",
               "test_texts.py::test_(.+)")  # fmt: skip


def _deep() -> Iterator[Slip]:
    last, slope = "dz = (a[K] - y) / len(y)", "* slope(z[k - 1])"
    for activation in ("sigmoid", "tanh", "relu"):
        for step, right, wrong, lost, follows in (
            ("dz3", last, "dz = a[K] - y", "W3", "b3 W2 b2 W1 b1"),
            ("dz2", slope, f"{slope} * (1 + (k == 3))", "W2", "b2 W1 b1"),
            ("dz1", slope, f"{slope} * (1 + (k == 2))", "W1", "b1"),
            ("db", "dz.sum(axis=0)", "dz.mean(axis=0)", "b3 b2 b1", ""),
        ):
            checks = rf"test_backward.py::test_backward\[(.+)-{activation}\]"
            name = f"{step}, {activation}"
            yield Slip("deep_network", name, right, wrong, checks, lost, follows)
    # Right at some inputs and wrong at others, with a right forward: derivative of nothing.
    for step, right, wrong, lost, follows in (
        ("a square layer", 'dz = dz @ params[f"W{k}"]',
         'W = params[f"W{k}"]\n            dz = dz @ (W.T if len(W) == len(W[0]) else W)',
         "W1", "b1"),
        ("one example", last, "dz = (a[K] - y) / max(len(y), 2)", "W3", "b3 W2 b2 W1 b1"),
    ):  # fmt: skip
        checks = r"test_backward.py::test_backward\[(.+)-tanh\]"
        yield Slip("deep_network", step, right, wrong, checks, lost, follows)
    yield Slip("deep_network", "forward", "(np.tanh, lambda z: 1 / np.cosh(z) ** 2)",
               "(np.sin, np.cos)", r"test_backward.py::test_backward\[(.+)-tanh\]",
               follows="b1", numeric="W3 b3 W2 b2 W1")  # fmt: skip
    yield Slip("deep_network", "backward, in gradient_norms", last, "dz = a[K] - y",
               "test_norms.py::test_(.+)", "", "vanishing norms many_layers")  # fmt: skip


def _padding() -> Iterator[Slip]:
    def slip(step: str, right: str, wrong: str, kind: str, lost: str, numeric: str = "") -> Slip:
        checks = f"test_{kind}_pool.py::test_(.+)"
        return Slip("padding_pooling", step, right, wrong, checks, lost, numeric=numeric)

    each = "backward backward_zeros backward_empties"
    share = "np.maximum(lengths, 1)[:, None, None]"
    yield slip("mean_pool", f"real / {share}", "real / batch.shape[1]", "mean",
               "mean garbage zeros empties", each)  # fmt: skip
    yield slip("mean_pool_backward", "return weight * dpooled", "return 2 * weight * dpooled",
               "mean", each)  # fmt: skip
    yield slip("max_pool", "return pooled, share", "return 2 * pooled, 2 * share", "max",
               "max negative garbage zeros low empties backward_low backward_ties",
               f"{each} backward_negative backward_garbage backward_twins")  # fmt: skip


def _ngrams() -> Iterator[Slip]:
    yield Slip("ngram_lm", "probabilities", "* (vocabulary_size - 1)", "* vocabulary_size",
               "test_perplexity.py::test_(.+)",
               follows="perplexity unigrams long_text empty_sentences")  # fmt: skip
    yield Slip("ngram_lm", "the same for all words", "return smoothed / np.where(totals > 0, totals, 1)",
               "return np.sign(0 * totals + range(vocabulary_size)) / (vocabulary_size - 1)",
               "test_perplexity.py::test_(.+)",
               "perplexity unigrams impossible long_text empty_sentences")  # fmt: skip
    yield Slip("ngram_lm", "the same for all contexts", "    smoothed = counts + k\n",
               "    counts[:] = counts.sum(axis=0)\n    smoothed = counts + k\n",
               "test_perplexity.py::test_(.+)",
               follows="perplexity unigrams impossible long_text empty_sentences",
               followed=0.9)  # fmt: skip
    yield Slip("ngram_lm", "perplexity", "log_p.mean()", "log_p.sum()",
               "test_probabilities.py::test_(.+)")  # fmt: skip


def _graph() -> Iterator[Slip]:
    def slip(
        step: str, right: str, wrong: str, lost: str, follows: str = "",
        checks: str = r"test_lecture.py::test_backward\[(.+)\]",
    ) -> Slip:  # fmt: skip
        return Slip("computation_graph", step, right, wrong, checks, lost, follows)

    yield slip("de", 'de = dL * cache["c"]', 'de = dL * cache["e"]', "e", "a d b")
    yield slip("dd", "dd = de", "dd = 2 * de", "d", "b")
    yield slip("da", "da = de", "da = -de", "a")
    yield slip("db", "db = 2 * dd", "db = dd", "b")
    yield slip("dc", 'dc = dL * cache["e"]', 'dc = dL * cache["d"]', "c")
    yield slip("forward", "    e = a + d\n", "    e = a - d\n", "")
    yield slip("evaluate", "values[name] = function(", "values[name] = 2 * function(",
               "evaluate evaluate_long_chain", "tree shared_nodes operations apart",
               "test_graph.py::test_(.+)")  # fmt: skip


def _torch() -> Iterator[Slip]:
    def slip(step: str, right: str, wrong: str, model: str, **earned: str) -> Slip:
        checks = rf"test_modules.py::test_{model}_gradient\[(.+)\]"
        return Slip("torch_layers", step, right, wrong, checks, **earned)

    yield slip("ReLU", "grad_output * (z >= 0)", "grad_output * (z >= 0) * 2", "two_layer",
               follows="W1 b1 X")  # fmt: skip
    yield slip("z1", "@ self.W1.T + self.b1\n", "@ self.W1.T - self.b1\n", "two_layer",
               numeric="W1 b1 W2 X")  # fmt: skip
    yield slip("a1", "a1 = torch.tanh(", "a1 = torch.sin(", "window", numeric="E W1 b1 W2")


SLIPS = [
    slip
    for slips in (
        _two_layer,
        _lstm,
        _handed_back,
        _window,
        _deep,
        _padding,
        _ngrams,
        _graph,
        _torch,
    )
    for slip in slips()
]


@dataclass(frozen=True)
class Whole:
    """A step gone wrong, and the share that checks of all arrays at once then earn, least and most."""

    slip: Slip
    earned: dict[str, tuple[float, float]]


def _wholes() -> Iterator[Whole]:
    def whole(
        step: str, right: str, wrong: str,
        one: tuple[float, float], many: tuple[float, float], far: tuple[float, float],
    ) -> Whole:  # fmt: skip
        slip = Slip(
            "deep_network", step, right, wrong, r"test_backward.py::test_(\w+)(?:\[tanh\])?"
        )
        return Whole(slip, {"one_layer": one, "many_layers": many, "vanishing": far})

    last, slope = "dz = (a[K] - y) / len(y)", "* slope(z[k - 1])"
    nothing, everything, far = (0.0, 0.0), (1.0, 1.0), (LOCAL_CREDIT, LOCAL_CREDIT)
    yield whole("dz, the last", last, "dz = a[K] - y", (0.4, 0.4), (0.7, 0.79), far)
    yield whole("dz, all the others", slope, f"{slope} * 2", everything, (0.4, 0.5), (0.01, 0.05))
    yield whole("db", "dz.sum(axis=0)", "dz.mean(axis=0)", (0.5, 0.5), (0.5, 0.6), far)
    yield whole("digits", slope, f"{slope}\n            dz = dz.astype(np.float32)",
                everything, everything, nothing)  # fmt: skip
    yield whole("rounded", slope, f"{slope}.round(10)", everything, everything, nothing)
    yield whole("constants", "    return grads\n", "    return {k: 0 * v for k, v in params.items()}\n",
                nothing, nothing, nothing)  # fmt: skip
    yield whole("nine layers", "    return grads\n",
                "    return {k: grads[k] for k in grads if len(k) == 2}\n",
                everything, nothing, nothing)  # fmt: skip
    numeric = (NUMERIC_CREDIT, NUMERIC_CREDIT)
    yield whole("forward", "(np.tanh, lambda z: 1 / np.cosh(z) ** 2)", "(np.sin, np.cos)",
                everything, numeric, everything)  # fmt: skip


WHOLES = list(_wholes())


@cache
def graded(exercise: str) -> dict[str, Grade]:
    """The grade of each slip of an exercise, by its source: all graded as one class."""
    slips = [*SLIPS, *(whole.slip for whole in WHOLES)]
    sources = dict.fromkeys(slip.source for slip in slips if slip.exercise == exercise)
    settings = Settings(str(ROOT), exercise, SEED, SECRET, preflight=False, select="not fast")
    submissions = [Submission(str(n), f"{exercise}.py", s.encode()) for n, s in enumerate(sources)]
    found = local.grade_all(submissions, settings, jobs=1, patience=200)
    return {submission.source.decode(): grade for submission, grade in found}


def of_one_function(slip: Slip) -> dict[str, Outcome]:
    """The outcomes that a slip is about."""
    outcomes = graded(slip.exercise)[slip.source].outcomes
    return {found[1]: o for o in outcomes if (found := re.fullmatch(slip.checks, o.id))}


def share(outcome: Outcome) -> float:
    """The share of its points that a check earned."""
    return round(outcome.points / outcome.max_points, 6)


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: f"{slip.exercise}: {slip.step}")
def test_one_wrong_step_costs_one_step(slip):
    """What is not wrong is right, and what follows from the wrong step rightly has its share."""
    found = of_one_function(slip)
    assert {name: share(o) for name, o in found.items() if o.status != "passed"} == slip.shares()
    for outcome in found.values():
        assert LABELS.get(share(outcome), "") in outcome.message


@pytest.mark.parametrize("whole", WHOLES, ids=lambda whole: whole.slip.step)
def test_the_arrays_of_a_whole_count_for_themselves(whole):
    """As far as what the check is about, many layers or few digits, is not what is wrong."""
    found = of_one_function(whole.slip)
    for name, (least, most) in whole.earned.items():
        assert least <= share(found[name]) <= most, name
        if 0 < share(found[name]) < 1:
            is_shared = SHARED in found[name].message or NUMERIC_CREDIT == share(found[name])
            assert is_shared or found[name].credit == SLIP_CREDIT


@pytest.mark.parametrize("exercise", sorted({slip.exercise for slip in SLIPS}))
def test_the_label_is_in_the_feedback(exercise):
    """The page says why a failed check keeps points, and what waits for a verdict."""
    assignment = COURSE.assignment(exercise)
    run = Run(exercise, SEED, assignment.max_score, "f00d")
    for grade in graded(exercise).values():
        page = html.unescape(feedback.render(run, assignment, grade).decode())
        for outcome in grade.outcomes:
            if outcome.status == "failed" and outcome.credit:
                assert f"partial credit: {outcome.credit}" in page
            if outcome.status == "waiting":
                assert wording.VERDICTS["waiting"] in page


def test_every_exercise_is_here():
    """None is without fair credit."""
    exercises = {assignment.name for assignment in COURSE.assignments}
    assert {slip.exercise for slip in SLIPS if slip.follows or slip.numeric} == exercises
