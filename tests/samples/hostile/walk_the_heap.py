"""answers: reads every object that the garbage collector knows, frozen ones included"""
import gc
import hashlib


def attack():
    gc.unfreeze()
    wanted, found, seen = set(TARGET["digests"]), [], 0
    for thing in gc.get_objects():
        for part in gc.get_referents(thing)[:2000]:
            if isinstance(part, (str, bytes)) and 20 <= len(part) < 100_000:
                text = part if isinstance(part, bytes) else part.encode("utf-8", "replace")
                for line in text.splitlines():
                    if hashlib.sha256(line.strip()).hexdigest() in wanted:
                        found.append(line)
        seen += 1
        if seen > 20_000 and GIVEN is None:
            break
    return found
