"""resources: answers text of 200 MB and numbers of a million digits"""


def answer(function, arguments):
    return "9" * (200 << 20) if "relu" in function else 7**100_000


def attack():
    return None
