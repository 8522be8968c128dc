"""German names, umlauts and Greek letters in identifiers, columns instead of rows inside.

Breaks the assumption that source is ASCII and that examples are rows throughout; tanh is written
with a sigmoid, the softmax with a log-sum-exp, and the cache has more keys than promised.
"""

import numpy as np


def make_windows(wörter, n):
    länge = len(wörter)
    anfänge = range(länge - n + 1)
    kontexte = np.empty((len(anfänge), n - 1), dtype=int)
    ziele = np.empty(len(anfänge), dtype=int)
    for i in anfänge:
        *kontexte[i], ziele[i] = wörter[i : i + n]
    return kontexte, ziele


def lse(z):
    """Logarithmus der Summe der Potenzen, spaltenweise."""
    größte = z.max(axis=0)
    return größte + np.log1p(np.exp(z - größte).sum(axis=0) - 1)


def softmax(logits):
    z = logits.T
    return np.exp(z - lse(z)).T


def cross_entropy(logits, ziele):
    z = logits.T
    return float(np.average(lse(z) - z[ziele, np.arange(z.shape[1])]))


def σ(z):
    return np.exp(-np.logaddexp(0, -z))


def forward(params, kontexte):
    E, W1, b1, W2, b2 = [params[name] for name in ("E", "W1", "b1", "W2", "b2")]
    e = np.vstack([E[spalte].T for spalte in kontexte.T])
    z1 = W1 @ e + b1[:, None]
    a1 = 2 * σ(2 * z1) - 1
    z2 = W2 @ a1 + b2[:, None]
    ŷ = np.exp(z2 - lse(z2))
    zwischenspeicher = {"e": e.T, "z1": z1.T, "a1": a1.T, "z2": z2.T, "contexts": kontexte, "ŷ": ŷ}
    return ŷ.T, zwischenspeicher


def backward(params, zwischenspeicher, ziele):
    kontexte = zwischenspeicher["contexts"]
    e, a1, z2 = [zwischenspeicher[name].T for name in ("e", "a1", "z2")]
    m = len(ziele)
    ŷ = np.exp(z2 - lse(z2))
    y = np.zeros_like(ŷ)
    y[ziele, range(m)] = 1
    δz2 = (ŷ - y) / m
    δz1 = params["W2"].T @ δz2 * (1 - a1**2)
    δe = params["W1"].T @ δz1
    V, d = params["E"].shape
    δE = np.zeros((V, d))
    for platz in range(kontexte.shape[1]):
        stück = δe[platz * d : (platz + 1) * d]
        for j in range(d):
            δE[:, j] += np.bincount(kontexte[:, platz], weights=stück[j], minlength=V)
    einsen = np.ones(m)
    return {"E": δE, "W1": δz1 @ e.T, "b1": δz1 @ einsen, "W2": δz2 @ a1.T, "b2": δz2 @ einsen}


def perplexity(params, wörter, n):
    kontexte, ziele = make_windows(wörter, n)
    ŷ, _ = forward(params, kontexte)
    überraschung = -np.log2(ŷ[np.arange(len(ziele)), ziele])
    return 2 ** überraschung.mean()


def train(params, wörter, n, η, epochen, größe):
    kontexte, ziele = make_windows(wörter, n)
    kopie = {name: np.array(wert) for name, wert in params.items()}
    verluste = np.zeros(epochen)
    for k in range(epochen):
        verlust_je_fenster = np.zeros(len(ziele))
        übrig = np.arange(len(ziele))
        while übrig.size:
            stapel, übrig = übrig[:größe], übrig[größe:]
            _, speicher = forward(kopie, kontexte[stapel])
            z = speicher["z2"].T
            verlust_je_fenster[stapel] = lse(z) - z[ziele[stapel], np.arange(len(stapel))]
            for name, δ in backward(kopie, speicher, ziele[stapel]).items():
                kopie[name] -= η * δ
        verluste[k] = verlust_je_fenster.mean()
    return kopie, verluste


def generate(params, kontext, länge):
    def weiter(fenster, noch):
        if noch == 0:
            return []
        _, speicher = forward(params, np.array([fenster]))
        wort = int(np.argmax(speicher["z2"]))
        return [wort, *weiter((*fenster[1:], wort), noch - 1)]

    return weiter(tuple(kontext), länge)
