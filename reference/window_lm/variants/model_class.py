"""A model object with layers that remember, behind module-level wrappers.

Breaks the assumption that functions hold the code: forward builds an object and leaves it in the
cache, next to the promised keys, as something no pipe could carry; results are named tuples.
"""

from collections import OrderedDict, namedtuple
from dataclasses import dataclass, field

import numpy as np

Windows = namedtuple("Windows", "contexts targets")
Trained = namedtuple("Trained", "params losses")


@dataclass
class Linear:
    W: np.ndarray
    b: np.ndarray
    x: np.ndarray = None

    def __call__(self, x):
        self.x = x
        return x @ self.W.T + self.b

    def back(self, dz):
        self.dW = np.outer(dz[0], self.x[0])
        self.db = dz[0].copy()
        for slope, x in zip(dz[1:], self.x[1:]):
            self.dW += np.outer(slope, x)
            self.db += slope
        return dz @ self.W


class Tanh:
    def __call__(self, z):
        self.a = np.tanh(z)
        return self.a

    def back(self, da):
        return da - da * self.a * self.a


@dataclass
class Embedding:
    E: np.ndarray

    def __call__(self, ids):
        self.ids = ids
        return np.concatenate([self.E[ids[:, slot]] for slot in range(ids.shape[1])], axis=1)

    def back(self, de):
        self.dE = np.zeros(self.E.shape)
        for slot, piece in enumerate(np.hsplit(de, self.ids.shape[1])):
            for word, row in zip(self.ids[:, slot], piece):
                self.dE[word] += row


@dataclass
class Model:
    params: dict
    tanh: Tanh = field(default_factory=Tanh)

    def __post_init__(self):
        self.embedding = Embedding(self.params["E"])
        self.hidden = Linear(self.params["W1"], self.params["b1"])
        self.output = Linear(self.params["W2"], self.params["b2"])

    def logits(self, contexts):
        return self.output(self.tanh(self.hidden(self.embedding(contexts))))

    def restore(self, cache):
        self.embedding.ids = cache["contexts"]
        self.hidden.x, self.tanh.a, self.output.x = cache["e"], cache["a1"], cache["a1"]
        return self

    def back(self, dz2):
        self.embedding.back(self.hidden.back(self.tanh.back(self.output.back(dz2))))
        return OrderedDict(
            b2=self.output.db,
            W2=self.output.dW,
            b1=self.hidden.db,
            W1=self.hidden.dW,
            E=self.embedding.dE,
        )

    def step(self, grads, rate):
        return Model({key: self.params[key] - rate * grads[key] for key in sorted(self.params)})


def make_windows(tokens, n):
    rows = [tokens[k : k + n] for k in range(len(tokens) - n + 1)]
    table = np.array(rows, dtype=np.int32).reshape(-1, n)
    return Windows(table[:, :-1], table[:, -1])


def softmax(logits):
    return np.apply_along_axis(lambda z: (p := np.exp(z - z.max())) / p.sum(), 1, logits)


def cross_entropy(logits, targets):
    pairs = zip(logits, targets)
    return np.mean([np.log(np.exp(z - z.max()).sum()) + z.max() - z[t] for z, t in pairs])


def forward(params, contexts):
    model = Model(params)
    z2 = model.logits(contexts)
    e, z1, a1 = model.hidden.x, model.hidden(model.hidden.x), model.tanh.a
    return softmax(z2), OrderedDict(z2=z2, a1=a1, z1=z1, e=e, contexts=contexts, model=model)


def backward(params, cache, targets):
    dz2 = softmax(cache["z2"])
    for i, target in enumerate(targets):
        dz2[i, target] -= 1
    return Model(params).restore(cache).back(dz2 / len(dz2))


def perplexity(params, tokens, n):
    windows = make_windows(tokens, n)
    return np.exp(cross_entropy(Model(params).logits(windows.contexts), windows.targets))


def train(params, tokens, n, learning_rate, epochs, batch_size):
    windows = make_windows(tokens, n)
    model, losses = Model(params), []
    for _ in range(epochs):
        seen = 0.0
        for start in range(0, len(windows.targets), batch_size):
            contexts, targets = (part[start:][:batch_size] for part in windows)
            _, cache = forward(model.params, contexts)
            seen += cross_entropy(cache["z2"], targets) * len(targets)
            model = model.step(backward(model.params, cache, targets), learning_rate)
        losses.append(seen / len(windows.targets))
    return Trained(model.params, losses)


def generate(params, context, length):
    model, window, said = Model(params), np.asarray(context), []
    for _ in range(length):
        said.append(int(model.logits(window[None]).argmax()))
        window = np.append(window, said[-1])[1:]
    return tuple(said)
