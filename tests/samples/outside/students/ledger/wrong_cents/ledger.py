from entries import Entry


class Ledger:
    def __init__(self):
        self.entries = []

    def book(self, text, amount):
        self.entries.append(Entry(text, amount))

    def total(self):
        return len(self.entries)
