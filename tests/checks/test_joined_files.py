"""Several files of a solution as one program, in which mistakes and small edits are made."""

import pytest

from grader.checks.joined_files import joined
from grader.checks.mistakes import Mistake, mistaken_files, module_of

SIZES = "import math\n\n\ndef side():\n    return math.floor(3.5)\n"


@pytest.mark.parametrize(
    "text",
    [
        "from sizes import side\n\ndef area():\n    return side() ** 2",
        "from sizes import side as s, side\n\ndef area():\n    return s() * side()",
        "import sizes\n\ndef area():\n    return sizes.side() ** 2",
        "import os, sizes as z; import math\n\ndef area():\n    return z.side() ** 2",
        "def area():\n    from sizes import side\n    return side() ** 2",
        "from sizes import (\n    side,\n)\n\ndef area():\n    return side() ** 2",
        "from sizes import *\n\ndef area():\n    return side() ** 2",
        "from __future__ import annotations\nfrom sizes import side\n\ndef area():\n    return side() ** 2",
    ],
)
def test_imports_between_files_are_names_of_one_program(text):
    made = joined({"area.py": text, "sizes.py": SIZES})
    assert 9 == module_of(made, "made").area()
    assert 16 == module_of(made.replace("floor", "ceil"), "made").area()


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("from sizes import side\n\ndef area():\n    return 9", f"{SIZES}\ndef area():\n    pass"),
        ("import sizes\n\nwidth = 3", "import area\n\nside = 3"),
    ],
)  # fmt: skip
def test_files_that_cannot_be_joined_stay_apart(text, other):
    assert text == joined({"area.py": text, "sizes.py": other})


def test_a_mistake_is_made_in_the_file_that_it_fits():
    files = ["from sizes import side\n", SIZES]
    swapped = Mistake("a", "side", swap={"floor": "ceil"})
    assert [files[0], SIZES.replace("floor", "ceil")] == mistaken_files(files, swapped)
    coded = mistaken_files(files, Mistake("b", "side", code="def side():\n    return 4"))
    assert files[0] == coded[0]
    assert 4 == module_of(coded[1], "made").side()
    with pytest.raises(ValueError, match="occurs 2 times"):
        mistaken_files(files, Mistake("c", "side", swap={"side": "edge"}))
