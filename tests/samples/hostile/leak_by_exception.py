"""leak: raises an exception whose text, arguments, notes and causes are what it was given"""


def attack():
    return None


def answer(function, arguments):
    error = ValueError(f"LEAK {arguments!r}")
    error.add_note(f"LEAK {arguments!r}")
    raise error from KeyError(f"LEAK {arguments!r}")
