"""Right answers with lines that people leave in: each is graded by the command, and gets full marks.

One class of small variations of one right answer: what is put on top of it, at its end, or around it in a
notebook. A file that breaks shows by its name what broke it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from once import once
from places import ROOT

NAME = "computation_graph"
RIGHT = (ROOT / "reference" / NAME / "solution.py").read_text(encoding="utf-8")

ON_TOP = {
    "exit": "exit()",
    "assertion": "assert 1 + 1 == 3, 'my own test'",
    "misspelt": "pritn('hello')",
    "division": "x = 1 / 0; y = 2",
    "absent data": "rows = open('data.csv').read()\nfirst = rows[0]",
    "input": "name = input()",
    "argv": "import sys\nassert sys.argv == ['computation_graph.py']",
    "argparse": "import argparse\nargs = argparse.ArgumentParser().parse_args()",
    "stdout": "import sys\nsys.stdout.buffer.write(b'x'); sys.stdout.reconfigure(errors='ignore')",
    "stdout closed": "import sys\nsys.stdout.close()\nprint('still')",
    "stdout detached": "import sys, codecs\nsys.stdout = codecs.getwriter('utf-8')(sys.stdout.detach())",
    "faulthandler": "import faulthandler\nfaulthandler.enable()",
    "foreign": "import pandas as pd\nimport torch",
    "foreign used": "import sklearn\nX = sklearn.datasets.load_iris()",
    "thread": "import threading\nthreading.Thread(target=print).start()",
    "folder": "import os\nos.makedirs('plots', exist_ok=True)",
    "log": "import logging\nlogging.basicConfig(filename='run.log')",
    "network": "import urllib.request\nurllib.request.urlopen('http://example.com')",
    "program": "import subprocess\nsubprocess.run(['ls'])",
    "pool": "import multiprocessing\nmultiprocessing.Pool(2)",
    "asyncio": "import asyncio\nasync def main():\n    await asyncio.sleep(0)\nasyncio.run(main())",
    "seaborn": "import seaborn as sns\nsns.set_theme(); ax = sns.lineplot(x=[1], y=[2]); ax.set(xlabel='x')",
    "tqdm": "from tqdm import trange\ntotal = 0\nfor i in trange(3): total += i\nassert total == 3",
    "colab": "from google.colab import drive\ndrive.mount('/content/drive')",
    "widgets": "import ipywidgets as w\n@w.interact(n=(1, 3))\ndef shown(n=1): return n\nassert shown(2) == 2",
    "match": "import matplotlib.pyplot as plt\nmatch plt.gcf():\n    case plt.Figure(): pass",
    "subclass": "import matplotlib.pyplot as plt\nclass Mine(plt.Axes):\n    x = 1\nMine().plot(1)",
    "versions": "import matplotlib\nassert tuple(map(int, matplotlib.__version__.split('.')))[0] >= 3",
    "tkinter": "import tkinter as tk\nclass App(tk.Tk): pass\nApp().mainloop()",
    "batched": "from itertools import batched\nassert list(batched('abc', 2)) == [('a', 'b'), ('c',)]",
    "override": "from typing import override\nclass A:\n    @override\n    def f(self): ...",
    "type parameters": "def first[T](rows: list[T]) -> T: return rows[0]\nassert first([1]) == 1",
    "nested quotes": 'row = {"k": 1}\nassert f"{row["k"]}" == "1"',
    "except without parentheses": "try:\n    int('x')\nexcept TypeError, ValueError:\n    pass",
    "later annotation": "def early(x: Later) -> Later: return x\nclass Later: pass\nearly(Later())",
    "from Colab": "!pip install numpy\n%cd /content\nfiles = !ls",
    "await": "import asyncio\nawait asyncio.sleep(0)",
    "source": "import inspect\ntext = open(__file__).read()",
    "recursion": "def again(): return again()\nagain()",
}
AT_THE_END = {
    "endless": "while True:\n    pass",
    "sleep": "import time\ntime.sleep(60)",
    "cannot be stopped": "total = sum(range(10**12))",
    "gone": "import os\nos._exit(0)",
    "system exit": "raise SystemExit('done')",
}
CELLS = {
    "pip": ["pip install numpy\nls\n!date\n" + RIGHT],
    "percent": ["%load_ext autoreload\n%autoreload 2", "%%time\n" + RIGHT, "%timeit -n 1 1 + 1"],
    "written": ["%%writefile mine.py\n" + RIGHT, "from mine import *"],
    "ran": ["%%writefile mine.py\n" + RIGHT, "%run mine.py"],
    "own name": ["%%writefile computation_graph.py\n" + RIGHT],
    "captured": ["%%capture out\n" + RIGHT, "out.show()\nout.stdout.splitlines()"],
    "captured by a script": [
        "get_ipython().run_cell_magic('capture', 'out', 'x = 3')\nout.show()\nassert x == 3",
        RIGHT,
    ],
    "newer in a cell": ["%%timeit -n 1 x = 3\nx", 'd = {"k": 1}\n%time f"{d["k"]}"', RIGHT],
    "options": ["%%capture out --no-stderr\nx = 1", "out.show()\n%prun -l 3 x + 1\n" + RIGHT],
    "outputs": ["3 + 4", "assert _ == 7 and Out[1] == 7", RIGHT],
    "shell list": ["files = !ls\nfor file in files: print(file)\nhere = %pwd\n" + RIGHT],
    "help": ["print?\n" + RIGHT + "\nforward??"],
    "syntax error": ["def broken(:", RIGHT],
    "await in a cell": ["import asyncio", "await asyncio.sleep(0)\n" + RIGHT],
    "prompts": [">>> x = 1\n>>> x\n1", RIGHT],
}
MAY_BE_STOPPED = {"exit"}


def notebook(cells: list[str]) -> str:
    """Return a notebook with as little around its cells as a tool may write."""
    return json.dumps({"cells": [{"cell_type": "code", "source": cell} for cell in cells]})


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict]:
    """Grade all of them as one class."""
    return once(tmp_path_factory, "habits", lambda: _graded(tmp_path_factory.mktemp("habits")))


def _graded(folder: Path) -> dict[str, dict]:
    files = {name: (f"{NAME}.py", f"{text}\n{RIGHT}") for name, text in ON_TOP.items()}
    files |= {name: (f"{NAME}.py", f"{RIGHT}\n\n{text}\n") for name, text in AT_THE_END.items()}
    files |= {name: (f"{NAME}.ipynb", notebook(cells)) for name, cells in CELLS.items()}
    for name, (file, text) in files.items():
        (folder / "class" / name).mkdir(parents=True)
        (folder / "class" / name / file).write_text(text, encoding="utf-8")
    subprocess.run(
        [sys.executable, "-m", "grader", "grade", str(folder / "class"), "--assignment", NAME,
         "--seed", "3", "--out", str(folder / "out")],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    grades = json.loads((folder / "out" / "grades.json").read_text(encoding="utf-8"))
    return {each["student"]: each for each in grades["submissions"]}


@pytest.mark.parametrize("name", [*ON_TOP, *AT_THE_END, *CELLS])
def test_a_line_left_in_costs_nothing_but_itself(graded: dict[str, dict], name: str) -> None:
    """The functions stand in the file, and are right."""
    [found] = [each for student, each in graded.items() if student == name]
    assert found["score"] == 100, found.get("message")
