class Entry:
    def __init__(self, text, amount):
        self.text, self.amount = text, amount


def in_euros(entry):
    return "%s: %.2f EUR" % (entry.text, entry.amount / 100)
