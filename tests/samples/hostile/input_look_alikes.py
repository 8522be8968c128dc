"""input: names that only look like the ones asked for, and odd line ends"""
import numpy as np


def ｒelu(z):  # becomes relu
    return 1


def rеlu_derivative(z):  # a Cyrillic e: never becomes it
    return 1


__file__ = "../../tests/hidden/two_layer_network/cases.py"
__name__ = "__main__"
