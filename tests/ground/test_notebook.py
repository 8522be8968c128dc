"""The notebook reader: what is kept, in which line, and why a file is refused."""

from __future__ import annotations

import ast
import json
from typing import Any

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from places import ROOT

from grader.ipython import python_of
from grader.notebook import Cell, NotebookError, functions_outside, read, read_source

SAMPLES = ROOT / "tests/samples" / "inbox"


def notebook(*cells: str, **metadata: Any) -> bytes:
    """A version 4 notebook of code cells, all with the same metadata."""
    made = [nbformat.v4.new_code_cell(source, metadata=metadata) for source in cells]
    return nbformat.writes(nbformat.v4.new_notebook(cells=made)).encode()


def test_code_cells_alone_are_read_and_counted() -> None:
    """Markdown and raw cells have no number; empty code cells have one."""
    v4 = nbformat.v4
    cells = [v4.new_markdown_cell("# x"), v4.new_code_cell("a = 1"), v4.new_raw_cell("raw")]
    cells += [v4.new_code_cell("  "), v4.new_code_cell("b = 2")]
    data = nbformat.writes(v4.new_notebook(cells=cells)).encode()
    assert (Cell("cell 1", "a = 1"), Cell("cell 3", "b = 2")) == read(data).cells
    assert read(data).sources == ("a = 1", "b = 2")


def test_functions_that_are_not_in_code_cells_are_named() -> None:
    """In the refusal of a notebook without code cells, and where a check misses them."""
    v4 = nbformat.v4
    cells = [
        v4.new_markdown_cell("def relu(z):\n    return z"),
        v4.new_raw_cell("async def f (x):"),
    ]
    data = nbformat.writes(v4.new_notebook(cells=cells)).encode()
    assert functions_outside(data) == {"relu", "f"}
    with pytest.raises(NotebookError, match="no code cells: f, relu are in Markdown or raw cells"):
        read(data)
    assert functions_outside(notebook("def relu(z): ...")) == frozenset()


def test_a_script_is_one_cell() -> None:
    assert (Cell("relu.py", "x = 1\n"),) == read_source("ada/relu.py", b"x = 1\r\n")


def test_the_suffix_tells_which() -> None:
    assert read_source("RELU.IPYNB", notebook("x = 1"))[0].source == "x = 1"


def test_demo_cells_are_left_out() -> None:
    assert read(notebook("import matplotlib", tags=["demo"])).cells == ()


@pytest.mark.parametrize("name", ["nbgrader.ipynb", "otter.ipynb"])
def test_notebooks_of_other_graders_are_read(name: str) -> None:
    """Their own cells fail when they are run, each alone; the student's functions are there."""
    cells = read((SAMPLES / name).read_bytes()).cells
    functions = {
        node.name
        for cell in cells
        for node in ast.parse(cell.source).body
        if isinstance(node, ast.FunctionDef)
    }
    assert {"relu"} == functions


def test_an_older_notebook_is_upgraded() -> None:
    """nbformat 2 and 3 have worksheets and call the source input; 2 leaves out the newlines."""
    cell = {"cell_type": "code", "language": "python", "outputs": [], "collapsed": False}
    for major, lines in ((2, ["x = 1", "y = 2"]), (3, ["x = 1\n", "y = 2"])):
        cell["input"] = lines
        old = {"nbformat": major, "metadata": {"name": ""}, "worksheets": [{"cells": [cell]}]}
        assert read(json.dumps(old).encode()).sources == ("x = 1\ny = 2",)


def test_outputs_of_any_size_under_the_cap_do_not_matter() -> None:
    data = json.loads(notebook("x = 1"))
    picture = {
        "output_type": "display_data",
        "metadata": {},
        "data": {"image/png": "A" * 8_000_000},
    }
    data["cells"][0]["outputs"] = [picture]
    assert read(json.dumps(data).encode()).sources == ("x = 1",)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("%matplotlib inline\nx = 1", "\nx = 1"),
        ("%%time\nx = 1", "\nx = 1"),
        ("\n%%timeit -n 3\nx = 1", "\n\nx = 1"),
        ("%%capture out\n%%time\nx = 1", "out = get_ipython().captured\n\nx = 1"),
        ("%%capture\nx = 1", "\nx = 1"),
        ("%%bash\nrm -rf ~", ""),
        ("%%html\n<b>", ""),
        ("%%writefile x.py\nx = 1", "get_ipython().run_cell_magic('writefile', 'x.py', 'x = 1')"),
        ("%%unheard_of\nx = 1", ""),
        ("!pip install numpy\nx = 1", "\nx = 1"),
        ("if True:\n    !ls\nx = 1", "if True:\n    pass\nx = 1"),
        ("for i in a:\n\t%time f()\n", "for i in a:\n\tf()\n"),
        ("x = !ls\ny = 1", "x = get_ipython().getoutput('ls')\ny = 1"),
        ("x = %timeit -o f()\ny", "x = get_ipython().run_line_magic('timeit', '-o f()')\ny"),
        ("a, b = !ls\ny = 1", "a, b = get_ipython().getoutput('ls')\ny = 1"),
        ("pip install numpy\nconda  list\nls\nls -l\ncd ..\nx = 1", "\n\n\n\n\nx = 1"),
        ("%time x = f(3)\ntime y = f(4)\nz = %time f(5)", "x = f(3)\ny = f(4)\nz = f(5)"),
        (
            "%run layers.py\n/f 3\n,f a b\n;f a",
            "get_ipython().run_line_magic('run', 'layers.py')\n\n\n",
        ),
        (">>> def f():\n...     return 1\n>>> f()", "def f():\n    return 1\nf()"),
        ("In [3]: x = 1", "x = 1"),
        ("x = np.dot?\nx = 'what?'  ", "\nx = 'what?'  "),
        ("ls = 3\ncat: int = 4\nmore, less = 1, 2\nmore += ls\nhead = [less]", None),
        ("config['a'] = 1\nstore.put(3)\nreset()\nmore if ls else cat", None),
        ("(\nls\n)\nx = [\nhead\n]\n'''\nls\n'''", None),
        ("?np.dot\nnp.dot?\nnp.dot??\nnp.*load*?\nd['a'].b?\nx = 1", "\n\n\n\n\nx = 1"),
        ("%load_ext \\\n  autoreload\nx = 1", "\n\nx = 1"),
        ("!echo \"'''\nx = 1", "\nx = 1"),
        ("  x = 1\n  y = 2", "x = 1\ny = 2"),
        ("x = (7\n     % 4)", None),
        ("x = 7 \\\n% 4", None),
        ("x = [\n%s\n]", None),
        ("x = '''\n%time\n!ls\nhelp?\n'''", None),
        ('x = """\\"""\n%matplotlib\n"""', None),
        ("x = 'a\\\n%b'", None),
        ("x = '#'\ny = \"'\"\nz = 1", None),
        ("# why?\nx = 1  # what now?", None),
        ("x = 'why?'\ny = a != b\nz = a % b", None),
        ("def f(x, /): return x @ x\n@f\ndef g(): ...", None),
    ],
)
def test_what_is_ipythons_goes_and_what_is_pythons_stays(cell: str, expected: str | None) -> None:
    """None stands for: not a letter may change."""
    assert (cell if expected is None else expected) == python_of(cell)


def test_a_cell_with_a_syntax_error_does_not_lose_the_others() -> None:
    assert read(notebook("def f(:", "x = 1")).sources == ("def f(:", "x = 1")


def test_lone_surrogates_become_something_that_can_be_sent() -> None:
    data = notebook("x = 1").replace(b"x = 1", b"x = '\\ud800'")
    assert read(data).cells[0].source == "x = '?'"


@pytest.mark.parametrize(
    ("data", "source"),
    [
        (b"\xef\xbb\xbfx = 1", "x = 1"),
        (b"# coding: latin-1\nx = '\xe9'", "# coding: latin-1\nx = 'é'"),
        (b"# -*- coding: cp1252 -*-\nx = '\x80'", "# -*- coding: cp1252 -*-\nx = '€'"),
        ("π = 'π'".encode(), "π = 'π'"),
    ],
)
def test_a_script_is_read_in_its_own_encoding(data: bytes, source: str) -> None:
    assert source == read_source("x.py", data)[0].source


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("x = 1".encode("utf-16"), "UTF-16"),
        ("x = 1".encode("utf-32"), "UTF-32"),
        (b"x\0", "null bytes"),
        (b"x = '\xe9'", "not UTF-8"),
        (b"# coding: no-such\n", "names no encoding"),
        (b"# coding: rot13\n", "not one for Python"),
        (b"# coding: zlib\n", "not one for Python"),
        (b"# coding: punycode\n" + b"a" * 1_000_000, "not one for Python"),
        (b"# coding: idna\n" + b"a" * 1_000_000, "not one for Python"),
        (b"# coding: cp037\n", "not one for Python"),
        (b"# coding: utf-8\n\xe9", "not"),
        (b"\xef\xbb\xbf# coding: latin-1\n", "not UTF-8"),
        (b"# coding: ascii\nx = '\xe9'", "ascii"),
        (b"x" * (1024 * 1024 + 1), "1 MiB"),
    ],
)
def test_a_script_that_cannot_be_read_says_why(data: bytes, reason: str) -> None:
    with pytest.raises(NotebookError) as error:
        read_source("x.py", data)
    assert reason in str(error.value)
    assert "\n" not in str(error.value)


DEEP = 100_000


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"print('I renamed it')", "not JSON"),
        (b'{"nbformat": 4, "cells": [', "not JSON"),
        (b'{"nbformat": ' + b"9" * 6000 + b"}", "not JSON"),
        (b"[]", "not a notebook"),
        (b"null", "not a notebook"),
        (b'{"nbformat": 4}', "not a notebook"),
        (b'{"nbformat": 4, "cells": 7}', "not a notebook"),
        (b'{"nbformat": 4, "cells": [7]}', "no cells"),
        (b'{"nbformat": 4, "cells": [{"cell_type": "raw", "source": "x = 1"}]}', "no code cells"),
        (b'{"nbformat": 3, "worksheets": [7]}', "not a notebook"),
        (b'{"nbformat": 99, "cells": []}', "no cells"),
        (b'{"nbformat": 4, "x": ' + b"[" * DEEP, "nested"),
        (b'{"nbformat": 4, "x": ' + b'{"a":' * DEEP, "nested"),
        (b'{"nbformat": 4, "cells": [], "x": [' + b"[]," * 500_000 + b"0]}", "brackets"),
        (b'{"nbformat": 4, "cells": "\xe9"}', "UTF-8"),
        ('{"nbformat": 4}'.encode("utf-16"), "UTF-16"),
        (b" " * (64 * 1024 * 1024 + 1), "64 MiB"),
        (notebook("x = 1\n" * 200_000), "1 MiB of code"),
        (b'{"nbformat":4,"cells":[' + b'{"cell_type":"code","source":""},' * 6000
         + b'{"cell_type":"raw"}]}', "code cells"),
    ],
)  # fmt: skip
def test_a_notebook_that_cannot_be_read_says_why(data: bytes, reason: str) -> None:
    with pytest.raises(NotebookError) as error:
        read(data)
    assert reason in str(error.value)
    assert "\n" not in str(error.value)


def test_nbformat_tells_the_terminal_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    """An old notebook is validated on the way up; what is wrong with it is not printed."""
    cell = {"cell_type": "code", "input": "x", "language": "python", "evil\x1b[31m": 1}
    read(json.dumps({"nbformat": 3, "worksheets": [{"cells": [cell]}]}).encode())
    assert tuple(capfd.readouterr()) == ("", "")


LINE = st.sampled_from(
    [
        "x = 1",
        "    y = 2",
        "if x:",
        "'''",
        '"""',
        "%time",
        "%time x = 1",
        "ls",
        "x = !ls",
        "%%time",
        "    !ls",
        "x?",
        "(",
        ")",
        "\\",
        "# '''",
    ]
) | st.text(st.characters(exclude_characters="\n\r", exclude_categories=["Cs"]), max_size=12)


@given(st.lists(LINE, max_size=8).map("\n".join))
def test_lines_keep_their_numbers(cell: str) -> None:
    """Whatever is dropped, as many lines are left, each as it was, or empty, or ``pass``."""
    after = python_of(cell)
    if after:
        before = cell.split("\n")
        first = next((line for line in before if line.strip()), "")
        indent = first[: len(first) - len(first.lstrip())]
        assert len(before) == len(after.split("\n"))
        for old, new in zip(before, after.split("\n"), strict=True):
            kept = new in (old, old.removeprefix(indent)) or new.strip() in ("", "pass")
            assert kept or "get_ipython()" in new or new in old


STATEMENT = st.sampled_from(
    ["x = a % b", "y = a != b", "s = '%time'", 's = """\n!ls\n%x\n"""', "z = (a\n % b)", "f(\n*a)",
     "if a:\n    b = '''\n    why?'''", "t = a \\\n    % b", "# %%\n", "u = {'a': [1,\n2]}", "\n"]
)  # fmt: skip


@given(st.lists(STATEMENT, min_size=1).map("\n".join))
def test_python_is_never_hurt(cell: str) -> None:
    ast.parse(cell)
    assert cell == python_of(cell) or not cell.strip()


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """There is one kind of error, whatever is handed in."""
    for name in ("x.py", "x.ipynb"):
        try:
            cells = read_source(name, data)
        except NotebookError:
            continue
        assert all(cell.source.encode() is not None for cell in cells)


KEYS = st.sampled_from(
    ["cells", "cell_type", "source", "metadata", "tags", "worksheets", "input", "outputs"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=20,
)


@given(st.sampled_from([1, 2, 3, 4]), st.dictionaries(KEYS, JSON))
def test_any_json_is_read_or_refused(major: int, document: dict[str, Any]) -> None:
    try:
        read(json.dumps(document | {"nbformat": major}).encode())
    except NotebookError:
        return
