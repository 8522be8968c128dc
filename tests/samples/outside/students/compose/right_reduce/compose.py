from functools import reduce, wraps


def compose(*functions):
    return reduce(lambda f, g: lambda x: f(g(x)), functions, lambda x: x)


def counted(function):
    @wraps(function)
    def inner(*args, **kwargs):
        inner.calls = inner.calls + 1
        return function(*args, **kwargs)

    inner.calls = 0
    return inner
