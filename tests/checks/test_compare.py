"""Right values: what passes, and what is said of what does not."""

from __future__ import annotations

import numpy as np
import pytest

from grader.checks.compare import fault

NORMS = np.array([1e-65, 1e-30, 0.3])
LARGEST = 0.3


def test_a_small_entry_rounded_to_zero_passes_on_the_scale_of_its_array() -> None:
    """The rule of all other exercises: the largest entry is the measure of all."""
    assert fault(np.array([0.0, 1e-30, 0.3]), NORMS, LARGEST) is None


def test_entrywise_a_small_entry_counts_as_much_as_the_largest() -> None:
    """A norm of 1e-65 rounded to zero, or off by a percent, is wrong; by 1e-6 it is right."""
    for first in (0.0, 1.01e-65):
        found = fault(np.array([first, 1e-30, 0.3]), NORMS, LARGEST, entrywise=True)
        assert found is not None
        assert found.kind == "values"
    assert fault(NORMS * (1 + 1e-6), NORMS, LARGEST, entrywise=True) is None


def test_entrywise_the_message_gives_the_difference_as_a_share_of_the_right_entry() -> None:
    """An absolute difference of 1e-65 would tell nobody anything."""
    found = fault(np.array([0.0, 1e-30, 0.3]), NORMS, LARGEST, entrywise=True)
    assert found is not None
    assert found.message == "right shape, wrong values (worst entry off by 1 times its right size)"


@pytest.mark.parametrize(
    ("got", "want", "told"),
    [
        ([0.0, 0.0], [1e-26, -3e-26], "1 times the largest right entry"),
        ([1.001e-26, 2e-30], [1e-26, 1e-30], "0.001 times the largest right entry"),
        ([1.0], [1e-26], "1"),
        ([1e-9, 1e-9], [1e-26, 1e-30], "more than a million times the largest right entry"),
        ([1e-9, 0.0], [0.0, 0.0], "less than a millionth"),
        ([0.3 + 1e-4, 0.0], [0.3, 0.0], "0.0001"),
    ],
)
def test_a_difference_too_small_to_be_told_is_told_beside_the_right_size(got, want, told) -> None:
    """Where 1e-26 is right, zero is not off "by less than a millionth", but by all there is."""
    right = np.array(want)
    found = fault(np.array(got), right, float(np.abs(right).max()))
    assert found is not None
    assert found.message == f"right shape, wrong values (worst entry off by {told})"


def test_a_difference_that_only_a_strict_case_sees_is_told_as_such() -> None:
    """A numeric derivative of 0.3 is off by 1e-9: a digit of it says nothing more."""
    found = fault(np.array(0.3 + 1e-9), np.array(0.3), 0.3, tolerance=1e-12)
    assert found is not None
    assert "off by less than a millionth of the largest right entry" in found.message


def test_of_integers_the_message_counts_the_wrong_ones() -> None:
    """How far the word 7 is from the word 3 tells nobody anything."""
    got, want = np.array([7, 3, 3, 5]), np.array([3, 3, 7, 5])
    found = fault(got, want, 7.0, integers=True)
    assert found is not None
    assert found.message == "right shape, wrong values (2 of 4 entries)"


def test_entrywise_a_zero_must_be_a_zero() -> None:
    """There is no size to be right on, unless the case sets a floor."""
    got, want = np.array([1e-12, 1.0]), np.array([0.0, 1.0])
    found = fault(got, want, 1.0, entrywise=True)
    assert found is not None
    assert "more than a million" in found.message
    assert fault(got, want, 1.0, entrywise=True, floor=1e-10) is None


def test_entrywise_infinity_and_empty_arrays_are_compared_as_ever() -> None:
    """Infinity in the same places is right; nothing is right about nothing."""
    want = np.array([np.inf, 2.0])
    assert fault(want.copy(), want, 2.0, entrywise=True) is None
    assert fault(np.zeros((0, 3)), np.zeros((0, 3)), 0.0, entrywise=True) is None
