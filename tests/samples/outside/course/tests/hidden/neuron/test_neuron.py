import numpy as np
import pytest

from grader.testing import approx


def ready(module, weight):
    """Return a neuron of ``module`` with these weights."""
    model = module.Neuron(3)
    model.load_state_dict(
        {"linear.weight": module.tensor(weight), "linear.bias": module.tensor(np.float32([0.5]))}
    )
    return model


@pytest.mark.points(4)
def test_names(student):
    """Neuron: the names of its parameters"""
    assert list(student.Neuron(3).state_dict()) == ["linear.weight", "linear.bias"]


@pytest.mark.points(3)
def test_forward(student, rng):
    """Neuron: its output"""
    x, weight = (rng.normal(size=shape).astype(np.float32) for shape in ((4, 3), (1, 3)))
    out = ready(student, weight)(student.tensor(x))
    assert out.shape == (4, 1)
    assert np.asarray(out) == approx(1 / (1 + np.exp(-(x @ weight.T + 0.5))), rtol=1e-4)


@pytest.mark.points(3)
def test_step(student, reference, rng):
    """step: the loss, and the weights after one step"""
    x, weight = (rng.normal(size=shape).astype(np.float32) for shape in ((4, 3), (1, 3)))
    y = np.float32([[0], [1], [1], [0]])
    found = []
    for module in (student, reference):
        model = ready(module, weight)
        loss = module.step(model, module.tensor(x), module.tensor(y), 0.1)
        found.append((loss, np.asarray(model.linear.weight)))
    assert found[0][0] == approx(found[1][0], rtol=1e-4)
    assert found[0][1] == approx(found[1][1], rtol=1e-4)
