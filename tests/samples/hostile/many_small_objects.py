"""resources: fills memory with small objects until none is left, and goes on without"""


def answer(function, arguments):
    kept = []
    while True:
        try:
            kept.append(bytearray(10**6))
        except MemoryError:
            raise


def attack():
    return None
