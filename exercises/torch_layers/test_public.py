"""The public tests of torch_layers: worked numbers of the text, shapes, and what is at the edge.

`grader check torch_layers.py` runs them, and needs PyTorch. Passing all of them is a good sign and
no proof: the grader has other shapes and other numbers.
"""

import math

import numpy as np

from grader.testing import Gradient, expect, finite, shaped

EXERCISE = "torch_layers"
IMPORTS = ("torch",)

TWO_LAYER = ("W1", "b1", "W2", "b2")
WINDOW_LM = ("E", *TWO_LAYER)


def tensor(values, learns=False):
    """Numbers as a tensor, float64 or int64."""
    import torch

    return torch.tensor(np.asarray(values), requires_grad=learns)


def numbers(what, values, dtype="float64"):
    """Assert that ``values`` is a tensor of that type, and return its numbers."""
    import torch

    assert values is not None, f"{what} is None: is a return missing?"
    assert isinstance(values, torch.Tensor), f"{what} is a {type(values).__name__}, not a tensor"
    assert str(values.dtype) == f"torch.{dtype}", f"{what} is {values.dtype}; it should be {dtype}"
    return values.detach().numpy()


def slope(what, output, upstream, *leaves):
    """What autograd finds for the leaves when ``upstream`` arrives at ``output``."""
    import torch

    assert isinstance(output, torch.Tensor), f"{what} is a {type(output).__name__}, not a tensor"
    assert output.requires_grad, f"{what} is cut off from what it was computed from"
    upstream = tensor(upstream)
    assert output.shape == upstream.shape, (
        f"{what} has shape {tuple(output.shape)}; it should be {tuple(upstream.shape)}"
    )
    found = torch.autograd.grad(output, leaves, upstream, allow_unused=True)
    return [None if grad is None else numbers("a gradient", grad) for grad in found]


def parameters(what, module, shapes):
    """Assert that a module lists these parameters and no others; return them by name."""
    found = dict(module.named_parameters())
    for name, shape in shapes.items():
        listed = ", ".join(found) or "none"
        assert name in found, f"{what} lists no parameter {name}; it lists {listed}"
        shaped(f"{name} of {what}", numbers(f"{name} of {what}", found[name]), shape)
    extra = [name for name in found if name not in shapes]
    assert not extra, f"{what} lists more parameters than asked for: {', '.join(extra)}"
    return found


def with_values(module, found, values):
    """The module with values copied into its parameters."""
    import torch

    with torch.no_grad():
        for name, parameter in found.items():
            parameter.copy_(tensor(values[name]))
    return module


def test_relu(student):
    """ReLU sets negative values to 0 and keeps the others, in any shape."""
    a = student.ReLU.apply(tensor([-2.0, 0.0, 3.0]))
    expect("ReLU of (-2, 0, 3)", numbers("ReLU", a), [0, 0, 3])
    a = student.ReLU.apply(tensor([[[1.5], [-3.0]]]))
    expect("ReLU of an array of shape (1, 2, 1)", numbers("ReLU", a), [[[1.5], [0]]])


def test_relu_backward(student):
    """ReLU sends 5 back as (0, 5, 5): the slope at 0 is 1."""
    z = tensor([-2.0, 0.0, 3.0], learns=True)
    (dz,) = slope("ReLU", student.ReLU.apply(z), [5.0, 5.0, 5.0], z)
    expect("the gradient of z at (-2, 0, 3)", dz, [0, 5, 5])


def test_relu_changes_nothing(student):
    """ReLU does not change its arguments z and grad_output."""
    import torch

    z, upstream = tensor([-2.0, 0.0, 3.0], learns=True), tensor([5.0, 6.0, 7.0])
    torch.autograd.grad(student.ReLU.apply(z), z, upstream)
    expect("z after ReLU", numbers("z", z), [-2, 0, 3])
    expect("grad_output after ReLU's backward", numbers("grad_output", upstream), [5, 6, 7])


def test_relu_twice(student):
    """Two ReLUs in one graph: each backward uses its own z."""
    z, u = tensor([-2.0, 3.0], learns=True), tensor([4.0, -1.0], learns=True)
    first, second = student.ReLU.apply(z), student.ReLU.apply(u)
    dz, du = slope("the sum of two ReLUs", first + second, [1.0, 1.0], z, u)
    expect("the gradient of z at (-2, 3)", dz, [0, 1])
    expect("the gradient of u at (4, -1)", du, [1, 0])


def test_sigmoid_bce(student):
    """SigmoidBCE gives the worked example: z = 0 and y = 1 cost ln 2."""
    loss = student.SigmoidBCE.apply(tensor([[0.0]]), tensor([[1.0]]))
    expect("the loss of z = 0, y = 1", numbers("SigmoidBCE", loss), math.log(2))


def test_sigmoid_bce_far(student):
    """SigmoidBCE is the mean over the batch, and right at z = 800."""
    z, y = tensor([[0.0], [800.0]], learns=True), tensor([[1.0], [0.0]])
    loss = student.SigmoidBCE.apply(z, y)
    want = (800 + math.log(2)) / 2
    expect("the loss", numbers("SigmoidBCE", loss), want, tolerance=1e-9)
    (dz,) = slope("SigmoidBCE", 3 * loss, 1.0, z)
    expect("the gradient of z in three times the loss", dz, [[-0.75], [1.5]])
    z = tensor([[-800.0], [800.0]], learns=True)
    (dz,) = slope("SigmoidBCE", student.SigmoidBCE.apply(z, y), 1.0, z)
    expect("the gradient of z at -800 and 800", dz, [[-0.5], [0.5]])


def test_sigmoid_bce_twice(student):
    """Two losses in one graph: each backward uses its own z and y."""
    z, u = tensor([[0.0]], learns=True), tensor([[0.0]], learns=True)
    first = student.SigmoidBCE.apply(z, tensor([[1.0]]))
    second = student.SigmoidBCE.apply(u, tensor([[0.0]]))
    dz, du = slope("the sum of two losses", first + second, 1.0, z, u)
    expect("the gradient of z = 0, where y = 1", dz, [[-0.5]])
    expect("the gradient of u = 0, where y = 0", du, [[0.5]])


def test_two_layer(student):
    """TwoLayer lists W1, b1, W2 and b2 as its parameters, float64."""
    net = student.TwoLayer(3, 5)
    shapes = {"W1": (5, 3), "b1": (5,), "W2": (1, 5), "b2": (1,)}
    for name, parameter in parameters("TwoLayer(3, 5)", net, shapes).items():
        finite(name, parameter.detach().numpy(), shapes[name])
    finite("z2", numbers("z2", net(tensor(np.ones((4, 3))))), (4, 1))


def test_two_layer_numbers(student):
    """TwoLayer gives the logits of exercise 2's network."""
    values = {"W1": [[1, 0.5], [-1, 0.25]], "b1": [0, 0], "W2": [[0.5, 1]], "b2": [-1]}
    values = {name: np.array(value, float) for name, value in values.items()}
    net = two_layer(student, values)
    expect("z2", numbers("z2", net(tensor([[1.0, 2.0]]))), [[0]])
    expect("z2 at x = (0, 0)", numbers("z2", net(tensor([[0.0, 0.0]]))), [[-1]])


def test_two_layer_at_zero(student):
    """TwoLayer uses the ReLU above: where z1 is 0, the gradient passes."""
    values = {"W1": [[1.0, -1.0]], "b1": [0.0], "W2": [[3.0]], "b2": [0.0]}
    net = two_layer(student, {name: np.array(value) for name, value in values.items()})
    (db1,) = slope("z2", net(tensor([[2.0, 2.0]])), [[1.0]], net.b1)
    assert db1 is not None, "nothing flows back to b1"
    expect("the gradient of b1, where z1 = 0 and W2 = 3,", db1, [3])


def test_window_lm(student):
    """WindowLM lists E, W1, b1, W2 and b2 as its parameters, float64."""
    model = student.WindowLM(7, 2, 3, 5)
    shapes = {"E": (7, 2), "W1": (5, 4), "b1": (5,), "W2": (7, 5), "b2": (7,)}
    for name, parameter in parameters("WindowLM(7, 2, 3, 5)", model, shapes).items():
        finite(name, parameter.detach().numpy(), shapes[name])
    logits = model(tensor([[4, 6], [6, 2], [2, 5]]))
    finite("the logits", numbers("the logits", logits), (3, 7))


def test_window_lm_numbers(student):
    """WindowLM concatenates the embeddings, the oldest word first."""
    values = {"E": np.arange(8.0).reshape(4, 2), "W1": np.eye(4), "b1": np.zeros(4)}
    values |= {"W2": np.eye(4), "b2": np.zeros(4)}
    logits = window_lm(student, values, n=3)(tensor([[1, 2], [3, 0]]))
    want = np.tanh([[2, 3, 4, 5], [6, 7, 0, 1]])
    expect("the logits, which are tanh e here,", numbers("the logits", logits), want)


# --- gradients, beside numeric ones -------------------------------------------------------------


def points(rng):
    """Points on both sides of 0."""
    z = rng.uniform(0.3, 3.0, (3, 4)) * rng.permutation(np.resize([1, -1], 12)).reshape(3, 4)
    return {"z": z, "upstream": rng.standard_normal((3, 4))}


def relu_loss(student, at):
    a = numbers("ReLU", student.ReLU.apply(tensor(at["z"])))
    return np.sum(at["upstream"] * shaped("ReLU", a, (3, 4)))


def relu_gradient(student, at):
    z = tensor(at["z"], learns=True)
    return {"z": slope("ReLU", student.ReLU.apply(z), at["upstream"], z)[0]}


def logits(rng):
    """Five logits."""
    return {"z": rng.uniform(-3, 3, (5, 1)), "y": np.array([[1.0], [0], [1], [1], [0]])}


def bce_loss(student, at):
    loss = student.SigmoidBCE.apply(tensor(at["z"]), tensor(at["y"]))
    return shaped("the loss", numbers("the loss", loss), ()).item()


def bce_gradient(student, at):
    z = tensor(at["z"], learns=True)
    return {"z": slope("SigmoidBCE", student.SigmoidBCE.apply(z, tensor(at["y"])), 1.0, z)[0]}


def five_examples(rng):
    """Five examples, three inputs, four hidden units."""
    shapes = {"W1": (4, 3), "b1": (4,), "W2": (1, 4), "b2": (1,)}
    params = {name: rng.uniform(-0.7, 0.7, shape) for name, shape in shapes.items()}
    return {**params, "X": rng.standard_normal((5, 3)), "upstream": rng.standard_normal((5, 1))}


def five_contexts(rng):
    """Five contexts of two words, some words twice."""
    shapes = {"E": (6, 3), "W1": (4, 6), "b1": (4,), "W2": (6, 4), "b2": (6,)}
    params = {name: rng.uniform(-0.7, 0.7, shape) for name, shape in shapes.items()}
    contexts = np.array([[2, 2], [0, 2], [4, 1], [1, 0], [3, 2]])
    return {**params, "X": contexts, "upstream": rng.standard_normal((5, 6))}


def two_layer(student, at):
    """A TwoLayer of the student's with these values."""
    n_h, n_x = at["W1"].shape
    net = student.TwoLayer(n_x, n_h)
    shapes = {name: at[name].shape for name in TWO_LAYER}
    return with_values(net, parameters("TwoLayer", net, shapes), at)


def window_lm(student, at, n=3):
    """A WindowLM of the student's with these values."""
    (V, d), n_h = at["E"].shape, len(at["b1"])
    model = student.WindowLM(V, d, n, n_h)
    shapes = {name: at[name].shape for name in WINDOW_LM}
    return with_values(model, parameters("WindowLM", model, shapes), at)


def module_gradient(function, draw, make, names):
    """Set what autograd finds for a module beside the numeric gradient of its forward."""

    def loss(student, at):
        out = numbers("what forward returns", make(student, at)(tensor(at["X"])))
        return np.sum(at["upstream"] * shaped("what forward returns", out, at["upstream"].shape))

    def backward(student, at):
        module = make(student, at)
        leaves = [getattr(module, name) for name in names]
        grads = slope("what forward returns", module(tensor(at["X"])), at["upstream"], *leaves)
        return {name: grad for name, grad in zip(names, grads, strict=True) if grad is not None}

    return Gradient(function, draw, loss, backward, names)


GRADIENTS = [
    Gradient("ReLU", points, relu_loss, relu_gradient, ("z",)),
    Gradient("SigmoidBCE", logits, bce_loss, bce_gradient, ("z",)),
    module_gradient("TwoLayer", five_examples, two_layer, ("W2", "b2", "W1", "b1")),
    module_gradient("WindowLM", five_contexts, window_lm, ("W2", "b2", "W1", "b1", "E")),
]
