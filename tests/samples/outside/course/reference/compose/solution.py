"""Functions that make functions

Functions are values: they can be given and returned.
"""


def compose(*functions):
    """Return a function that applies all functions, the last one first."""
    # BEGIN SOLUTION
    def composed(value):
        for function in reversed(functions):
            value = function(value)
        return value

    return composed
    # END SOLUTION


def counted(function):
    """Return a function that acts like ``function`` and counts its calls in the attribute ``calls``."""
    # BEGIN SOLUTION
    def wrapper(*args, **kwargs):
        wrapper.calls += 1
        return function(*args, **kwargs)

    wrapper.calls = 0
    return wrapper
    # END SOLUTION
