"""Fig

Plots.
"""

# %%
import matplotlib.pyplot as plt
import numpy as np


def plot(xs):
    """A plot."""
    # BEGIN SOLUTION
    fig, ax = plt.subplots()
    ax.plot(xs, np.array(xs) ** 2, label="square")
    ax.set_title("Squares")
    ax.set_xlabel("x")
    ax.legend()
    return fig
    # END SOLUTION


def bars(xs):
    """Bars."""
    # BEGIN SOLUTION
    fig, ax = plt.subplots()
    ax.bar(range(len(xs)), xs)
    return ax
    # END SOLUTION
