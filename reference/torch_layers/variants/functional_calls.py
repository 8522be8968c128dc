"""torch.nn.functional throughout, with register_parameter and a reset_parameters method.

Breaks the assumption that a backward is written out: here each calls torch's own autograd on
a graph made inside; and that __init__ takes nothing but the contract's arguments.
"""

import math

import torch
import torch.nn.functional as F
from torch.nn import Module, Parameter, init


class ReLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx, z, inplace=False):
        ctx.save_for_backward(z)
        return F.relu(z)

    @staticmethod
    def backward(ctx, grad_output):
        with torch.enable_grad():
            z = ctx.saved_tensors[0].detach().requires_grad_()
            a = torch.where(z < 0, 0 * z, z)
        return (*torch.autograd.grad(a, z, grad_output), None)


class SigmoidBCE(torch.autograd.Function):
    @staticmethod
    def forward(ctx, z, y):
        ctx.save_for_backward(z, y)
        return F.binary_cross_entropy_with_logits(z, y)

    @staticmethod
    def backward(ctx, grad_output):
        with torch.enable_grad():
            z, y = (tensor.detach() for tensor in ctx.saved_tensors)
            z.requires_grad_(True)
            loss = F.binary_cross_entropy_with_logits(z, y, reduction="mean")
        return torch.autograd.grad(loss, z, grad_output)[0], None


class TwoLayer(Module):
    def __init__(self, n_x, n_h, *, device=None, dtype=torch.float64):
        Module.__init__(self)
        kind = {"device": device, "dtype": dtype}
        self.register_parameter("W1", Parameter(torch.empty(n_h, n_x, **kind)))
        self.register_parameter("b1", Parameter(torch.empty(n_h, **kind)))
        self.register_parameter("W2", Parameter(torch.empty(1, n_h, **kind)))
        self.register_parameter("b2", Parameter(torch.empty(1, **kind)))
        self.reset_parameters()

    def reset_parameters(self):
        init.kaiming_uniform_(self.W1, nonlinearity="relu")
        init.xavier_normal_(self.W2)
        init.zeros_(self.b1)
        init.zeros_(self.b2)

    def extra_repr(self):
        return f"n_x={self.W1.shape[1]}, n_h={self.W1.shape[0]}"

    def forward(self, X):
        return F.linear(ReLU.apply(F.linear(X, self.W1, self.b1)), self.W2, self.b2)


class WindowLM(Module):
    def __init__(self, V, d, n, n_h, *, device=None, dtype=torch.float64):
        Module.__init__(self)
        kind = {"device": device, "dtype": dtype}
        self.E = Parameter(torch.empty(V, d, **kind))
        self.W1 = Parameter(torch.empty(n_h, (n - 1) * d, **kind))
        self.b1 = Parameter(torch.empty(n_h, **kind))
        self.W2 = Parameter(torch.empty(V, n_h, **kind))
        self.b2 = Parameter(torch.empty(V, **kind))
        for parameter in self.parameters():
            init.normal_(parameter, std=1 / math.sqrt(V))

    def forward(self, contexts):
        e = F.embedding(contexts, self.E).flatten(start_dim=-2)
        return F.linear(F.tanh(F.linear(e, self.W1, self.b1)), self.W2, self.b2)
