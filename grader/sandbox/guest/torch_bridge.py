"""Call PyTorch's classes with arrays, in a worker where torch is preloaded.

A class ``Name`` of a submission is called like a function: it takes and returns arrays, and tensors
stay in the worker. A name with a capital letter must be a class, because a function that takes and
returns arrays would not show any use of PyTorch. A subclass of ``torch.autograd.Function`` answers

    Name(inputs)                           its output: ``Name.apply`` of the inputs, in their order
    Name(inputs, upstream)                 {input: gradient}, for the inputs that are asked for
    Name(inputs, upstream, between)        the same, ``Name.apply(*between)`` called before backward

and a subclass of ``torch.nn.Module``, created for each call by ``Name(*sizes)``, answers

    Name(sizes, params)                    {parameter: its value}, after ``params`` are copied in
    Name(sizes, params, inputs)            its output
    Name(sizes, params, inputs, upstream)  {parameter or input: gradient}, as asked for

``inputs`` and ``params`` are dicts of arrays; floats become float64 tensors, integers int64 ones.
During calls the default dtype is float64 too. On import, and while a module creates its parameters,
PyTorch's own default applies, so only these parameters show a dtype that was left to the default.
Gradients are vector-Jacobian products with ``upstream``, computed by ``torch.autograd.grad``.
Tensors share the memory of the arrays, so if a call changes a parameter, ``params`` changes too and
the worker reports a modified argument. A word of `grader.sandbox.guest.refusals` replaces a missing
array.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    import torch

Arrays = Mapping[str, np.ndarray]
Tensors = dict[str, "torch.Tensor"]

_MISFIT: Final = re.compile(r"returned an (incorrect number of gradients|invalid gradient)")
"""Matches torch's errors about the return value of ``backward``, which name no student line."""


def settle() -> None:
    """Prepare torch for forks: use one thread, and load its lazy parts now."""
    import torch

    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    for name in ("set_num_threads", "set_num_interop_threads"):
        setattr(torch, name, _no_more_threads)
    with _float64():
        load_lazy_parts()
    torch.manual_seed(20_131)


def _no_more_threads(count: int) -> None:
    """Ignore the call: a worker cannot start threads, and torch raises at a second call."""


def load_lazy_parts() -> None:
    """Train a small model for two steps: the first one imports a thousand modules."""
    import torch

    model = torch.nn.Sequential(
        torch.nn.Embedding(3, 2), torch.nn.Flatten(), torch.nn.Linear(4, 3), torch.nn.ReLU()
    )
    for optimiser in (torch.optim.SGD, torch.optim.Adam):
        steps = optimiser(model.parameters(), lr=0.1)
        logits = model(torch.tensor([[0, 1], [1, 2]]))
        loss = torch.nn.functional.cross_entropy(logits, torch.tensor([1, 2]))
        loss.backward()  # type: ignore[no-untyped-call]
        steps.step()
        steps.zero_grad()


@contextmanager
def _float64() -> Iterator[None]:
    """Make float64 the default type within the block."""
    import torch

    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def answering(name: str, target: Any, want: Any) -> Callable[..., Any]:
    """Return a function that calls ``target``, a class or a function, with arrays."""
    import torch

    if not isinstance(target, type):
        return _no_class if name[:1].isupper() else _float64()(target)
    if issubclass(target, torch.autograd.Function):
        return _float64()(partial(_function, target, want))
    if issubclass(target, torch.nn.Module):
        return partial(_module, target, want)
    return _no_class


def standing_in(kind: Any, ask: Callable[..., Any]) -> Any:
    """Return a replacement for ``kind`` that calls ``ask``, which takes and returns arrays.

    A subclass of ``torch.autograd.Function`` is replaced by another one, anything else by ``ask``.
    """
    import torch

    if not (isinstance(kind, type) and issubclass(kind, torch.autograd.Function)):
        return ask
    names = list(inspect.signature(kind.forward).parameters)[1:]  # after ctx

    def arrays(tensors: Sequence[torch.Tensor]) -> Arrays:
        return {n: each.detach().numpy() for n, each in zip(names, tensors, strict=True)}

    def forward(ctx: Any, *tensors: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(*tensors)
        return torch.as_tensor(ask(arrays(tensors)))

    def backward(ctx: Any, upstream: torch.Tensor) -> Any:
        with torch.enable_grad():  # it may request gradients from this program
            found = ask(arrays(ctx.saved_tensors), upstream.detach().numpy())
        return tuple(torch.as_tensor(found[n]) if n in found else None for n in names)

    methods = {"forward": staticmethod(forward), "backward": staticmethod(backward)}
    return type(kind.__name__, (torch.autograd.Function,), methods)


def _no_class(*args: Any) -> str:
    return "not-torch"


def _function(
    kind: Any, want: Any, inputs: Arrays, upstream: Any = None, between: Arrays | None = None
) -> Any:
    tensors = _tensors(inputs, want)
    output = _apply(kind, tensors)
    if between is not None:
        _apply(kind, _tensors(between, None))
    return _output(output) if upstream is None else _gradients(output, tensors, upstream)


def _apply(kind: Any, tensors: Tensors) -> Any:
    """Call PyTorch's ``kind.apply``, not a student's override, which could avoid ``backward``."""
    import torch

    return torch.autograd.Function.apply.__func__(kind, *tensors.values())  # type: ignore[attr-defined]


def _module(
    kind: Any,
    want: Any,
    sizes: Sequence[int],
    params: Arrays,
    inputs: Arrays | None = None,
    upstream: Any = None,
) -> Any:
    if inputs is None:
        return _listed(kind(*sizes), params)
    with _float64():
        return _asked(kind(*sizes), want, params, inputs, upstream)


def _listed(module: torch.nn.Module, params: Arrays) -> Any:
    """Copy ``params`` into the module; return its parameters, or a word if the names differ."""
    import torch

    list_of = torch.nn.Module.named_parameters  # not a student's override
    named = dict(list_of(module, remove_duplicate=False))
    others = named.keys() - params.keys()
    wanted = {id(named[name]) for name in params if name in named}
    if len(wanted) == len(params) and any(id(each) not in wanted for each in named.values()):
        return "more-parameters"
    return {
        name: _held(named[name], array) if name in named else _unlisted(module, name, others)
        for name, array in params.items()
    }


def _asked(
    module: torch.nn.Module, want: Any, params: Arrays, inputs: Arrays, upstream: Any
) -> Any:
    """Return a module's output or gradients, after copying ``params`` into it."""
    leaves = {name: _tensor_of(module, name) for name in params}
    if any(leaf is None or not _fill(leaf, params[name]) for name, leaf in leaves.items()):
        return "no-parameters"
    before = {name: leaf.detach().clone() for name, leaf in leaves.items()}
    tensors = _tensors(inputs, want)
    output = module(*tensors.values())
    answer = _output(output) if upstream is None else _gradients(output, leaves | tensors, upstream)
    for name, leaf in leaves.items():
        if not before[name].equal(leaf):
            params[name][...] = leaf.detach().numpy()
    return answer


def _tensors(arrays: Arrays, want: Any) -> Tensors:
    """Return tensors that share the arrays' memory; those named in ``want`` need gradients."""
    import torch

    tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
    for name, tensor in tensors.items():
        tensor.requires_grad_(isinstance(want, dict) and name in want)
    return tensors


def _tensor_of(module: torch.nn.Module, name: str) -> Any:
    """Return the parameter of that name, else the tensor attribute of that name."""
    tensor = getattr(module, name, None)
    return tensor if _is_tensor(tensor) else None


def _fill(tensor: torch.Tensor, array: np.ndarray) -> bool:
    """Copy ``array`` into the tensor, which may be shared, if the shapes agree."""
    import torch

    if tuple(tensor.shape) != array.shape:
        return False
    with torch.no_grad():
        tensor.copy_(torch.from_numpy(array))
    return True


def _unlisted(module: torch.nn.Module, name: str, others: Collection[str]) -> str:
    """Return the refusal for a missing parameter name, given the names of the ``others``."""
    return "not-called" if others and _tensor_of(module, name) is None else "not-parameter"


def _held(parameter: torch.Tensor, array: np.ndarray) -> Any:
    """Return the parameter's value after copying the array in; zeros if shapes differ."""
    import torch

    if parameter.dtype != torch.float64:
        return "float32" if parameter.dtype == torch.float32 else "not-float64"
    if not parameter.isfinite().all():
        return "not-finite"
    return parameter if _fill(parameter, array) else np.zeros(tuple(parameter.shape))


def _output(output: Any) -> Any:
    return output if _is_tensor(output) else "not-tensor"


def _is_tensor(value: Any) -> bool:
    import torch

    return isinstance(value, torch.Tensor)


def _gradients(output: Any, tensors: Tensors, upstream: Any) -> Any:
    """Return the vector-Jacobian product with ``upstream`` for each tensor."""
    import torch

    if not _is_tensor(output):
        return "not-tensor"
    if output.numel() != np.size(upstream):
        return "output-shape"
    able = {name: leaf for name, leaf in tensors.items() if leaf.requires_grad}
    found: dict[str, torch.Tensor | None] = {}
    if able and output.requires_grad:
        given = torch.as_tensor(upstream, dtype=output.dtype).reshape(output.shape)
        try:
            made = torch.autograd.grad(output, list(able.values()), given, allow_unused=True)
        except RuntimeError as error:
            if _MISFIT.search(str(error)):
                return "not-gradients"
            raise
        found.update(zip(able, made, strict=True))
    return {name: _dense(found.get(name), leaf, output) for name, leaf in tensors.items()}


def _dense(gradient: torch.Tensor | None, leaf: torch.Tensor, output: torch.Tensor) -> Any:
    if gradient is not None:
        return gradient.to_dense()
    if not leaf.requires_grad:
        return "wants-none"
    return "lost-gradient" if _leads_to(output.grad_fn, leaf) else "no-gradient"


def _leads_to(node: Any, leaf: torch.Tensor) -> bool:
    """Return whether a leaf can be reached, so that some ``backward`` returned None for it."""
    seen, ahead = set(), [node]
    while ahead:
        node = ahead.pop()
        if node is None or node in seen:
            continue
        if getattr(node, "variable", None) is leaf:
            return True
        seen.add(node)
        ahead += [before for before, _ in node.next_functions]
    return False
