class compose:
    def __init__(self, *functions):
        self.functions = functions

    def __call__(self, value):
        for function in self.functions[::-1]:
            value = function(value)
        return value


class counted:
    def __init__(self, function):
        self.function, self.calls = function, 0

    def __call__(self, *args, **kwargs):
        self.calls += 1
        return self.function(*args, **kwargs)
