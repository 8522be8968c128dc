"""Layers made of nn.Linear and nn.Embedding, their parameters listed under the deck's names too.

Breaks the assumption that a parameter has one name and may be replaced by another object: values
must be copied *into* the parameters, which the inner layers share.
"""

import torch
from torch import nn


class ReLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx, input):
        ctx.save_for_backward(input)
        return nn.functional.relu(input)

    @staticmethod
    def backward(ctx, grad_output):
        (input,) = ctx.saved_tensors
        grad_input = grad_output.clone()
        grad_input[input < 0] = 0
        return grad_input


class SigmoidBCE(torch.autograd.Function):
    @staticmethod
    def forward(ctx, input, target):
        ctx.save_for_backward(input, target)
        return nn.BCEWithLogitsLoss()(input, target)

    @staticmethod
    def backward(ctx, grad_output):
        input, target = ctx.saved_tensors
        return (input.sigmoid() - target).div(input.size(0)).mul(grad_output), None


class TwoLayer(nn.Module):
    def __init__(self, n_x, n_h):
        super().__init__()
        self.hidden = nn.Linear(n_x, n_h).double()
        self.output = nn.Linear(n_h, 1).double()
        self.W1, self.b1 = self.hidden.weight, self.hidden.bias
        self.W2, self.b2 = self.output.weight, self.output.bias

    def forward(self, X):
        return self.output(ReLU.apply(self.hidden(X)))


class WindowLM(nn.Module):
    def __init__(self, V, d, n, n_h):
        super().__init__()
        self.embedding = nn.Embedding(V, d)
        self.layers = nn.Sequential(nn.Linear((n - 1) * d, n_h), nn.Tanh(), nn.Linear(n_h, V))
        self.to(torch.float64)
        self.E = self.embedding.weight
        self.W1, self.b1 = self.layers[0].weight, self.layers[0].bias
        self.W2, self.b2 = self.layers[2].weight, self.layers[2].bias

    def forward(self, contexts):
        return self.layers(self.embedding(contexts).flatten(1))
