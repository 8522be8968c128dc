"""The course proves itself: what `make validation` does in full, here with a sample of mistakes."""

import pytest
from places import ROOT

from grader.authoring import release, validate
from grader.course import catalog

COURSE = catalog.load(ROOT)
NAMES = [assignment.name for assignment in COURSE.assignments]
EVERY = 8
"""Every eighth mistake of the catalogue is graded, once."""
IN_WORDS = {"constant-answer", "parameters-not-registered", "graph-detached"}
"""Mistakes whose cards say exactly what is wrong, without a name of the catalogue."""


@pytest.mark.parametrize("name", NAMES)
def test_exercise_is_sound(name):
    """Reference full marks, stub none, variants full, mistakes caught, none named wrongly."""
    found = validate.validate(COURSE, name, seeds=1, jobs=1, timed=1, every=EVERY)
    assert found.wrong == []
    assert found.points == COURSE.assignment(name).points
    assert len(found.variants) >= 8
    assert len(found.mistakes) >= 50 / EVERY
    sampled = [mistake.split()[-1] for mistake in found.mistakes]
    unnamed = [name for name in sampled if name not in found.named_ids | IN_WORDS]
    assert len(unnamed) <= 0.2 * len(sampled), unnamed


@pytest.mark.parametrize("name", NAMES)
def test_exercise_is_built(name):
    """exercises/ is what `grader build` makes of reference/."""
    assert release.is_built(COURSE, name) == []


def test_a_broken_reference_is_found(tmp_path):
    """Validation fails when the solution is wrong: the check can fail."""
    import shutil

    for part in ("assignments.yaml", "reference", "exercises", "tests/hidden"):
        source, target = ROOT / part, tmp_path / part
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    solution = tmp_path / "reference" / "two_layer_network" / "variants" / "einsum.py"
    text = solution.read_text(encoding="utf-8")
    solution.write_text(text + "\nrelu = sigmoid\n", encoding="utf-8")
    found = validate.validate(
        catalog.load(tmp_path), "two_layer_network", seeds=1, jobs=1, every=100 * EVERY
    )
    assert any("einsum" in line and "loses marks" in line for line in found.wrong)
