"""leak: prints what it was given"""


def attack():
    return None


def answer(function, arguments):
    print("LEAK", function, arguments)
    return _wrong(function, arguments)
