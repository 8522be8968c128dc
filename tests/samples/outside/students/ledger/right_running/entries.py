from typing import NamedTuple


class Entry(NamedTuple):
    text: str
    amount: int

    def euros(self):
        return format(self.amount / 100, ".2f")


def in_euros(entry):
    return entry.text + ": " + entry.euros() + " EUR"
