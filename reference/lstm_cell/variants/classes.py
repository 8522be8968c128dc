"""A small framework: a Gate class, an LSTM class, a Trace object; the functions only wrap them.

Breaks the assumptions that a pair comes back as a tuple (these are a namedtuple and a subclass of
it) and that an opaque cache is made of arrays: here it is an object that knows its cell.
"""

from collections import OrderedDict, namedtuple
from dataclasses import dataclass, field

import numpy as np

Step = namedtuple("Step", "h c cache")
Run = namedtuple("Run", ["hs", "trace"])


@dataclass
class Gate:
    name: str
    W: np.ndarray
    U: np.ndarray
    b: np.ndarray

    def __call__(self, x, h):
        z = x @ self.W.T + h @ self.U.T + self.b
        return np.tanh(z) if self.name == "g" else np.exp(-np.logaddexp(0, -z))

    def slope(self, value):
        return (1 - value) * (1 + value) if self.name == "g" else value * (1 - value)

    def gradients(self, dz, x, h):
        yield "W" + self.name, dz.T.dot(x)
        yield "U" + self.name, dz.T.dot(h)
        yield "b" + self.name, dz.T.dot(np.ones(len(x)))


class LSTM:
    def __init__(self, params):
        self.gates = [Gate(k, params["W" + k], params["U" + k], params["b" + k]) for k in "figo"]

    def forward(self, x, h_prev, c_prev):
        values = OrderedDict((gate.name, gate(x, h_prev)) for gate in self.gates)
        c = values["f"] * c_prev + values["i"] * values["g"]
        h = values["o"] * np.tanh(c)
        return Step(h, c, OrderedDict(values, x=x, h_prev=h_prev, c_prev=c_prev, c=c))

    def backward(self, cache, dh, dc):
        squashed = np.tanh(cache["c"])
        memory = dc + dh * cache["o"] * (1 - squashed) * (1 + squashed)
        arrives = {
            "f": memory * cache["c_prev"],
            "i": memory * cache["g"],
            "g": memory * cache["i"],
            "o": dh * squashed,
        }
        x, h_prev = cache["x"], cache["h_prev"]
        result = OrderedDict(x=np.zeros(np.shape(x)), h_prev=np.zeros(np.shape(h_prev)))
        result["c_prev"] = memory * cache["f"]
        for gate in self.gates:
            dz = arrives[gate.name] * gate.slope(cache[gate.name])
            result["x"] += dz @ gate.W
            result["h_prev"] += dz @ gate.U
            result.update(gate.gradients(dz, x, h_prev))
        return result


@dataclass
class Trace:
    cell: LSTM
    steps: list = field(default_factory=list)

    def __len__(self):
        return len(self.steps)


def cell_forward(params, x, h_prev, c_prev):
    return LSTM(params).forward(x, h_prev, c_prev)


def cell_backward(params, cache, dh, dc):
    return LSTM(params).backward(cache, dh, dc)


def sequence_forward(params, xs, h0, c0):
    trace, hs = Trace(LSTM(params)), np.zeros((len(xs), *h0.shape))
    h, c = h0, c0
    for t, x in enumerate(xs):
        step = trace.cell.forward(x, h, c)
        h, c, hs[t] = step.h, step.c, step.h
        trace.steps.append(step.cache)
    return Run(hs, trace)


def sequence_backward(params, cache, dhs):
    result = OrderedDict((key, np.zeros_like(value)) for key, value in params.items())
    result["xs"] = np.zeros(dhs.shape[:2] + params["Wf"].shape[1:])
    result["h0"], result["c0"] = np.zeros(dhs.shape[1:]), np.zeros(dhs.shape[1:])
    for t in reversed(range(len(cache))):
        step = cache.cell.backward(cache.steps[t], dhs[t] + result["h0"], result["c0"])
        result["xs"][t] = step["x"]
        result["h0"], result["c0"] = step["h_prev"], step["c_prev"]
        for key in params:
            result[key] += step[key]
    return result
