"""Named tuples, ordered dicts, a cache that is a dict of a kind of its own and holds odd things.

Breaks: "type(pair) is tuple", "type(grads) is dict", and "what is in the cache can be pickled".
"""

from collections import OrderedDict, namedtuple
from dataclasses import astuple, dataclass

import numpy as np

Prediction = namedtuple("Prediction", "y_hat cache")
Trained = namedtuple("Trained", ["params", "losses"])


class Cache(dict):
    """A dict that can be read with a dot; a missing key is an attribute error, as it should be."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


@dataclass(frozen=True)
class Params:
    W1: np.ndarray
    b1: np.ndarray
    W2: np.ndarray
    b2: np.ndarray

    def as_dict(self):
        return OrderedDict(zip(("W1", "b1", "W2", "b2"), astuple(self)))

    def __sub__(self, step):
        return Params(*(p - s for p, s in zip(astuple(self), astuple(step))))

    def __rmul__(self, factor):
        return Params(*(factor * p for p in astuple(self)))


def relu(z):
    return np.ma.masked_array(np.fmax(z, 0.0))


def relu_derivative(z):
    return np.ma.masked_array(np.greater_equal(z, 0))


def sigmoid(z):
    return np.ma.masked_array(1 / (1 + np.exp(-np.clip(z, -700, 700))), mask=False)


def sigmoid_derivative(z):
    a = sigmoid(z).data
    return a * (1 - a)


def loss(y_hat, y):
    return np.float64(-(np.log(y_hat[y == 1]).sum() + np.log(1 - y_hat[y == 0]).sum()) / len(y))


def loss_from_logits(z, y):
    return np.longdouble(np.logaddexp(0, np.concatenate([-z[y == 1], z[y == 0]])).mean())


def forward(params, X):
    p = Params(**params)
    cache = Cache(X=X)
    cache["z1"] = X @ p.W1.T + p.b1
    cache["a1"] = relu(cache.z1).data
    cache["z2"] = cache.a1 @ p.W2.T + p.b2
    cache["a2"] = sigmoid(cache.z2).data
    cache["again"] = lambda: forward(params, X)
    cache["generator"] = (row for row in X)
    cache["self"] = cache
    return Prediction(y_hat=cache.a2, cache=cache)


def backward(params, cache, y):
    p, c = Params(**params), Cache(cache)
    grads = OrderedDict()
    grads["z2"] = (c.a2 - y) / len(y)
    grads["a1"] = grads["z2"] * p.W2
    grads["z1"] = grads["a1"] * relu_derivative(c.z1).data
    for layer, below in ((2, c.a1), (1, c.X)):
        grads[f"W{layer}"] = grads[f"z{layer}"].T @ below
        grads[f"b{layer}"] = grads[f"z{layer}"].sum(axis=0)
    return grads


def update(params, grads, learning_rate):
    slopes = Params(**{key: grads[key] for key in params})
    return (Params(**params) - learning_rate * slopes).as_dict()


def train(params, X, y, learning_rate, epochs):
    losses = []
    for _ in range(epochs):
        epoch = []
        for i in range(len(X)):
            prediction = forward(params, X[i : i + 1])
            epoch.append(loss(prediction.y_hat, y[i : i + 1]))
            params = update(params, backward(params, prediction.cache, y[i : i + 1]), learning_rate)
        losses.append(sum(epoch) / len(epoch))
    return Trained(params=params, losses=tuple(losses))
