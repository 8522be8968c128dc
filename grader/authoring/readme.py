"""Write the README of an exercise."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

from grader.authoring.stub import GAP, introduction, points_note, speed_limit_note, stub
from grader.course.assignment import Assignment, SpeedLimit
from grader.grading.protocol import CheckInfo
from grader.selfcheck.wording import OLDEST

BAR: Final = r"\|"
"""An escaped vertical bar for cells of a Markdown table."""
Function = ast.FunctionDef | ast.AsyncFunctionDef


def origin_note(name: str) -> str:
    """Return the note with the path of the solution from which a file was generated."""
    return f"reference/{name}/solution.py"


VECTORISATION: Final = """\
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
1. Write your code in {files}.
   Replace each `{gap}`, and keep the names and arguments.
   You may import {allowed}.
   Write for Python {python}: the grader may not have what a later Python brings.
2. Check your work as often as you like. {check}, and sends nothing anywhere. {how}

   ```
   grader check {file}
   ```
3. Submit {submit}. {when}
"""

INSTALL: Final = """\
## Install the check

The check needs Python 3.11 or newer. Install it once, in this folder:

```
python -m venv .venv
source .venv/bin/activate
python -m pip install {requirement}
```

On Windows the second line is `.venv\\Scripts\\activate`. Type it again in every new terminal.
"""


def readme(
    assignment: Assignment,
    source: str,
    rubric: Sequence[CheckInfo] = (),
    has_gradients: bool = False,
    own: Mapping[str, str] | None = None,
) -> str:
    """Return the README of an exercise.

    Args:
        assignment: The assignment's entry in assignments.yaml.
        source: The source of the solution.
        rubric: The checks to list, with their points.
        has_gradients: Whether the public tests compare gradients with numeric ones.
        own: The author's sections by heading; each replaces the generated one, or is added.
    """
    title, text = introduction(source)
    gaps = list(_gaps_of(stub(source)))
    parts = {
        "What to write": _table(("function", "task"), gaps) if gaps else "",
        "What to do": _steps(assignment, has_gradients),
        "Points": points_of(assignment, rubric),
        "Vectorisation": _vectorisation(assignment.speed)
        if assignment.speed or _is_timed(rubric)
        else "",
    } | dict(own or {})
    head = [
        f"<!-- Made by `grader build` from {origin_note(assignment.name)}: edit that, not this. -->",
        f"# {title or assignment.title}",
        text,
    ]
    body = [f"## {heading}\n\n{part.strip()}" for heading, part in parts.items() if part.strip()]
    return "\n\n".join(part.strip() for part in [*head, *body] if part.strip()) + "\n"


def with_installation(text: str, requirement: str) -> str:
    """Add to a README how to install the self-check: a wheel in the zip, or a package."""
    before, heading, after = text.partition("## What to do")
    return f"{before}{INSTALL.format(requirement=requirement)}\n{heading}{after}"


def author_parts(path: Path) -> dict[str, str]:
    """Return the sections of ``reference/NAME/README.md`` by heading; empty without that file."""
    if not path.is_file():
        return {}
    sections = re.split(r"^## +(.+)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip((head.strip() for head in sections[1::2]), sections[2::2], strict=True))


def _is_timed(rubric: Sequence[CheckInfo]) -> bool:
    return any("timed" in check.marks and not check.skip for check in rubric)


def points_of(assignment: Assignment, rubric: Sequence[CheckInfo]) -> str:
    """Return the total points, and the points of each check."""
    if not rubric:
        return f"{points_note(assignment.max_score)} in all."
    listed = [check for check in rubric if not check.skip]
    total = sum(check.points for check in listed)
    rows = [(check.title, f"{round(check.points, 2):g}") for check in listed]
    return f"{points_note(total)} in all.\n\n{_table(('check', 'points'), rows)}"


def _gaps_of(source: str) -> Iterator[tuple[str, str]]:
    """Yield signature and first sentences of each function or method that students write."""
    for node in ast.parse(source).body:
        if isinstance(node, Function) and _is_gap(node):
            yield f"`{node.name}({ast.unparse(node.args)})`", _summary(node)
        elif isinstance(node, ast.ClassDef):
            for method in node.body:
                if isinstance(method, Function) and _is_gap(method):
                    yield _method(node, method), _summary(method) or _summary(node)


def _is_gap(function: Function) -> bool:
    return ast.unparse(function.body[-1]) == GAP


def _method(owner: ast.ClassDef, method: Function) -> str:
    arguments = ast.unparse(method.args).removeprefix("self").removeprefix(", ")
    name = owner.name if method.name == "__init__" else f"{owner.name}.{method.name}"
    return f"`{name}({arguments})`"


def _summary(node: Function | ast.ClassDef) -> str:
    """Return the first paragraph of the docstring on one line."""
    paragraph, _, _ = (ast.get_docstring(node) or "").partition("\n\n")
    return " ".join(paragraph.split())


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', BAR) for cell in row)} |" for row in lines)


def _steps(assignment: Assignment, has_gradients: bool) -> str:
    name, files = assignment.name, assignment.files
    others = [f"`{module}`" for module in assignment.imports]
    allowed = ", ".join([*others, "NumPy"]) + " and the standard library"
    numeric = " and compares each gradient with a numeric one" if has_gradients else ""
    both = f"`{name}.py` or in `{name}.ipynb`; both contain the same tasks"
    listed = ", ".join(f"`{file}`" for file in files)
    how = "Run:" if files else "In the notebook, run the last cell. In a terminal, run:"
    return STEPS.format(
        files=listed or both, gap=GAP, python=OLDEST, allowed=allowed, when=_when(assignment), how=how,
        check=f"It runs the public tests{numeric}", file=files[0] if files else f"{name}.py",
        submit="these files, with these names" if files else "this one file, with its present name",
    )  # fmt: skip


def _when(assignment: Assignment) -> str:
    counts = f"If you submit several times, the {assignment.attempts} submission counts."
    if assignment.due is None:
        return counts
    due = f"{assignment.due:%Y-%m-%d, %H:%M} ({assignment.due.tzname()})"
    return f"Due: {due}. {_lateness(assignment)}{counts}"


def _lateness(assignment: Assignment) -> str:
    late = assignment.late
    if late is None:
        return ""
    rules = []
    if late.per_day:
        most = f", at most {late.at_most:g} %" if late.at_most < 100 else ""
        rules.append(
            f"each day or part of a day after that costs {late.per_day:g} % of the score{most}"
        )
    rules += [f"more than {_long(step.after)} late costs {step.lose:g} %" for step in late.steps]
    if late.cut_off is not None:
        rules.append(f"a submission more than {_long(late.cut_off)} late gets no points")
    sentence = "; ".join(rules)
    return f"{sentence[:1].upper()}{sentence[1:]}. " if rules else ""


def _long(time: timedelta) -> str:
    hours = time.total_seconds() / 3600
    return f"{hours / 24:g} days" if hours >= 48 else f"{round(hours, 2):g} hours"


def _vectorisation(speed: Mapping[str, SpeedLimit]) -> str:
    if not speed:
        return VECTORISATION
    rows = [f"- `{function}`: {speed_limit_note(limit)}" for function, limit in speed.items()]
    return f"{VECTORISATION}\nIn this assignment some points are for speed:\n\n" + "\n".join(rows)
