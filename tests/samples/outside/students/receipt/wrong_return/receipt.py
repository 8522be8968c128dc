def receipt(items):
    return "\n".join(f"{name}: {price}" for name, price in items)


def ask():
    return input("How many? ")
