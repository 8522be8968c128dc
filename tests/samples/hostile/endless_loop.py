"""resources: loops for ever in every function, swallowing what is raised to stop it"""


def answer(function, arguments):
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass


def attack():
    return None
