"""The hidden tests of micrograd."""

import pytest


@pytest.mark.points(20)
def test_sum(student, rng):
    """Value: sums"""
    a, b = (float(x) for x in rng.normal(size=2))
    assert (student.Value(a) + student.Value(b)).data == a + b


@pytest.mark.points(20)
def test_product(student, rng):
    """Value: products"""
    a, b = (float(x) for x in rng.normal(size=2))
    assert (student.Value(a) * student.Value(b)).data == a * b


@pytest.mark.points(20)
def test_reuse(student, rng):
    """Value: a node that is used twice"""
    x = float(rng.normal())
    a = student.Value(x)
    out = a * a + a
    out.backward()
    assert a.grad == pytest.approx(2 * x + 1)


@pytest.mark.points(40)
def test_network(student, reference, rng):
    """Value: the gradients of a neuron with 20 inputs, four times"""
    for _ in range(4):
        xs, ws = rng.normal(size=(2, 20)).tolist()
        found = []
        for module in (student, reference):
            inputs = [module.Value(x) for x in xs]
            weights = [module.Value(w) for w in ws]
            total = module.Value(0.1)
            for x, w in zip(inputs, weights, strict=True):
                total = total + x * w
            total.tanh().backward()
            found.append([w.grad for w in weights])
        assert found[0] == pytest.approx(found[1])
