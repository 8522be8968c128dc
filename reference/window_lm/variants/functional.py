"""No loops where a fold will do: closures, lambdas, reduce, a memo that is keyed by its argument.

Breaks the assumption that a public function is a `def` with the stub's exact signature: some are
lambdas, partials or decorated, some take more keywords, with defaults.
"""

from functools import cache, partial, reduce, wraps

from numpy import *
from numpy import max as largest
from numpy import sum as total


def read_only_result(function):
    """Decorator: what comes out can be shared safely."""

    @wraps(function)
    def wrapped(*args, **kwargs):
        result = function(*args, **kwargs)
        if isinstance(result, ndarray):
            result.flags.writeable = False
        return result

    return wrapped


@cache
def frame(count, n):
    return add.outer(arange(count), arange(n))


def make_windows(tokens, n, *, step=1):
    count = (len(tokens) - n) // step + 1 if len(tokens) >= n else 0
    windows = asarray(tokens)[frame(count, n) * step]
    return windows[:, :-1], windows[:, -1]


log_softmax = lambda z: z - logaddexp.reduce(z, axis=-1, keepdims=True)

softmax = read_only_result(lambda logits: exp(log_softmax(logits)))

cross_entropy = lambda logits, targets: (
    -mean([row[target] for row, target in zip(log_softmax(logits), targets)])
)

linear = lambda W, b, x: x @ W.T + b


def forward(params, contexts, activation=tanh):
    keep = {"contexts": contexts}
    steps = (
        ("e", lambda c: params["E"][c].reshape(len(c), -1)),
        ("z1", partial(linear, params["W1"], params["b1"])),
        ("a1", activation),
        ("z2", partial(linear, params["W2"], params["b2"])),
    )
    last = reduce(lambda value, step: keep.setdefault(step[0], step[1](value)), steps, contexts)
    keep["backward"] = lambda targets: backward(params, keep, targets)
    return softmax(last), keep


def backward(params, cache, targets, **unused):
    contexts, e, a1, z2 = map(cache.get, ("contexts", "e", "a1", "z2"))
    dz2 = (softmax(z2) - (targets[:, None] == arange(z2.shape[1]))) / len(z2)
    dz1 = (dz2 @ params["W2"]) / cosh(cache["z1"]) ** 2
    de = (dz1 @ params["W1"]).reshape(contexts.size, -1)
    order = argsort(contexts, axis=None, kind="stable")
    words, starts = unique(contexts.ravel()[order], return_index=True)
    dE = zeros(params["E"].shape)
    dE[words] = add.reduceat(de[order], starts, axis=0)
    first = {"E": dE, "W1": dz1.T @ e, "b1": total(dz1, 0)}
    return first | {"W2": dz2.T @ a1, "b2": total(dz2, 0)}


def perplexity(params, *text):
    contexts, targets = make_windows(*text)
    return float(exp(cross_entropy(forward(params, contexts)[1]["z2"], targets)))


def batches(size, of):
    return [slice(k, k + size) for k in range(0, of, size)]


def train(params, tokens, n, learning_rate, epochs, batch_size, *, callback=lambda loss: None):
    contexts, targets = make_windows(tokens, n)

    def step(state, rows):
        params, seen = state
        _, cache = forward(params, contexts[rows])
        loss = cross_entropy(cache["z2"], targets[rows])
        slopes = cache["backward"](targets[rows])
        moved = {key: value - learning_rate * slopes[key] for key, value in params.items()}
        return moved, seen + loss * targets[rows].size / targets.size

    def epoch(state, _):
        params, losses = state
        params, loss = reduce(step, batches(batch_size, of=len(targets)), (params, 0.0))
        callback(loss)
        return params, (*losses, loss)

    return reduce(epoch, range(epochs), (params, ()))


def generate(params, context, length):
    def speak(text, _):
        row = forward(params, array([text[-len(context) :]]))[0][0]
        return (*text, next(k for k, p in enumerate(row) if p == largest(row)))

    return list(reduce(speak, range(length), tuple(context))[len(context) :])
