"""leak: returns dicts whose keys are what it was given"""


def attack():
    return None


def answer(function, arguments):
    key = f"LEAK {arguments!r}"[:2000]
    if function in ("forward", "train"):
        return {key: 1.0}, {key: 1.0, "X": {key: 1}}
    return {key: 1.0}
