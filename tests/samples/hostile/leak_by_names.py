"""leak: renames its functions, parameters, file and module by what it was given"""
import sys
import types


def attack():
    return None


def answer(function, arguments):
    name = "LEAK" + "".join(c for c in repr(arguments) if c.isalnum())[:120]

    def raising(z):
        raise ValueError

    code = raising.__code__.replace(co_name=name, co_qualname=name, co_filename=name, co_varnames=(name,), co_firstlineno=31337)
    for each in list(globals().values()):
        if isinstance(each, types.FunctionType):
            each.__doc__ = each.__name__ = each.__qualname__ = name
    sys.modules[__name__].__file__ = sys.modules[__name__].__doc__ = name
    return types.FunctionType(code, globals())(1)
