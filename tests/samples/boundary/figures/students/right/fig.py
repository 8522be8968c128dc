"""Fig

Plots.
"""

# %%
import matplotlib.pyplot as plt
import numpy as np


def plot(xs):
    """A plot."""
    fig, ax = plt.subplots()
    ax.plot(xs, np.array(xs) ** 2, label="square")
    ax.set_title("Squares")
    ax.set_xlabel("x")
    ax.legend()
    return fig


def bars(xs):
    """Bars."""
    fig, ax = plt.subplots()
    ax.bar(range(len(xs)), xs)
    return ax
