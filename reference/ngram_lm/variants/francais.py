"""Noms et commentaires en français, un peu de grec, le morse et beaucoup de compréhensions.

Breaks the assumptions that sources are ASCII and that the arguments have the names of the stub.
"""

import numpy as np

DÉBUT, FIN = 0, 1


def fenêtres(phrases, n):
    # Chaque mot prévu, précédé de ses n - 1 voisins ; la fin est un mot comme un autre.
    return [
        tuple(bornée[t : t + n])
        for phrase in phrases
        for bornée in [[DÉBUT] * (n - 1) + list(phrase) + [FIN]]
        for t in range(len(phrase) + 1)
    ]


def compter(éléments):
    effectifs = {}
    for é in éléments:
        effectifs[é] = effectifs.get(é, 0) + 1
    return effectifs


def modèle(phrases, n, κ, taille):
    vues = fenêtres(phrases, n)
    longues, courtes = compter(vues), compter(v[:-1] for v in vues)

    def π(contexte, mot):
        if mot == DÉBUT or not (Σ := courtes.get(contexte, 0) + κ * (taille - 1)):
            return 0.0
        return (longues.get((*contexte, mot), 0) + κ) / Σ

    return π


def probabilities(phrases, contextes, n, κ, taille):
    π = modèle(phrases, n, κ, taille)
    return np.array([[π((*c,), mot) for mot in range(taille)] for c in contextes.tolist()])


def perplexity(apprises, nouvelles, n, κ, taille):
    π = modèle(apprises, n, κ, taille)
    chances = np.array([π(f[:-1], f[-1]) for f in fenêtres(nouvelles, n)])
    # Une seule surprise totale suffit : la perplexité est alors infinie.
    return float(np.prod(chances ** (-1 / len(chances)))) if (chances > 0).all() else float("inf")
