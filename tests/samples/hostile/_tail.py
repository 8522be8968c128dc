"""What every sample ends in: the attack on import and on the first call, and wrong answers.

The test writes TARGET before this: all that an attacker could wish to know. A sample defines
`attack`, which returns evidence when it got what it wanted; the evidence leaves by the captured
output and by the text of an exception. It may define `answer(function, arguments)` for what its
functions return. GIVEN is the last (function, arguments) that the grader called with.
"""
import numpy as _np

GIVEN = None
_evidence = []
_calls = []


def _attempt(when):
    try:
        found = attack()
    except SyntaxError:
        raise
    except Exception:
        found = None
    if found:
        _evidence.append(ascii(found)[:3000])
        print("GOT", when, _evidence[-1])


def _wrong(function, arguments):
    if not TARGET["answers"]:
        return None
    if function in ("relu", "sigmoid", "relu_derivative", "sigmoid_derivative"):
        return arguments[0] * 0.75 + 0.125
    if function in ("loss", "loss_from_logits"):
        return float(_np.sum(arguments[0])) * 0.5 + 7.0
    if function == "forward":
        params, X = arguments
        z1 = X @ params["W1"].T - params["b1"]
        z2 = z1 @ params["W2"].T - params["b2"]
        return z2 * 0.5, {"X": X, "z1": z1, "a1": z1 * 2, "z2": z2, "a2": z2 * 0.5}
    if function == "backward":
        params, cache, y = arguments
        wrong = {name: array * 3 + 1 for name, array in params.items()}
        return {**wrong, "z2": cache["z2"] * 2, "a1": cache["a1"] + 3, "z1": cache["z1"] * 2}
    params = {name: array * 2 + 1 for name, array in arguments[0].items()}
    if function == "update":
        return params
    return params, _np.arange(arguments[4]) + 5.0


def _asked(function, *arguments):
    global GIVEN
    GIVEN = (function, arguments)
    _calls.append(function)
    if len(_calls) == 1:
        _attempt("call")
    if function == "update" and _evidence:
        raise RuntimeError("GOT " + _evidence[0])
    return globals().get("answer", _wrong)(function, arguments)


def relu(z): return _asked("relu", z)
def relu_derivative(z): return _asked("relu_derivative", z)
def sigmoid(z): return _asked("sigmoid", z)
def sigmoid_derivative(z): return _asked("sigmoid_derivative", z)
def loss(y_hat, y): return _asked("loss", y_hat, y)
def loss_from_logits(z, y): return _asked("loss_from_logits", z, y)
def forward(params, X): return _asked("forward", params, X)
def backward(params, cache, y): return _asked("backward", params, cache, y)
def update(params, grads, learning_rate): return _asked("update", params, grads, learning_rate)
def train(params, X, y, learning_rate, epochs): return _asked("train", params, X, y, learning_rate, epochs)


_attempt("import")
