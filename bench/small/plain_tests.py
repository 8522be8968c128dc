"""The six hidden tests of the small assignment as asserts, for graders that run the tests where the
student's code runs. The first cell is what they share; the title of another is "name: points".
"""

# %% given
import numpy as np


def _network(seed):
    rng = np.random.default_rng(seed)
    params = {
        "W1": rng.uniform(-0.7, 0.7, (4, 3)),
        "b1": rng.uniform(-0.5, 0.5, 4),
        "W2": rng.uniform(-0.7, 0.7, (1, 4)),
        "b2": rng.uniform(-0.5, 0.5, 1),
    }
    return params, rng.standard_normal((5, 3)), np.array([[0.0], [1.0], [0.0], [1.0], [1.0]])


def _nodes(params, X):
    z1 = X @ params["W1"].T + params["b1"]
    a1 = np.maximum(z1, 0.0)
    y_hat = 1 / (1 + np.exp(-(a1 @ params["W2"].T + params["b2"])))
    return {"X": X, "z1": z1, "a1": a1, "y_hat": y_hat}


# %% expression: 10
for _a, _b, _c in np.random.default_rng(1).uniform(2.1, 2.9, (3, 3)):
    assert np.allclose(expression(_a, _b, _c), _c * (_a + 2 * _b))

# %% expression_gradient: 15
for _a, _b, _c in np.random.default_rng(2).uniform(2.1, 2.9, (3, 3)):
    assert np.allclose(expression_gradient(_a, _b, _c), [_c, 2 * _c, _a + 2 * _b])

# %% forward: 20
for _seed in (3, 4, 5):
    _params, _X, _ = _network(_seed)
    _y_hat, _cache = forward(_params, _X)
    _right = _nodes(_params, _X)
    assert np.shape(_y_hat) == (5, 1)
    assert np.allclose(_y_hat, _right["y_hat"])
    for _key, _array in _right.items():
        assert np.shape(_cache[_key]) == _array.shape
        assert np.allclose(_cache[_key], _array)

# %% loss: 15
for _seed in (6, 7, 8):
    _params, _X, _y = _network(_seed)
    _y_hat = _nodes(_params, _X)["y_hat"]
    _right = -np.mean(_y * np.log(_y_hat) + (1 - _y) * np.log(1 - _y_hat))
    assert np.allclose(loss(_params, _X, _y), _right)

# %% backward: 20
for _seed in (9, 10, 11):
    _params, _X, _y = _network(_seed)
    _cache = _nodes(_params, _X)
    _z2 = (_cache["y_hat"] - _y) / len(_y)
    _z1 = _z2 @ _params["W2"] * (_cache["z1"] > 0)
    _right = {"W1": _z1.T @ _X, "b1": _z1.sum(0), "W2": _z2.T @ _cache["a1"], "b2": _z2.sum(0)}
    _grads = backward(_params, _cache, _y)
    for _key, _array in _right.items():
        assert np.shape(_grads[_key]) == _array.shape
        assert np.allclose(_grads[_key], _array)

# %% backward_by_numbers: 20
_params, _X, _y = _network(12)
_grads = backward(_params, _nodes(_params, _X), _y)
for _key, _array in _params.items():
    _slopes = np.zeros(_array.shape)
    for _index in np.ndindex(_array.shape):
        _moved = {_step: _array.copy() for _step in (1e-5, -1e-5)}
        for _step, _each in _moved.items():
            _each[_index] += _step
        _ahead, _behind = (loss({**_params, _key: _each}, _X, _y) for _each in _moved.values())
        _slopes[_index] = (_ahead - _behind) / 2e-5
    assert np.allclose(_grads[_key], _slopes, rtol=1e-5, atol=1e-8)
