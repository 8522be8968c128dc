"""resources: never finishes importing"""


def attack():
    while True:
        pass
