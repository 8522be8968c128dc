import entries


class Ledger:
    entries = ()

    def book(self, text, amount):
        made = entries.Entry(text=text, amount=amount)
        self.entries = (*self.entries, made)
        return made

    def total(self):
        result = 0
        for each in self.entries:
            result += each.amount
        return result
