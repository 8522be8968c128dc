"""Namen und Kommentare auf Deutsch, griechische Buchstaben, Walross und Einzeiler.

Breaks the assumptions that sources are ASCII and that arguments have the names of the stub: only
their order is the stub's; the sequence functions take more, with defaults.
"""

import numpy as np

σ = lambda ζ: 1 / (1 + np.exp(-ζ))  # noqa: E731
TORE = "figo"


def cell_forward(gewichte, eingabe, h_alt, c_alt):
    # Die vier Tore in einem Zug; nur der Kandidat g läuft durch den tanh.
    tore = {
        k: (np.tanh if k == "g" else σ)(
            h_alt @ gewichte[f"U{k}"].T + eingabe @ gewichte[f"W{k}"].T + gewichte[f"b{k}"]
        )
        for k in TORE
    }
    c_neu = tore["f"] * c_alt + tore["i"] * tore["g"]
    h_neu = tore["o"] * (größe := np.tanh(c_neu))
    return (
        h_neu,
        c_neu,
        tore | {"x": eingabe, "h_prev": h_alt, "c_prev": c_alt, "c": c_neu, "größe": größe},
    )


def cell_backward(gewichte, speicher, δh, δc):
    φ, ι, γ, ω = (speicher[k] for k in TORE)
    # „größe“ fehlt in fremden Speichern, also wird sie neu berechnet.
    größe = np.tanh(speicher["c"])
    Δ = δc + δh * ω * (1 - größe * größe)
    δz = {
        "f": Δ * speicher["c_prev"] * φ * (1 - φ),
        "i": Δ * γ * ι * (1 - ι),
        "g": Δ * ι * (1 - γ * γ),
        "o": δh * größe * ω * (1 - ω),
    }
    return {
        "x": sum(δz[k] @ gewichte[f"W{k}"] for k in TORE),
        "h_prev": sum(δz[k] @ gewichte[f"U{k}"] for k in TORE),
        "c_prev": Δ * φ,
        **{f"W{k}": δz[k].T @ speicher["x"] for k in TORE},
        **{f"U{k}": δz[k].T @ speicher["h_prev"] for k in TORE},
        **{f"b{k}": δz[k].sum(0) for k in TORE},
    }


def sequence_forward(gewichte, folge, h=None, c=None, *, schritt=cell_forward):
    gedächtnis, ausgabe, form = [], [], (len(folge), *h.shape)
    for x in folge:
        h, c, neu = schritt(gewichte, x, h, c)
        gedächtnis += [neu]
        ausgabe += [h]
    return np.reshape(ausgabe, form), gedächtnis


def sequence_backward(gewichte, gedächtnis, δhs, *, schritt=cell_backward):
    # Rückwärts durch die Zeit; was vom späteren Schritt kommt, wird hinzugezählt.
    δh = δc = np.zeros(δhs.shape[1:])
    summe = {k: np.zeros(w.shape) for k, w in gewichte.items()}
    δxs = np.zeros((*δhs.shape[:2], gewichte["Wf"].shape[1]))
    for t in range(len(gedächtnis))[::-1]:
        g = schritt(gewichte, gedächtnis[t], δhs[t] + δh, δc)
        δxs[t], δh, δc = g["x"], g["h_prev"], g["c_prev"]
        summe = {k: s + g[k] for k, s in summe.items()}
    return {"xs": δxs, "h0": δh, "c0": δc} | summe
