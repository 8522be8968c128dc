"""leak: returns objects whose repr, str and format are what it was given"""


def attack():
    return None


def answer(function, arguments):
    class Told:
        def __repr__(self): return f"LEAK {arguments!r}"
        __str__ = __repr__
        def __format__(self, spec): return repr(self)

    return [Told()] if function in ("relu", "loss") else Told()
