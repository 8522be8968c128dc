"""A neuron with PyTorch

Write a module with one linear layer.
"""

import torch
from torch import nn


class Neuron(nn.Module):
    """A linear layer and a sigmoid."""

    def __init__(self, inputs):
        """Make the layer ``linear`` with one output."""
        super().__init__()
        # BEGIN SOLUTION
        self.linear = nn.Linear(inputs, 1)
        # END SOLUTION

    def forward(self, x):
        """Return the sigmoid of the linear layer's output, of shape (n, 1)."""
        # BEGIN SOLUTION
        return torch.sigmoid(self.linear(x))
        # END SOLUTION


def step(model, x, y, rate):
    """Take one step of gradient descent on the mean squared error; return the loss before it."""
    # BEGIN SOLUTION
    loss = ((model(x) - y) ** 2).mean()
    model.zero_grad()
    loss.backward()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter -= rate * parameter.grad
    return loss.item()
    # END SOLUTION
