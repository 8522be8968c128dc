"""Words as one-hot vectors, and other roads to the same numbers.

Breaks the assumption that embeddings are looked up by index: one-hot vectors times E; ReLU is
(z + |z|) / 2, the sigmoid a tanh, tanh a sigmoid, the loss a log-sum-exp over two classes.
"""

import torch


class ReLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx, z):
        ctx.save_for_backward(z)
        return (z + z.abs()) / 2

    @staticmethod
    def backward(ctx, grad_output):
        (z,) = ctx.saved_tensors
        return (torch.sign(z) + 1).clamp(max=1) * grad_output


class SigmoidBCE(torch.autograd.Function):
    @staticmethod
    def forward(ctx, z, y):
        ctx.save_for_backward(z, y)
        two_classes = torch.cat([torch.zeros_like(z), z], dim=1)
        log_p = two_classes - torch.logsumexp(two_classes, dim=1, keepdim=True)
        return -log_p.gather(1, y.long()).mean()

    @staticmethod
    def backward(ctx, grad_output):
        z, y = ctx.saved_tensors
        y_hat = 0.5 + 0.5 * torch.tanh(z / 2)
        return (y_hat - y) * (grad_output / y.shape[0]), torch.zeros_like(y)


class Layers(torch.nn.Module):
    def __init__(self, **shapes):
        super().__init__()
        generator = torch.Generator().manual_seed(7)
        for name, shape in shapes.items():
            values = torch.rand(shape, generator=generator, dtype=torch.float64) - 0.5
            self.register_parameter(name, torch.nn.Parameter(values))


class TwoLayer(Layers):
    def __init__(self, n_x, n_h):
        super().__init__(W1=(n_h, n_x), b1=(n_h,), W2=(1, n_h), b2=(1,))

    def forward(self, X):
        ones = X.new_ones(len(X), 1)
        a1 = ReLU.apply(torch.cat([X, ones], 1) @ torch.cat([self.W1, self.b1[:, None]], 1).T)
        return torch.cat([a1, ones], 1) @ torch.cat([self.W2, self.b2[:, None]], 1).T


class WindowLM(Layers):
    def __init__(self, V, d, n, n_h):
        super().__init__(E=(V, d), W1=(n_h, (n - 1) * d), b1=(n_h,), W2=(V, n_h), b2=(V,))

    def forward(self, contexts):
        words = torch.arange(len(self.E))
        hot = (contexts.unsqueeze(-1) == words).to(self.E.dtype)
        e = (hot @ self.E).flatten(1)
        a1 = 2 * torch.sigmoid(2 * (e @ self.W1.T + self.b1)) - 1
        return a1 @ self.W2.T + self.b2
