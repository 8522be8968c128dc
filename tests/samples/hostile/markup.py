"""text: raises and prints HTML, script and links"""

MARKUP = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'><a href='javascript:alert(1)'>&lt;</style><!--"


def attack():
    print(MARKUP)
    if GIVEN is None:
        raise SystemExit(MARKUP)


def answer(function, arguments):
    raise ValueError(MARKUP)
