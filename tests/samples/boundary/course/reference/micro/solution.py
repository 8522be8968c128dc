"""Micro

Numbers.
"""

# %%


class Value:
    """A number in a graph."""

    # BEGIN SOLUTION
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
    # END SOLUTION


def mean(xs):
    """The mean."""
    # BEGIN SOLUTION
    return sum(xs) / len(xs)
    # END SOLUTION


def squares(n):
    """A generator."""
    # BEGIN SOLUTION
    for i in range(n):
        yield i * i
    # END SOLUTION


def root(x):
    """A root."""
    # BEGIN SOLUTION
    if x < 0:
        raise ValueError("negative")
    return x ** 0.5
    # END SOLUTION


def fill(xs):
    """Append 1."""
    # BEGIN SOLUTION
    xs.append(1)
    # END SOLUTION


def report(n):
    """Print."""
    # BEGIN SOLUTION
    print(f"n={n}")
    # END SOLUTION


def words(text):
    """Count words."""
    # BEGIN SOLUTION
    counts = {}
    for word in text.split():
        counts[word] = counts.get(word, 0) + 1
    return counts
    # END SOLUTION


def scale(k):
    """Return a function that multiplies by k."""
    # BEGIN SOLUTION
    return lambda x: k * x
    # END SOLUTION


def mapped(function, xs):
    """Apply a function to each element."""
    # BEGIN SOLUTION
    return [function(x) for x in xs]
    # END SOLUTION


def pair(x):
    """Return a number and an object, in a tuple."""
    # BEGIN SOLUTION
    return float(x), [Value(x)]
    # END SOLUTION


def ask():
    """Ask for a number and print its double."""
    # BEGIN SOLUTION
    print(2 * int(input("n? ")))
    # END SOLUTION
