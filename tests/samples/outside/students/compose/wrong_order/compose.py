def compose(*functions):
    def composed(value):
        for function in functions:
            value = function(value)
        return value

    return composed


def counted(function):
    function.calls = 0
    return function
