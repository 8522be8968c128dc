class Account:
    movements = []

    def __init__(self, balance=0):
        self.balance = balance

    def deposit(self, amount):
        self.balance += amount
        self.movements.append(amount)

    def __add__(self, other):
        return self.balance + other.balance
