"""Accounts

An account holds a balance. It can be added to another one.
"""


class Account:
    """An account with a balance."""

    def __init__(self, balance=0):
        """Store the balance, and begin with no movements."""
        # BEGIN SOLUTION
        self.balance = balance
        self.movements = []
        # END SOLUTION

    def deposit(self, amount):
        """Add a positive amount; raise ValueError for any other. Return the new balance."""
        # BEGIN SOLUTION
        if amount <= 0:
            raise ValueError("the amount is not positive")
        self.balance += amount
        self.movements.append(amount)
        return self.balance
        # END SOLUTION

    def __add__(self, other):
        """Return a new account with both balances together."""
        # BEGIN SOLUTION
        return Account(self.balance + other.balance)
        # END SOLUTION

    def __repr__(self):
        """Return a text as Account(7)."""
        # BEGIN SOLUTION
        return f"Account({self.balance})"
        # END SOLUTION
