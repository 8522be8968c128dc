class Entry:
    def __init__(self, text, amount):
        self.text, self.amount = text, amount


def in_euros(entry):
    return f"{entry.text}: {entry.amount} EUR"
