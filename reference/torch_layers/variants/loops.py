"""One example, one unit, one number at a time.

Breaks the assumption that torch code is vectorised and fast: the functions go through Python
numbers, the modules stack their outputs one by one.
"""

import math

import torch


class ReLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx, z):
        ctx.save_for_backward(z)
        values = [max(0.0, number) for number in z.flatten().tolist()]
        return torch.tensor(values, dtype=z.dtype).reshape(z.shape)

    @staticmethod
    def backward(ctx, grad_output):
        z = ctx.saved_tensors[0].flatten()
        slopes = torch.zeros(len(z), dtype=z.dtype)
        upstream = grad_output.flatten()
        for k in range(len(z)):
            if z[k] >= 0:
                slopes[k] = upstream[k]
        return slopes.reshape(grad_output.shape)


def sigmoid(z):
    if z < 0:
        return math.exp(z) / (1 + math.exp(z))
    return 1 / (1 + math.exp(-z))


class SigmoidBCE(torch.autograd.Function):
    @staticmethod
    def forward(ctx, z, y):
        ctx.pairs = list(zip(z.flatten().tolist(), y.flatten().tolist()))
        total = 0.0
        for logit, label in ctx.pairs:
            away = -logit if label == 1 else logit
            total += max(away, 0.0) + math.log1p(math.exp(-abs(away)))
        return z.new_tensor(total / len(ctx.pairs))

    @staticmethod
    def backward(ctx, grad_output):
        m = len(ctx.pairs)
        rows = [[grad_output.item() * (sigmoid(z) - y) / m] for z, y in ctx.pairs]
        return torch.tensor(rows, dtype=torch.float64), None


def small(*shape):
    return torch.nn.Parameter(0.01 * torch.randn(*shape, dtype=torch.float64))


def layer(W, b, x):
    return torch.stack([torch.dot(row, x) + bias for row, bias in zip(W, b)])


class TwoLayer(torch.nn.Module):
    def __init__(self, n_x, n_h):
        super().__init__()
        self.W1 = small(n_h, n_x)
        self.b1 = small(n_h)
        self.W2 = small(1, n_h)
        self.b2 = small(1)

    def forward(self, X):
        logits = []
        for x in X:
            a1 = ReLU.apply(layer(self.W1, self.b1, x))
            logits.append(layer(self.W2, self.b2, a1))
        return torch.stack(logits)


class WindowLM(torch.nn.Module):
    def __init__(self, V, d, n, n_h):
        super().__init__()
        self.E = small(V, d)
        self.W1 = small(n_h, (n - 1) * d)
        self.b1 = small(n_h)
        self.W2 = small(V, n_h)
        self.b2 = small(V)

    def forward(self, contexts):
        logits = []
        for context in contexts.tolist():
            e = torch.cat([self.E[word] for word in context])
            a1 = torch.tanh(layer(self.W1, self.b1, e))
            logits.append(layer(self.W2, self.b2, a1))
        return torch.stack(logits)
