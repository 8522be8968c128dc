"""resources: loops in a finalizer that runs after its answer is on its way"""


class Loop(float):
    def __del__(self):
        while True:
            pass


def attack():
    return None


def answer(function, arguments):
    return Loop(0.5)
