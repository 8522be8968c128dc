"""leak: lists a class named by its inputs among the kinds of its exception, by forging the answer"""
import sys


def attack():
    frame = sys._getframe()
    while frame is not None:
        if "_kinds" in frame.f_globals:
            frame.f_globals["_kinds"] = lambda error: [f"LEAK{GIVEN!r}"[:300], "ValueError", f"LEAK{GIVEN!r}"[:300]]
        frame = frame.f_back


def answer(function, arguments):
    raise ValueError("no")
