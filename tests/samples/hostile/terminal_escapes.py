"""text: raises and prints terminal escapes, on import and when called"""

ESCAPES = "\x1b[2J\x1b]0;owned\x07\x1b[31mred\x1b[8mhidden\x9b1m\x08\x08\x00\x7f\r"


def attack():
    print(ESCAPES)


def answer(function, arguments):
    kind = type("\x1b[31mred\x9b1m", (Exception,), {"__module__": "\x1b[2J"})
    raise (kind if "relu" in function else ValueError)(ESCAPES)
