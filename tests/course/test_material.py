"""The course as teaching material: notebooks run to their end, pictures have words, points are true.

Each notebook runs once as students get it and once with the solution, in one kernel of Jupyter.
"""

from __future__ import annotations

import importlib.util
import re
import sys
import types

import numpy as np
import pytest
from places import ROOT

from grader.authoring.stub import cells, introduction, stub
from grader.checks.exercise import _uses_data
from grader.checks.mistakes import Mistake, mistaken
from grader.course import catalog
from grader.graph import declared, names
from grader.graph.marks import agree
from grader.graph.worked import _literal, worked_picture
from grader.notebook import read_source
from grader.selfcheck import ending, step

COURSE = catalog.load(ROOT)
NAMES = [each.name for each in COURSE.assignments]
PICTURE = re.compile(r"!\[([^\]]*)\]\((\S+)\)")
TWO_MB = 2 * 1024 * 1024


def _bench() -> types.ModuleType:
    """Return bench/notebooks.py, which runs notebooks."""
    folder = str(ROOT / "bench")
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


def _module(name: str) -> dict:
    """Return the names of a solution, run as the grader runs it: no demonstration with it."""
    space: dict = {"__name__": name}
    exec(compile(solution(name), name, "exec"), space)  # noqa: S102  # our own solution
    return space


def _given(module: dict, *names: str) -> list[np.ndarray]:
    return [np.asarray(module["GRAPH_VALUES"][name], float) for name in names]


def _computation_graph(module):
    L, cache = module["forward"](3.0, 1.0, -2.0)
    return {**cache, "L": L}, module["backward"](cache)


def _two_layer_network(module):
    params, X, y = (module[f"EXAMPLE_{each}"] for each in ("PARAMS", "X", "Y"))
    y_hat, cache = module["forward"](params, X)
    grads = module["backward"](params, cache, y)
    return {**params, **cache, "y": y, "L": module["loss"](y_hat, y)}, grads


def _deep_network(module):
    given = {f"W{k}": np.array([[w]]) for k, w in ((1, 1.0), (2, 2.0), (3, 1.0))}
    given |= {f"b{k}": np.array([b]) for k, b in ((1, -1.0), (2, 0.0), (3, 0.0))}
    y_hat, (z, a) = module["forward"](given, np.array([[1.0]]), "sigmoid")
    values = {f"z{k}": z[k] for k in z} | {f"a{k}": a[k] for k in (1, 2)}
    grads = module["backward"](given, (z, a), np.array([[1.0]]), "sigmoid")
    grads |= {f"z{k}": grads[f"b{k}"] for k in z}
    return {**given, **values, "y_hat": y_hat, "L": -np.log(y_hat)}, grads


def _lstm_cell(module):
    values = {name: np.array([[v]], float) for name, v in module["GRAPH_VALUES"].items()}
    f, i, g, o = (values[k] for k in "figo")
    c = f * values["c_prev"] + i * g
    zero = {a + k: np.zeros((1, 1)) for a in "WU" for k in "figo"}
    zero |= {f"b{k}": np.zeros(1) for k in "figo"}
    cache = {**values, "x": np.zeros((1, 1)), "h_prev": np.zeros((1, 1))}
    grads = module["cell_backward"](zero, cache, np.array([[1.0]]), np.array([[0.5]]))
    slopes = {"f": f * (1 - f), "i": i * (1 - i), "g": 1 - g**2, "o": o * (1 - o)}
    at_gates = {k: grads[f"b{k}"] / slopes[k] for k in "figo"}
    return {"c": c, "h": o * np.tanh(c)}, {**at_gates, "c_prev": grads["c_prev"]}


def _padding_pooling(module):
    (E,) = _given(module, "E")
    ids = np.array([[2, 0, 2]])
    batch = module["embed"](E, ids)
    pooled, cache = module["mean_pool"](batch, np.array([3]))
    dbatch = module["mean_pool_backward"](np.array([[3.0]]), cache)
    grads = {"batch": dbatch, "E": module["embed_backward"](ids, dbatch, 3)}
    return {"batch": batch, "pooled": pooled}, grads


def _ngram_lm(module):
    p = module["probabilities"]([[2, 3], [2, 2]], np.array([[0], [3]]), 2, 0.5, 4)
    whole = module["perplexity"]([[2, 3], [2, 2]], [[3]], 2, 0.5, 4)
    return {"P1": p[0, 3], "P2": p[1, 1], "L": np.log(whole), "perplexity": whole}, {}


def _window_lm(module):
    params = dict(zip(names := ("E", "W1", "b1", "W2", "b2"), _given(module, *names), strict=True))
    _, cache = module["forward"](params, np.array([[0, 1]]))
    grads = module["backward"](params, cache, np.array([2]))
    loss = module["cross_entropy"](cache["z2"], np.array([2]))
    return {**params, **cache, "L": loss}, grads


WORKED = {
    "computation_graph": _computation_graph,
    "two_layer_network": _two_layer_network,
    "deep_network": _deep_network,
    "lstm_cell": _lstm_cell,
    "padding_pooling": _padding_pooling,
    "ngram_lm": _ngram_lm,
    "window_lm": _window_lm,
}
"""torch_layers has the numbers of two_layer_network."""


@pytest.mark.parametrize("name", WORKED)
def test_the_numbers_in_a_picture_are_those_of_the_solution(name):
    """Values and gradients that are worked by hand are what the solution computes."""
    module = _module(name)
    values, grads = WORKED[name](module)
    for kind, found in (("VALUES", values), ("GRADIENTS", grads)):
        for node in found.keys() & module.get(f"GRAPH_{kind}", {}).keys():
            written = np.asarray(module[f"GRAPH_{kind}"][node], float).ravel()
            assert agree(written, np.asarray(found[node], float).ravel(), 2e-3), (kind, node)
    assert values.keys() & module["GRAPH_VALUES"].keys()


def test_the_picture_of_torch_layers_has_the_numbers_of_two_layer_network():
    one, other = solution("torch_layers"), solution("two_layer_network")
    for name in ("GRAPH_VALUES", "GRAPH_GRADIENTS"):
        assert _literal(one, name).items() <= {**_literal(other, name)}.items()


def test_the_teacher_s_guide_is_true():
    """Its points are those of the READMEs, and each mistake that it names has an entry."""
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    page = (ROOT / "docs" / "teach.md").read_text(encoding="utf-8")
    assert page == generate.teach(), "run python docs/generate.py"
    assert "| computation_graph | 20 | `differentiate` 31" in page
    known = "".join(p.read_text(encoding="utf-8") for p in ROOT.glob("reference/*/mistakes.py"))
    named = re.findall(r"`([a-z0-9]+(?:-[a-z0-9]+)+)`", page)
    assert len(named) > 20
    assert [] == [each for each in named if f'"{each}"' not in known]
    assert all(f"### {name}\n" in page for name in NAMES)


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


def test_data_that_only_a_demonstration_reads_need_no_worker():
    """The reference stays in process, with its mistakes; where graded code reads a file, it does not."""
    text = solution("window_lm")
    assert not _uses_data(ROOT, "window_lm", text)
    assert _uses_data(
        ROOT, "window_lm", text.replace("import numpy", 'open("stories.txt")\nimport numpy', 1)
    )
    assert _uses_data(ROOT, "window_lm", text.replace("stories.txt", "another.txt"))


def test_a_mistake_is_made_without_demonstrations():
    """A piece of the solution's text may stand in a demonstration, too."""
    source = 'x = 1\n\n# %% tags=["demo"]\ny = 1\n'
    assert mistaken(source, Mistake("m", "f", {"= 1": "= 2"})) == "x = 2\n\n\n\n"
    with pytest.raises(ValueError, match="occurs 2 times"):
        mistaken(source.replace(' tags=["demo"]', ""), Mistake("m", "f", {"= 1": "= 2"}))
