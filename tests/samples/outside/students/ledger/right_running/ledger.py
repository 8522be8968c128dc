from entries import Entry as Line


class Ledger:
    def __init__(self):
        self.entries, self._total = [], 0

    def book(self, text, amount):
        line = Line(text, amount)
        self.entries.append(line)
        self._total += line.amount
        return line

    def total(self):
        return self._total
