"""text: raises syntax errors about files and lines that it makes up"""


def answer(function, arguments):
    raise SyntaxError("LEAK", ("\x1b[31m/etc/passwd", 10**9, 10**9, "root:x:0:0\n" * 1000))


def attack():
    if GIVEN is None:
        error = SyntaxError("LEAK", ("two_layer_network.py", -5, 2**40, "<script>", 2**50, -(2**50)))
        raise error
