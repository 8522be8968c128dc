"""A printed receipt

Print what was bought.
"""


def receipt(items):
    """Print a line for each (name, price), as ``tea: 2.50``, and a last line ``total: ...``."""
    # BEGIN SOLUTION
    for name, price in items:
        print(f"{name}: {price:.2f}")
    print(f"total: {sum(price for _, price in items):.2f}")
    # END SOLUTION


def ask():
    """Ask ``How many?`` until a whole number is typed, and return it."""
    # BEGIN SOLUTION
    while True:
        typed = input("How many? ")
        if typed.strip().isdigit():
            return int(typed)
    # END SOLUTION
