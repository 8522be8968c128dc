"""Every product an einsum; the parameters of WindowLM are stored the other way round in memory.

Breaks the assumption that parameters and answers are contiguous, and that W1 is used as one
matrix: here it is one matrix per slot.
"""

import torch


class ReLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx, z):
        ctx.on = torch.heaviside(z, torch.ones((), dtype=z.dtype))
        return torch.einsum("...,...->...", z, ctx.on)

    @staticmethod
    def backward(ctx, grad_output):
        return torch.einsum("...,...->...", grad_output, ctx.on)


class SigmoidBCE(torch.autograd.Function):
    @staticmethod
    def forward(ctx, z, y):
        ctx.save_for_backward(z, y)
        sign = 1 - 2 * y
        return torch.einsum("mk->", torch.logaddexp(sign * z, torch.zeros_like(z))) / len(z)

    @staticmethod
    def backward(ctx, grad_output):
        z, y = ctx.saved_tensors
        return torch.einsum(",mk->mk", grad_output / len(z), torch.special.expit(z) - y), None


def turned(rows, columns):
    return torch.nn.Parameter(torch.randn(columns, rows, dtype=torch.float64).T / 10)


def zeros(size):
    return torch.nn.Parameter(torch.zeros(size, dtype=torch.double))


class TwoLayer(torch.nn.Module):
    def __init__(self, n_x, n_h):
        super().__init__()
        self.b2, self.W2, self.b1, self.W1 = zeros(1), turned(1, n_h), zeros(n_h), turned(n_h, n_x)

    def forward(self, X):
        z1 = torch.einsum("hx,mx->mh", self.W1, X) + self.b1
        return torch.einsum("oh,mh->mo", self.W2, ReLU.apply(z1)) + self.b2


class WindowLM(torch.nn.Module):
    def __init__(self, V, d, n, n_h):
        super().__init__()
        self.E = turned(V, d)
        self.W1 = turned(n_h, (n - 1) * d)
        self.b1 = zeros(n_h)
        self.W2 = turned(V, n_h)
        self.b2 = zeros(V)

    def forward(self, contexts):
        per_slot = self.W1.reshape(len(self.W1), -1, self.E.shape[1])
        z1 = torch.einsum("hsd,msd->mh", per_slot, self.E[contexts]) + self.b1
        z2 = torch.einsum("vh,mh->vm", self.W2, z1.tanh()) + self.b2[:, None]
        return z2.T
