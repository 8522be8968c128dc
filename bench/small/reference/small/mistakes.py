"""Mistakes students make in the small assignment: each is the solution with a wrong line put in."""

from grader.testing import Hint, Mistake

HINTS = {
    "factor-lost": Hint(
        "dL/db: half the right value. What stands before b?",
        "Draw L = c(a + 2b) as a graph, one box for each operation, and walk back from L to b.",
    ),
    "sum-not-mean": Hint(
        "Every gradient is m times too large, m being the size of the batch. Is the loss a mean?",
        "Put each example into the batch twice: the mean loss stays, and so should its gradient.",
    ),
    "relu-mask-missing": Hint(
        "W1 and b1: gradient flows through units that were silent. What passes back through them?",
        "Change a z1 that is well below zero: what happens to the loss, and so to its slope?",
    ),
}

MISTAKES = [
    Mistake(
        "factor-lost",
        "expression_gradient",
        {"return c, 2 * c, a + 2 * b": "return c, c, a + 2 * b"},
    ),
    Mistake("sum-not-mean", "backward", {'(cache["y_hat"] - y) / len(y)': 'cache["y_hat"] - y'}),
    Mistake(
        "relu-mask-missing",
        "backward",
        {'z2 @ params["W2"] * (cache["z1"] > 0)': 'z2 @ params["W2"]'},
    ),
]
