"""The entries of a ledger."""

from dataclasses import dataclass


@dataclass
class Entry:
    """A text and an amount in cents."""

    text: str
    amount: int


def in_euros(entry):
    """Return a text as ``rent: 12.05 EUR``."""
    # BEGIN SOLUTION
    return f"{entry.text}: {entry.amount / 100:.2f} EUR"
    # END SOLUTION
