"""early: raises classes named Skipped, Exit and XFailed with pytest's module name"""


class Skipped(BaseException):
    __module__ = "_pytest.outcomes"
    allow_module_level = True
    msg = "skipped"


class Exit(Exception):
    __module__ = "_pytest.outcomes"
    returncode = 0


def answer(function, arguments):
    raise (Skipped if len(function) > 6 else Exit)("no tests today")


def attack():
    return None
