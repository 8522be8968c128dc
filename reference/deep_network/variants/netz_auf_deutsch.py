"""Namen auf Deutsch, mit Umlauten und griechischen Buchstaben; accumulate, reduce und Walross.

A grader that reads the source as ASCII, or finds variables by their names, fails this.
"""

import re
from functools import partial, reduce
from itertools import accumulate, pairwise
from operator import itemgetter
from types import SimpleNamespace

import numpy as np

σ = lambda z: 1 / (1 + np.exp(-z))  # noqa: E731
größen = {
    "sigmoid": SimpleNamespace(g=σ, gʹ=lambda z: σ(z) * σ(-z)),
    "tanh": SimpleNamespace(g=np.tanh, gʹ=lambda z: 1 - np.tanh(z) ** 2),
    "relu": SimpleNamespace(g=partial(np.maximum, 0), gʹ=lambda z: 1.0 - (z < 0)),
}


def schichten(parameter):
    """Die Schichten (W, b), nach ihrer Nummer geordnet."""
    nummern = sorted({int(re.search(r"\d+", name)[0]) for name in parameter})
    return [itemgetter(f"W{k}", f"b{k}")(parameter) for k in nummern]


def forward(params, X, activation):
    # Jeder Schritt merkt sich (z, a); die erste "Schicht" ist die Eingabe selbst.
    *verborgene, oberste = schichten(params)
    g = größen[activation].g
    schritt = lambda vorher, Wb: ((z := vorher[1] @ Wb[0].T + Wb[1]), g(z))  # noqa: E731
    weg = list(accumulate(verborgene, schritt, initial=(None, X)))
    return (ŷ := σ(weg[-1][1] @ oberste[0].T + oberste[1])), (weg, ŷ)


def backward(params, cache, y, activation):
    weg, ŷ = cache
    gʹ = größen[activation].gʹ
    δ = [(ŷ - y) / len(y)]
    for (W, _), (z, _) in reversed(list(zip(schichten(params)[1:], weg[1:]))):
        δ.append(δ[-1] @ W * gʹ(z))
    return reduce(
        lambda fertig, paar: (
            fertig
            | {
                f"W{paar[0]}": np.tensordot(paar[1], weg[paar[0] - 1][1], axes=(0, 0)),
                f"b{paar[0]}": paar[1].sum(axis=0),
            }
        ),
        enumerate(reversed(δ), start=1),
        {},
    )


def gradient_norms(params, X, y, activation):
    steigungen = backward(params, forward(params, X, activation)[1], y, activation)
    anzahl = len(schichten(params))
    längen = np.array([np.linalg.norm(steigungen[f"W{k}"]) for k in range(1, anzahl + 1)])
    assert len(list(pairwise(längen))) == anzahl - 1
    return längen


def rescale(params):
    """Gewichte mit Streuung √(2/n), Schwellen gleich null."""
    return {
        name: wert * (np.sqrt(2 / wert.shape[1]) / np.std(wert)) if wert.ndim > 1 else 0 * wert
        for name, wert in params.items()
    }
