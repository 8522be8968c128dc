"""ReLU and SigmoidBCE: what autograd is taught."""

import pytest

from .cases import (
    LOSS,
    LOSS_ALIVE,
    LOSS_FAR,
    RELU,
    RELU_ALIVE,
    far_gradient_cases,
    far_loss_cases,
    loss_alive_cases,
    loss_cases,
    loss_gradient_cases,
    relu_alive_cases,
    relu_at_zero_cases,
    relu_cases,
    relu_gradient_cases,
)


@pytest.mark.points(4)
def test_relu(check):
    """ReLU sets negative values to 0 and keeps the others"""
    check(relu_cases)


@pytest.mark.points(8)
def test_relu_gradient(check):
    """ReLU passes the upstream gradient back where z is positive"""
    check(relu_gradient_cases, "z", name="the gradient of z", gradient=RELU)


@pytest.mark.points(3)
def test_relu_at_zero(check):
    """ReLU has slope 1 at exactly 0, as in the lecture"""
    check(relu_at_zero_cases, "z", name="the gradient of z")


@pytest.mark.points(3)
def test_relu_twice_before_backward(check):
    """ReLU, applied twice before any backward, keeps the two apart"""
    check(relu_alive_cases, "z", name="the gradient of z", gradient=RELU_ALIVE)


@pytest.mark.points(5)
def test_loss(check):
    """SigmoidBCE is the mean binary cross-entropy"""
    check(loss_cases, name="the loss")


@pytest.mark.points(5)
def test_loss_far_out(check):
    """SigmoidBCE is finite and right for logits up to 800"""
    check(far_loss_cases, name="the loss")


@pytest.mark.points(7)
def test_loss_gradient(check):
    """SigmoidBCE's gradient belongs to the mean, times what comes from above"""
    check(loss_gradient_cases, "z", name="the gradient of z", gradient=LOSS)


@pytest.mark.points(4)
def test_loss_gradient_far_out(check):
    """SigmoidBCE's gradient is right for logits up to 800"""
    check(far_gradient_cases, "z", name="the gradient of z", gradient=LOSS_FAR)


@pytest.mark.points(2)
def test_loss_twice_before_backward(check):
    """SigmoidBCE, applied twice before any backward, keeps the two apart"""
    check(loss_alive_cases, "z", name="the gradient of z", gradient=LOSS_ALIVE)
