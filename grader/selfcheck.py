"""A student's own check: the public tests, and each gradient beside a numeric one.

In a terminal, on Linux, macOS and Windows::

    grader check two_layer_network.py

and in a notebook, on the functions that it has defined::

    from grader.selfcheck import check
    check("two_layer_network")

The public tests are a file ``test_public.py`` (see `grader.public`) beside the student's file, in
the current folder, or in a folder named like the exercise. A file is run by a Python of its own, so
that whatever it does, somebody is left to tell: its output is passed on as it comes, and it is
stopped when it is silent for too long. Exit status: 0 everything passed, 1 something did not, 2
there is nothing to check.
"""

from __future__ import annotations

import ast
import codecs
import html
import linecache
import os
import queue
import re
import subprocess
import sys
import threading
import types
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from grader.notebook import Cell, NotebookError, read_source
from grader.public import (
    LIMIT,
    Namespace,
    OverranError,
    Result,
    Row,
    captured,
    checks,
    first_lines,
    time_limit,
    trace,
)

OK, FAILED, USAGE = 0, 1, 2
SUFFIXES: Final = (".py", ".ipynb")
SILENCE: Final = LIMIT + 10.0
"""Seconds after which a Python that says nothing is stopped: it did not hear the interrupt."""
PUBLIC: Final = "test_public.py"
EXERCISE: Final = re.compile(r"^EXERCISE = \"(\w+)\"$", re.MULTILINE)
CHILD: Final = "import sys; from grader.selfcheck import examine; sys.exit(examine(*sys.argv[1:]))"
CODES: Final = {70: OK, 71: FAILED}
"""What `examine` exits with, and what that means: a student's own exit(0) is neither."""
STAND_INS: Final = frozenset({"IPython", "grader", "matplotlib", "numpy"})
"""What a submission may import besides the standard library; all but NumPy do nothing there."""
WIDTH: Final = 72
WORDS: Final = {"passed": "ok", "failed": "FAILED", "unwritten": "not written yet"}

_busy = threading.Event()
"""Set while a file is examined: a `check` left in it does nothing."""


class SelfCheckError(ValueError):
    """Why there is nothing to check, in one line."""


# --- the two front doors ------------------------------------------------------------------------


def check(name: str) -> None:
    """Check the functions of the notebook (or module) that calls this; show what came of it.

    ``name`` is that of the exercise. In IPython the outcome is shown as HTML, elsewhere as text.
    """
    if _busy.is_set():
        return
    namespace = sys._getframe(1).f_globals
    folders = [Path.cwd(), Path.cwd() / name]
    public = _public_in(folders).get(name)
    if public is None:
        print(_none(name, folders))
        return
    results = [each.run() for each in checks(namespace, _load_public(public))]
    _show(Report(name, tuple(results)))


def main(path: Path | None = None) -> int:
    """Check a file, or the one exercise of the current folder; print, and return the exit status."""
    try:
        file = path or _only_file(Path.cwd())
        if not file.is_file():
            raise SelfCheckError(f"there is no file {file}")
        if file.suffix.lower() not in SUFFIXES:
            raise SelfCheckError(f"{file.name} is neither a .py nor an .ipynb file")
        public = _public_of(file)
    except SelfCheckError as error:
        print(f"grader: {error}", file=sys.stderr)
        return USAGE
    return _watch(file.resolve(), public.resolve())


# --- which file ---------------------------------------------------------------------------------


def _only_file(folder: Path) -> Path:
    """The file of the one exercise in a folder; of ``.py`` and ``.ipynb`` the later one."""
    found = [folder / PUBLIC] if (folder / PUBLIC).is_file() else sorted(folder.glob(f"*/{PUBLIC}"))
    if len(found) != 1:
        what = "more than one exercise" if found else f"no exercise (no {PUBLIC})"
        raise SelfCheckError(f"there is {what} in {folder}; write grader check FILE")
    name = exercise_of(found[0])
    there = [file for end in SUFFIXES if (file := found[0].with_name(name + end)).is_file()]
    if not there:
        raise SelfCheckError(f"there is no {name}.py and no {name}.ipynb in {found[0].parent}")
    return max(there, key=lambda file: file.stat().st_mtime)


def exercise_of(public: Path) -> str:
    """The name of the exercise that public tests are for: what they say, else their folder's."""
    match = EXERCISE.search(public.read_text(encoding="utf-8"))
    return match[1] if match else public.resolve().parent.name


def _public_of(file: Path) -> Path:
    """The public tests for a file: by its name, by how its name begins, else those beside it."""
    stem, here = file.stem, Path.cwd()
    folders = [file.parent, here, here / stem, file.parent / stem]
    found = _public_in(folders)
    named = [found[name] for name in found if name == stem]
    begun = [found[name] for name in sorted(found, key=len) if stem.startswith(name)]
    beside = [public for public in found.values() if public.parent == file.parent]
    if not (named or begun or beside):
        raise _none(stem, folders)
    return (named or begun[::-1] or beside)[0]


def _public_in(folders: Iterable[Path]) -> dict[str, Path]:
    """The public tests that lie in some folders, by exercise; the first of each."""
    files = [folder / PUBLIC for folder in folders if (folder / PUBLIC).is_file()]
    return {exercise_of(file): file for file in reversed(files)}


def _none(name: str, folders: Iterable[Path]) -> SelfCheckError:
    looked = ", ".join(dict.fromkeys(str(folder.absolute()) for folder in folders))
    return SelfCheckError(
        f"there are no public tests of {name} in {looked}: {PUBLIC} comes with the exercise"
    )


def _load_public(file: Path) -> types.ModuleType:
    module = types.ModuleType("test_public")
    code = compile(file.read_bytes(), str(file), "exec", dont_inherit=True, optimize=0)
    exec(code, module.__dict__)  # noqa: S102  # ours, in the student's process
    return module


# --- a file, in a Python of its own -------------------------------------------------------------


def _watch(file: Path, public: Path) -> int:
    """Run `examine` in another Python and pass on what it prints; stop it when it hangs."""
    command = [sys.executable, "-P", "-c", CHILD, str(file), str(public)]
    environment = os.environ | {"MPLBACKEND": "Agg", "PYTHONIOENCODING": "utf-8:backslashreplace"}
    process = subprocess.Popen(  # noqa: S603  # the student's own code, at the student's wish
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env=environment,
    )  # fmt: skip
    assert process.stdout is not None  # noqa: S101  # it was asked for
    chunks: queue.Queue[bytes] = queue.Queue()
    threading.Thread(target=_pump, args=(process.stdout, chunks), daemon=True).start()
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    try:
        while chunk := chunks.get(timeout=SILENCE):
            _say(decoder.decode(chunk))
    except queue.Empty:
        _say(f"FAILED\n      stopped: nothing came of it in {SILENCE:g} s\n")
        return FAILED
    finally:
        process.kill()
        status = process.wait()
    if status not in CODES:
        _say(f"\nYour code ended Python itself (exit status {status}) in the middle of a check.\n")
    return CODES.get(status, FAILED)


def _pump(pipe: IO[bytes], chunks: queue.Queue[bytes]) -> None:
    """Put what arrives into the queue as it arrives, and at the end nothing."""
    while data := os.read(pipe.fileno(), 65536):
        chunks.put(data)
    chunks.put(b"")


def _say(text: str) -> None:
    """Print what may hold signs that this terminal cannot show."""
    encoding = sys.stdout.encoding or "utf-8"
    print(text.encode(encoding, "replace").decode(encoding), end="", flush=True)


def examine(file: str, public: str) -> int:
    """Check a file in this process, print lines as they come, and return one of `CODES`."""
    _busy.set()
    path, tests = Path(file), _load_public(Path(public))
    name = exercise_of(Path(public))
    print(f"{path.name}, checked by the public tests of {name}\n", flush=True)
    namespace, results = _load(path, name)
    for line in _foreign(path, getattr(tests, "IMPORTS", ())):
        print(f"  {line}")
    for result in results:
        _print_title(result.title)
        _print_outcome(result)
    broken = bool(results) and path.suffix.lower() == ".py"
    gradients = False
    for each in () if broken else checks(namespace, tests):
        if each.gradient and not gradients:
            print("\nGradients, beside the numeric ones of your own functions\n")
            gradients = True
        _print_title(each.title)
        results.append(each.run())
        _print_outcome(results[-1])
    report = Report(name, tuple(results), path.name)
    print(f"\n{report.summary}\n{report.advice}", flush=True)
    return next(code for code, status in CODES.items() if status == report.status)


def _load(file: Path, name: str) -> tuple[Namespace, list[Result]]:
    """Run a file as the module ``name``: its names, and what went wrong.

    A cell of a notebook that raises does not keep the others from running.
    """
    module = sys.modules[name] = types.ModuleType(name)
    module.__dict__.update(__file__=str(file), display=_nothing, get_ipython=_nothing)
    try:
        cells = read_source(file.name, file.read_bytes())
    except (NotebookError, OSError) as error:
        return module.__dict__, [Result(f"{file.name} can be read", "failed", str(error))]
    outcomes = [_run_cell(cell, module.__dict__) for cell in cells]
    return module.__dict__, [outcome for outcome in outcomes if outcome is not None]


def _nothing(*args: object, **named: object) -> None:
    """Stand in for what only a notebook has."""


def _run_cell(cell: Cell, namespace: dict[str, object]) -> Result | None:
    """Run a cell, and return what went wrong if anything did. What it prints is printed."""
    title = f"{cell.title} runs from top to bottom"
    lines = cell.source.splitlines(keepends=True)
    linecache.cache[cell.title] = (len(cell.source), None, lines, cell.title)
    with captured() as printed:
        try:
            code = compile(cell.source, cell.title, "exec", dont_inherit=True)
            with time_limit(LIMIT):
                exec(code, namespace)  # noqa: S102  # the student's own code, at the student's wish
            return None
        except OverranError as error:
            message = f"still running after {LIMIT:g} s:\n{trace(error, namespace)}"
        except (Exception, SystemExit) as error:
            message = trace(error, namespace)
    return Result(title, "failed", message, printed=first_lines(printed.getvalue()))


def _foreign(file: Path, allowed: Sequence[str]) -> Iterator[str]:
    """Lines about imports that the grader will not have."""
    known = sys.stdlib_module_names | STAND_INS | {*allowed}
    names: dict[str, None] = {}
    try:
        for cell in read_source(file.name, file.read_bytes()):
            for node in ast.walk(ast.parse(cell.source)):
                if isinstance(node, ast.Import):
                    names |= dict.fromkeys(alias.name for alias in node.names)
                elif isinstance(node, ast.ImportFrom):
                    names[node.module or "."] = None
    except (NotebookError, OSError, SyntaxError, ValueError):
        return
    for name in dict.fromkeys(name.partition(".")[0] for name in names):
        if name not in known:
            have = ", ".join([*allowed, "NumPy"])
            yield f"note: you import {name or '.'}; the grader will have {have} and the standard library"


# --- what is shown ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a check, as text and as HTML."""

    name: str
    results: tuple[Result, ...]
    file: str = ""

    @property
    def status(self) -> int:
        """`OK` if everything passed."""
        return OK if all(each.verdict == "passed" for each in self.results) else FAILED

    @property
    def summary(self) -> str:
        """The result in numbers."""
        verdicts = [each.verdict for each in self.results]
        parts = [f"{verdicts.count('passed')} of {len(verdicts)} passed"]
        if "failed" in verdicts:
            parts.append(f"{verdicts.count('failed')} failed")
        if "unwritten" in verdicts:
            parts.append(f"{verdicts.count('unwritten')} not written yet")
        return ", ".join(parts) + "."

    @property
    def advice(self) -> str:
        """What to do next, in a sentence or two."""
        failed = next((each for each in self.results if each.verdict == "failed"), None)
        if failed is not None:
            return (
                f"Next: put right the first that failed, “{failed.title}”, and check again: "
                "what stands below it may follow from it."
            )
        unwritten = next((each.unwritten for each in self.results if each.unwritten), "")
        if unwritten:
            return f"Next: write {unwritten}, and check again. Nothing you wrote so far is wrong."
        return (
            "Next: read the docstrings once more (the grader has other shapes and other numbers), "
            f"and hand in {self.file or 'this file'}."
        )

    def __str__(self) -> str:
        shown = [f"{_headed(each.title)}{_outcome(each)}" for each in self.results]
        return "\n".join([self.name, "", *shown, "", self.summary, self.advice])

    def _repr_html_(self) -> str:
        rows = "".join(_html_row(each) for each in self.results)
        return (
            f'<div style="max-width:60em"><table style="width:100%;border-collapse:collapse">'
            f'<caption style="{LEFT}"><strong>{html.escape(self.name)}</strong>: '
            f"{html.escape(self.summary)}</caption>"
            f'<thead><tr><th scope="col" style="{LEFT}">check</th>'
            f'<th scope="col" style="{LEFT}">verdict</th></tr></thead>'
            f"<tbody>{rows}</tbody></table><p>{html.escape(self.advice)}</p></div>"
        )


def _print_title(title: str) -> None:
    print(_headed(title), end="", flush=True)


def _print_outcome(result: Result) -> None:
    print(_outcome(result), flush=True)


def _headed(title: str) -> str:
    return f"  {title} {'.' * max(WIDTH - len(title), 2)} "


def _outcome(result: Result) -> str:
    """The verdict, and below it what there is to say."""
    below = [*_table(result.rows), *_said(result).splitlines()]
    return "\n".join([WORDS[result.verdict], *(f"      {line}" for line in below)])


def _said(result: Result) -> str:
    parts = [result.message]
    if result.unwritten:
        parts.append(f"{result.unwritten} raises NotImplementedError")
    if result.printed:
        parts.append("it printed:\n" + result.printed)
    return "\n".join(part for part in parts if part)


HEAD: Final = ("array", "shape", "largest difference", "verdict")


def _cells(rows: Sequence[Row]) -> list[tuple[str, str, str, str]]:
    return [(row.name, row.shape, row.difference, row.words) for row in rows]


def _table(rows: Sequence[Row]) -> list[str]:
    """The table of a gradient in columns; nothing for no rows."""
    if not rows:
        return []
    lines = [HEAD, *_cells(rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(3)]
    return [
        f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c:>{widths[2]}}  {d}".rstrip() for a, b, c, d in lines
    ]


LEFT: Final = "text-align:left"
COLOURS: Final = {"passed": "#2a8a43", "failed": "#d1342f", "unwritten": "#8a6d1a"}


def _html_row(result: Result) -> str:
    colour, word = COLOURS[result.verdict], WORDS[result.verdict]
    said = html.escape(_said(result))
    below = _html_table(result.rows) + (
        f'<pre style="{LEFT};white-space:pre-wrap;margin:0.3em 0">{said}</pre>' if said else ""
    )
    return (
        f'<tr style="border-top:1px solid #8886"><td style="{LEFT};vertical-align:top">'
        f"{html.escape(result.title)}{below}</td>"
        f'<td style="{LEFT};vertical-align:top;white-space:nowrap;color:{colour}">'
        f"<strong>{word}</strong></td></tr>"
    )


def _html_table(rows: Sequence[Row]) -> str:
    if not rows:
        return ""
    head = "".join(f'<th scope="col" style="{LEFT}">{cell}</th>' for cell in HEAD)
    body = "".join(
        "<tr>" + "".join(f'<td style="{LEFT}">{html.escape(cell)}</td>' for cell in cells) + "</tr>"
        for cells in _cells(rows)
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _show(report: Report) -> None:
    """Display in IPython, if that is where we are; else print."""
    shell = sys.modules.get("IPython")
    if shell is not None and shell.get_ipython() is not None:
        from IPython.display import display

        display(report)
    else:
        _say(f"{report}\n")
