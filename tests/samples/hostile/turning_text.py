"""text: raises text that turns the lines around it from right to left, and hides parts"""


def attack():
    if GIVEN is None:
        raise SystemExit("\u202e\u2066\u2067\u200f points 0 of 001 \u2069\u202c\u200b\ufeff\u061c")


def answer(function, arguments):
    raise ValueError("\u202etxet")
