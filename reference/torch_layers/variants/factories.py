"""Classes made at run time, German names, float64 as the process-wide default type.

Breaks the assumption that each class is a `class` statement in the file, that source is ASCII, and
that settings of torch stay as they were.
"""

from functools import partialmethod

import torch

torch.set_default_dtype(torch.float64)
torch.set_printoptions(precision=3)


def funktion(name, vorwärts, rückwärts):
    teile = {"forward": staticmethod(vorwärts), "backward": staticmethod(rückwärts)}
    return type(name, (torch.autograd.Function,), teile)


def relu_vorwärts(ctx, z):
    ctx.save_for_backward(z)
    return torch.where(z > 0, z, 0.0)


def relu_rückwärts(ctx, δa):
    (z,) = ctx.saved_tensors
    return δa * ~torch.signbit(z + 0.0)


def verlust_vorwärts(ctx, z, y):
    ctx.save_for_backward(z, y)
    log_p = torch.nn.functional.logsigmoid
    return -(y * log_p(z) + (1 - y) * log_p(-z)).mean()


def verlust_rückwärts(ctx, δ):
    z, y = ctx.saved_tensors
    ŷ = torch.sigmoid(z)
    return δ * torch.where(y == 1, ŷ - 1, ŷ) / z.shape[0], None


ReLU = funktion("ReLU", relu_vorwärts, relu_rückwärts)
SigmoidBCE = funktion("SigmoidBCE", verlust_vorwärts, verlust_rückwärts)


def anfang(self, *größen, formen):
    torch.nn.Module.__init__(self)
    for name, form in formen(*größen).items():
        self.register_parameter(name, torch.nn.Parameter(torch.randn(form) / 8))


def modul(name, formen, vorwärts):
    teile = {"__init__": partialmethod(anfang, formen=formen), "forward": vorwärts}
    return type(name, (torch.nn.Module,), teile)


def zwei_schichten(self, X):
    a1 = ReLU.apply(X @ self.W1.T + self.b1)
    return a1 @ self.W2.T + self.b2


def fenster(self, kontexte):
    e = self.E[kontexte].flatten(1)
    z1 = e @ self.W1.T + self.b1
    a1 = -torch.expm1(-2 * z1) / (1 + torch.exp(-2 * z1))
    return a1 @ self.W2.T + self.b2


TwoLayer = modul(
    "TwoLayer",
    lambda n_x, n_h: {"W1": (n_h, n_x), "b1": (n_h,), "W2": (1, n_h), "b2": (1,)},
    zwei_schichten,
)
WindowLM = modul(
    "WindowLM",
    lambda V, d, n, n_h: {
        "E": (V, d),
        "W1": (n_h, (n - 1) * d),
        "b1": (n_h,),
        "W2": (V, n_h),
        "b2": (V,),
    },
    fenster,
)
