"""The mutation operators for formulas: terms, factors, signs, numbers and axes.

See `grader.checks.diagnosis.mutation_operators`, whose table lists them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Final

from grader.checks.diagnosis.edit_places import (
    Edit,
    Function,
    Slot,
    called,
    indexed,
    replaced,
    slots,
)
from grader.checks.diagnosis.edit_wording import pair_of, placed, quoted, the, within


def terms(function: Function) -> Iterator[Edit]:
    """Leave out a term of a sum."""
    for slot in slots(function):
        node = slot.node
        if not isinstance(node, ast.BinOp) or not isinstance(node.op, (ast.Add, ast.Sub)):
            continue
        if all(isinstance(each, ast.Constant) for each in (node.left, node.right)):
            continue
        verb = "added" if isinstance(node.op, ast.Add) else "subtracted"
        where = within(function, node)
        ask = f"Which terms belong to this sum{where}? Count them in your code."
        if indexed(function, node):
            yield from _moved(function, slot, node, where)
            continue
        if _begins(slot):
            yield _begun(function, slot, node)
            continue
        yield replaced(
            function, slot, node.left, f"{quoted(node.right, 'term')} were not {verb}{where}", ask
        )
        if isinstance(node.left, ast.Constant) and isinstance(node.op, ast.Sub):
            text = f"{quoted(node.right)} were used in place of {quoted(node)}{where}"
            if quoted(node) == quoted(node.right):
                text = f"{quoted(node.left)} and the minus sign after it were left out{where}"
            yield replaced(function, slot, node.right, text, ask)
        elif isinstance(node.op, ast.Add):
            yield replaced(
                function,
                slot,
                node.right,
                f"{quoted(node.left, 'term')} were not added{where}",
                ask,
            )


def _begins(slot: Slot) -> bool:
    """Return whether an expression is the start of a range."""
    is_range = isinstance(slot.owner, ast.Call) and called(slot.owner.func) == "range"
    return is_range and slot.name == "args" and slot.index == 0 and len(slot.owner.args) > 1


def _begun(function: Function, slot: Slot, node: ast.BinOp) -> Edit:
    """Start a range without the number added to or subtracted from its start."""
    when = "too late" if isinstance(node.op, ast.Sub) else "too early"
    is_one = isinstance(node.right, ast.Constant) and node.right.value == 1
    text = f"the loop began {'one turn ' if is_one else ''}{when}"
    return replaced(function, slot, node.left, text, "Which turn comes first?")


def _moved(function: Function, slot: Slot, node: ast.BinOp, where: str) -> Iterator[Edit]:
    """Use an index, or the end of a slice, without the number added to it."""
    place = indexed(function, node)
    if place is None:
        return
    way = "further on" if isinstance(node.op, ast.Sub) else "too early"
    one = isinstance(node.right, ast.Constant) and node.right.value == 1
    step = f"one place {way}" if one else f"another place, {way}" if not place.part else way
    what = f"{quoted(place.value, 'array')} were taken {'' if one else 'at '}{step}"
    if place.part:
        verb = "began" if place.part == "begin" else "ended"
        what = f"the part of {quoted(place.value, 'array')} {verb} {step}"
    ask = "Which index is it at the first turn, and at the last? Write both down."
    yield replaced(function, slot, node.left, f"{what}{where}", ask)
    if not place.part:
        text = f"the first of {quoted(place.value, 'array')} were taken in each turn{where}"
        yield replaced(function, slot, ast.Constant(0), text, ask)


def factors(function: Function) -> Iterator[Edit]:
    """Leave out a factor, a division or a power."""
    for slot in slots(function):
        node = slot.node
        if not isinstance(node, ast.BinOp):
            continue
        where = within(function, node)
        if isinstance(node.op, (ast.Mult, ast.MatMult)):
            ask = f"Which factors belong to this product{where}? Is each of them in your code?"
            right = placed(f"{the('factor', node.right)} were left out", where)
            left = placed(f"{the('factor', node.left)} were left out", where)
            yield replaced(function, slot, node.left, right, ask)
            yield replaced(function, slot, node.right, left, ask)
        elif isinstance(node.op, ast.Div):
            text = f"{the('division', node.right, 'by')} were left out{where}"
            yield replaced(
                function, slot, node.left, text, f"What is the result{where} divided by, and where?"
            )
        elif isinstance(node.op, ast.Pow):
            text = f"{quoted(node.left)} were not raised to the power {quoted(node.right)}{where}"
            yield replaced(function, slot, node.left, text, "Which power belongs here?")


def in_one_turn(function: Function) -> Iterator[Edit]:
    """Leave out a term or a factor only in the first or in the last turn of a loop."""
    for loop in ast.walk(function):
        match loop:
            case ast.For(
                target=ast.Name(id=name), iter=ast.Call(func=ast.Name(id="range"), args=args)
            ) if len(args) < 3:
                first = args[0] if len(args) == 2 else ast.Constant(0)
                last = ast.BinOp(args[-1], ast.Sub(), ast.Constant(1))
            case _:
                continue
        inside = {id(node) for statement in loop.body for node in ast.walk(statement)}
        for slot in slots(function):
            node = slot.node
            kinds = (ast.Add, ast.Mult, ast.Div)
            is_here = id(node) in inside and isinstance(node, ast.BinOp)
            if not is_here or not isinstance(node, ast.BinOp) or not isinstance(node.op, kinds):
                continue
            if indexed(function, node):
                continue
            for end, word in ((last, "last"), (first, "first")):
                test = ast.Compare(ast.Name(name, ast.Load()), [ast.Eq()], [end])
                where = f"{within(function, node)}, in the {word} turn of the loop"
                text = f"{quoted(node.right)} were left out{where}"
                ask = f"What does the {word} turn of your loop do differently, and should it?"
                new = ast.IfExp(test, node.left, node)
                yield replaced(function, slot, new, text, ask)


_Operators = Mapping[type[ast.operator], type[ast.operator]]
_SIGNS: Final[_Operators] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Div: ast.Mult,
}
_SUMS: Final[_Operators] = {ast.Mult: ast.Add}
_MARKS: Final[Mapping[type[ast.operator], str]] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
}


def operators_exchanged(function: Function) -> Iterator[Edit]:
    """Use another sign, or multiply instead of dividing."""
    yield from _exchanged(function, _SIGNS)


def added_for_multiplied(function: Function) -> Iterator[Edit]:
    """Add instead of multiplying."""
    yield from _exchanged(function, _SUMS)


def _exchanged(function: Function, others: _Operators) -> Iterator[Edit]:
    for slot in slots(function):
        node = slot.node
        if not isinstance(node, ast.BinOp) or type(node.op) not in others:
            continue
        if indexed(function, node):
            continue
        other = others[type(node.op)]
        old, new = _MARKS[type(node.op)], _MARKS[other]
        where = within(function, node)
        text = f"{the(f'`{old}`', node.right, 'before')}{where} were `{new}`"
        yield Edit(
            function.name,
            text,
            f"Which operation belongs here{where}?",
            partial(setattr, node, "op", other()),
            partial(setattr, node, "op", node.op),
            node,
        )


def signs(function: Function) -> Iterator[Edit]:
    """Drop a minus sign."""
    for slot in slots(function):
        match slot.node:
            case ast.UnaryOp(op=ast.USub(), operand=operand) if not isinstance(
                operand, ast.Constant
            ):
                where = within(function, slot.node)
                text = f"{the('minus sign', operand, 'before')} were left out{where}"
                yield replaced(function, slot, operand, text, "Which sign does it have, and why?")


def operands_swapped(function: Function) -> Iterator[Edit]:
    """Exchange the two sides of a difference or a division."""
    for slot in slots(function):
        node = slot.node
        if not isinstance(node, ast.BinOp) or not isinstance(node.op, (ast.Sub, ast.Div)):
            continue
        if indexed(function, node) or ast.dump(node.left) == ast.dump(node.right):
            continue
        where = within(function, node)
        sides = pair_of(quoted(node.left), quoted(node.right), "the two sides of one operation")
        text = f"{sides} had changed places{where}"
        ask = "Which of the two comes first here, and what changes when they change places?"
        swap = partial(_swap, node)
        yield Edit(function.name, text, ask, swap, swap, node)


def _swap(node: ast.BinOp) -> None:
    node.left, node.right = node.right, node.left


def squares(function: Function) -> Iterator[Edit]:
    """Write a square for a double, or a double for a square."""
    for slot in slots(function):
        match slot.node:
            case ast.BinOp(left=ast.Constant(value=2), op=ast.Mult(), right=other):
                new = ast.BinOp(other, ast.Mult(), other)
                text = f"{quoted(other)} were squared, not doubled"
            case ast.BinOp(left=other, op=ast.Pow(), right=ast.Constant(value=2)):
                new = ast.BinOp(ast.Constant(2), ast.Mult(), other)
                text = f"{quoted(other)} were doubled, not squared"
            case _:
                continue
        where = within(function, slot.node)
        yield replaced(function, slot, new, text + where, "Twice a number, or its square?")


def numbers(function: Function) -> Iterator[Edit]:
    """Change a whole number by one if it counts something."""
    for slot in slots(function):
        node = slot.node
        if not isinstance(node, ast.Constant) or type(node.value) is not int:
            continue
        if isinstance(slot.owner, (ast.Expr, ast.keyword)):
            continue
        is_added = isinstance(slot.owner, ast.BinOp) and isinstance(
            slot.owner.op, (ast.Add, ast.Sub)
        )
        usual = {0: (1,), 1: (2,) if is_added else (0, 2), 2: (1, 3)}
        for other in usual.get(node.value, (node.value + 1, node.value - 1)):
            where = within(function, node)
            text = f"`{node.value!r}`{where} were `{other}`"
            if place := indexed(function, node):
                text = f"an index of {quoted(place.value, 'array')} were `{other}`, not `{node.value!r}`{where}"
            elif is_added:
                side = slot.owner.left if slot.owner.right is node else slot.owner.right
                text = f"`{other}` were beside {quoted(side)}, not `{node.value!r}`{where}"
            ask = "Is a count or a bound off by one here?"
            yield replaced(function, slot, ast.Constant(other), text, ask)


def transposes(function: Function) -> Iterator[Edit]:
    """Transpose a matrix, or omit a transposition."""
    for slot in slots(function):
        node = slot.node
        where = within(function, node)
        ask = "Which pair does row i, column j of this matrix belong to?"
        if isinstance(node, ast.Attribute) and node.attr == "T":
            text = f"{quoted(node.value, 'matrix')} were not transposed{where}"
            yield replaced(function, slot, node.value, text, ask)
        elif isinstance(slot.owner, ast.BinOp) and isinstance(slot.owner.op, ast.MatMult):
            text = f"{quoted(node, 'matrix')} were transposed{where}"
            yield replaced(function, slot, ast.Attribute(node, "T", ast.Load()), text, ask)


def axes(function: Function) -> Iterator[Edit]:
    """Reduce over another axis."""
    for node in ast.walk(function):
        if not isinstance(node, ast.keyword) or node.arg != "axis":
            continue
        old = node.value
        if not isinstance(old, ast.Constant):
            continue
        where = within(function, node)
        for other in (0, 1, None, -1):
            if other != old.value:
                over = f"axis {other}" if other is not None else "all axes"
                text = f"it ran over {over}, not over axis {old.value!r}{where}"
                ask = "Which axis counts the examples, and which one is to disappear?"
                slot = Slot(node, "value", -1, old)
                yield replaced(function, slot, ast.Constant(other), text, ask)
