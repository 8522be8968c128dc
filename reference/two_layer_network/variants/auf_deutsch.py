"""German names, Greek letters, walrus and one-liners: hardly a name is the stub's.

Breaks: "source files are ASCII", and "parameters are called as in the stub".
"""

import numpy as np

exp, log, wo = np.exp, np.log, np.where

relu = lambda ζ: wo(ζ > 0, ζ, 0.0)  # noqa: E731
relu_derivative = lambda ζ: wo(ζ < 0, 0.0, 1.0)  # noqa: E731
sigmoid = lambda ζ: wo(ζ < 0, (ε := exp(-abs(ζ))), 1) / (1 + ε)  # noqa: E731
sigmoid_derivative = lambda ζ: (s := sigmoid(ζ)) * (1 - s)  # noqa: E731


def loss(schätzung, wahrheit):
    """Mittlere Kreuzentropie."""
    return (-log(wo(wahrheit == 1, schätzung, 1 - schätzung))).mean()


def loss_from_logits(ζ, wahrheit):
    """Dasselbe, ohne den Umweg über die Wahrscheinlichkeit."""
    return np.logaddexp(0, (größe := wo(wahrheit == 1, -ζ, ζ))).sum() / größe.size


def forward(gewichte, eingabe, /):
    zwischenspeicher = {
        "X": eingabe,
        "z1": (z1 := eingabe @ gewichte["W1"].T + gewichte["b1"]),
        "a1": (a1 := relu(z1)),
        "z2": (z2 := a1 @ gewichte["W2"].T + gewichte["b2"]),
        "a2": (ŷ := sigmoid(z2)),
        "für später": "nichts",
    }
    return ŷ, zwischenspeicher


def backward(gewichte, zwischenspeicher, wahrheit, /):
    return {
        "z2": (δ2 := (zwischenspeicher["a2"] - wahrheit) / len(wahrheit)),
        "W2": δ2.T @ zwischenspeicher["a1"],
        "b2": δ2.sum(0),
        "a1": (α1 := δ2 @ gewichte["W2"]),
        "z1": (δ1 := α1 * relu_derivative(zwischenspeicher["z1"])),
        "W1": δ1.T @ zwischenspeicher["X"],
        "b1": δ1.sum(0),
        "Größe des Stapels": len(wahrheit),
    }


def update(gewichte, steigungen, η, /):
    return {name: θ - η * steigungen[name] for name, θ in gewichte.items()}


def train(gewichte, X, y, η, epochen, /):
    verluste = [[0.0] * len(X) for _ in range(epochen)]
    for epoche in verluste:
        for i in range(len(X)):
            ŷ, z = forward(gewichte, X[i, None])
            epoche[i] = loss(ŷ, y[i, None])
            gewichte = update(gewichte, backward(gewichte, z, y[i, None]), η)
    return gewichte, [np.mean(epoche) for epoche in verluste]
