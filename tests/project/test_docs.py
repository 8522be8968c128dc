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

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "docs" / "policy.md"]
BLOCK = re.compile(r"(?P<before><!-- not run here[^>]*-->\n)?```sh\n(?P<code>.*?)```", re.DOTALL)


SHOWN = re.compile(r"```text\n(.*?)```", re.DOTALL)


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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_runs(page, course):
    """Each line ends with status 0, in the order of a reader, and prints what the README shows."""
    lines, said = commands(page), set()
    assert len(lines) > 5
    python = str(Path(sys.executable).parent)
    environment = {**os.environ, "COLUMNS": "100", "PATH": f"{python}:{os.environ['PATH']}"}
    for line in lines:
        if line.startswith("make "):
            continue  # CI runs these two themselves
        done = subprocess.run(
            shlex.split(line), cwd=course, env=environment, capture_output=True, text=True,
            timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, (line, done.stdout[-2000:], done.stderr[-2000:])
        said.update(done.stdout.splitlines())
    if page != PAGES[0]:
        return  # what docs/policy.md shows is printed in tests/results/test_policy.py
    shown = "".join(SHOWN.findall(page.read_text(encoding="utf-8"))).splitlines()
    missing = [line for line in shown if line not in said]
    near = {line: [each for each in said if each[:8] == line[:8]] for line in missing}
    assert near == {}


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CONTRIBUTING.md"], ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    """Every relative link and picture exists."""
    targets = re.findall(r"\]\((?!http)([^)#]+)\)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


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
