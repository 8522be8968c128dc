"""Net

Torch.
"""

# %%
import pandas as pd
import torch
from torch import nn


class Net(nn.Module):
    """A layer."""

    # BEGIN SOLUTION
    def __init__(self, n, m):
        super().__init__()
        self.fc = nn.Linear(n, m)

    def forward(self, x):
        return torch.relu(self.fc(x))
    # END SOLUTION


def table(n):
    """A table."""
    # BEGIN SOLUTION
    return pd.DataFrame({"a": range(n), "b": list("xyz")[:n]})
    # END SOLUTION


def total(frame):
    """A sum."""
    # BEGIN SOLUTION
    return frame["a"].sum()
    # END SOLUTION
