"""What students get, made from ``reference/<name>/solution.py``: stub, notebook, README, zip.

    build(course, ["lstm_cell"])                    # writes exercises/lstm_cell/
    release(course, "lstm_cell", Path("out"))       # writes out/lstm_cell.zip

A solution is a script in percent format. Its docstring is the text of the exercise; ``# %%``
begins a cell, ``# %% [markdown]`` one of text; what stands between ``# BEGIN SOLUTION`` and
``# END SOLUTION`` is the students' to write::

    >>> print(stub('''
    ... def relu(z):
    ...     # BEGIN SOLUTION
    ...     return np.maximum(z, 0)
    ...     # END SOLUTION''').strip())
    def relu(z):
        raise NotImplementedError

Everything is rendered to bytes first, and equal sources give equal bytes: a test can so tell
whether what lies in ``exercises/`` is in step.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, Literal

from grader.catalog import Assignment, Course, SpeedLimit

BEGIN: Final = "# BEGIN SOLUTION"
END: Final = "# END SOLUTION"
HEADER: Final = re.compile(r"# %%(?P<text> \[markdown\])?(?: tags=(?P<tags>\[.*\]))?\s*")
GAP: Final = "raise NotImplementedError"
BAR: Final = r"\|"
"""A bar in a cell of a Markdown table."""


class ReleaseError(ValueError):
    """Why there is nothing to give to students, in one line."""


# --- the stub -----------------------------------------------------------------------------------


def stub(source: str, speed: Mapping[str, SpeedLimit] | None = None) -> str:
    """The source with gaps for solutions; the docstrings tell of speed limits with points.

    A region at the margin, with functions of its own, leaves nothing behind. Raises ValueError
    with the line where markers do not pair up.
    """
    lines = source.splitlines(keepends=True)
    for begin, end in reversed(list(_regions(lines))):
        indent = lines[begin].partition("#")[0]
        lines[begin : end + 1] = [f"{indent}{GAP}\n"] if indent else []
        if not indent:
            _close_up(lines, begin)
    return _with_limits("".join(lines).rstrip() + "\n", speed or {})


def _regions(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """The first and the last line of each region, counted from 0."""
    begin = None
    for number, line in enumerate(lines):
        marker = line.strip()
        if marker == BEGIN:
            if begin is not None:
                raise ValueError(f"line {number + 1}: a region begins in that of line {begin + 1}")
            begin = number
        elif marker == END:
            if begin is None:
                raise ValueError(f"line {number + 1}: a region ends that has not begun")
            if line.partition("#")[0] != lines[begin].partition("#")[0]:
                raise ValueError(f"line {number + 1}: indented otherwise than line {begin + 1}")
            yield begin, number
            begin = None
    if begin is not None:
        raise ValueError(f"line {begin + 1}: a region begins and does not end")


def _close_up(lines: list[str], at: int) -> None:
    """Take away the blank lines that followed a region, but for one before a cell's header."""
    while at < len(lines) and not lines[at].strip():
        del lines[at]
    if at < len(lines) and lines[at].startswith("# %%"):
        lines.insert(at, "\n")


def _with_limits(source: str, speed: Mapping[str, SpeedLimit]) -> str:
    """The source with each limit as the last line of its function's docstring."""
    lines = source.splitlines(keepends=True)
    for node in reversed(ast.parse(source).body):
        if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name not in speed:
            continue
        first = node.body[0]
        last, indent = (first.end_lineno or 0) - 1, " " * first.col_offset
        text, quotes = lines[last].rstrip()[:-3].rstrip(), lines[last].rstrip()[-3:]
        if ast.get_docstring(node) is None or quotes not in ('"""', "'''"):
            raise ValueError(f"line {node.lineno}: {node.name} has no docstring in triple quotes")
        before = f"{text}\n\n" if text else "\n"
        told = f"Graded too: {_limit(speed[node.name])} (see README.md)."
        lines[last] = f"{before}{indent}{told}\n{indent}{quotes}\n"
    return "".join(lines)


def _limit(limit: SpeedLimit) -> str:
    return f"at most {limit.ratio:g} times the time of array code, for {_points(limit.points)}"


def _points(points: float) -> str:
    return "1 point" if points == 1 else f"{round(points, 2):g} points"


# --- cells and the notebook ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a script in percent format, without its header."""

    kind: Literal["markdown", "code"]
    source: str
    tags: tuple[str, ...] = ()


def cells(source: str) -> tuple[Cell, ...]:
    """The cells of a script in percent format, its docstring the first, under its title.

    Raises ValueError where a header or a line of text is not as it should be.
    """
    title, text = introduction(source)
    found = [Cell("markdown", f"# {title}\n\n{text}".strip())]
    lines = source.splitlines()
    starts = [n for n, line in enumerate(lines) if line.startswith("# %%")]
    if not starts:
        raise ValueError("line 1: no cells; write `# %%` above the code")
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        header = HEADER.fullmatch(lines[start])
        if not header:
            raise ValueError(f"line {start + 1}: no header of a cell: {lines[start][:60]!r}")
        body = lines[start + 1 : end]
        if header["text"]:
            body = [_uncommented(line, number) for number, line in enumerate(body, start + 2)]
        text = "\n".join(body).strip("\n")
        tags = tuple(json.loads(header["tags"] or "[]"))
        found.append(Cell("markdown" if header["text"] else "code", text, tags))
    return tuple(found)


def introduction(source: str) -> tuple[str, str]:
    """Title and text of an exercise: the first line and the rest of its docstring."""
    docstring = ast.get_docstring(ast.parse(source))
    if not docstring:
        raise ValueError("line 1: no docstring; write the exercise's title and text in one")
    title, _, text = docstring.partition("\n")
    return title.strip(), text.strip()


def _uncommented(line: str, number: int) -> str:
    if line.strip() and not line.startswith("#"):
        raise ValueError(f"line {number}: text stands in comments; begin the line with `# `")
    return line.removeprefix("#").removeprefix(" ").rstrip()


def notebook(source: str, name: str) -> bytes:
    """The notebook of an exercise, from its stub's text. Equal texts give equal bytes."""
    import nbformat
    from nbformat import v4

    found = [*cells(source), *_check(name)]
    document = v4.new_notebook(  # type: ignore[no-untyped-call]
        cells=[_notebook_cell(number, cell) for number, cell in enumerate(found)],
        metadata={
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
            "grader": {"exercise": name, "made": f"by `grader build` from {_origin(name)}"},
        },
    )
    document.nbformat_minor = 5
    nbformat.validate(document)
    text: str = nbformat.writes(document, 4)  # type: ignore[no-untyped-call]
    return f"{text.rstrip()}\n".encode()


def _notebook_cell(number: int, cell: Cell) -> Any:
    from nbformat import v4

    make = v4.new_markdown_cell if cell.kind == "markdown" else v4.new_code_cell
    digest = hashlib.sha256(cell.source.encode()).hexdigest()[:8]
    # A demo of what is not written yet must not keep the notebook from running to its end.
    tags = [*cell.tags, *(["raises-exception"] if "demo" in cell.tags else [])]
    return make(  # type: ignore[no-untyped-call]
        cell.source, id=f"{number:02}-{digest}", metadata={"tags": tags} if tags else {}
    )


def _check(name: str) -> tuple[Cell, Cell]:
    return (
        Cell(
            "markdown",
            "## Check your work\n\n"
            "This runs the public tests and sets each gradient beside a numeric one: as often as\n"
            "you like, and long before you have written everything.",
        ),
        Cell("code", f'from grader.selfcheck import check\n\ncheck("{name}")'),
    )


def _origin(name: str) -> str:
    return f"reference/{name}/solution.py"


# --- the README ---------------------------------------------------------------------------------

VECTORISATION: Final = """\
## Vectorisation

An answer in plain loops is a right answer. It is also slow: for each product and each sum of a
Python loop the interpreter looks up names and types and makes an object for the result, and only
then multiplies two numbers. `X @ W1.T` does all of that once; the multiplying is left to a compiled
loop, which reads numbers that lie side by side in memory, several at a time. Hundreds of times
faster is common, and a real network has millions of weights.

Three habits do most of it. Let the first axis count examples, and write the formula for the whole
batch. Let shapes do the work of inner loops: `(m, 1)` against `(n,)` gives `(m, n)`. Replace an
`if` inside a loop by a mask, as in `np.where(z >= 0, 1.0, 0.0)`. A loop over time steps or over
layers may stay: each step needs the one before it, and does much work of its own.
"""

STEPS: Final = """\
1. Write in `{name}.py` or in `{name}.ipynb`: they ask for the same.
   Replace each `{gap}`; names and arguments stay as they are.
   You may import {allowed}.
2. Check as you go. It runs the public tests, sets each gradient beside a numeric one, and sends
   nothing anywhere. In the notebook, run the last cell; else

   ```
   grader check {name}.py
   ```
3. Hand in that one file, under the name it has. {when}
"""


def readme(assignment: Assignment, source: str) -> str:
    """The README of an exercise."""
    name = assignment.name
    title, text = introduction(source)
    parts = [
        f"<!-- Made by `grader build` from {_origin(name)}: edit that, not this. -->",
        f"# {title}",
        text,
        f"## What to write\n\n{_table(('write', 'which does'), _gaps_of(stub(source)))}",
        f"## What to do\n\n{_steps(assignment)}",
        f"## Points\n\n{_points(assignment.points)} in all; each function, and each array it "
        "returns, counts for itself.",
        _vectorisation(assignment.speed),
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _gaps_of(source: str) -> Iterator[tuple[str, str]]:
    """Signature and first sentences of each function and method of a stub with a gap in it."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and _is_gap(node):
            yield f"`{node.name}({ast.unparse(node.args)})`", _summary(node)
        elif isinstance(node, ast.ClassDef):
            for method in node.body:
                if isinstance(method, ast.FunctionDef) and _is_gap(method):
                    yield _method(node, method), _summary(method) or _summary(node)


def _is_gap(function: ast.FunctionDef) -> bool:
    return ast.unparse(function.body[-1]) == GAP


def _method(owner: ast.ClassDef, method: ast.FunctionDef) -> str:
    arguments = ast.unparse(method.args).removeprefix("self").removeprefix(", ")
    name = owner.name if method.name == "__init__" else f"{owner.name}.{method.name}"
    return f"`{name}({arguments})`"


def _summary(node: ast.FunctionDef | ast.ClassDef) -> str:
    """The first paragraph of the docstring, on one line."""
    paragraph, _, _ = (ast.get_docstring(node) or "").partition("\n\n")
    return " ".join(paragraph.split())


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', BAR) for cell in row)} |" for row in lines)


def _steps(assignment: Assignment) -> str:
    name = assignment.name
    others = [f"`{module}`" for module in assignment.imports]
    allowed = ", ".join([*others, "NumPy"]) + " and the standard library"
    return STEPS.format(name=name, gap=GAP, allowed=allowed, when=_when(assignment))


def _when(assignment: Assignment) -> str:
    counts = f"Of several submissions the {assignment.attempts} counts."
    if assignment.due is None:
        return counts
    due = f"{assignment.due:%Y-%m-%d, %H:%M} ({assignment.due.tzname()})"
    return f"Due: {due}. {_lateness(assignment)}{counts}"


def _lateness(assignment: Assignment) -> str:
    late = assignment.late
    if late is None:
        return ""
    told = []
    if late.per_day:
        most = f", at most {late.at_most:g} %" if late.at_most < 100 else ""
        told.append(f"each day begun after that costs {late.per_day:g} % of the score{most}")
    told += [f"over {_long(step.after)} late costs {step.lose:g} %" for step in late.steps]
    if late.cut_off is not None:
        told.append(f"over {_long(late.cut_off)} late counts nothing")
    sentence = "; ".join(told)
    return f"{sentence[:1].upper()}{sentence[1:]}. " if told else ""


def _long(time: timedelta) -> str:
    hours = time.total_seconds() / 3600
    return f"{hours / 24:g} days" if hours >= 48 else f"{round(hours, 2):g} hours"


def _vectorisation(speed: Mapping[str, SpeedLimit]) -> str:
    if not speed:
        return VECTORISATION
    rows = [f"- `{function}`: {_limit(limit)}" for function, limit in speed.items()]
    return f"{VECTORISATION}\nIn this assignment speed has points of its own:\n\n" + "\n".join(rows)


# --- writing ------------------------------------------------------------------------------------


def render(course: Course, name: str) -> dict[Path, bytes]:
    """The generated files of an exercise; raises `ReleaseError` naming the line to repair."""
    assignment, folder = course.assignment(name), course.exercise(name)
    try:
        source = course.solution(name).read_text(encoding="utf-8")
        text = stub(source, assignment.speed)
        pictures = sorted(course.solution(name).parent.glob("*.png"))
        return {
            **{folder / picture.name: picture.read_bytes() for picture in pictures},
            folder / f"{name}.py": f"{_head(name)}{text}".encode(),
            folder / f"{name}.ipynb": notebook(text, name),
            folder / "README.md": readme(assignment, source).encode(),
        }
    except (SyntaxError, ValueError) as error:
        raise ReleaseError(f"{_origin(name)}: {error}") from None


def _head(name: str) -> str:
    return (
        f"# {name}: the stub you write in.\n"
        f"# (Made by `grader build`; instructors edit {_origin(name)}.)\n"
    )


def is_built(course: Course, name: str) -> list[Path]:
    """The generated files of an exercise that are missing or out of step with their source."""
    files = render(course, name)
    return [path for path, data in files.items() if not path.is_file() or path.read_bytes() != data]


def build(course: Course, names: Iterable[str]) -> list[Path]:
    """Write the exercises, and return what was out of step and is written now."""
    written = []
    for name in names:
        files = render(course, name)
        for path in is_built(course, name):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(files[path])
            written.append(path)
    return written


def release(course: Course, name: str, out: Path) -> Path:
    """Write the students' zip into the folder ``out``: what is generated, and the public tests.

    Raises `ReleaseError` if the exercise is out of step: what is released is what was reviewed.
    """
    if stale := is_built(course, name):
        named = ", ".join(path.relative_to(course.folder).as_posix() for path in stale)
        raise ReleaseError(f"out of step with {_origin(name)}: {named}; run grader build {name}")
    files = list(render(course, name))
    public = course.exercise(name) / "test_public.py"
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{name}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in [*files, *([public] if public.is_file() else [])]:
            member = zipfile.ZipInfo(f"{name}/{file.name}", date_time=(1980, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            member.create_system = 3  # Unix, wherever it is made: equal bytes everywhere
            member.external_attr = 0o100644 << 16
            archive.writestr(member, file.read_bytes())
    return path
