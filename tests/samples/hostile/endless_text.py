"""text: raises an exception whose text is 50 MB, or never ends, or raises itself"""


class Long(Exception):
    def __str__(self):
        return "x" * 50_000_000


class Raising(Exception):
    def __str__(self):
        raise self

    __repr__ = __str__


def attack():
    if GIVEN is None:
        raise Raising()


def answer(function, arguments):
    raise Long() if "relu" in function else Raising()
