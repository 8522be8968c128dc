"""Costs from the rates of a file"""

# %%
import numpy as np
from factors import factor


# %%
def rates():
    """Return the rates of rates.txt, an array.

    >>> rates().shape
    (3,)
    """
    # BEGIN SOLUTION
    with open("rates.txt") as file:
        return np.array([float(line) for line in file])
    # END SOLUTION


def cost(x, y):
    """Return the product of x and the rates, times the factor of the number of rows, plus y.

    >>> cost(np.zeros((1, 3)), np.ones(1)).tolist()
    [1.0]
    """
    # BEGIN SOLUTION
    total = x @ rates() * factor(len(x))
    return total + y
    # END SOLUTION
