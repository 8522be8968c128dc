class NegativeError(ValueError):
    pass


class Account:
    def __init__(self, balance=0):
        self._start, self.movements = balance, []

    @property
    def balance(self):
        return self._start + sum(self.movements)

    def deposit(self, amount):
        if amount <= 0:
            raise NegativeError(f"{amount} is not allowed")
        self.movements += [amount]
        return self.balance

    def __add__(self, other):
        return Account(self.balance + other.balance)

    def __repr__(self):
        return f"{type(self).__name__}({self.balance})"
