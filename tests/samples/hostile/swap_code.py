"""judge: swaps the code objects of the worker's methods while they run"""
import sys


def attack():
    frame = sys._getframe()
    while frame is not None:
        self = frame.f_locals.get("self")
        if hasattr(self, "_answer") and hasattr(self, "_send_answers"):
            def lie(self, call, before, repeat):
                return ["ok", [1.0, {"passed": True}], []]

            type(self)._answer.__code__ = lie.__code__
        frame = frame.f_back
