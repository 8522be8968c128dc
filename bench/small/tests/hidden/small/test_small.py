"""The six hidden tests, as grader has them; `plain_tests.py` has the same for the others."""

import numpy as np
import pytest

from grader.testing import Failed, arrays_of

from . import cases


@pytest.mark.points(10)
def test_expression(check):
    """expression computes c (a + 2b)"""
    check(cases.expression_cases)


@pytest.mark.points(15)
def test_expression_gradient(check):
    """expression_gradient gives the three slopes of c (a + 2b)"""
    check(cases.expression_gradient_cases)


@pytest.mark.points(20)
def test_forward(check):
    """forward gives the predictions, and a cache with all its keys"""
    check(cases.forward_cases)


@pytest.mark.points(15)
def test_loss(check):
    """loss is the mean binary cross-entropy"""
    check(cases.loss_cases)


@pytest.mark.points(20)
def test_backward(check):
    """backward gives the gradients of the mean loss"""
    check(cases.backward_cases)


@pytest.mark.points(20)
def test_backward_by_numbers(check):
    """backward is the slope of your own loss, coordinate by coordinate"""
    drawn = check.draw(cases.by_number_cases)
    check.function = "backward"
    gradient, *losses = check.asked.answers(drawn)
    for answer in (gradient, *losses):
        if answer.error is not None:
            raise Failed(str(answer.error), detail=answer.error.detail)
    given = _entries([gradient])
    values = _entries(losses)
    if len(values) != len(losses) or 2 * len(given) != len(losses):
        raise Failed("backward or loss returns another shape than it should")
    slopes = (values[::2] - values[1::2]) / (2 * cases.STEP)
    if not np.linalg.norm(given - slopes) <= 1e-6 * np.linalg.norm(slopes) > 0:
        raise Failed("backward is not the slope of your own loss")


def _entries(answers):
    arrays = [array for answer in answers for array in arrays_of(answer.value).values()]
    return np.concatenate([np.ravel(array).astype(float) for array in arrays] or [np.empty(0)])
