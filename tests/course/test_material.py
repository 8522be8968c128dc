"""The course as teaching material: notebooks run to their end, pictures have words, points are true.

Each notebook runs once as students get it and once with the solution, in one kernel of Jupyter.
"""

from __future__ import annotations

import importlib.util
import re
import sys
import types
from pathlib import Path

import numpy as np
import pytest

from grader.authoring.stub import cells, introduction, stub
from grader.course import catalog
from grader.graph import declared, names
from grader.graph.marks import agree
from grader.graph.worked import _literal, worked_picture
from grader.notebook import read_source
from grader.selfcheck import ending, step

HERE = Path(__file__).parents[2]
COURSE = catalog.load(HERE)
NAMES = [each.name for each in COURSE.assignments]
PICTURE = re.compile(r"!\[([^\]]*)\]\((\S+)\)")
TWO_MB = 2 * 1024 * 1024


def _bench() -> types.ModuleType:
    """Return bench/notebooks.py, which runs notebooks."""
    folder = str(HERE / "bench")
    sys.path.insert(0, folder)
    try:
        spec = importlib.util.spec_from_file_location("notebooks", f"{folder}/notebooks.py")
        module = sys.modules["notebooks"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
    finally:
        sys.path.remove(folder)


BENCH = _bench()


def solution(name: str) -> str:
    return COURSE.solutions(name)[0].read_text(encoding="utf-8")


@pytest.fixture(scope="module", params=NAMES)
def runs(request):
    """(name, the run of the students' notebook, that of the solution), without self-checks."""
    name = request.param
    documents = [BENCH.notebook(name, solved=solved) for solved in (False, True)]
    for document in documents:  # test_public.py has the self-check
        assert "check(" in document.cells.pop().source
    return (name, *BENCH.run(name, documents))


def test_a_notebook_runs_to_its_end_with_and_without_the_solution(runs):
    """The stub says what is missing and goes on; the solution shows pictures that have words."""
    name, given, solved = runs
    assert [] == given.errors
    assert [] == solved.errors
    assert "not written yet" in given.printed
    assert "not written yet" not in solved.printed
    assert "still blank" not in solved.printed
    assert "stopped in" not in solved.printed
    assert solved.printed.count(": correct\n") >= given.printed.count("still blank") >= 3
    assert solved.pictures, f"{name} ends in nothing to see"
    assert all(len(text) > 40 for text in solved.pictures), "a text alternative says what is seen"
    assert solved.seconds < BENCH.LIMIT


@pytest.mark.parametrize("name", NAMES)
def test_the_graph_is_drawn_from_the_declaration(name):
    """The picture is that of GRAPH, stands in the text, and its alternative names every node."""
    source = solution(name)
    drawn = (COURSE.exercise(name) / "graph.svg").read_text(encoding="utf-8")
    assert worked_picture(source) == drawn
    assert "currentColor" not in drawn
    graph = declared(source)
    values, gradients = (_literal(source, f"GRAPH_{each}") for each in ("VALUES", "GRADIENTS"))
    assert values
    assert {*values, *gradients} <= {*names(graph)}
    _, text = introduction(source)
    alternatives = {file: words for words, file in PICTURE.findall(text)}
    assert all(node in alternatives["graph.svg"] for node in graph)
    for place in ("README.md", f"{name}.ipynb"):
        assert "](graph.svg)" in (COURSE.exercise(name) / place).read_text(encoding="utf-8")


def test_worked_values_are_those_of_the_solution():
    """The numbers in a picture are the values and gradients that the solution computes."""
    source = solution("two_layer_network")
    module: dict = {}
    exec(compile(source, "solution", "exec"), module)  # noqa: S102  # our own solution
    params, X, y = (module[f"EXAMPLE_{each}"] for each in ("PARAMS", "X", "Y"))
    y_hat, cache = module["forward"](params, X)
    values = {**params, **cache, "L": module["loss"](y_hat, y), "y": y}
    for name, value in module["GRAPH_VALUES"].items():
        assert agree(value, np.asarray(values[name]), 1e-3), name
    grads = module["backward"](params, cache, y)
    for name, value in module["GRAPH_GRADIENTS"].items():
        assert name in ("L", "a2") or agree(value, grads[name], 1e-3), name


@pytest.mark.parametrize("name", NAMES)
def test_every_section_asks_why_and_every_picture_has_words(name):
    """A section has a question; the introduction says what the exercise builds on and its time."""
    source = solution(name)
    _, text = introduction(source)
    assert "**Builds on**" in text
    assert "**Time**" in text
    whole = "\n".join(cell.source for cell in cells(source) if cell.kind == "markdown")
    _, *sections = re.split(r"^## ", whole, flags=re.MULTILINE)
    assert [] == [each.partition("\n")[0] for each in sections if "**Why?**" not in each]
    assert all(len(words) > 40 for words, _ in PICTURE.findall(whole))
    notebook = (COURSE.exercise(name) / f"{name}.ipynb").read_text(encoding="utf-8")
    assert "| check | points |" in notebook


@pytest.mark.parametrize("name", NAMES)
def test_a_zip_is_small(name):
    assert len(BENCH.zipped(name)) < TWO_MB


@pytest.mark.parametrize("name", NAMES)
def test_what_demonstrates_is_not_run_at_grading_time(name):
    """A notebook is graded without demonstration cells; a script, imported, prints nothing."""
    path = COURSE.exercise(name) / f"{name}.ipynb"
    graded = "\n".join(cell.source for cell in read_source(path.name, path.read_bytes()))
    for word in ("step(", "ending(", "show(", "plt."):
        assert word not in graded
    demos = [cell.source for cell in cells(stub(solution(name))) if "demo" in cell.tags]
    assert demos
    for source in demos:
        space = {"np": np, "__name__": "graded"}
        exec(source, space)  # noqa: S102  # nothing of it may run: no name of ours is there
        assert "step" not in space


def test_a_demonstration_that_would_run_is_refused():
    """Without the guard, a script would train and draw whenever it is imported."""
    source = '"""T"""\n\n# %% tags=["demo"]\ntrain()\n'
    with pytest.raises(ValueError, match="put it under if __name__"):
        cells(source)
    assert cells(source.replace("train()", 'if __name__ == "__main__":\n    train()'))


def test_a_blank_hides_its_formula_and_nothing_else():
    made = stub("def slope(a):\n    return a * 2  # BLANK\n\n\nx = 3  # no BLANK here\n")
    assert made == "def slope(a):\n    return ...  # your formula\n\n\nx = 3  # no BLANK here\n"


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        (lambda a: ..., "still blank"),
        (lambda a: 2 * a, "correct"),
        (lambda a: a, "gives 3; the correct value is 6. Double it."),
        (lambda a: [a, a], "has shape (2,); the correct shape is ()"),
        (lambda a: a / 0, "raised ZeroDivisionError"),
        (lambda a: float("nan"), "the correct value is 6"),
        (lambda a: None, "the correct value is 6"),
    ],
)
def test_a_step_says_what_is_wrong_and_never_raises(capsys, formula, said):
    formula.__name__ = "twice"
    assert step("Step 1", formula, [((3,), 6)], "Double it.") is (said == "correct")
    assert said in capsys.readouterr().out


def test_an_ending_names_the_function_that_is_missing(capsys):
    def train():
        raise NotImplementedError

    with ending("Two moons"):
        train()
    assert "needs `train`, which is not written yet" in capsys.readouterr().out
