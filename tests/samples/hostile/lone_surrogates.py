"""text: raises and prints text that no encoding can write"""
import sys

SURROGATES = "".join(map(chr, range(0xD800, 0xD840))) + "\udc80" * 100


def attack():
    print(SURROGATES)
    sys.stderr.write(SURROGATES)
    if GIVEN is None:
        raise SystemExit(SURROGATES)


def answer(function, arguments):
    raise KeyError(SURROGATES)
