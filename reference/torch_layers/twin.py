"""torch_layers in NumPy: the right answers, for a grader that never imports PyTorch.

Each class of solution.py is a function here, which answers what `grader.sandbox.guest.torch_bridge` asks of the
class: the output of inputs alone, the gradients when the upstream gradient is given too.
"""

import numpy as np


def relu(z):
    return np.maximum(z, 0)


def ReLU(inputs, grad_output=None, between=None):
    z = inputs["z"]
    if grad_output is None:
        return relu(z)
    return {"z": grad_output * (z >= 0)}


def sigmoid(z):
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, e) / (1 + e)


def SigmoidBCE(inputs, grad_output=None, between=None):
    z, y = inputs["z"], inputs["y"]
    if grad_output is None:
        log_one_plus_exp = np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))
        return np.mean(log_one_plus_exp - y * z)
    return {"z": grad_output * (sigmoid(z) - y) / len(y)}


def fitted(params, **shapes):
    """The parameters as they were copied in; zeros where the module's shape is another."""
    return {
        name: params[name] if params[name].shape == shape else np.zeros(shape)
        for name, shape in shapes.items()
    }


def TwoLayer(sizes, params, inputs=None, dz2=None):
    n_x, n_h = sizes
    if inputs is None:
        return fitted(params, W1=(n_h, n_x), b1=(n_h,), W2=(1, n_h), b2=(1,))
    X, W1, b1, W2, b2 = inputs["X"], *(params[name] for name in ("W1", "b1", "W2", "b2"))
    z1 = X @ W1.T + b1
    a1 = relu(z1)
    z2 = a1 @ W2.T + b2
    if dz2 is None:
        return z2
    da1 = dz2 @ W2
    dz1 = ReLU({"z": z1}, da1)["z"]
    dW1 = dz1.T @ X
    dX = dz1 @ W1
    return {"W1": dW1, "b1": dz1.sum(axis=0), "W2": dz2.T @ a1, "b2": dz2.sum(axis=0), "X": dX}


def WindowLM(sizes, params, inputs=None, dlogits=None):
    V, d, n, n_h = sizes
    width = (n - 1) * d
    if inputs is None:
        return fitted(params, E=(V, d), W1=(n_h, width), b1=(n_h,), W2=(V, n_h), b2=(V,))
    E, W1, b1, W2, b2 = (params[name] for name in ("E", "W1", "b1", "W2", "b2"))
    contexts = inputs["contexts"]
    e = E[contexts].reshape(len(contexts), width)
    h = np.tanh(e @ W1.T + b1)
    logits = h @ W2.T + b2
    if dlogits is None:
        return logits
    dh = dlogits @ W2
    dz = dh * (1 - h**2)
    de = (dz @ W1).reshape(*contexts.shape, d)
    dE = np.zeros_like(E)
    np.add.at(dE, contexts, de)
    dW2 = dlogits.T @ h
    return {"E": dE, "W1": dz.T @ e, "b1": dz.sum(axis=0), "W2": dW2, "b2": dlogits.sum(axis=0)}
