"""The reasons for which a value is refused."""

from __future__ import annotations

from typing import Final

REFUSALS: Final = frozenset(
    "missing none complex object string date record ragged masked too-large unreadable "
    "not-dict not-pair not-plain not-torch not-tensor not-parameter not-called more-parameters no-parameters "
    "float32 not-float64 not-finite no-gradient wants-none lost-gradient not-gradients "
    "output-shape".split()
)

REASONS: Final = {
    "missing": "is missing from what you return",
    "none": "is None: is a return missing?",
    "complex": "holds complex numbers; real ones are expected",
    "object": "is not made of numbers",
    "string": "is text; numbers are expected",
    "date": "holds dates; numbers are expected",
    "record": "is a record array; a plain one is expected",
    "ragged": "is a list of rows of different lengths; an array is expected",
    "masked": "has masked entries; plain numbers are expected",
    "too-large": "is far too large",
    "unreadable": "cannot be read as an array of numbers",
    "not-dict": "is not a dict",
    "not-pair": "is not a tuple of the length that the docstring gives",
    "not-plain": "holds an object of a class; plain values are expected",
    "not-torch": "cannot be computed: neither a torch.autograd.Function nor a torch.nn.Module",
    "not-tensor": "cannot be computed: the output is not a tensor",
    "not-parameter": "is not among the parameters that the module lists",
    "not-called": "is not the name of a parameter that the module lists",
    "more-parameters": "has more parameters than the docstring names",
    "float32": "is float32, PyTorch's own choice; float64 is expected",
    "not-float64": "is not float64",
    "not-finite": "holds NaN or infinity from the start; finite numbers are expected",
    "no-parameters": "cannot be computed: a parameter is missing, or has another shape",
    "no-gradient": "gets no gradient: the graph has no path from the output back to it",
    "wants-none": "gets no gradient: it is a tensor that does not require one",
    "lost-gradient": "gets no gradient: a backward returns None for it",
    "not-gradients": "cannot be computed: backward must return one gradient per input, in its shape",
    "output-shape": "cannot be computed: the output has another shape",
}
"""The message for each reason why a worker could not read a value as an array."""

OF_THE_WHOLE: Final = frozenset({"none", "not-dict", "not-pair", "unreadable", "more-parameters"})
"""Reasons that describe the whole return value if it is the part that could not be read."""
