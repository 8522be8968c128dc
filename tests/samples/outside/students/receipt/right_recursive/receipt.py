import sys


def receipt(items):
    lines = [f"{name}: {price:.2f}" for name, price in items]
    lines.append(f"total: {sum(p for _, p in items):.2f}")
    sys.stdout.write("\n".join(lines) + "\n")


def ask():
    try:
        return int(input("How many? "))
    except ValueError:
        return ask()
