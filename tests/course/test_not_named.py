"""Mistakes that are not in the catalogue, and look like one that is: none is named."""

import pytest
from places import ROOT

from grader.grading.protocol import Settings
from grader.model import Submission
from grader.runs import local

LOOPS = """

def mean_pool(batch, lengths):
    return mean(batch, lengths), (batch.shape, lengths.copy())


def mean_pool_backward(dpooled, cache):
    (m, L, d), lengths = cache
    out = np.zeros((m, L, d))
    for i, t, j in np.ndindex(out.shape):
        share = sum(float(dpooled[i, j]) / int(lengths[i]) for _ in range(40)) / 40
        out[i, t, j] = share if t < lengths[i] else 0
    return out


def mean(batch, lengths):
    real = real_positions(batch, lengths)
    return (real / np.maximum(lengths, 1)[:, None, None] * batch).sum(axis=1)
"""

ZEROS = "nn.Parameter(torch.zeros(1, dtype=torch.float64)"
COUNTED = "        followers[context][word] += 1"
HE = "value * np.sqrt(2 / fan_in)"
TWO_OF_A_NETWORK = """dz2 = (a2 - y) / m
    dW2 = dz2.T @ a1
    db2 = dz2.sum(axis=0)
    da1 = dz2 @ params["W2"]
    dz1 = da1 * relu_derivative(z1)
"""
NEITHER_DIVIDED_NOR_MASKED = """dz2 = a2 - y
    dW2 = dz2.T @ a1
    db2 = dz2.sum(axis=0)
    dz1 = da1 = dz2 @ params["W2"]
"""
TRUE = {"not divided, not masked": {"sum-not-mean", "relu-mask-missing"}}
"""What may be named: these have made the mistakes."""
SLIPS = {
    "lstm_cell": {
        "the first step left out": (
            "for t in reversed(range(T)):",
            "for t in reversed(range(1, T)):",
        ),
        "only dc reaches the old memory": ('"c_prev": delta_c * f', '"c_prev": dc * f'),
    },
    "two_layer_network": {
        "not divided, not masked": (TWO_OF_A_NETWORK, NEITHER_DIVIDED_NOR_MASKED),
    },
    "deep_network": {
        "no last slope": ("* slope(z[k - 1])", "* (slope(z[k - 1]) if k < K else 1)"),
        "no root": (HE, "value * (2 / fan_in)"),
        "Glorot": (HE, "value * np.sqrt(2 / sum(value.shape))"),
        "the first fan-in": ("fan_in = value.shape[1]", 'fan_in = params["W1"].shape[1]'),
    },
    "padding_pooling": {
        "one more": ("weight = real / np.maximum(lengths, 1)", "weight = real / (lengths + 1)"),
        "the smallest": ("pooled, share\n", "np.where(real, batch, np.inf).min(axis=1), share\n"),
        "random": ("return E[ids]", "return np.random.randn(*ids.shape, E.shape[1])"),
        "the best of all texts": ("(batch == top)", "(batch == top.max(axis=0))"),
        "slow": ("return E[ids]", f"return E[ids]\n{LOOPS}"),
    },
    "torch_layers": {"no gradient wanted": (ZEROS, f"{ZEROS}, requires_grad=False")},
    "ngram_lm": {
        "the last sentence": (COUNTED, "        followers[context] = Counter([word])"),
        "no empty sentences": ("sentence in sentences:", "sentence in filter(None, sentences):"),
        "a pair at most": ("padded[t - n + 1 : t]", "padded[max(t - n + 1, t - 1) : t]"),
        "one start more": ("[START] * (n - 1) + list", "[START] * n + list"),
    },
}


@pytest.mark.parametrize("exercise", SLIPS)
def test_what_looks_alike_is_not_named(exercise):
    """Each loses marks, and is told no mistake that was not made."""
    source = (ROOT / "reference" / exercise / "solution.py").read_text(encoding="utf-8")
    class_ = []
    for who, (right, wrong) in SLIPS[exercise].items():
        assert source.count(right) == 1, right
        class_.append(Submission(who, f"{exercise}.py", source.replace(right, wrong).encode()))
    select = "" if exercise == "padding_pooling" else "not fast"  # one of these is only slow
    settings = Settings(str(ROOT), exercise, 1, b"test", preflight=False, select=select)
    for submission, grade in local.grade_all(class_, settings, jobs=1, patience=200):
        errors = [outcome for outcome in grade.outcomes if outcome.status == "error"]
        assert grade.status == "graded", errors
        assert (grade.score or 0) < grade.max_score, submission.student
        names = {outcome.mistake for outcome in grade.outcomes}
        names |= {card.mistake for card in grade.cards}
        assert names - {""} <= TRUE.get(submission.student, set()), submission.student
        assert not any("diagnosis" in o.instructor for o in grade.outcomes), submission.student


def test_what_follows_from_a_softmax_is_no_constant():
    """With one wrong axis a single example has equal probabilities: generate is not to blame."""
    source = (ROOT / "reference" / "window_lm" / "solution.py").read_text(encoding="utf-8")
    class_ = []
    for right, wrong in (
        ("powers.sum(axis=1, keepdims=True)", "powers.sum(axis=0)"),
        (
            "powers = np.exp(logits - logits.max(axis=1",
            "powers = np.exp(logits - logits.max(axis=0",
        ),
    ):
        assert source.count(right) == 1
        class_.append(Submission(right, "window_lm.py", source.replace(right, wrong).encode()))
    settings = Settings(str(ROOT), "window_lm", 1, b"test", preflight=False, select="not fast")
    for _, grade in local.grade_all(class_, settings, jobs=1, patience=200):
        assert {outcome.mistake for outcome in grade.outcomes} == {"", "softmax-axis"}
