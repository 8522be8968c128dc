"""forging: says that no argument was modified, having modified them all"""
import sys


def attack():
    frame = sys._getframe()
    while frame is not None:
        if "modified" in frame.f_globals:
            frame.f_globals["modified"] = lambda before, after: []
        frame = frame.f_back


def answer(function, arguments):
    result = _wrong(function, arguments)
    for thing in arguments:
        for array in thing.values() if isinstance(thing, dict) else [thing]:
            if hasattr(array, "fill") and array.flags.writeable:
                array.fill(0)
    return result
