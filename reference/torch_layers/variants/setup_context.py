"""Functions in PyTorch's newer form: forward without ctx, and setup_context beside it.

Breaks the assumption that forward's first argument is the context; what is saved is a mask and a
finished gradient, not the inputs.
"""

import torch
from torch.autograd.function import once_differentiable


class ReLU(torch.autograd.Function):
    @staticmethod
    def forward(z):
        return torch.maximum(z, torch.zeros_like(z))

    @staticmethod
    def setup_context(ctx, inputs, output):
        (z,) = inputs
        ctx.save_for_backward(z < 0)

    @staticmethod
    @once_differentiable
    def backward(ctx, grad_output):
        (silent,) = ctx.saved_tensors
        return grad_output.masked_fill(silent, 0.0)


class SigmoidBCE(torch.autograd.Function):
    @staticmethod
    def forward(z, y):
        return torch.nn.functional.softplus((1 - 2 * y) * z, threshold=40).mean()

    @staticmethod
    def setup_context(ctx, inputs, output):
        z, y = inputs
        ctx.save_for_backward((torch.sigmoid(z) - y) / z.numel())

    @staticmethod
    def backward(ctx, upstream):
        (slope,) = ctx.saved_tensors
        return upstream * slope, None


class TwoLayer(torch.nn.Module):
    def __init__(self, n_x, n_h):
        super().__init__()
        shapes = {"W1": (n_h, n_x), "b1": (n_h,), "W2": (1, n_h), "b2": (1,)}
        for name, shape in shapes.items():
            values = torch.empty(shape, dtype=torch.float64).uniform_(-0.1, 0.1)
            setattr(self, name, torch.nn.Parameter(values))

    def forward(self, X):
        a1 = ReLU.apply(torch.addmm(self.b1, X, self.W1.mT))
        return torch.addmm(self.b2, a1, self.W2.mT)


class WindowLM(torch.nn.Module):
    def __init__(self, V, d, n, n_h):
        super().__init__()
        shapes = {"E": (V, d), "W1": (n_h, n * d - d), "b1": (n_h,), "W2": (V, n_h), "b2": (V,)}
        for name, shape in shapes.items():
            values = torch.empty(shape, dtype=torch.float64).uniform_(-0.1, 0.1)
            setattr(self, name, torch.nn.Parameter(values))

    def forward(self, contexts):
        e = self.E.index_select(0, contexts.flatten()).view(contexts.size(0), -1)
        a1 = torch.addmm(self.b1, e, self.W1.mT).tanh()
        return torch.addmm(self.b2, a1, self.W2.mT)
