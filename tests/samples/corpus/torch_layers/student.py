"""Modules as in a tutorial."""

import torch
from torch import nn


class ReLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx, z):
        ctx.save_for_backward(z)
        return torch.clamp(z, min=0)

    @staticmethod
    def backward(ctx, grad_output):
        (z,) = ctx.saved_tensors
        grad_input = grad_output.clone()
        grad_input[z < 0] = 0
        return grad_input


class SigmoidBCE(torch.autograd.Function):
    @staticmethod
    def forward(ctx, z, y):
        ctx.save_for_backward(z, y)
        losses = torch.clamp(z, min=0) - z * y + torch.log1p(torch.exp(-torch.abs(z)))
        return losses.mean()

    @staticmethod
    def backward(ctx, grad_output):
        z, y = ctx.saved_tensors
        m = z.shape[0]
        dz = (torch.sigmoid(z) - y) / m
        return grad_output * dz, None


class TwoLayer(nn.Module):
    def __init__(self, n_x, n_h):
        super().__init__()
        self.W1 = nn.Parameter(torch.randn(n_h, n_x).double() * 0.1)
        self.b1 = nn.Parameter(torch.zeros(n_h).double())
        self.W2 = nn.Parameter(torch.randn(1, n_h).double() * 0.1)
        self.b2 = nn.Parameter(torch.zeros(1).double())

    def forward(self, X):
        z1 = torch.matmul(X, self.W1.t()) + self.b1
        a1 = ReLU.apply(z1)
        return torch.matmul(a1, self.W2.t()) + self.b2


class WindowLM(nn.Module):
    def __init__(self, V, d, n, n_h):
        super().__init__()
        self.E = nn.Parameter(torch.randn(V, d).double() * 0.1)
        self.W1 = nn.Parameter(torch.randn(n_h, (n - 1) * d).double() * 0.1)
        self.b1 = nn.Parameter(torch.zeros(n_h).double())
        self.W2 = nn.Parameter(torch.randn(V, n_h).double() * 0.1)
        self.b2 = nn.Parameter(torch.zeros(V).double())

    def forward(self, contexts):
        e = self.E[contexts].view(contexts.shape[0], -1)
        z1 = torch.matmul(e, self.W1.t()) + self.b1
        a1 = torch.tanh(z1)
        return torch.matmul(a1, self.W2.t()) + self.b2
