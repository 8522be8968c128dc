"""Net

Torch.
"""

# %%
import pandas as pd
import torch
from torch import nn


class Net(nn.Module):
    """A layer."""

    def __init__(self, n, m):
        super().__init__()
        self.fc = nn.Linear(n, m)

    def forward(self, x):
        return torch.relu(self.fc(x))


def table(n):
    """A table."""
    return pd.DataFrame({"a": range(n), "b": list("xyz")[:n]})


def total(frame):
    """A sum."""
    return frame["a"].sum()
