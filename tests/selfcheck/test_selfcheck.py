"""A student's own check, through its front doors: the command, the notebook, the wheel."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import threading
import venv
import zipfile
from pathlib import Path

import numpy as np
import pytest
from places import ROOT

from grader import selfcheck
from grader.authoring.release import build, notebook, release
from grader.authoring.stub import stub
from grader.checks.gradients import Gradient
from grader.course.catalog import load
from grader.selfcheck.checks import checks
from grader.selfcheck.gradient_table import table
from grader.selfcheck.refused import refusing
from grader.selfcheck.report import Report
from grader.selfcheck.time_limit import OverranError, time_limit
from grader.testing import entries, expect, finite, pair, shaped

NAME = "two_layer_network"
SOLUTION = (ROOT / "reference" / NAME / "solution.py").read_text(encoding="utf-8")
STUB = stub(SOLUTION)
PUBLIC = ROOT / "exercises" / NAME / "test_public.py"
COMMAND = """\
import sys
from pathlib import Path
from grader.selfcheck import runner
sys.exit(runner.main(Path(sys.argv[1]) if sys.argv[1:] else None))
"""
NEWTON = '''\
"""Public tests of newton: a small exercise for these tests."""
import numpy as np
from grader.checks.gradients import Gradient
from grader.testing import expect

EXERCISE = "newton"

def test_square(student):
    """square squares."""
    expect("square([1, 2])", student.square(np.array([1.0, 2.0])), [1, 4])

def test_slope(student):
    """slope is twice its argument."""
    expect("slope(3)", student.slope(3.0), 6)

def points(rng):
    """Two points."""
    return {"x": np.array([1.0, -2.0])}

GRADIENTS = [
    Gradient(
        "slope", points, lambda student, at: student.square(at["x"]).sum(),
        lambda student, at: {"x": student.slope(at["x"])}, ("x",),
    )
]
'''
RIGHT = "def square(x):\n    return x * x\n\n\ndef slope(x):\n    return 2 * x\n"


def run(folder: Path, *arguments: str, python: str = sys.executable, **environment: str) -> Done:
    """Run the check in a process of its own, in a folder."""
    done = subprocess.run(
        [python, "-c", COMMAND, *arguments],
        cwd=folder, capture_output=True, timeout=120, stdin=subprocess.DEVNULL,
        env=os.environ | environment,
    )  # fmt: skip
    return Done(done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode())


class Done:
    """What a check exited with and printed."""

    def __init__(self, status: int, out: str, err: str) -> None:
        self.status, self.out, self.err = status, out.replace("\r\n", "\n"), err

    def verdicts(self) -> list[str]:
        """What stands at the end of each check's line."""
        return re.findall(r"^  \S.* \.{2,} (\w[\w ]*)", self.out, re.MULTILINE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the public tests of newton."""
    (tmp_path / "test_public.py").write_text(NEWTON)
    return tmp_path


def newton(folder: Path, source: str, **environment: str) -> Done:
    (folder / "newton.py").write_text(source, encoding="utf-8")
    return run(folder, "newton.py", **environment)


# --- the command --------------------------------------------------------------------------------


def test_all_right(folder):
    """Everything passed: exit status 0, the gradient's table, and what to do next."""
    done = newton(folder, RIGHT)
    assert (done.status, done.err) == (0, "")
    assert done.verdicts() == ["ok", "ok", "ok"]
    assert re.search(
        r"array +shape +largest difference +verdict\n +x +\(2,\) .*e-\d+ +right", done.out
    )
    assert "3 of 3 passed." in done.out
    assert done.out.splitlines()[-1].startswith("Next: ")
    assert "submit newton.py" in done.out


def test_wrong_values(folder):
    """A failure names the thing and both values; the table tells by which factor it is off."""
    done = newton(folder, RIGHT.replace("2 * x", "-2 * x"))
    assert done.status == 1
    assert "slope(3) is -6; it should be 6" in done.out
    assert re.search(r"x +\(2,\) .* WRONG: right but for its sign", done.out)
    assert "Next: fix the first failed check, “slope is twice its argument”" in done.out


def test_wrong_shape(folder):
    """A failure of shape says both shapes, in the test and in the table."""
    done = newton(folder, RIGHT.replace("2 * x", "2 * np.reshape(x, (1, -1))").replace(
        "def square", "import numpy as np\n\n\ndef square"))  # fmt: skip
    assert done.status == 1
    assert "slope(3) has shape (1, 1); it should be ()" in done.out
    assert "WRONG SHAPE: x is (2,)" in done.out


def test_not_written(folder):
    """What raises NotImplementedError is not wrong but not written, and named."""
    done = newton(folder, RIGHT.replace("return 2 * x", "raise NotImplementedError"))
    assert done.status == 1
    assert done.verdicts() == ["ok", "not written yet", "not written yet"]
    assert "not written yet: slope" in done.out
    assert "Next: write slope" in done.out


def test_missing_function(folder):
    """A function that is not there is said to be missing."""
    done = newton(folder, RIGHT.partition("def slope")[0])
    assert done.status == 1
    assert "your file does not define `slope`" in done.out


def test_other_arguments(folder):
    """A function with other arguments is told so, without a traceback."""
    done = newton(folder, RIGHT.replace("def slope(x)", "def slope(x, y)"))
    assert "slope cannot be called as in the stub: slope() missing 1" in done.out
    assert "Traceback" not in done.out


def test_exception_shows_the_students_frames(folder):
    """An exception comes with the lines of the student's file, and none of ours."""
    source = RIGHT.replace("return 2 * x", "return twice(x)") + "\n\ndef twice(x):\n    x / {}\n"
    done = newton(folder, source)
    assert done.status == 1
    assert 'File "newton.py", line 6, in slope\n          return twice(x)' in done.out
    assert "x / {}" in done.out
    assert "TypeError: unsupported operand" in done.out
    assert "test_public.py" not in done.out
    assert "selfcheck" not in done.out


def test_return_forgotten(folder):
    """None is told from a wrong value: a return is missing."""
    done = newton(folder, RIGHT.replace("return 2", "2"))
    assert "slope(3) is None: is a return missing?" in done.out
    assert "WRONG: it is None: is a return missing?" in done.out
    assert "Traceback" not in done.out


def test_what_our_line_cannot_use(folder):
    """Where our own line stumbles over an answer, that is said without a traceback of ours."""
    done = newton(folder, RIGHT.replace("return x * x", "return list(x * x)"))
    assert "your code returned something other than its docstring says (AttributeError" in done.out
    assert "Traceback" not in done.out


def test_changed_argument(folder):
    """A function that changes its argument is told which; the numbers are not disturbed by it."""
    done = newton(folder, RIGHT.replace("return x * x", "x *= x\n    return x"))
    assert done.status == 1
    assert done.out.count("square changes its argument x: work on a copy") == 1
    assert done.verdicts() == ["FAILED", "ok", "ok"]


@pytest.mark.parametrize("put", ["x[0] = np.zeros(3)", "x[1] = None", "x[1] = 4"])
def test_a_changed_argument_of_another_kind(folder, put):
    """A number that became an array cannot be compared with itself as it was: that tells enough."""
    more = '\n\ndef test_total(student):\n    """total adds."""\n    student.total([1.0, {"a": 2.0}])\n'
    (folder / "test_public.py").write_text(NEWTON + more)
    source = f"import numpy as np\n{RIGHT}\n\ndef total(x):\n    {put}\n    return 3.0\n"
    done = newton(folder, source)
    assert "total changes its argument x: work on a copy" in done.out
    assert "your code returned something else" not in done.out


def test_endless_loop(folder):
    """A loop that never ends is stopped, with its line; it is not run again, and the rest is."""
    source = RIGHT.replace("return x * x", "while True:\n        x = x + 1")
    done = newton(folder, source, GRADER_CHECK_SECONDS="0.5")
    assert done.status == 1
    assert "square was stopped after 0.5 s (infinite loop?)" in done.out
    assert re.search(r'File "newton.py", line [23], in square', done.out)
    assert "not run again: square was stopped" in done.out
    assert done.verdicts() == ["FAILED", "ok", "FAILED"]


def test_endless_loop_that_cannot_be_interrupted(folder):
    """A loop that does not hear the interrupt is stopped from outside; what was shown stays."""
    deaf = "import signal\n    signal.signal(signal.SIGINT, signal.SIG_IGN)\n    while True: pass"
    done = newton(folder, RIGHT.replace("return 2 * x", deaf), GRADER_CHECK_SECONDS="0.5")
    assert done.status == 1
    assert done.verdicts() == ["ok", "FAILED"]
    assert "stopped: no result within 2 s" in done.out


def test_endless_import(folder):
    """A file that never ends is stopped, with its line."""
    done = newton(folder, "while True:\n    pass\n", GRADER_CHECK_SECONDS="0.5")
    assert done.status == 1
    assert "was stopped after 0.5 s (infinite loop?)" in done.out
    assert "OverranError" not in done.out
    assert 'File "newton.py", line' in done.out


@pytest.mark.parametrize("exit_", ["import os; os._exit(0)", "import os; os.abort()"])
def test_python_ended(folder, exit_):
    """Code that ends Python is no pass."""
    done = newton(folder, RIGHT.replace("return 2 * x", exit_))
    assert done.status == 1
    assert "Your code ended Python itself" in done.out


def test_exit_is_an_exception(folder):
    """exit() is shown like an exception, and the other checks run."""
    done = newton(folder, RIGHT.replace("return x * x", "exit()"))
    assert done.verdicts() == ["FAILED", "ok", "FAILED"]
    assert "SystemExit" in done.out


def test_broken_file(folder):
    """A file that does not parse is shown where, and nothing else is run."""
    done = newton(folder, "def square(x:\n    return x\n")
    assert done.status == 1
    assert done.verdicts() == ["FAILED"]
    assert 'File "newton.py", line 1' in done.out
    assert "SyntaxError" in done.out


def test_unreadable_file(folder):
    """A file that is no text is told why."""
    (folder / "newton.py").write_bytes(b"\xff\xfex\0")
    done = run(folder, "newton.py")
    assert done.status == 1
    assert "UTF-16" in done.out


def test_left_in(folder):
    """A check, a print, a plot's question and input() left in do no harm; prints are shown."""
    source = (
        "from grader.selfcheck import check\nimport warnings\nwarnings.warn('w', stacklevel=1)\n"
        + RIGHT.replace("return x * x", "print('squaring\\n' * 12)\n    return x * x")
        + "check('newton')\n\nif __name__ == '__main__':\n    input()\n"
    )
    done = newton(folder, source)
    assert done.status == 0
    assert done.verdicts() == ["ok", "ok", "ok"]
    assert "it printed:\n      squaring\n" in done.out
    assert "... and 2 more lines" in done.out


def test_foreign_import(folder):
    """An import that the grader will refuse is noted, and no failure here."""
    (folder / "pandas.py").write_text("")  # not found either: the folder is not on the path
    done = newton(folder, f"try:\n    import pandas.io\nexcept ImportError:\n    pass\n{RIGHT}")
    assert done.status == 0
    assert "line 2 imports pandas; the grader has NumPy and the standard library" in done.out


REFUSED = {
    "import pandas": "imports pandas",
    "open('run.log', 'w')": "writes a file ('run.log')",
    "open('run.csv')": "reads a file that the grader does not have ('run.csv')",
    "import os; os.makedirs('plots')": "makes a folder ('plots')",
    "import os; os.listdir('.')": "lists a folder ('.')",
    "import tempfile; tempfile.mkdtemp()": "writes a file (",
    "import subprocess; subprocess.run(['true'])": "starts another program",
    "import threading; threading.Thread(target=print).start()": "starts a thread",
    "import socket; socket.socket()": "uses the network",
    "def later():\n    import torch": "imports torch; it has NumPy and the standard library",
}


@pytest.mark.parametrize("line", REFUSED)
def test_what_the_grader_refuses_is_a_failure_with_its_line(folder, line):
    """The functions are right, and the check does not say 'submit'."""
    done = newton(folder, f"{RIGHT}\n{line}\n", GRADER_CHECK_SECONDS="3")
    assert done.status == 1
    assert REFUSED[line] in done.out
    assert re.search(r"line (8|9): the grader can run this \.+ FAILED", done.out)
    assert "submit" not in done.out


def test_what_is_handled_is_no_failure(folder):
    """A refusal that the program expects costs nothing: the grader refuses it in the same way."""
    tried = "try:\n    open('run.log', 'w')\nexcept OSError:\n    pass\n"
    assert newton(folder, tried + RIGHT).status == 0
    assert not (folder / "run.log").exists()


def test_without_the_hook_it_would_write(folder, monkeypatch):
    """What refuses is the hook: outside `refusing`, the same line writes."""
    monkeypatch.chdir(folder)
    with pytest.raises(PermissionError), refusing() as found:
        Path("run.log").write_text("x")
    assert found == ["writes a file ('run.log')"]
    Path("run.log").write_text("x")
    assert Path("run.log").read_text() == "x"


def test_a_terminal_obeys_nothing(folder):
    """What code prints and raises moves no cursor, and turns no text round."""
    done = newton(folder, "print('\\x1b[2J')\nraise ValueError('\\x1b[31m \\u202e ok')\n")
    assert "\x1b" not in done.out
    assert "\u202e" not in done.out
    assert "ValueError: \\u001b[31m \\u202e ok" in done.out


def test_long_lines_are_cut(folder):
    """A line of a million signs does not hide what there is to say."""
    done = newton(folder, RIGHT.replace("return 2", "print('x' * 1000000)\n    return 2"))
    assert done.status == 0
    assert len(done.out) < 10_000


@pytest.mark.parametrize("kind", ["BaseException", "SystemExit", "GeneratorExit"])
def test_no_kind_of_exception_ends_the_check(folder, kind):
    """Whatever is raised is the student's, and shown with the student's frames."""
    done = newton(folder, RIGHT.replace("return x * x", f"raise {kind}('away')"))
    assert done.verdicts() == ["FAILED", "ok", "FAILED"]
    assert f"{kind}: away" in done.out
    assert "selfcheck" not in done.out


@pytest.mark.parametrize(
    "source", ["raise KeyboardInterrupt", "def square(x): raise KeyboardInterrupt"]
)
def test_an_interrupt_of_their_own_is_told_in_a_line(folder, source):
    """As if somebody had pressed Ctrl-C: the check ends, without a traceback of ours."""
    done = newton(folder, source)
    assert done.status == 1
    assert "Your code ended Python itself" in done.out
    assert "Traceback" not in done.out


def test_a_thread_that_goes_on_is_not_waited_for(folder):
    """All is right: the check ends, though Python would wait for the thread."""
    thread = "import _thread, time\n_thread.start_new_thread(time.sleep, (600,))\n"
    assert newton(folder, thread + RIGHT, GRADER_CHECK_SECONDS="2").status == 0


def test_a_notebook_that_cannot_be_read_is_told_once(folder):
    """No check of functions that nobody could have found."""
    (folder / "newton.ipynb").write_text("{")
    done = run(folder, "newton.ipynb")
    assert (done.status, done.verdicts()) == (1, ["FAILED"])


def test_a_folder_is_its_exercise(folder):
    """A folder in place of a file: the file in it is checked."""
    (folder / "newton.py").write_text(RIGHT)
    assert run(folder, ".").status == 0


def test_narrow_terminal_encoding(folder):
    """A terminal that cannot show a sign shows another one instead of an error."""
    source = RIGHT.replace("return 2 * x", "raise ValueError('σ → Ж')")
    done = newton(folder, source, PYTHONIOENCODING="cp1252", PYTHONUTF8="0")
    assert done.status == 1
    assert "ValueError: ? ? ?" in done.out


# --- which file, which tests --------------------------------------------------------------------


def test_folder_with_one_exercise(folder):
    """Without a file, the one exercise of the folder is checked, or of a folder in it."""
    (folder / "newton.py").write_text(RIGHT)
    assert run(folder).status == 0
    (folder / "in").mkdir()
    shutil.move(folder / "test_public.py", folder / "in")
    shutil.move(folder / "newton.py", folder / "in")
    assert run(folder).status == 0


def test_later_of_two_files(folder):
    """Where there are both a .py and a notebook, the one written later is checked."""
    (folder / "newton.py").write_text(RIGHT)
    (folder / "newton.ipynb").write_bytes(cells("def square(x): return x * x"))
    os.utime(folder / "newton.py", (1e9, 1e9))
    assert run(folder).out.startswith("newton.ipynb, checked by")
    os.utime(folder / "newton.ipynb", (1e8, 1e8))
    assert run(folder).out.startswith("newton.py, checked by")


@pytest.mark.parametrize("where", [".", "newton", "elsewhere"])
def test_where_the_tests_are(tmp_path, where):
    """Public tests are found beside the file, here, and in a folder of the exercise's name."""
    (tmp_path / where).mkdir(exist_ok=True)
    (tmp_path / "elsewhere").mkdir(exist_ok=True)
    (tmp_path / where / "test_public.py").write_text(NEWTON)
    (tmp_path / "elsewhere" / "newton-1.py").write_text(RIGHT)
    (tmp_path / "elsewhere" / "newton.py").write_text(RIGHT)
    assert run(tmp_path, "elsewhere/newton.py").status == 0
    if where != "newton":
        assert run(tmp_path, "elsewhere/newton-1.py").status == 0


def test_tests_of_another_exercise_do_not_count(folder):
    """The tests of another exercise beside the file give way to its own."""
    (folder / "test_public.py").write_text(NEWTON.replace('"newton"', '"leibniz"'))
    (folder / "newton").mkdir()
    (folder / "newton" / "test_public.py").write_text(NEWTON)
    assert "public tests of newton" in newton(folder, RIGHT).out


def test_usage(tmp_path):
    """Nothing to check is exit status 2 and one clear line."""
    (tmp_path / "a.txt").write_text("")
    (tmp_path / "a.py").write_text("")
    for arguments, said in [
        ([], "there is no exercise (no test_public.py)"),
        (["b.py"], "there is no file b.py"),
        (["a.txt"], "a.txt is neither a .py nor an .ipynb file"),
        (["a.py"], "there are no public tests of a in"),
    ]:
        done = run(tmp_path, *arguments)
        assert (done.status, done.out, done.err.count("\n")) == (2, "", 1)
        assert said in done.err
    for name in ("newton", "leibniz"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "test_public.py").write_text(NEWTON)
    assert "there is more than one exercise" in run(tmp_path).err


# --- notebooks ----------------------------------------------------------------------------------


def cells(*sources: str) -> bytes:
    """A notebook with these code cells."""
    import nbformat
    from nbformat import v4

    made = [v4.new_code_cell(source) for source in sources]
    return nbformat.writes(v4.new_notebook(cells=made)).encode()


def test_notebook_as_a_file(folder):
    """A notebook is checked like a file: magics left out, a broken cell shown, the others run."""
    square, slope = RIGHT.split("\n\n\n")
    broken = "%matplotlib inline\ndisplay(1)\n1 / 0"
    (folder / "newton.ipynb").write_bytes(cells(square, broken, slope))
    done = run(folder, "newton.ipynb")
    assert done.status == 0
    assert done.verdicts() == ["note", "ok", "ok", "ok"]
    assert "cell 2, line 3 raised an error (the rest still ran)" in done.out
    assert 'File "cell 2", line 3' in done.out
    assert "\n3 of 3 passed.\n" in done.out


def test_a_notebook_keeps_what_it_imports_from_the_future(folder):
    """Later cells are compiled accordingly, as in Jupyter and in the grader."""
    first, later = "from __future__ import annotations", "class Link:\n    next: Link"
    (folder / "newton.ipynb").write_bytes(cells(first, later, RIGHT))
    assert run(folder, "newton.ipynb").verdicts() == ["ok", "ok", "ok"]


def test_a_cell_that_breaks_a_function_is_put_right_first(folder):
    """What the cell leaves undefined fails, and the advice is to begin with the cell."""
    square, slope = RIGHT.split("\n\n\n")
    (folder / "newton.ipynb").write_bytes(cells(square, f"y = 1 / 0\n{slope.replace('2', 'y')}"))
    done = run(folder, "newton.ipynb")
    assert done.status == 1
    assert "fix the first failed check, “cell 2, line 1 raised an error" in done.out


def test_what_only_a_notebook_has_is_there(folder):
    """A magic written out raises nothing, as little as in the grader."""
    magic = "get_ipython().run_line_magic('matplotlib', 'inline')\n"
    (folder / "newton.py").write_text(magic + RIGHT)
    assert run(folder, "newton.py").status == 0


def test_check_in_a_script(folder):
    """`check` called by a script that is run by itself prints the same as text."""
    source = f"{RIGHT}\nfrom grader.selfcheck import check\ncheck('newton')\n"
    (folder / "mine.py").write_text(source)
    done = subprocess.run(
        [sys.executable, "mine.py"], cwd=folder, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "3 of 3 passed." in done.stdout


def test_check_without_tests(tmp_path, monkeypatch, capsys):
    """`check` where there are no public tests says so, and raises nothing."""
    monkeypatch.chdir(tmp_path)
    selfcheck.check("newton")
    assert "there are no public tests of newton in" in capsys.readouterr().out


def test_a_pair_of_another_length():
    """A tuple of two is a pair, whatever its own `len` says."""

    class Batch(tuple):
        def __len__(self) -> int:
            return 5

    assert pair("windows", Batch((1, 2)), "(contexts, targets)") == (1, 2)


def test_html_is_escaped():
    """What a student's code says is shown as text, never taken for HTML."""
    public = selfcheck.load_public(PUBLIC)

    def relu(z: object) -> None:
        raise ValueError("<script>alert(1)</script>")

    results = tuple(check.run() for check in checks({"relu": relu}, public))
    page = Report("<b>", results)._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "<b>" not in page
    assert re.findall(r"<(?:table|caption|th scope)", page)


# --- numbers ------------------------------------------------------------------------------------


class Relu:
    """A module whose `relu` and slope are right."""

    relu = staticmethod(lambda z: np.maximum(z, 0))
    slope = staticmethod(lambda z: np.where(z >= 0, 1.0, 0.0))


def relu_gradient(z: list[float]) -> Gradient:
    return Gradient(
        "slope",
        at=lambda rng: {"z": np.array(z)},
        loss=lambda module, at: float(module.relu(at["z"]).sum()),
        backward=lambda module, at: {"z": module.slope(at["z"])},
        wrt=("z",),
    )


def test_kinks_are_said():
    """An entry at a kink is skipped, and the table says how many were."""
    (row,) = table(relu_gradient([1.0, 0.0, -2.0]), Relu)
    assert row.right
    assert "1 of 3 entries skipped: at a kink" in row.words
    (row,) = table(relu_gradient([0.0, 0.0]), Relu)
    assert not row.right
    assert "NOT JUDGED" in row.words


def test_constant_loss():
    """A loss that does not depend on the array agrees with no gradient, 0 included."""

    class Still(Relu):
        relu = staticmethod(np.zeros_like)
        slope = staticmethod(np.zeros_like)

    (row,) = table(relu_gradient([1.0, -2.0]), Still)
    assert not row.right
    assert "your own loss does not change with it" in row.words


def test_single_precision_is_compared_roughly():
    """A forward in float32 is too rough for short steps, and is no mistake; a wrong slope is one."""
    gradient = Gradient(
        "slope",
        at=lambda rng: {"z": np.array([0.3, -1.2])},
        loss=lambda module, at: float(np.tanh(at["z"].astype(np.float32)).sum()),
        backward=lambda module, at: {"z": module(at["z"])},
        wrt=("z",),
    )
    (row,) = table(gradient, lambda z: 1 - np.tanh(z) ** 2)
    assert row.right
    assert "roughly" in row.words
    (row,) = table(gradient, lambda z: 1.1 * (1 - np.tanh(z) ** 2))
    assert not row.right


def test_other_factors():
    """A gradient off by a size of the input says so."""
    gradient = relu_gradient([1.0, 2.0, -2.0])
    for factor, said in [(3, "3 times too large"), (2, "twice the right one"), (-1, "its sign")]:
        wrong = type(
            "Wrong", (Relu,), {"slope": staticmethod(lambda z, f=factor: f * Relu.slope(z))}
        )
        (row,) = table(gradient, wrong)
        assert said in row.words


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: expect("a", [1, 2], [1, 3]), "a is [1, 2]; it should be [1, 3]"),
        (lambda: expect("a", float("nan"), 1), "a is nan; it should be 1"),
        (lambda: expect("a", np.zeros((3, 3)), np.eye(3)), "wrong at [0, 0]: it is 0 there, and should"),
        (lambda: expect("a", [1.0], [1], integers=True), "a should be integers"),
        (lambda: expect("a", 1j, 1), "a holds complex numbers"),
        (lambda: expect("a", "1", 1), "a is not made of numbers"),
        (lambda: expect("a", [[1], [1, 2]], 1), "a cannot be read"),
        (lambda: expect("a", np.ma.masked_less([1, 2], 2), [1, 2]), "a has masked entries"),
        (lambda: shaped("a", np.ones((2, 3)), (3, 2)), "it should be (3, 2): transposed?"),
        (lambda: finite("a", [np.inf], (1,)), "a holds NaN or infinity"),
        (lambda: pair("a", 3, "(x, y)"), "a should be a pair: (x, y)"),
        (lambda: pair("a", None, "(x, y)"), "a is None: is a return missing?"),
        (lambda: entries("a", [], ["x"]), "a is not a dict"),
        (lambda: entries("a", {"x": 1}, ["x", "y"]), "a has no key 'y'"),
    ],
)  # fmt: skip
def test_messages(call, said):
    """A message names the thing, and the fact."""
    with pytest.raises(AssertionError, match=re.escape(said)):
        call()


@pytest.mark.parametrize(
    "right", [np.array([1, 2], ">i2"), (1, 2.0), np.longdouble([1, 2]), [True, 2]]
)
def test_what_counts_as_an_answer(right):
    """Lists, tuples, any byte order and any real type are read as arrays."""
    expect("a", right, [1, 2])


def test_time_limit_in_a_thread():
    """Outside the main thread there is no limit, and no error."""
    ran = []

    def work() -> None:
        with time_limit(0.01):
            ran.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert ran == [True]


def test_time_limit_just_met():
    """An interrupt that comes as the work begins or ends is caught here, and never later."""
    for k in range(40):
        with contextlib.suppress(OverranError, ZeroDivisionError), time_limit(k * 1e-5):
            1 / (k % 2)


# --- from the course to the student -------------------------------------------------------------


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel, built from the project as it is."""
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", str(ROOT), "--no-deps", "-q", "-w", str(out)]
    subprocess.run(command, check=True, timeout=200, capture_output=True)
    (found,) = out.glob("*.whl")
    return found


def test_wheel_has_no_answers(wheel):
    """The wheel holds the package alone: no reference, no hidden test, and no solution's text."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        texts = [archive.read(name) for name in names]
    roots = {name.partition("/")[0] for name in names}
    assert {root for root in roots if not root.endswith(".dist-info")} == {"grader"}
    assert "grader/selfcheck/__init__.py" in names
    begun = "grader/authoring/templates/"  # what `grader new` begins an exercise with
    assert [
        n
        for n in names
        if re.search(r"reference|hidden|(^|/)tests?/|solution|mistakes", n)
        and not n.startswith(begun)
        and n not in ("grader/checks/mistakes.py", "grader/checks/reference.py")
    ] == []
    assert not any(b"dz2 = (a2 - y) / m" in text for text in texts)


@pytest.fixture(scope="module")
def student(wheel, tmp_path_factory) -> tuple[str, Path]:
    """A clean environment with our wheel, and a folder with the unpacked release."""
    place = tmp_path_factory.mktemp("student")
    course = course_in(place / "course")
    with zipfile.ZipFile(release(course, NAME, place / "out")) as archive:
        archive.extractall(place)
    venv.create(place / "venv", symlinks=os.name != "nt")
    python = place / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    asked = subprocess.run([python, "-c", ask], capture_output=True, text=True, check=True)
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-deps"]
    subprocess.run([*pip, str(wheel)], check=True, timeout=100, capture_output=True)
    # NumPy and Jupyter are lent, so as not to download them.
    lent = Path(np.__file__).parents[1]
    (Path(asked.stdout.strip()) / "lent.pth").write_text(f"{lent}\n")
    return str(python), place / NAME


def course_in(folder: Path):
    """A course of the one exercise, built."""
    folder.mkdir()
    (folder / "assignments.yaml").write_text(
        f"title: T\nassignments:\n  - name: {NAME}\n    title: Two-layer network\n"
    )
    for part in (f"reference/{NAME}", f"tests/hidden/{NAME}"):
        shutil.copytree(ROOT / part, folder / part)
    exercise = folder / "exercises" / NAME
    exercise.mkdir(parents=True)
    shutil.copy(PUBLIC, exercise)
    course = load(folder)
    build(course, [NAME])
    return course


def test_release_from_stub_to_solution(student):
    """The unpacked zip: the stub fails and says what to write first; the solution passes."""
    python, folder = student
    assert {path.name for path in folder.iterdir()} == {
        f"{NAME}.py", f"{NAME}.ipynb", "README.md", "graph.svg", "test_public.py",
    }  # fmt: skip
    origin = "import grader; print(grader.__file__)"
    asked = subprocess.run([python, "-P", "-c", origin], capture_output=True, text=True, check=True)
    assert str(Path(python).parents[1]) in asked.stdout
    done = run(folder, f"{NAME}.py", python=python)
    assert done.status == 1
    assert set(done.verdicts()) == {"not written yet"}
    assert "Next: write relu" in done.out
    (folder / f"{NAME}.py").write_text(SOLUTION, encoding="utf-8")
    done = run(folder, f"{NAME}.py", python=python)
    assert done.status == 0
    assert set(done.verdicts()) == {"ok"}
    assert re.search(r"W1 +\(4, 3\) +\S+e-\d+ +right", done.out)


EXECUTE = """\
import sys, nbclient, nbformat
document = nbformat.read(sys.argv[1], 4)
nbclient.NotebookClient(document, timeout=100, resources={"metadata": {"path": "."}}).execute()
for output in document.cells[-1].outputs:
    print(output.get("text", "") or output.data["text/html"])
"""


def execute(student: tuple[str, Path], document: bytes) -> str:
    """Run a notebook from top to bottom; return what its last cell shows."""
    python, folder = student
    (folder / f"{NAME}.ipynb").write_bytes(document)
    done = subprocess.run(
        [python, "-W", "ignore", "-c", EXECUTE, f"{NAME}.ipynb"],
        cwd=folder, capture_output=True, text=True, timeout=150,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_notebook_of_the_stub(student):
    """The released notebook runs to its end; its last cell says what to write first."""
    _, folder = student
    shown = execute(student, (folder / f"{NAME}.ipynb").read_bytes())
    assert "<table" in shown
    assert "not written yet" in shown
    assert "Next: write relu" in shown
    assert ">ok<" not in shown
    assert 'scope="col"' in shown


def test_notebook_of_the_solution(student):
    """The notebook with everything written: each check passes, each array beside its numbers."""
    shown = execute(student, notebook(SOLUTION, NAME))
    assert "FAILED" not in shown
    assert "not written yet" not in shown
    assert ">ok<" in shown
    assert re.search(r">W1</td><td[^>]*>\(4, 3\)</td><td[^>]*>\S+e-\d+</td><td[^>]*>right<", shown)


def test_notebook_with_an_endless_loop(student):
    """A loop that never ends does not hold up the notebook: it is interrupted, with its line."""
    setting = "import os\nos.environ['GRADER_CHECK_SECONDS'] = '0.5'\n"
    wrong = SOLUTION.replace("    return np.maximum(z, 0.0)", "    while True:\n        z = z + 1")
    shown = execute(
        student, notebook(wrong.replace("import numpy", f"{setting}import numpy"), NAME)
    )
    assert "relu was stopped after 0.5 s" in shown
    assert re.search(r"line \d+, in relu", shown)
    assert ">ok<" in shown


def test_notebook_shows_its_own_frames(student):
    """An exception in a notebook is shown with the cell's lines."""
    wrong = SOLUTION.replace("    return np.maximum(z, 0.0)", "    return np.maximum(z, {})")
    shown = execute(student, notebook(wrong, NAME))
    assert "return np.maximum(z, {})" in shown
    assert "in relu" in shown
    assert "test_public.py" not in shown
