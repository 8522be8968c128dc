"""Micro

Numbers.
"""

# %%


class Value:
    """A number in a graph."""

    def __init__(self, data, prev=()):
        self.data = data
        self.grad = 0.0
        self._prev = set(prev)
        self._back = lambda: None

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data + other.data, (self, other))

        def back():
            self.grad += out.grad
            other.grad += out.grad

        out._back = back
        return out

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data * other.data, (self, other))

        def back():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out._back = back
        return out

    def backward(self):
        topo, seen = [], set()

        def go(v):
            if v not in seen:
                seen.add(v)
                for p in v._prev:
                    go(p)
                topo.append(v)

        go(self)
        self.grad = 1.0
        for v in reversed(topo):
            v._back()


def mean(xs):
    """The mean."""
    return sum(xs) / len(xs)


def squares(n):
    """A generator."""
    for i in range(n):
        yield i * i


def root(x):
    """A root."""
    if x < 0:
        raise ValueError("negative")
    return x ** 0.5


def fill(xs):
    """Append 1."""
    xs.append(1)


def report(n):
    """Print."""
    print(f"n={n}")


def words(text):
    """Count words."""
    counts = {}
    for word in text.split():
        counts[word] = counts.get(word, 0) + 1
    return counts


def scale(k):
    """Return a function that multiplies by k."""
    return lambda x: k * x


def mapped(function, xs):
    """Apply a function to each element."""
    return [function(x) for x in xs]


def pair(x):
    """Return a number and an object, in a tuple."""
    return float(x), [Value(x)]


def ask():
    """Ask for a number and print its double."""
    print(2 * int(input("n? ")))
