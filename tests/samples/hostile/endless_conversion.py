"""resources: answers objects that never finish becoming an array"""


class Slow:
    def __array__(self, *args, **kwargs):
        while True:
            pass


class Long:
    def __len__(self): return 1 << 62
    def __getitem__(self, i): return 1.0


def attack():
    return None


def answer(function, arguments):
    return Long() if "derivative" in function else Slow()
