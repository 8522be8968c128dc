"""Lists that are changed in place

These functions change what they are given, and return nothing.
"""


def dedupe(values):
    """Remove repeated values from a list in place; the first of each stays."""
    # BEGIN SOLUTION
    seen = set()
    kept = [v for v in values if not (v in seen or seen.add(v))]
    values[:] = kept
    # END SOLUTION


def clip(array, low, high):
    """Set the values of an array that are too small or too large to the nearest bound, in place."""
    # BEGIN SOLUTION
    array[array < low] = low
    array[array > high] = high
    # END SOLUTION


def merge(counts, more):
    """Add the counts of the dict ``more`` to the dict ``counts``, in place."""
    # BEGIN SOLUTION
    for key, count in more.items():
        counts[key] = counts.get(key, 0) + count
    # END SOLUTION
