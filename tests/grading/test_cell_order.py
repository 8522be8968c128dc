"""Tests that stand between the cells of a notebook run after the cells above them."""

import pytest

from grader.grading.cell_order import first_cells, matching
from grader.sandbox.student import Program

SOLUTION = """\"\"\"Two steps\"\"\"
# %%
import math

# %% [markdown]
# Text.

# %%
x = 1  # SOLVED

# %%
y = x

# %%
x = 2  # SOLVED

# %%
z = 3
"""
OURS = ["import math", "x = 1", "y = x", "x = 2", "z = 3"]


@pytest.mark.parametrize(
    ("theirs", "count", "kept"),
    [
        (OURS, 2, 2),
        (["import math", "x = 10", "y = x", "x = 20", "z = 3"], 2, 2),
        (["import math", "x = 10", "print(x)", "y = x", "x = 20", "z = 3"], 2, 3),
        (["scratch", *OURS], 4, 5),
        (["import math", "y = x", "x = 20", "z = 3"], 2, 1),
        (["import math", "x = 10", "y = x", "x = 20", "print()", "z = 3"], 5, 6),
        (["all = 1"], 5, 1),
    ],
)
def test_a_students_cells_are_matched_by_those_that_were_given(theirs, count, kept):
    assert kept == matching(theirs, OURS, count)


def test_a_script_ends_at_the_header_of_the_next_cell():
    program = Program("two", (("two.py", SOLUTION),))
    [(_, text)] = first_cells(program, SOLUTION, 2).cells
    assert "x = 1" in text
    assert "y = x" not in text
    assert SOLUTION.startswith(text)


def test_a_notebook_loses_its_later_cells():
    program = Program("two", tuple((f"cell {n}", text) for n, text in enumerate(OURS, 1)))
    assert OURS[:3] == [text for _, text in first_cells(program, SOLUTION, 3).cells]
