"""resources: answers lists nested a hundred thousand deep, and one that holds itself"""


def attack():
    return None


def answer(function, arguments):
    deep = []
    if "relu" in function:
        deep.append(deep)
        return deep
    for _ in range(100_000):
        deep = [deep]
    return deep
