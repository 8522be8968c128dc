"""The textbook answer with everything that a submission may bring left in.

Breaks the assumption that a submission is only four classes: a training loop on import, a plot, a
self-check, output, warnings, seeds, the choice of a device, anomaly detection, a question under
__main__; the modules have a buffer, a hook and a dropout layer that drops nothing.
"""

import random
import warnings

import matplotlib.pyplot as plt
import numpy as np
import torch
from grader.selfcheck import check
from IPython.display import display
from torch import nn

torch.manual_seed(0)
np.random.seed(0)
random.seed(0)
np.seterr(all="raise")
torch.set_default_dtype(torch.float64)
torch.autograd.set_detect_anomaly(True)
warnings.simplefilter("always")
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
print("device:", device)


# In[1]:
class ReLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx, z):
        ctx.save_for_backward(z)
        return z * (z > 0)

    @staticmethod
    def backward(ctx, grad_output):
        (z,) = ctx.saved_tensors
        print("relu backward", grad_output.shape)
        return grad_output * (z >= 0).double()


class SigmoidBCE(torch.autograd.Function):
    @staticmethod
    def forward(ctx, z, y):
        ctx.save_for_backward(z, y)
        return (torch.clamp(z, min=0) - z * y + torch.log1p(torch.exp(-torch.abs(z)))).mean()

    @staticmethod
    def backward(ctx, grad_output):
        z, y = ctx.saved_tensors
        m = z.shape[0]
        return grad_output * (torch.sigmoid(z) - y) / m, None


# In[2]:
class TwoLayer(nn.Module):
    def __init__(self, n_x, n_h):
        super().__init__()
        self.W1 = nn.Parameter(0.1 * torch.randn(n_h, n_x))
        self.b1 = nn.Parameter(torch.zeros(n_h))
        self.W2 = nn.Parameter(0.1 * torch.randn(1, n_h))
        self.b2 = nn.Parameter(torch.zeros(1))
        self.register_buffer("calls", torch.zeros((), dtype=torch.long))
        self.dropout = nn.Dropout(p=0.0)
        self.register_forward_hook(lambda module, inputs, output: None)
        self.to(device)

    def forward(self, X):
        self.calls += 1
        a1 = self.dropout(ReLU.apply(X @ self.W1.T + self.b1))
        return a1 @ self.W2.T + self.b2


class WindowLM(nn.Module):
    def __init__(self, V, d, n, n_h):
        super().__init__()
        self.E = nn.Parameter(torch.randn(V, d))
        self.W1 = nn.Parameter(0.1 * torch.randn(n_h, (n - 1) * d))
        self.b1 = nn.Parameter(torch.zeros(n_h))
        self.W2 = nn.Parameter(0.1 * torch.randn(V, n_h))
        self.b2 = nn.Parameter(torch.zeros(V))
        self.n, self.d = n, d
        self.to(device)

    def forward(self, contexts):
        assert contexts.shape[1] == self.n - 1, contexts.shape
        e = self.E[contexts].view(-1, (self.n - 1) * self.d)
        a1 = torch.tanh(e @ self.W1.T + self.b1)
        return a1 @ self.W2.T + self.b2


# In[3]:
X = torch.randn(40, 2)
y = (X[:, :1] * X[:, 1:] > 0).double()
net = TwoLayer(2, 8)
optimizer = torch.optim.SGD(net.parameters(), lr=0.5)
losses = []
for epoch in range(20):
    optimizer.zero_grad()
    loss = SigmoidBCE.apply(net(X), y)
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
    print(f"epoch {epoch}: {losses[-1]:.4f}")

fig, ax = plt.subplots()
ax.plot(losses)
ax.set_xlabel("epoch")
plt.show()
display(fig)
check("torch_layers")
warnings.warn("not tuned yet", stacklevel=1)

if __name__ == "__main__":
    file = input("Save the model as? ")
    torch.save(net.state_dict(), file)
