"""`from numpy import *`, star-args, keyword-only extras, decorators, partials and a right memo.

Breaks: "every function is a plain def with the stub's signature" (inspect would not know them).
"""

# ruff: noqa: F403, F405
import functools
import operator

from numpy import *


def counted(f):
    """Count the calls, as in the lesson on decorators."""

    @functools.wraps(f)
    def wrapper(*args, **kwargs):
        wrapper.calls += 1
        return f(*args, **kwargs)

    wrapper.calls = 0
    return wrapper


def remembered(f):
    """Keep a few answers by the content of the array, and hand out copies."""
    answers = {}

    @functools.wraps(f)
    def wrapper(z):
        z = asarray(z)
        key = z.tobytes(), z.shape, z.dtype.str, z.flags.c_contiguous
        if len(answers) > 100:
            answers.clear()
        if key not in answers:
            answers[key] = f(z)
        return answers[key].copy()

    return wrapper


relu = functools.partial(maximum, 0.0)


@remembered
def relu_derivative(z):
    return select([z < 0, z >= 0], [0.0, 1.0])


@remembered
def sigmoid(z):
    return piecewise(
        asarray(z, dtype=float),
        [z >= 0, z < 0],
        [lambda v: 1 / (1 + exp(-v)), lambda v: exp(v) / (1 + exp(v))],
    )


@counted
def sigmoid_derivative(*args):
    return functools.reduce(operator.mul, (sigmoid(args[0]), sigmoid(negative(args[0]))))


@counted
def loss(y_hat, y, *, eps=1e-12, base=e):
    y_hat = clip(y_hat, eps, 1 - eps)
    return -mean(y * log(y_hat) + (1 - y) * log1p(-y_hat)) / log(base)


@counted
def loss_from_logits(z, y, *, reduction=mean):
    return reduction(logaddexp(0, z) * (y == 0) + logaddexp(0, -z) * (y == 1))


def affine(W, b, a):
    return inner(a, W) + b


@counted
def forward(params, *args, hidden=relu, output=sigmoid):
    (X,) = args
    z1 = affine(params["W1"], params["b1"], X)
    a1 = hidden(z1)
    z2 = affine(params["W2"], params["b2"], a1)
    a2 = output(z2)
    return a2, {"X": X, "z1": z1, "a1": a1, "z2": z2, "a2": a2}


@counted
def backward(params, cache, y, **options):
    m = options.get("m", shape(y)[0])
    dz2 = true_divide(subtract(cache["a2"], y), m)
    da1 = tensordot(dz2, params["W2"], axes=1)
    dz1 = multiply(da1, relu_derivative(cache["z1"]))
    return {
        "z2": dz2,
        "W2": tensordot(dz2, cache["a1"], axes=(0, 0)),
        "b2": sum(dz2, axis=0),
        "a1": da1,
        "z1": dz1,
        "W1": tensordot(dz1, cache["X"], axes=(0, 0)),
        "b1": sum(dz1, axis=0),
    }


update = lambda *a: {k: v - a[2] * a[1][k] for k, v in a[0].items()}  # noqa: E731


def train(params, X, y, learning_rate=0.1, epochs=1, *, verbose=False):
    def visit(state, i):
        params, losses = state
        y_hat, cache = forward(params, X[i][newaxis])
        losses = [*losses, loss(y_hat, y[i][newaxis])]
        if verbose:
            print(i, losses[-1])
        return update(params, backward(params, cache, y[i][newaxis]), learning_rate), losses

    params, losses = functools.reduce(visit, list(range(len(X))) * epochs, (params, []))
    return params, reshape(losses, (epochs, len(X))).mean(axis=1)
