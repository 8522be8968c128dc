"""The pictures in docs/architecture.md are true: rooms, floors, and the routes that a run takes."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest
from places import ROOT
from test_floors import FLOORS, GROUND

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
NAME = "two_layer_network"
TRACE = """
import sys, threading
wanted, seen = set(sys.argv.pop(1).split(",")), []
def note(frame, event, argument):
    if event == "call":
        name = f"{frame.f_globals.get('__name__', '')}.{frame.f_code.co_qualname}"
        if name in wanted and name not in seen:
            seen.append(name)
"""
PRINT = "\nsys.setprofile(None)\nprint('TRACE', *seen)\n"


def picture(title: str) -> list[str]:
    """Return the lines of the picture below a heading."""
    found = re.search(rf"## {title}\n.*?```text\n(.*?)```", PAGE, re.DOTALL)
    assert found
    return found[1].splitlines()


def stations(title: str) -> list[tuple[str, str]]:
    """Return the process and the function of each station of a route."""
    lines = (re.split(r"\s{2,}", line.strip(" |")) for line in picture(title))
    return [(words[0], f"grader.{words[1]}") for words in lines if len(words) == 3]


def traced(before: str, run: str, wanted: list[str], *arguments: str) -> list[str]:
    """Return the stations in the order in which a fresh Python first calls them."""
    start = "threading.setprofile(note)\nsys.setprofile(note)\n"
    code = f"{TRACE}{before}\n{start}try:\n    {run}\nexcept SystemExit:\n    pass{PRINT}"
    command = [sys.executable, "-c", code, ",".join(wanted), *arguments]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=200, check=True
    )
    [line] = re.findall(r"^TRACE (.*)$", done.stdout, re.MULTILINE)
    return line.split()


def test_the_rooms_stand_on_their_floors() -> None:
    """From the top floor to the ground; rooms on one line share a floor."""
    rows = [re.findall(r"(?:^|\s{3,})(\w+)\s{2,}", line) for line in picture("The rooms")]
    floors = [floor for floor in FLOORS if floor != {"__main__"}]
    assert [set(row) for row in reversed(rows)] == [{"ground"}, *floors[1:]]
    listed = picture("The rooms")[-1].split("  ")[-1]
    assert set(listed.strip().split(", ")) == GROUND


@pytest.mark.parametrize("title", ["The route of one submission", "The route of one array"])
def test_each_station_is_a_function(title: str) -> None:
    found = stations(title)
    assert len(found) >= 6
    for _, name in found:
        module, _, function = name.rpartition(".")
        if function[0].islower() and module.rpartition(".")[2][:1].isupper():
            module, _, kind = module.rpartition(".")
            assert hasattr(getattr(importlib.import_module(module), kind), function), name
        else:
            assert hasattr(importlib.import_module(module), function), name


def test_a_submission_takes_this_route(tmp_path: Path) -> None:
    """The stations of the command, in this order."""
    wanted = [
        name for process, name in stations("The route of one submission") if process == "command"
    ]
    arguments = ["grade", "examples/class/ada", "--assignment", NAME, "--jobs", "1", "--seed", "5"]
    found = traced(
        "import grader.cli", "grader.cli.main()", wanted, *arguments, "--out", str(tmp_path / "out")
    )
    assert wanted == found


def test_an_array_takes_this_route() -> None:
    """The stations of the grading process, in this order, while one check is judged."""
    wanted = [name for process, name in stations("The route of one array") if process == "grading"]
    options = [
        "-q",
        "-p",
        "no:cacheprovider",
        f"tests/hidden/{NAME}/test_network.py",
        "-k",
        "backward",
    ]
    found = traced(
        "import pytest", "pytest.main(sys.argv[1:])", wanted, *options, "--seed", "5",
        "--submission", f"examples/class/ada/{NAME}.py",
    )  # fmt: skip
    assert wanted == found
