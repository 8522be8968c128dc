"""resources: computes 10**10**8, in C, where no signal gets through"""


def answer(function, arguments):
    return 10**10**8


def attack():
    return None
