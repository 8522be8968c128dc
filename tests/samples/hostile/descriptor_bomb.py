"""resources: opens descriptors until there are no more"""
import os


def attack():
    kept = []
    try:
        while len(kept) < 5000:
            kept.append(os.dup(1))
    except OSError:
        pass
    number = len(kept)
    for fd in kept:
        os.close(fd)
    return number if number > 64 else None
