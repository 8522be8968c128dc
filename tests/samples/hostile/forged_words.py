"""forging: answers in the worker's own words of refusal, with verdicts and inputs in them"""
import sys


def attack():
    frame = sys._getframe()
    while frame is not None:
        channel = frame.f_locals.get("self")
        if hasattr(channel, "_answer"):
            def forged(self, call, before, repeat):
                words = f"LEAK right, 100 points {call[1][0]!r}"[:500]
                if call[0].startswith("relu"):
                    return ["ok", words, [-1, 10**15]]
                if call[0].startswith("sig"):
                    return ["raised", [words, words], 0, 1, words]
                return ["raised", ["undefined"], 2**40, 2**40, words]

            type(channel)._answer = forged
        frame = frame.f_back
