"""early: raises a SystemExit of its own whose code and text are verdicts"""


class Passed(SystemExit):
    code = 0
    def __str__(self): return "100 passed in 0.01s"
    def __repr__(self): return "PASSED"


def answer(function, arguments):
    raise Passed(0)


def attack():
    return None
