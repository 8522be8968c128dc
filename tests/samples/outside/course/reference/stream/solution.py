"""Streams of numbers

Generators give one value after the other, and never hold them all.
"""


def countdown(start):
    """Yield start, start - 1, ..., 1."""
    # BEGIN SOLUTION
    while start > 0:
        yield start
        start -= 1
    # END SOLUTION


def running_mean(numbers):
    """Yield the mean of all numbers so far, for each number; ``numbers`` may never end."""
    # BEGIN SOLUTION
    total = 0.0
    for count, number in enumerate(numbers, 1):
        total += number
        yield total / count
    # END SOLUTION
