import itertools


def countdown(start):
    yield from range(start, 0, -1)


def running_mean(numbers):
    return (total / n for n, total in enumerate(itertools.accumulate(numbers), 1))
