"""What a student's source tells of functions: what they call, and that they keep nothing."""

import pytest

from grader.checks.diagnosis.call_graph import keeps_nothing

NOTHING = {
    "numpy": "def f(x):\n    return np.exp(x) + math.pi",
    "own variables": "def f(x, n=2):\n    y = [each for each in x]\n    y[0] += n\n    return {'y': y}",
    "another function": "def g(x):\n    return x\ndef f(x):\n    return g(x)",
    "a function inside": "def f(x):\n    def g(y):\n        return x + y\n    return g(x)",
    "its own import": "def f(x):\n    import numpy as n\n    return n.sum(x)",
    "an imported name": "from numpy import exp\ndef f(x):\n    return exp(x)",
}
SOMETHING = {
    "a list outside": "seen = []\ndef f(x):\n    seen.append(x)",
    "global": "def f(x):\n    global last\n    last = x",
    "a default": "def f(x, seen=[]):\n    seen.append(x)",
    "an attribute of its own": "def f(x):\n    f.last = x",
    "an attribute that another sets": "def g(x):\n    f.last = x\ndef f(x):\n    return f.last",
    "in a function that it calls": "seen = {}\ndef g(x):\n    return seen\ndef f(x):\n    return g(x)",
    "a decorator": "from functools import cache\n@cache\ndef f(x):\n    return x",
    "a class": "class A:\n    pass\ndef f(x):\n    return A.last",
    "a closure": "def made():\n    seen = []\n    return seen.append\nf = made()",
    "another f": "def f(x):\n    return x\nf = min(f, f)",
    "random numbers": "def f(x):\n    return np.random.rand()",
    "another module": "import os\ndef f(x):\n    os.environ['last'] = x",
    "an import inside": "def f(x):\n    import os\n    return os.environ",
    "the settings of numpy": "def f(x):\n    np.seterr(all='raise')",
    "globals()": "def f(x):\n    globals()['last'] = x",
    "names from a helper file": "from helper import *\ndef f(x):\n    return g(x)",
    "no function": "",
    "no Python": "def f(:",
}  # fmt: skip


@pytest.mark.parametrize("source", NOTHING.values(), ids=NOTHING)
def test_keeps_nothing(source):
    """No worker need be asked if calls leave something behind."""
    assert keeps_nothing(f"import math\nimport numpy as np\n{source}", "f")


@pytest.mark.parametrize("source", SOMETHING.values(), ids=SOMETHING)
def test_may_keep_something(source):
    """Each way to leave something behind is seen."""
    assert not keeps_nothing(f"import math\nimport numpy as np\n{source}", "f")
