"""forging: returns its own arguments, as they are, as views, and in a circle"""


def attack():
    return None


def answer(function, arguments):
    if function == "forward":
        return arguments[1], {**arguments[0], "X": arguments[1]}
    if function in ("backward", "update"):
        return arguments[1]
    if function == "train":
        return arguments[0], arguments[2]
    return arguments[0]
