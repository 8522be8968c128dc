"""A ledger in two files

A ledger holds entries, which are defined in entries.py.
"""

from entries import Entry

# %% [markdown]
# ## Design
# Why is an entry a class, and not a tuple? Write your answer here, in about three sentences.

# %%


class Ledger:
    """A list of entries."""

    def __init__(self):
        self.entries = []

    def book(self, text, amount):
        """Append an entry, and return it."""
        # BEGIN SOLUTION
        self.entries.append(Entry(text, amount))
        return self.entries[-1]
        # END SOLUTION

    def total(self):
        """Return the sum of the amounts."""
        # BEGIN SOLUTION
        return sum(entry.amount for entry in self.entries)
        # END SOLUTION
