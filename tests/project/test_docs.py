"""The README, docs and docstrings say only what works: what they show is run, as it stands."""

import doctest
import importlib
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from places import ROOT

PAGES = [
    ROOT / "README.md",
    *(ROOT / "docs" / f"{name}.md" for name in ("start", "instructors", "policy", "scale")),
]
BLOCK = re.compile(r"(?P<before><!-- not run here[^>]*-->\n)?```sh\n(?P<code>.*?)```", re.DOTALL)


def commands(page):
    """The command lines of a page's blocks, those marked *not run here* left out."""
    blocks = BLOCK.finditer(page.read_text(encoding="utf-8"))
    lines = [line for found in blocks if not found["before"] for line in found["code"].splitlines()]
    return [line.split("#")[0].strip() for line in lines if line.split("#")[0].strip()]


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A copy of the course, so that what the commands write does not stay."""
    folder = tmp_path_factory.mktemp("docs") / "course"
    folder.mkdir()
    for name in (
        "assignments.yaml",
        "pyproject.toml",
        "reference",
        "exercises",
        "examples",
        "grader",
    ):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    shutil.copytree(ROOT / "tests" / "hidden", folder / "tests" / "hidden")
    return folder


def graded_before(line, course, done):
    """Copy the results of a `grader grade` line that differs only in --out; return whether there are."""
    words = shlex.split(line)
    if words[:2] != ["grader", "grade"] or "--out" not in words:
        return False
    place = words.index("--out") + 1
    same = (*words[: place - 1], *words[place + 1 :])
    if same in done:
        shutil.copytree(course / done[same], course / words[place])
        return True
    done[same] = words[place]
    return False


@pytest.fixture(scope="module")
def graded():
    """The folders of results by the line that made them, so that each class is graded once."""
    return {}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_runs(page, course, graded):
    """Each line ends with status 0, in the order of a reader."""
    lines = commands(page)
    assert len(lines) >= 3
    python = str(Path(sys.executable).parent)
    environment = {**os.environ, "COLUMNS": "100", "PATH": f"{python}:{os.environ['PATH']}"}
    for line in lines:
        if line.startswith("make ") or graded_before(line, course, graded):
            continue  # another test runs `make demo`; `make test` runs this one
        done = subprocess.run(
            shlex.split(line), cwd=course, env=environment, capture_output=True, text=True,
            timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, (line, done.stdout[-2000:], done.stderr[-2000:])


def test_the_reference_pages_are_what_the_code_says():
    """Each key of assignments.yaml and each option of a command is on its page."""
    command = [sys.executable, str(ROOT / "docs" / "generate.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert (0, "") == (done.returncode, done.stdout.strip())


SHOWING = sorted(
    file.relative_to(ROOT)
    for file in (ROOT / "grader").rglob("*.py")
    if "\n>>> " in re.sub(r"\n +", "\n", file.read_text(encoding="utf-8"))
)


@pytest.mark.parametrize("file", SHOWING, ids=str)
def test_examples_in_docstrings_are_true(file):
    """What a docstring shows a line to give, it gives."""
    name = ".".join(file.with_suffix("").parts).removesuffix(".__init__")
    found = doctest.testmod(importlib.import_module(name))
    assert found.attempted > 0 == found.failed


def test_solutions_give_what_their_docstrings_show():
    """Students read these examples first, and try them by hand."""
    shown = [
        file for file in ROOT.glob("reference/*/solution.py") if ">>> " in file.read_text("utf-8")
    ]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--doctest-modules",
               "--import-mode=importlib", *map(str, shown)]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
