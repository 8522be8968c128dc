from dataclasses import dataclass, field


@dataclass(repr=False)
class Account:
    balance: int = 0
    movements: list = field(default_factory=list)

    def deposit(self, amount):
        if not amount > 0:
            raise ValueError
        self.movements.append(amount)
        self.balance = self.balance + amount
        return self.balance

    def __add__(self, other):
        return type(self)(self.balance + other.balance)

    def __repr__(self):
        return "Account(%d)" % self.balance
