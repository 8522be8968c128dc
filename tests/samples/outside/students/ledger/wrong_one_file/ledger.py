from entries import Entry


class Ledger:
    def book(self, text, amount):
        return Entry(text, amount)
