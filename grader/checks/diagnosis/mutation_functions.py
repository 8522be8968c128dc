"""The mutation operators for function calls, comparisons and choices.

See `grader.checks.diagnosis.mutation_operators`, whose table lists them.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Sequence
from typing import Final

from grader.checks.diagnosis.edit_places import Edit, Function, called, names, replaced, slots
from grader.checks.diagnosis.edit_wording import (
    UNNAMED,
    another,
    is_private,
    placed,
    quoted,
    the,
    within,
)

_NOT_LEFT_OUT: Final = (
    "len",
    "range",
    "zip",
    "int",
    "float",
    "list",
    "tuple",
    "reversed",
    "sorted",
)

_OVER_AN_AXIS: Final = ("sum", "mean", "max", "min", "cumsum", "reshape", "copy", "astype")


def calls_left_out(function: Function) -> Iterator[Edit]:
    """Leave out a call of a function or a method."""
    own = names(function)
    for slot in slots(function):
        node = slot.node
        if not isinstance(node, ast.Call):
            continue
        where = within(function, node)
        has_first = bool(node.args) and not isinstance(node.args[0], ast.Starred)
        if has_first and called(node.func) not in _NOT_LEFT_OUT:
            name = quoted(node.func, "function")
            text = f"{name} were not applied{where}"
            ask = f"Where does {name} belong{where}?"
            if is_private(node.func):
                ask = "Which functions are applied on the way, and to what?"
            yield replaced(function, slot, node.args[0], text, ask)
        if isinstance(node.func, ast.Attribute) and _is_value(node.func.value, own):
            method = node.func.attr
            ask = f"Where does `{method}` belong{where}?"
            if method in _OVER_AN_AXIS:
                ask = f"Over what does `{method}` run here?"
            text = f"`{method}` were left out{where}"
            yield replaced(function, slot, node.func.value, text, ask)


def _is_value(node: ast.expr, own: Sequence[str]) -> bool:
    """Return whether a method belongs to a value, and not to a module such as ``np``."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return not isinstance(node, ast.Name) or node.id in own


def columns_left_out(function: Function) -> Iterator[Edit]:
    """Use only some columns of an index when values are added at places."""
    for slot in slots(function):
        match slot.node:
            case ast.Call(func=ast.Attribute(attr="at") as name, args=[where, index, values]):
                pass
            case _:
                continue
        for words, part in (
            ("the last column of {} were left out", ast.Slice(None, ast.Constant(-1))),
            ("the first column of {} were left out", ast.Slice(ast.Constant(1))),
            ("only the first column of {} were used", ast.Slice(None, ast.Constant(1))),
            ("only the last column of {} were used", ast.Slice(ast.Constant(-1))),
        ):
            some = [
                ast.Subscript(each, ast.Tuple([ast.Slice(), part], ast.Load()), ast.Load())
                for each in (index, values)
            ]
            text = words.format(quoted(index, "index"))
            ask = "Which entries of the index add to the result, the first and the last too?"
            yield replaced(function, slot, ast.Call(name, [where, *some], []), text, ask)
        for word, part in (
            ("first", ast.Slice(None, ast.Constant(1))),
            ("last", ast.Slice(ast.Constant(-1))),
        ):
            one = ast.Tuple([ast.Slice(), part], ast.Load())
            same = ast.Subscript(values, one, ast.Load())
            text = f"what belongs to the {word} column of {quoted(index, 'index')} were added for every column"
            ask = "Which part of the gradient belongs to which column of the index?"
            yield replaced(function, slot, ast.Call(name, [where, index, same], []), text, ask)


def values_before(function: Function) -> Iterator[Edit]:
    """Use a value from before a call, where the value after it is needed."""
    made = {
        node.targets[0].id: node.value.args[0]
        for node in ast.walk(function)
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Call)
        and len(node.value.args) == 1
        and isinstance(node.value.args[0], (ast.Name, ast.Subscript))
    }
    for slot in slots(function):
        node = slot.node
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in made:
            where = within(function, node)
            before = made[node.id]
            text = placed(f"{quoted(before)} were used in place of {another(node)}", where)
            ask = "Is this the value before the function was applied, or after it?"
            yield replaced(function, slot, before, text, ask)


_EXCHANGED: Final = {
    "sum": ("mean",), "mean": ("sum",), "max": ("min",), "min": ("max",), "argmax": ("argmin",),
    "maximum": ("minimum",), "minimum": ("maximum",), "tanh": ("sigmoid", "relu"),
    "sigmoid": ("tanh", "relu"), "relu": ("sigmoid", "tanh"), "log": ("log2", "log10"),
    "std": ("var",), "sqrt": ("square",), "ones": ("zeros",), "zeros": ("ones",),
    "ones_like": ("zeros_like",), "zeros_like": ("ones_like",), "log2": ("log",), "log10": ("log",),
    "exp": ("exp2",), "exp2": ("exp",),
    "relu_derivative": ("sigmoid_derivative",), "sigmoid_derivative": ("relu_derivative",),
}  # fmt: skip
_MADE: Final = {
    "relu": "(lambda _z: np.maximum(_z, 0))",
    "sigmoid": "(lambda _z: 1 / (1 + np.exp(-_z)))",
    "tanh": "np.tanh",
}


def functions_exchanged(function: Function) -> Iterator[Edit]:
    """Call another function that is easily confused with the right one."""
    for slot in slots(function):
        node = slot.node
        name = called(node) if isinstance(node, (ast.Name, ast.Attribute)) else ""
        if name not in _EXCHANGED or not isinstance(slot.owner, ast.Call) or slot.name != "func":
            continue
        where = within(function, slot.owner)
        for other in _EXCHANGED[name]:
            text = f"`{name}`{where} were `{other}`"
            ask = f"Which function belongs here{where}, and what does it do?"
            yield replaced(function, slot, _function_named(other, node), text, ask)


def _function_named(name: str, beside: ast.expr) -> ast.expr:
    """Return the function with a name in the same module as another one."""
    if name in _MADE:
        return ast.parse(_MADE[name], mode="eval").body
    if name.endswith("_derivative"):
        return ast.Name(name, ast.Load())
    module = beside.value if isinstance(beside, ast.Attribute) else ast.Name("np", ast.Load())
    return ast.Attribute(module, name, ast.Load())


def counts(function: Function) -> Iterator[Edit]:
    """Divide a mean by one number too many or too few, or count instead of adding."""
    for slot in slots(function):
        match slot.node:
            case ast.Call(
                func=ast.Attribute(attr="sum" | "mean" as name, value=ast.Name(id="np" | "torch")),
                args=[value, *_],
                keywords=keywords,
            ):
                pass
            case ast.Call(
                func=ast.Attribute(attr="sum" | "mean" as name, value=value), keywords=keywords
            ):
                pass
            case _:
                continue
        where = within(function, slot.node)
        if name == "sum":
            filled = ast.Compare(value, [ast.NotEq()], [ast.Constant(0)])
            count = ast.Call(_numpy("sum"), [filled], keywords)
            text = f"the entries of {quoted(value, 'array')} that are not 0 were counted, not added up{where}"
            yield replaced(
                function, slot, count, text, "Should this be how many there are, or their sum?"
            )
        for more in (1, -1) if name == "mean" and not keywords else ():
            size = ast.Call(_numpy("size"), [value], [])
            new = ast.BinOp(ast.Call(_numpy("sum"), [value], []), ast.Div(),
                            ast.BinOp(size, ast.Add(), ast.Constant(more)))  # fmt: skip
            text = f"the mean were divided by one {'more' if more > 0 else 'less'} than there are{where}"
            yield replaced(function, slot, new, text, "How many numbers does the mean run over?")


def _numpy(name: str) -> ast.expr:
    return ast.Attribute(ast.Name("np", ast.Load()), name, ast.Load())


def leaks(function: Function) -> Iterator[Edit]:
    """Multiply negative values by a number instead of setting them to 0."""
    for slot in slots(function):
        match slot.node:
            case ast.Call(func=func, args=[value, ast.Constant(value=number)]) if (
                called(func) == "maximum" and number == 0
            ):
                pass
            case _:
                continue
        where = within(function, slot.node)
        ask = "What is the result for a negative number?"
        positive = ast.Call(_numpy("abs"), [value], [])
        text = f"negative values became positive, not 0{where}"
        yield replaced(function, slot, positive, text, ask)
        for slope in (0.01, 0.1, 0.2):
            small = ast.BinOp(value, ast.Mult(), ast.Constant(slope))
            new = ast.Call(func, [value, small], [])
            text = f"negative values were multiplied by {slope}, not set to 0{where}"
            yield replaced(function, slot, new, text, ask)


def slopes(function: Function) -> Iterator[Edit]:
    """Apply another function to an argument first, or apply the function twice."""
    for slot in slots(function):
        node = slot.node
        if not isinstance(node, ast.Call) or len(node.args) != 1 or node.keywords:
            continue
        name = called(node.func)
        if hasattr(builtins, name):
            continue
        twice = ast.Call(node.func, [node], [])
        where = within(function, node)
        shown = quoted(node.func, "function")
        ask = f"How often is {shown} applied on the way?"
        yield replaced(function, slot, twice, f"{shown} were applied twice{where}", ask)
        if isinstance(node.args[0], (ast.Name, ast.Subscript)):
            for other in ("tanh", "sigmoid", "relu"):
                if name == other:
                    continue
                value = ast.Call(ast.parse(_MADE[other], mode="eval").body, [node.args[0]], [])
                text = f"{shown} were taken at the {other} of {quoted(node.args[0])}{where}"
                ask = f"At which quantity is {shown} taken: before or after the activation?"
                yield replaced(function, slot, ast.Call(node.func, [value], []), text, ask)


_BOUNDS: Final = {
    ast.Gt: (ast.GtE, ast.Lt), ast.GtE: (ast.Gt, ast.Lt), ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt), ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,),
}  # fmt: skip
_COMPARED: Final = {ast.Gt: ">", ast.GtE: ">=", ast.Lt: "<", ast.LtE: "<=", ast.Eq: "==",
                    ast.NotEq: "!="}  # fmt: skip


def comparisons(function: Function) -> Iterator[Edit]:
    """Use another comparison operator, or replace a comparison by a constant."""
    for slot in slots(function):
        node = slot.node
        if not isinstance(node, ast.Compare) or type(node.ops[0]) not in _BOUNDS:
            continue
        old = _COMPARED[type(node.ops[0])]
        ask = "What must hold where both sides of the comparison are equal?"
        for other in _BOUNDS[type(node.ops[0])]:
            new = ast.Compare(node.left, [other(), *node.ops[1:]], node.comparators)
            text = f"{the(f'`{old}`', node.left, 'after')} were `{_COMPARED[other]}`"
            yield replaced(function, slot, new, text, ask)
        for value in (True, False):
            sides = quoted(node.left), quoted(node.comparators[0])
            which = f"the comparison of {sides[0]} with {sides[1]}"
            which = "one comparison" if UNNAMED in sides else which
            text = f"{which} were always {'true' if value else 'false'}"
            nothing = ast.BinOp(node, ast.Mult(), ast.Constant(0))
            shape = ast.BinOp(nothing, ast.Add(), ast.Constant(int(value)))
            yield replaced(function, slot, shape, text, ask)


def choices(function: Function) -> Iterator[Edit]:
    """Use one side of a conditional everywhere."""
    for slot in slots(function):
        node = slot.node
        if isinstance(node, ast.IfExp):
            where = within(function, node)
            for taken, left in ((node.body, node.orelse), (node.orelse, node.body)):
                text = f"{quoted(taken)} were always used, and {quoted(left, 'other')} never{where}"
                ask = "In which cases is each of the two right?"
                yield replaced(function, slot, taken, text, ask)
