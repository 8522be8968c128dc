"""A solution runs in a worker of its own where it needs packages that answer, and only there."""

import pytest
from places import ROOT

from grader.checks.boundary.worker_module import needs_worker

REFERENCE = ROOT / "reference"


@pytest.mark.parametrize("folder", sorted(REFERENCE.iterdir()), ids=lambda folder: folder.name)
def test_only_what_answers_needs_a_worker(folder):
    """A picture that a solution can draw does not take its mistakes and mutants from an exercise."""
    source = (folder / "solution.py").read_text(encoding="utf-8")
    assert needs_worker(source) == (folder.name == "torch_layers")


def test_a_package_that_answers_needs_a_worker():
    """Wherever it is imported."""
    assert needs_worker("def mean(x):\n    from scipy import stats\n    return stats.tmean(x)\n")
