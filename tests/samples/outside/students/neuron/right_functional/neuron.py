import torch
import torch.nn as nn
import torch.nn.functional as F


class Neuron(nn.Module):
    def __init__(self, inputs):
        super(Neuron, self).__init__()
        self.linear = nn.Linear(in_features=inputs, out_features=1)

    def forward(self, x):
        return F.linear(x, self.linear.weight, self.linear.bias).sigmoid()


def step(model, x, y, rate):
    loss = F.mse_loss(model(x), y)
    grads = torch.autograd.grad(loss, list(model.parameters()))
    with torch.no_grad():
        for p, g in zip(model.parameters(), grads):
            p.sub_(rate * g)
    return float(loss)
