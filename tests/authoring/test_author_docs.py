"""The pages for authors: every command and every block of Python and YAML on them works."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from places import ROOT, SAMPLES
from small_course import SmallCourse
from test_importers import SQUARES, cell, graded, saved, solution

DOCS = ROOT / "docs"
SOLUTION = """\
import numpy as np


def mean(x):
    # BEGIN SOLUTION
    return x.mean()
    # END SOLUTION


def square(n):
    return n * n


def count_words(text):
    words = text.lower().split()
    return {word: words.count(word) for word in words}


def sort(values):
    values.sort()


def root(n):
    raise ValueError("below 0")


def greet():
    print("Hello,", input("Name? "))


def report(prices):
    for name, price in prices.items():
        print(f"{name}: {price:.2f}")


def sine():
    import matplotlib.pyplot as plt

    x = np.linspace(0, 6)
    plt.plot(x, np.sin(x))
    plt.xlabel("x")
    return plt.gcf()


def where(condition, values):
    return (value for value in values if condition(value))


registered = []


def register(function):
    registered.append(function)


def fire(value):
    return registered[-1](value)


class Sorter:
    def __init__(self, values):
        self.values = values

    def sort(self):
        self.values.sort()


class Node:
    def __init__(self, value, below):
        self.value, self.below = value, below


class Stack:
    def __init__(self, values):
        self.head = None
        for value in values:
            self.head = Node(value, self.head)

    def __iter__(self):
        node = self.head
        while node is not None:
            yield node.value
            node = node.below

    def __len__(self):
        return sum(1 for _ in self)

    def __eq__(self, other):
        return list(self) == list(other)


class TooLittleError(Exception):
    def __init__(self, missing):
        self.missing = missing


def apply(function, value):
    return function(value)


class Account:
    def __init__(self, balance):
        self.balance = balance

    def __add__(self, other):
        return Account(self.balance + other.balance)

    def __repr__(self):
        return f"Account({self.balance})"

    def withdraw(self, amount):
        if amount < 0:
            raise ValueError("a negative amount")
        if amount > self.balance:
            raise TooLittleError(amount - self.balance)
"""


def blocks(page: str, language: str) -> list[str]:
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def run(folder: Path, line: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k != "GRADER_COURSE"}
    program, *arguments = shlex.split(line)
    assert program == "grader"
    return subprocess.run(  # our own command
        [sys.executable, "-m", "grader", *arguments], cwd=folder, capture_output=True, text=True,
        env=environment, check=False,
    )  # fmt: skip


def test_the_tutorial_runs_from_an_empty_folder(tmp_path: Path) -> None:
    """Its commands, then its hidden tests and settings in place of the template's."""
    for block in blocks("write-an-exercise.md", "sh"):
        for line in block.splitlines():
            done = run(tmp_path, line)
            assert done.returncode == 0, (line, done.stdout, done.stderr)
    first, *_ = blocks("write-an-exercise.md", "python")
    (tmp_path / "tests/hidden/word_count/test_word_count.py").write_text(first)
    _, settings = blocks("write-an-exercise.md", "yaml")
    entry = tmp_path / "assignments.yaml"
    entry.write_text(entry.read_text() + "".join(f"    {x}\n" for x in settings.splitlines()))
    done = run(tmp_path, "grader checks word_count --csv")
    assert "count_words: upper and lower case count alike,50," in done.stdout, done.stderr


def test_an_entry_for_several_files_is_read(tmp_path: Path) -> None:
    """The entry with files, questions and writing is one that the course of the samples can have."""
    sample = SAMPLES / "outside" / "course"
    for part in ("reference", "tests/hidden"):
        shutil.copytree(sample / part / "ledger", tmp_path / part / "ledger")
    entry, _ = blocks("write-an-exercise.md", "yaml")
    listing = "title: Mine\nassignments:\n" + "".join(f"  {x}\n" for x in entry.splitlines())
    (tmp_path / "assignments.yaml").write_text(listing)
    done = run(tmp_path, "grader checks ledger")
    assert "20  Why is an entry a class  (graded by a person)" in done.stdout, done.stderr


def test_the_recipes_pass_on_a_right_answer(tmp_path: Path) -> None:
    _, *others = blocks("write-an-exercise.md", "python")
    recipes = [block for block in others if "\ndef test_" in f"\n{block}"]
    tests = "import pytest\n" + "\n".join(recipes)
    course = SmallCourse(tmp_path, SOLUTION, tests, "imports: [matplotlib]")
    row = course.grade({"ada": SOLUTION.replace("# BEGIN SOLUTION", "")})["ada"]
    assert (row["score"], row["max_score"]) == (11.0, 11.0)


@pytest.mark.parametrize("system", ["nbgrader", "otter"])
def test_the_imports_run(tmp_path: Path, system: str) -> None:
    course = tmp_path / "course"
    (course / "source").mkdir(parents=True)
    (course / "assignments.yaml").write_text("title: Old\n\nassignments:\n")
    saved(
        course / "source/squares.ipynb",
        [solution(SQUARES), graded("one", "assert squares(1) == [1]")],
    )
    raw = [
        cell("raw", "# BEGIN QUESTION\nname: q1"), cell("raw", "# BEGIN SOLUTION"),
        cell("code", "x = 5 # SOLUTION"), cell("raw", "# END SOLUTION"), cell("raw", "# BEGIN TESTS"),
        cell("code", "x == 5", shown="True"), cell("raw", "# END TESTS"), cell("raw", "# END QUESTION"),
    ]  # fmt: skip
    saved(course / "hw.ipynb", raw)
    lines = "".join(blocks("bring-a-course.md", "sh")).splitlines()
    mine = [line for line in lines if ("otter" in line) == (system == "otter")]
    assert mine
    for line in mine:
        done = run(course, line)
        assert done.returncode == 0, (line, done.stdout, done.stderr)
