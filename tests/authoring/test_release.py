"""Stubs, notebooks, READMEs and the students' zip: what is in them, and what never is."""

from __future__ import annotations

import ast
import doctest
import subprocess
import sys
import types
import zipfile
from pathlib import Path

import nbformat
import pytest
from places import ROOT

from grader import notebook as reader
from grader.authoring.readme import author_parts, readme
from grader.authoring.release import ReleaseError, build, is_built, notebook, release
from grader.authoring.stub import cells, stub
from grader.course.assignment import Assignment, Course, SpeedLimit
from grader.course.catalog import load
from grader.grading.protocol import CheckInfo
from grader.inbox import untouched as untouched_stub

SECRETS = ("np.maximum", "mask", "np.where", "self.secret")
SOURCE = r'''r"""Activations

One unit, and $\sigma(z)$:

$$\sigma(z) = \frac{1}{1 + e^{-z}}$$
"""

# %%
import numpy as np

SHAPE = (2, 3)

# %% [markdown]
# ## ReLU
#
# $$\mathrm{ReLU}(z) = \max(z, 0)$$

# %%
# BEGIN SOLUTION
def mask(z):
    return np.where(z > 0, 1.0, 0.0)


# END SOLUTION
def relu(z):
    """Return max(z, 0), where |z| is
    finite.

    >>> relu(np.array([-1.0, 2.0]))
    array([0., 2.])
    """
    # BEGIN SOLUTION
    return np.maximum(z, 0.0)
    # END SOLUTION


def given(z):
    """Given."""
    return z


class Unit:
    """A unit with a weight."""

    def __init__(self, w):
        # BEGIN SOLUTION
        self.secret = w
        # END SOLUTION

    def forward(self, z, *, bias=0.0):
        """The unit's answer."""
        # BEGIN SOLUTION
        return self.secret * z + bias
        # END SOLUTION


# %% [markdown]
# ## See it

# %% tags=["demo"]
def plot():
    """Draw it."""
    import matplotlib.pyplot as plt

    plt.plot(relu(np.arange(3.0)))
'''
STUB = ast.parse(stub(SOURCE))


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """A course of one exercise, `activations`, with public tests, not built yet."""
    (tmp_path / "reference/activations").mkdir(parents=True)
    (tmp_path / "reference/activations/solution.py").write_text(SOURCE)
    (tmp_path / "reference/activations/mistakes.py").write_text("MISTAKES = 'np.where'")
    (tmp_path / "tests/hidden/activations").mkdir(parents=True)
    (tmp_path / "exercises/activations").mkdir(parents=True)
    (tmp_path / "exercises/activations/test_public.py").write_text("def test_relu(): ...\n")
    (tmp_path / "assignments.yaml").write_text(
        "title: Networks\nassignments:\n  - name: activations\n    title: Activations\n"
    )
    return load(tmp_path)


# --- the stub -----------------------------------------------------------------------------------


def test_each_region_becomes_a_gap_at_its_indentation() -> None:
    functions = {n.name: n for n in ast.walk(STUB) if isinstance(n, ast.FunctionDef)}
    gaps = {
        name
        for name, function in functions.items()
        if ast.unparse(function.body[-1]) == "raise NotImplementedError"
    }
    assert {"relu", "__init__", "forward"} == gaps
    assert "mask" not in functions


def test_no_solution_is_left_and_nothing_given_is_lost() -> None:
    text = stub(SOURCE)
    assert not [secret for secret in (*SECRETS, "SOLUTION") if secret in text]
    kept = [line for line in SOURCE.splitlines() if "def " in line and "mask" not in line]
    assert kept == [line for line in text.splitlines() if "def " in line]
    assert ast.get_docstring(ast.parse(SOURCE)) == ast.get_docstring(STUB)


def test_a_region_at_the_margin_leaves_nothing_behind() -> None:
    assert "# %%\ndef relu(z):" in stub(SOURCE)
    alone = "# %%\n# BEGIN SOLUTION\nx = 1\n# END SOLUTION\n# %% [markdown]\n# Text\n"
    assert stub(alone) == "# %% [markdown]\n# Text\n"
    assert stub("x = 1\n\n\n# BEGIN SOLUTION\ny = 2\n# END SOLUTION\n") == "x = 1\n"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("# BEGIN SOLUTION\nx = 1\n", "line 1: a solution without its end"),
        ("x = 1\n# END SOLUTION\n", "line 2: the end of a solution without its beginning"),
        (
            "# BEGIN SOLUTION\n# BEGIN SOLUTION\n",
            "line 2: a solution begins inside the one of line 1",
        ),
        (
            "if 1:\n    # BEGIN SOLUTION\n# END SOLUTION\n",
            "line 3: indented differently from line 2",
        ),
    ],
)
def test_markers_that_do_not_pair_up_are_refused_by_line(source: str, said: str) -> None:
    with pytest.raises(ValueError, match=f"^{said}$"):
        stub(source)


@pytest.mark.parametrize("function", ["relu", "given", "Unit"])
def test_a_speed_limit_with_points_stands_in_the_docstring(function: str) -> None:
    text = stub(SOURCE, {function: SpeedLimit(100.0, 5.0)})
    told = "Graded too: at most 100 times the time of array code, for 5 points (see README.md)."
    nodes = [n for n in ast.parse(text).body if isinstance(n, ast.FunctionDef | ast.ClassDef)]
    assert [n.name for n in nodes if told in (ast.get_docstring(n) or "")] == [function]
    assert text.count("Graded too") == 1
    assert max(len(line) for line in text.splitlines()) <= 100


def test_a_speed_limit_leaves_the_example_right() -> None:
    """The line added is no part of what the doctest expects."""
    text = stub(SOURCE, {"relu": SpeedLimit(100.0, 5.0)})
    functions = [n for n in ast.parse(text).body if isinstance(n, ast.FunctionDef)]
    docstring = ast.get_docstring(functions[0]) or ""
    (example,) = doctest.DocTestParser().get_examples(docstring)
    assert example.want == "array([0., 2.])\n"


def test_a_speed_limit_needs_a_docstring() -> None:
    with pytest.raises(ValueError, match="line 1: relu has no docstring"):
        stub("def relu(z):\n    return z\n", {"relu": SpeedLimit(100.0, 5.0)})


# --- the notebook -------------------------------------------------------------------------------


def test_cells_come_in_order_with_their_kind_and_tags() -> None:
    found = cells(stub(SOURCE))
    kinds = ["markdown", "code", "markdown", "code", "markdown", "code"]
    assert kinds == [cell.kind for cell in found]
    assert found[0].source.startswith("# Activations\n\nOne unit, and $\\sigma(z)$:\n\n$$")
    assert found[2].source == "## ReLU\n\n$$\\mathrm{ReLU}(z) = \\max(z, 0)$$"
    assert [cell.tags for cell in found] == [(), (), (), (), (), ("demo",)]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ('"""T"""\n# %% [markdwon]\n', "line 2: not the header of a cell"),
        ('"""T"""\n# %% [markdown]\n# x\n\nx = 1\n', "line 5: text must be in comments"),
    ],
)
def test_what_is_no_percent_format_is_refused_by_line(source: str, said: str) -> None:
    with pytest.raises(ValueError, match=said.replace("[", r"\[")):
        cells(source)


def test_a_script_without_headers_is_one_cell_and_a_docstring_is_optional() -> None:
    assert ["x = 1"] == [cell.source for cell in cells("x = 1\n")]
    assert ["# T", "x = 1"] == [cell.source for cell in cells('"""T"""\n\nx = 1\n')]


def test_the_notebook_is_valid_and_ends_in_the_check() -> None:
    text = notebook(stub(SOURCE), "activations").decode()
    document = nbformat.reads(text, 4)  # type: ignore[no-untyped-call]
    nbformat.validate(document)
    *_, demo, heading, code = document.cells
    assert demo.metadata.tags == ["demo", "raises-exception"]
    assert heading.source.startswith("## Check your work")
    assert code.source == 'from grader.selfcheck import check\n\ncheck("activations")'
    assert "reference/activations/solution.py" in document.metadata.grader.made


def test_equal_sources_give_equal_bytes() -> None:
    assert notebook(stub(SOURCE), "activations") == notebook(stub(SOURCE), "activations")


def test_the_notebook_and_the_script_ask_for_the_same() -> None:
    """The inbox, which sets untouched stubs aside, knows the one by the other."""
    untouched = untouched_stub.matcher(stub(SOURCE).encode())
    assert untouched(reader.read(notebook(stub(SOURCE), "activations")).cells)
    assert not untouched(reader.read(notebook(SOURCE, "activations")).cells)


# --- the README ---------------------------------------------------------------------------------


def test_the_readme_lists_what_is_to_be_written() -> None:
    text = readme(Assignment("activations", "Activations"), SOURCE)
    table = text.partition("## What to write")[2].partition("##")[0]
    rows = [
        r"| `relu(z)` | Return max(z, 0), where \|z\| is finite. |",
        "| `Unit(w)` | A unit with a weight. |",
        "| `Unit.forward(z, *, bias=0.0)` | The unit's answer. |",
    ]
    assert rows == table.strip().splitlines()[2:]


def test_the_readme_says_how_to_go_on() -> None:
    text = readme(Assignment("activations", "Activations", imports=("scipy",)), SOURCE)
    assert "   grader check activations.py\n" in text
    assert "You may import `scipy`, NumPy and the standard library." in text
    assert "If you submit several times, the last submission counts." in text


def test_the_readme_says_only_what_is_true_of_the_exercise() -> None:
    """Nothing about gradients or speed unless there are some; the checks with their points."""
    assignment = Assignment("activations", "Activations")
    slow = CheckInfo("t.py::a", "relu is fast", 2.0, "t.py:1", "a", marks=("timed",))
    checks = [slow, CheckInfo("t.py::b", "relu at | 0", 3.0, "t.py:4", "b")]
    bare, full = readme(assignment, SOURCE), readme(assignment, SOURCE, checks, True)
    assert ["Vectorisation" in text for text in (bare, full)] == [False, True]
    assert ["gradient" in text for text in (bare, full)] == [False, True]
    assert "5 points in all." in full
    assert "| relu at \\| 0 | 3 |" in full
    assert "points of its own" not in full


def test_the_author_can_replace_any_part(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("## Points\n\nAsk me.\n\n## Why\n\nBecause.\n")
    own = author_parts(tmp_path / "README.md")
    text = readme(Assignment("activations", "Activations"), SOURCE, own=own)
    assert "## Points\n\nAsk me.\n" in text
    assert text.endswith("## Why\n\nBecause.\n")
    assert "points in all" not in text


def test_the_readme_tells_of_speed_limits_and_dates(course: Course) -> None:
    entry = """\
    speed: {relu: {ratio: 50, points: 1}}
    due: 2026-12-01T23:59+01:00
    late: {per_day: 10, at_most: 50, cut_off: 36 h}
    attempts: best
"""
    file = course.folder / "assignments.yaml"
    file.write_text(file.read_text() + entry)
    text = readme(load(course.folder).assignment("activations"), SOURCE)
    assert "- `relu`: at most 50 times the time of array code, for 1 point" in text
    assert (
        "Due: 2026-12-01, 23:59 (UTC+01:00). Each day or part of a day after that costs 10 %"
        in text
    )
    assert "at most 50 %; a submission more than 36 hours late gets no points. If you" in text


# --- building and releasing ---------------------------------------------------------------------


def test_a_build_writes_what_is_out_of_step_and_only_that(course: Course) -> None:
    names = ["activations.py", "activations.ipynb", "README.md"]
    folder = course.folder / "exercises" / "activations"
    assert [folder / name for name in names] == is_built(course, "activations")
    assert [folder / name for name in names] == build(course, ["activations"])
    assert is_built(course, "activations") == []
    assert build(course, ["activations"]) == []
    (folder / "README.md").write_text("edited by hand")
    assert [folder / "README.md"] == build(course, ["activations"])


def test_a_changed_solution_puts_its_docstrings_out_of_step(course: Course) -> None:
    """A changed body of a solution does not: students see nothing of it."""
    build(course, ["activations"])
    solution = course.solution("activations")
    solution.write_text(SOURCE.replace("np.maximum(z, 0.0)", "z * mask(z)"))
    assert is_built(course, "activations") == []
    solution.write_text(SOURCE.replace("Given.", "Given to you."))
    stale = [path.suffix for path in is_built(course, "activations")]
    assert stale == [".py", ".ipynb"]


def test_every_generated_file_says_from_what_it_is_made(course: Course) -> None:
    for path in build(course, ["activations"]):
        assert "reference/activations/solution.py" in path.read_text()
        assert "grader build" in path.read_text()


def test_a_broken_solution_is_named(course: Course) -> None:
    course.solution("activations").write_text('"""T"""\n# %%\n# END SOLUTION\n')
    with pytest.raises(ReleaseError, match=r"^reference/activations/solution\.py: line 3: "):
        build(course, ["activations"])


def test_the_zip_holds_the_exercise_and_nothing_else(course: Course, tmp_path: Path) -> None:
    build(course, ["activations"])
    (course.exercise("activations") / "notes.txt").write_text("np.where")
    with zipfile.ZipFile(release(course, "activations", tmp_path / "out")) as archive:
        names = ["activations.py", "activations.ipynb", "README.md", "test_public.py"]
        assert [f"activations/{name}" for name in names] == archive.namelist()
        everything = b"".join(archive.read(name) for name in archive.namelist()).decode()
    assert not [secret for secret in SECRETS if secret in everything.partition("## Vector")[0]]
    assert "MISTAKES" not in everything


def test_the_zip_brings_the_check_and_says_how_to_install_it(
    course: Course, tmp_path: Path
) -> None:
    build(course, ["activations"])
    path = release(course, "activations", tmp_path, "./check.whl pandas", {"check.whl": b"wheel"})
    with zipfile.ZipFile(path) as archive:
        assert archive.read("activations/check.whl") == b"wheel"
        text = archive.read("activations/README.md").decode()
    assert "python -m pip install ./check.whl pandas\n" in text
    assert text.index("## Install the check") < text.index("## What to do")
    assert "## Install" not in (course.exercise("activations") / "README.md").read_text()


def test_equal_exercises_give_equal_zips(course: Course, tmp_path: Path) -> None:
    build(course, ["activations"])
    one, two = (release(course, "activations", tmp_path / out) for out in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()


def test_what_is_out_of_step_is_not_released(course: Course, tmp_path: Path) -> None:
    build(course, ["activations"])
    (course.exercise("activations") / "activations.py").write_text(SOURCE)
    with pytest.raises(ReleaseError, match=r"exercises/activations/activations\.py; run grader bu"):
        release(course, "activations", tmp_path / "out")


# --- our own course -----------------------------------------------------------------------------

OURS = [assignment.name for assignment in load(ROOT).assignments]


@pytest.mark.parametrize("name", OURS)
def test_our_exercises_are_in_step(name: str) -> None:
    """If not: `grader build`."""
    assert is_built(load(ROOT), name) == []


@pytest.mark.parametrize("name", OURS)
def test_our_stubs_are_clean_and_give_nothing_away(name: str) -> None:
    """Imports that only a solution needs are students' to use; else ruff finds nothing."""
    path = ROOT / "exercises" / name / f"{name}.py"
    command = ["ruff", "check", "--isolated", "--select", "E,F", "--ignore", "F401,F841"]
    run = subprocess.run(
        [sys.executable, "-m", *command, "--line-length", "112", str(path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout
    shown = set(path.read_text(encoding="utf-8").splitlines())
    assert set() == _solution_lines(load(ROOT).solution(name)) & shown


def _solution_lines(path: Path) -> set[str]:
    """The lines inside the regions, those apart that any function may have."""
    inside, found = False, set()
    for line in path.read_text(encoding="utf-8").splitlines():
        inside = (inside or "# BEGIN SOLUTION" in line) and "# END SOLUTION" not in line
        if inside and len(line.strip()) > 4:
            found.add(line)
    return found


@pytest.mark.parametrize("name", [name for name in OURS if name != "torch_layers"])
def test_our_stubs_run_and_their_functions_are_gaps(name: str) -> None:
    source = (ROOT / "exercises" / name / f"{name}.py").read_text(encoding="utf-8")
    module = types.ModuleType(name)
    exec(compile(source, name, "exec"), module.__dict__)  # noqa: S102  # our own stub
    gaps = [n for n in ast.parse(source).body if isinstance(n, ast.FunctionDef)]
    named = [n for n in gaps if ast.unparse(n.body[-1]) == "raise NotImplementedError"]
    assert named
    for function in named:
        arguments = [None] * len(function.args.args)
        with pytest.raises(NotImplementedError):
            getattr(module, function.name)(*arguments)


def test_pictures_come_along(tmp_path: Path) -> None:
    """What the introduction shows lies beside the notebook, in the folder and in the zip."""
    picture = (ROOT / "reference/deep_network/norms.png").read_bytes()
    assert picture == (ROOT / "exercises/deep_network/norms.png").read_bytes()
    text = (ROOT / "exercises/deep_network/README.md").read_text(encoding="utf-8")
    assert "](norms.png)" in text
    with zipfile.ZipFile(release(load(ROOT), "deep_network", tmp_path)) as archive:
        assert archive.read("deep_network/norms.png") == picture
