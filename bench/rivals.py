"""The small assignment for nbgrader and otter-grader, each in a separate venv.

A submission is a list of cells: the code of a student, imports first, then one function each.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

SMALL = Path(__file__).parent / "small"
GIVEN, *_TESTS = (SMALL / "plain_tests.py").read_text().split("# %% ")[1:]
Cells = Sequence[str]
ONE_THREAD = {**os.environ, **{f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL")}}
"""The environment that limits array code to one thread, as in grader's workers."""


def tests() -> list[tuple[str, int, str]]:
    """Return (name, points, code) of each plain test."""
    parted = [test.partition("\n") for test in _TESTS]
    titles = [title.partition(": ") for title, _, _ in parted]
    return [
        (name, int(points), code.strip())
        for (name, _, points), (_, _, code) in zip(titles, parted, strict=True)
    ]


def given() -> str:
    """Return the code that the plain tests share."""
    return GIVEN.partition("\n")[2].strip()


def marked() -> list[str]:
    """Return the code cells of the solution, with the markers of the students' parts."""
    source = (SMALL / "reference" / "small" / "solution.py").read_text()
    parts = [part.strip() for part in source.split("# %%\n")[1:]]
    return [part.partition("# %% [markdown]")[0].strip() for part in parts]


def solution() -> list[str]:
    """Return a right submission."""
    return ["\n".join(x for x in cell.splitlines() if "SOLUTION" not in x) for cell in marked()]


def defines(cell: str) -> str:
    """Return the name of the function that a cell defines, or ''."""
    return cell.partition("def ")[2].partition("(")[0]


def notebook(cells: Sequence[Any], path: Path) -> Path:
    """Write ``cells`` to a notebook."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    made = new_notebook(cells=list(cells), metadata={"kernelspec": kernel})
    nbformat.write(made, path)
    return path


def plain_notebook(cells: Cells, path: Path) -> Path:
    """Write a submission's cells, and nothing else, to a notebook."""
    return notebook([new_code_cell(cell) for cell in cells], path)


def filled(release: Path, cells: Cells, path: Path) -> Path:
    """Write a submission into the notebook that a tool gives to students."""
    handed = nbformat.read(release, 4)
    own = {defines(cell): cell for cell in cells}
    for cell in handed.cells:
        is_import = cell.source.strip() == "import numpy as np"
        name = "" if is_import else defines(cell.source)
        if cell.cell_type == "code" and (is_import or (name and name in own)):
            cell.source = own[name]
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(handed, path)
    return path


def environment(cache: Path, package: str) -> dict[str, str]:
    """Return an environment with the venv's commands first, and a separate home folder."""
    home = cache / "home"
    home.mkdir(parents=True, exist_ok=True)
    path = f"{cache / package / 'bin'}:{os.environ['PATH']}"
    return {**ONE_THREAD, "HOME": str(home), "PATH": path, "JUPYTER_PLATFORM_DIRS": "1"}


def venv(cache: Path, package: str) -> Path:
    """Return the folder with the commands of ``package``, after installing it if necessary."""
    folder = cache / package
    ready = folder / "ready"
    if not ready.exists():
        print(f"installing {package} in {folder} ...", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet"]
        packages = [package, "numpy", "ipykernel"]
        subprocess.run([*pip, "--disable-pip-version-check", *packages], check=True)
        ready.touch()
    return folder / "bin"


def version(tools: Path, package: str) -> str:
    """Return the installed version of ``package``."""
    code = f"from importlib.metadata import version; print(version({package!r}))"
    return said([tools / "python", "-c", code]).strip()


def said(command: Sequence[str | Path], **how: Any) -> str:
    """Return the output of a command; raise SystemExit with its last line if it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, **how)
    if done.returncode:
        raise SystemExit(
            f"{' '.join(map(str, command))}:\n{done.stdout[-2000:]}{done.stderr[-4000:]}"
        )
    return done.stdout


# --- nbgrader ---------------------------------------------------------------------------------

_SCORES = """
from nbgrader.api import Gradebook
with Gradebook("sqlite:///gradebook.db") as book:
    for each in sorted(book.submission_dicts("small"), key=lambda each: each["student"]):
        print(each["score"])
"""


def nbgrader_course(tools: Path, folder: Path, env: dict[str, str]) -> None:
    """Create a course with the generated assignment ``small``, ready for submissions."""
    cells = [_nbgrader_cell(new_code_cell("import numpy as np"))]
    for code in marked()[1:]:
        code = code.replace("# BEGIN", "### BEGIN").replace("# END", "### END")
        cells.append(_nbgrader_cell(new_code_cell(code), f"{defines(code)}", solution=True))
    shared = given() + "\n\n\n"
    for name, points, code in tests():
        hidden = f"### BEGIN HIDDEN TESTS\n{shared}{code}\n### END HIDDEN TESTS"
        cells.append(
            _nbgrader_cell(new_code_cell(hidden), f"test_{name}", points=points, grade=True)
        )
        shared = ""
    notebook(cells, folder / "source" / "small" / "small.ipynb")
    (folder / "nbgrader_config.py").write_text(
        'c = get_config()\nc.CourseDirectory.course_id = "x"\n'
    )
    said([tools / "nbgrader", "generate_assignment", "small", "--create"], cwd=folder, env=env)


def _nbgrader_cell(cell: Any, name: str = "", **kind: Any) -> Any:
    if name:
        base = {"grade": False, "solution": False, "task": False, "schema_version": 3}
        locked = bool(kind.get("grade"))
        cell.metadata["nbgrader"] = {**base, "locked": locked, "grade_id": name, **kind}
    return cell


def nbgrader_class(course: Path, folder: Path, submissions: Sequence[Cells]) -> Path:
    """Return a new copy of the course with these submissions."""
    shutil.copytree(course, folder)
    release = course / "release" / "small" / "small.ipynb"
    for number, cells in enumerate(submissions):
        path = folder / "submitted" / f"student{number:04}" / "small" / "small.ipynb"
        filled(release, cells, path)
    return folder


def nbgrader_scores(tools: Path, folder: Path, env: dict[str, str]) -> list[float]:
    """Return the scores in the gradebook."""
    return [*map(float, said([tools / "python", "-c", _SCORES], cwd=folder, env=env).split())]


# --- otter-grader -----------------------------------------------------------------------------

OTTER_API = """
import sys
from otter.api import grade_submission
zipped, *files = sys.argv[1:]
for file in files:
    print(grade_submission(file, zipped, quiet=True).total, flush=True)
"""


def otter_assignment(tools: Path, folder: Path, env: dict[str, str]) -> tuple[Path, Path]:
    """Run ``otter assign``; return (notebook for students, zip for the autograder)."""
    ours = tests()
    cells = [new_raw_cell("# ASSIGNMENT CONFIG\ninit_cell: true\nexport_cell: false\n")]
    cells.append(new_code_cell("import numpy as np"))
    for code in marked()[1:]:
        name = defines(code)
        own = [test for test in ours if test[0] in (name, f"{name}_by_numbers")]
        points = "".join(f"\n  - {points}" for _, points, _ in own)
        cells += [
            new_raw_cell(f"# BEGIN QUESTION\nname: {name}\npoints:{points}\n"),
            new_markdown_cell(name),
            new_raw_cell("# BEGIN SOLUTION"),
            new_code_cell(code),
            new_raw_cell("# END SOLUTION"),
            new_raw_cell("# BEGIN TESTS"),
            *(new_code_cell(f"# HIDDEN\n{given()}\n\n\n{test}") for _, _, test in own),
            new_raw_cell("# END TESTS"),
            new_raw_cell("# END QUESTION"),
        ]
    master = notebook(cells, folder / "small.ipynb")
    command = [tools / "otter", "assign", master.name, "dist", "--no-run-tests"]
    said(command, cwd=folder, env=env)
    [zipped] = (folder / "dist" / "autograder").glob("*.zip")
    return folder / "dist" / "student" / "small.ipynb", zipped


def otter_score(results: Path) -> float:
    """Return the total in ``results.json``."""
    found = json.loads(results.read_text())
    return float(sum(test.get("score", 0) for test in found["tests"]))
