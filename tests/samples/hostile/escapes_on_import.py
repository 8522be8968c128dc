"""text: fails to import with terminal escapes, bidi and control characters in its message"""


def attack():
    raise SystemExit("\x1b[2J\x1b]0;owned\x07 \x9b31m \u202eevil\u202c \u2028 \x00 \ud800 \U000e0041")
