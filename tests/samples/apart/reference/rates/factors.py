"""Factors"""


# %%
def factor(n):
    """Return n squared plus 1.

    >>> factor(1)
    2
    """
    # BEGIN SOLUTION
    return n * n + 1
    # END SOLUTION
