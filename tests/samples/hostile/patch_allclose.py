"""judge: makes NumPy's comparisons say yes"""
import numpy as np


def attack():
    def yes(*args, **kwargs):
        return True

    for name in ("allclose", "array_equal", "isclose", "array_equiv", "isfinite", "all"):
        setattr(np, name, yes)
    for name in dir(np.testing):
        if name.startswith("assert"):
            setattr(np.testing, name, lambda *args, **kwargs: None)
