import torch
from torch import nn


class Neuron(nn.Module):
    def __init__(self, inputs):
        super().__init__()
        self.layer = nn.Linear(inputs, 1)

    def forward(self, x):
        return self.layer(x)


def step(model, x, y, rate):
    return 0.0
