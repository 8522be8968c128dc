"""The mutation operators for the form of a formula: brackets, slopes, complements.

See `grader.checks.diagnosis.mutation_operators`, whose table lists them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from grader.checks.diagnosis.edit_places import Edit, Function, called, indexed, replaced, slots
from grader.checks.diagnosis.edit_wording import UNNAMED, quoted, within

_ENTRYWISE: Final = ("tanh", "sigmoid", "relu", "exp", "log", "log2", "sqrt", "abs", "square")
_PRODUCTS: Final = (ast.Mult, ast.Div)
_SUMS: Final = (ast.Add, ast.Sub)


def brackets(function: Function) -> Iterator[Edit]:
    """Apply a function or an operation to more or less of a formula."""
    for slot in slots(function):
        found = _of_call(slot.node) or _of_operation(slot.node)
        if found is not None and not indexed(function, slot.node):
            new, text = found
            where = within(function, slot.node)
            ask = f"In which order are the operations{where} done?"
            yield replaced(function, slot, new, text + where, ask)


def _of_call(node: ast.expr) -> tuple[ast.expr, str] | None:
    """Apply a function also to the adjacent factor, or only to the first of two operands."""
    match node:
        case (
            ast.BinOp(left=other, op=ast.Mult(), right=ast.Call(args=[inner]) as call)
            | ast.BinOp(left=ast.Call(args=[inner]) as call, op=ast.Mult(), right=other)
        ) if _is_entrywise(call):
            whole = ast.Call(call.func, [ast.BinOp(other, ast.Mult(), inner)], [])
            return whole, f"{quoted(call.func)} were applied to the whole product"
        case ast.Call(func=name, args=[ast.BinOp(left=left, op=op, right=right)]) if _is_entrywise(
            node
        ):
            part = ast.BinOp(ast.Call(name, [left], []), op, right)
            return part, f"{quoted(name)} were applied to {quoted(left)} only"
    return None


def _of_operation(node: ast.expr) -> tuple[ast.expr, str] | None:
    """Multiply or divide only one term of a sum."""
    match node:
        case ast.BinOp(left=ast.BinOp(left=left, op=sign, right=right), op=op, right=other) if (
            isinstance(sign, _SUMS) and isinstance(op, _PRODUCTS)
        ):
            new = ast.BinOp(left, sign, ast.BinOp(right, op, other))
        case ast.BinOp(
            left=other, op=ast.Mult(), right=ast.BinOp(left=left, op=sign, right=right)
        ) if isinstance(sign, _SUMS):
            new = ast.BinOp(ast.BinOp(other, ast.Mult(), left), sign, right)
        case _:
            return None
    return new, f"the brackets around {_sum(left, sign, right)} were left out"


def _is_entrywise(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and not node.keywords and called(node.func) in _ENTRYWISE


def _sum(left: ast.expr, op: ast.operator, right: ast.expr) -> str:
    """Describe a sum or a difference by the term that is added."""
    sides = [quoted(left, "term"), quoted(right, "term")]
    word = "the sum" if isinstance(op, ast.Add) else "the difference"
    return word if "one term" in sides else f"{word} of {sides[0]} and {sides[1]}"


def complements(function: Function) -> Iterator[Edit]:
    """Replace a weight in a sum of products by the complement of the other: 1 - f for i."""
    for slot in slots(function):
        match slot.node:
            case ast.BinOp(
                left=ast.BinOp(op=ast.Mult()) as one,
                op=ast.Add(),
                right=ast.BinOp(op=ast.Mult()) as two,
            ):
                pass
            case _:
                continue
        where = within(function, slot.node)
        for first, second in ((one, two), (two, one)):
            for weight in (first.left, first.right):
                for name in ("left", "right"):
                    factor = getattr(second, name)
                    if not (isinstance(weight, ast.Name) and isinstance(factor, ast.Name)):
                        continue
                    left = ast.BinOp(ast.Constant(1), ast.Sub(), weight)
                    sides = {"left": second.left, "right": second.right, name: left}
                    made = ast.BinOp(sides["left"], ast.Mult(), sides["right"])
                    new = ast.BinOp(
                        made if second is one else one, ast.Add(), made if second is two else two
                    )
                    text = f"{quoted(left)} were used in place of {quoted(factor)}{where}"
                    ask = f"Does {quoted(factor)} depend on {quoted(weight)} here?"
                    yield replaced(function, slot, new, text, ask)


_Forms = tuple[tuple[str, str], ...]
_TANH: Final[_Forms] = (
    ("1 - _z ** 2", "1 - z^2, with z itself and not tanh(z)"),
    ("1 - np.tanh(_z)", "1 - tanh(z), without a square"),
    ("np.tanh(_z) ** 2", "tanh(z)^2"),
    ("1 - np.tanh(np.tanh(_z)) ** 2", "1 - tanh(a)^2, where a is tanh(z) already"),
    ("1 + np.tanh(_z) ** 2", "1 + tanh(z)^2"),
    ("np.tanh(_z) * (1 - np.tanh(_z))", "that of the sigmoid, with tanh(z)"),
    ("np.tanh(_z)", "tanh(z) itself"),
)
_SIGMOID: Final[_Forms] = (
    ("_z * (1 - _z)", "z (1 - z), with z itself and not the sigmoid of z"),
    ("{0} * (1 + {0})", "s (1 + s), where s is the sigmoid of z"),
    ("1 - {0}", "1 - s, where s is the sigmoid of z"),
    ("{0} ** 2", "s^2, where s is the sigmoid of z"),
    ("1 - {0} ** 2", "1 - s^2, that of tanh, with the sigmoid of z"),
    ("{0}", "the sigmoid of z itself"),
)
"""Wrong slopes with their descriptions: `_z` is the argument, `{0}` its sigmoid."""


def slopes_written(function: Function) -> Iterator[Edit]:
    """Replace the slope of tanh or of the sigmoid by a formula often confused with it."""
    forms: _Forms
    for slot in slots(function):
        match slot.node:
            case ast.BinOp(
                left=ast.Constant(value=1),
                op=ast.Div(),
                right=ast.BinOp(
                    left=ast.Call(func=ast.Attribute(attr="cosh"), args=[z]), op=ast.Pow()
                ),
            ):
                name, forms, inner = "tanh", _TANH, ""
            case ast.BinOp(
                left=ast.Call(func=ast.Name(id=inner), args=[z]), op=ast.Mult(),
                right=ast.Call(func=ast.Name(id=other), args=[ast.UnaryOp(op=ast.USub())]),
            ) if inner == other == "sigmoid":  # fmt: skip
                name, forms = "the sigmoid", _SIGMOID
            case _:
                continue
        if not isinstance(z, ast.Name):
            continue
        for form, words in forms:
            text = form.format(f"{inner}(_z)").replace("_z", z.id)
            new = ast.parse(text, mode="eval").body
            clause = f"the slope of {name} were {words}"
            ask = f"Check your slope of {name} at z = 0 and at z = 1: what must it be there?"
            yield replaced(function, slot, new, clause, ask)


def spreads(function: Function) -> Iterator[Edit]:
    """Measure a spread around 0 instead of around the mean."""
    for slot in slots(function):
        match slot.node:
            case ast.Call(func=ast.Attribute(value=module, attr="std"), args=[value]):
                pass
            case ast.Call(func=ast.Attribute(value=value, attr="std"), args=[]):
                module = ast.Name("np", ast.Load())
            case _:
                continue
        square = ast.BinOp(value, ast.Pow(), ast.Constant(2))
        mean = ast.Call(ast.Attribute(module, "mean", ast.Load()), [square], slot.node.keywords)
        new = ast.Call(ast.Attribute(module, "sqrt", ast.Load()), [mean], [])
        where = within(function, slot.node)
        text = f"the mean were not subtracted before the spread is measured{where}"
        yield replaced(function, slot, new, text, "The spread of the values around which number?")


def turns_compared(function: Function) -> Iterator[Edit]:
    """Compare a loop's counter with a number that is off by one."""
    counters = {
        node.target.id
        for node in ast.walk(function)
        if isinstance(node, ast.For) and isinstance(node.target, ast.Name)
    }
    for slot in slots(function):
        match slot.node:
            case ast.Compare(left=ast.Name(id=name) as left, ops=[op], comparators=[bound]) if (
                name in counters
            ):
                pass
            case _:
                continue
        for step, word in ((-1, "smaller"), (1, "larger")):
            moved = ast.BinOp(bound, ast.Add(), ast.Constant(step))
            shown = quoted(bound)
            what = "one bound" if shown == UNNAMED else shown
            where = within(function, slot.node)
            text = f"{what} were {word} by 1 where it is compared with the turn of the loop{where}"
            ask = "What is different in the last turn of the loop, and which turn is the last?"
            yield replaced(function, slot, ast.Compare(left, [op], [moved]), text, ask)
