"""Micrograd

Write a scalar that knows its gradient.
"""

import math


# %%
class Value:
    """A number in a graph."""

    def __init__(self, data, children=()):
        """Make a leaf, or the result of an operation."""
        self.data, self.grad = data, 0.0
        self._prev = children
        self._backward = lambda: None

    def __add__(self, other):
        """Return the sum."""
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data + other.data, (self, other))

        def back():
            self.grad += out.grad
            other.grad += out.grad

        out._backward = back
        return out

    def __mul__(self, other):
        """Return the product."""
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data * other.data, (self, other))

        def back():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out._backward = back
        return out

    def tanh(self):
        """Return the hyperbolic tangent."""
        out = Value(math.tanh(self.data), (self,))

        def back():
            self.grad += (1 - out.data**2) * out.grad

        out._backward = back
        return out

    def backward(self):
        """Fill in the gradients of all that it was made from."""
        order, seen = [], set()

        def visit(value):
            if id(value) not in seen:
                seen.add(id(value))
                for child in value._prev:
                    visit(child)
                order.append(value)

        visit(self)
        self.grad = 1.0
        for value in reversed(order):
            value._backward()
