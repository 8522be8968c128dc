"""Realistic wrong programs get a page that says what is wrong, and the slip stands on its first card.

The corpus is tests/samples/corpus; a sample is graded here, and all of it by `make corpus`.
"""

from __future__ import annotations

import importlib.util
import sys
import types

import pytest
from places import ROOT

EVERY = 20
"""One program in so many is graded, of each exercise."""
NAMED = 0.8
"""The least share whose pages name every slip; `make corpus` says more exactly what it is."""


def _corpus() -> types.ModuleType:
    """Return bench/corpus.py, which reads the corpus and scores pages."""
    spec = importlib.util.spec_from_file_location("corpus", ROOT / "bench" / "corpus.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["corpus"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CORPUS = _corpus()
EXERCISES = sorted(path.stem for path in CORPUS.CORPUS.glob("*.toml"))


@pytest.fixture(scope="module")
def scores():
    """What the pages of the sample say."""
    return [score for name in EXERCISES for score in CORPUS.scores(name, EVERY)]


def test_slips_are_named(scores) -> None:
    """Every page says something, and most say what the table says."""
    assert all(score.grade.cards for score in scores)
    named = [score for score in scores if score.verdict == "named"]
    rest = ["\n".join(CORPUS.shown(score)) for score in scores if score not in named]
    assert len(named) >= NAMED * len(scores), "\n".join(rest)


def test_the_slip_is_on_the_first_card(scores) -> None:
    """There are few cards, and the first is about the function in which the slip is made."""
    assert all(score.is_first for score in scores)
    assert max(len(score.grade.cards) for score in scores) <= 3


def test_no_wrong_program_has_full_marks(scores) -> None:
    """Each loses points."""
    assert all(score.grade.score < score.grade.max_score for score in scores)


def test_every_program_can_be_made() -> None:
    """Each edit fits its base once, and each pattern is about one of the exercise's functions."""
    programs = [program for name in EXERCISES for program in CORPUS.programs(name)]
    assert len({(each.exercise, each.name) for each in programs}) == len(programs)
    assert sum(len(each.slips) == 2 for each in programs) >= 16
    for program in programs:
        compile(program.source, program.name, "exec")
