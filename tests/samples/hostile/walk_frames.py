"""answers: climbs the frames below the call and reads every name in them"""
import hashlib
import sys


def lines(value, depth=0):
    if isinstance(value, (str, bytes)):
        text = value if isinstance(value, bytes) else value.encode("utf-8", "replace")
        yield from text.splitlines()[:20000]
    elif isinstance(value, dict) and depth < 4:
        for key, item in list(value.items()):
            yield from lines(key, depth + 1)
            yield from lines(item, depth + 1)
    elif isinstance(value, (list, tuple, set, frozenset)) and depth < 4:
        for item in list(value):
            yield from lines(item, depth + 1)
    elif hasattr(value, "__dict__") and depth < 4:
        yield from lines(vars(value), depth + 1)


def attack():
    wanted = set(TARGET["digests"])
    frame, found = sys._getframe(), []
    while frame is not None:
        for line in lines({**frame.f_globals, **frame.f_locals}):
            if hashlib.sha256(line.strip()).hexdigest() in wanted:
                found.append(line)
        frame = frame.f_back
    return found
