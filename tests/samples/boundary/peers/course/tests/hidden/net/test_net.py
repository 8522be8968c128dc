import numpy as np
import pytest
from grader.testing import approx


def test_forward(student, reference, rng):
    """Net: the output"""
    x = rng.normal(size=(5, 3)).astype(np.float32)
    net = student.Net(3, 2)
    assert list(net.state_dict()) == ["fc.weight", "fc.bias"]
    w, b = np.asarray(net.fc.weight), np.asarray(net.fc.bias)
    out = net(student.tensor(x))
    assert out.shape == (5, 2)
    assert out.dtype == "torch.float32"
    assert np.allclose(out, np.maximum(x @ w.T + b, 0), atol=1e-6)
    assert out == approx(np.maximum(x @ w.T + b, 0), rtol=1e-4, atol=1e-6)
    out.sum().backward()
    assert np.asarray(net.fc.weight.grad).shape == (2, 3)
    assert net.fc.weight.requires_grad is True


def test_reference(student, reference, rng):
    """Net: as the reference"""
    x = rng.normal(size=(4, 3)).astype(np.float32)
    ours, theirs = reference.Net(3, 2), student.Net(3, 2)
    state = {k: np.asarray(v) for k, v in ours.state_dict().items()}
    theirs.load_state_dict({k: student.tensor(v) for k, v in state.items()})
    assert theirs(student.tensor(x)) == approx(ours(reference.tensor(x)))


def test_table(student):
    """table"""
    import pandas as pd
    frame = student.table(3)
    pd.testing.assert_frame_equal(frame, pd.DataFrame({"a": range(3), "b": list("xyz")}))
    assert student.total(pd.DataFrame({"a": [1, 2], "c": pd.Categorical(["u", "v"])})) == 3
