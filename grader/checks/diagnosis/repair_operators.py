"""The changes of a student's own code that may make it right: operators as for mutants.

Most of them undo themselves when they are applied to a wrong program, such as another sign or
another axis, so the table takes them from the mutation operators. Those defined here undo a mistake
for which no mutation operator is the opposite: an `=` that should be `+=`, a `return` inside a loop.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from grader.checks.diagnosis import mutation_forms as forms
from grader.checks.diagnosis import mutation_formulas as formulas
from grader.checks.diagnosis import mutation_functions as functions
from grader.checks.diagnosis import mutation_names as wrong_names
from grader.checks.diagnosis import mutation_statements as statements
from grader.checks.diagnosis import repair_names as own_names
from grader.checks.diagnosis.edit_places import (
    Edit,
    Function,
    Slot,
    located,
    replaced,
    slots,
    targets,
)
from grader.checks.diagnosis.edit_wording import pair_of, quoted, the, within
from grader.checks.diagnosis.mutation_statements import bodies, spliced


def increments(function: Function) -> Iterator[Edit]:
    """Add to a value instead of replacing it, in a loop or on an object."""
    loops = [node for node in ast.walk(function) if isinstance(node, ast.For | ast.While)]
    inside = {id(line) for loop in loops for _, body in bodies(loop) for line in body}
    for _, body in bodies(function):
        for index, line in enumerate(body):
            match line:
                case ast.Assign(targets=[ast.Name() | ast.Subscript() as target]) if (
                    id(line) in inside
                ):
                    pass
                case ast.Assign(targets=[ast.Attribute() as target]):
                    pass
                case _:
                    continue
            new = ast.AugAssign(copy.copy(target), ast.Add(), line.value)
            text = f"{quoted(target)} were added to each time, not overwritten"
            ask = "What happens to the first contribution when the second one arrives?"
            yield spliced(function, body, index, 1, [new], text, ask)


def returns_moved(function: Function) -> Iterator[Edit]:
    """Move a `return` at the end of a loop's turn after the loop."""
    for _, body in bodies(function):
        for index, loop in enumerate(body):
            if isinstance(loop, ast.For | ast.While) and isinstance(loop.body[-1], ast.Return):
                last, rest = loop.body[-1], loop.body[:-1] or [ast.Pass()]
                whole = list(loop.body)
                ask = "How deep is the line with `return` indented, and when is it reached?"
                yield Edit(
                    function.name, "the `return` stood after the loop, not in it", ask,
                    partial(_moved_out, loop, rest, body, index, last),
                    partial(_moved_in, loop, whole, body, last),
                )  # fmt: skip


def _moved_out(
    loop: ast.For | ast.While,
    rest: list[ast.stmt],
    body: list[ast.stmt],
    index: int,
    last: ast.stmt,
) -> None:
    loop.body[:] = rest
    body.insert(index + 1, last)


def _moved_in(
    loop: ast.For | ast.While, whole: list[ast.stmt], body: list[ast.stmt], last: ast.stmt
) -> None:
    loop.body[:] = whole
    body.remove(last)


def brackets_set(function: Function) -> Iterator[Edit]:
    """Apply an operation to a whole sum instead of to its last or first term."""
    for slot in slots(function):
        match slot.node:
            case ast.BinOp(
                left=first,
                op=ast.Add() | ast.Sub() as sign,
                right=ast.BinOp(left=last, op=ast.Mult() | ast.Div() as op, right=other),
            ):
                new = ast.BinOp(ast.BinOp(first, sign, last), op, other)
            case ast.BinOp(
                left=ast.BinOp(left=other, op=ast.Mult() as op, right=first),
                op=ast.Add() | ast.Sub() as sign,
                right=last,
            ):
                new = ast.BinOp(other, op, ast.BinOp(first, sign, last))
            case ast.BinOp(
                left=first,
                op=ast.Mult() | ast.Div() as op,
                right=ast.BinOp(left=last, op=ast.Mult() | ast.Div() as sign, right=other),
            ):
                new = ast.BinOp(ast.BinOp(first, op, last), sign, other)
            case ast.BinOp(
                left=ast.BinOp(left=first, op=ast.Div() as op, right=last),
                op=ast.Mult() | ast.Div() as sign,
                right=other,
            ):
                new = ast.BinOp(first, op, ast.BinOp(last, sign, other))
            case ast.BinOp(
                left=ast.BinOp(left=first, op=ast.Add() | ast.Sub() as sign, right=last),
                op=ast.Pow() as op,
                right=other,
            ):
                new = ast.BinOp(first, sign, ast.BinOp(last, op, other))
                text = f"only {quoted(last)} were raised to the power {quoted(other)}"
                ask = "In which order are the operations done?"
                yield replaced(function, slot, new, text + within(function, slot.node), ask)
                continue
            case ast.BinOp(
                left=first,
                op=ast.Add() | ast.Sub() as sign,
                right=ast.BinOp(left=last, op=ast.Pow() as op, right=other),
            ):
                new = ast.BinOp(ast.BinOp(first, sign, last), op, other)
            case _:
                continue
        where = within(function, slot.node)
        sides = pair_of(quoted(first), quoted(last), "")
        around = f" around {sides}" if sides else ""
        ask = f"In which order are the operations{where} done?"
        yield replaced(function, slot, new, f"there were brackets{around}{where}", ask)


_REDUCED: Final = ("sum", "mean", "max", "min", "std", "var", "argmax", "norm", "prod")


def axes_given(function: Function) -> Iterator[Edit]:
    """Reduce over one axis instead of all."""
    for node in ast.walk(function):
        match node:
            case ast.Call(func=ast.Attribute(attr=name), keywords=old) if name in _REDUCED:
                pass
            case _:
                continue
        if any(each.arg in ("axis", "dim") for each in old):
            continue
        where = within(function, node)
        for axis in (0, 1, -1):
            for kept in (False, True):
                new = [*old, ast.keyword("axis", ast.Constant(axis))]
                new += [ast.keyword("keepdims", ast.Constant(kept))] if kept else []
                more = ", and kept it" if kept else ""
                text = f"`{name}` ran over axis {axis} only{more}{where}"
                ask = f"Over what does `{name}` run here?"
                yield Edit(
                    function.name, text, ask,
                    partial(setattr, node, "keywords", new), partial(setattr, node, "keywords", old),
                    node,
                )  # fmt: skip


def opposites(function: Function) -> Iterator[Edit]:
    """Take a condition or a mask for its opposite."""
    masks = {
        name
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Compare)
        for name in targets(node)
    }
    for slot in slots(function):
        where = within(function, slot.node)
        match slot.node:
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                yield replaced(
                    function, slot, operand, f"{the('`not`', operand, 'before')} were left out{where}",
                    "In which cases does this condition hold?",
                )  # fmt: skip
            case ast.UnaryOp(op=ast.Invert(), operand=operand):
                yield replaced(
                    function, slot, operand, f"{the('`~`', operand, 'before')} were left out{where}",
                    "Which entries are True here?",
                )  # fmt: skip
            case ast.BinOp(left=left, op=ast.FloorDiv(), right=right):
                yield replaced(
                    function, slot, ast.BinOp(left, ast.Div(), right), f"`//` were `/`{where}",
                    "May the result be a fraction?",
                )  # fmt: skip
            case ast.Subscript(value=value, slice=ast.Name() | ast.Compare() as mask) if (
                isinstance(mask, ast.Compare) or mask.id in masks
            ):
                inverted = ast.UnaryOp(ast.Invert(), mask)
                text = (
                    f"the opposite of {quoted(mask, 'mask')} selected from {quoted(value)}{where}"
                )
                new = ast.Subscript(value, inverted, slot.node.ctx)
                yield replaced(function, slot, new, text, "Which entries are True here?")
    for node in ast.walk(function):
        if isinstance(node, ast.If | ast.While | ast.IfExp) and not _is_not(node.test):
            slot = Slot(node, "test", -1, node.test)
            text = f"the condition on {quoted(node.test)} were its opposite"
            ask = "In which cases does this condition hold?"
            yield replaced(function, slot, ast.UnaryOp(ast.Not(), node.test), text, ask)


def _is_not(node: ast.expr) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)


def copies(function: Function) -> Iterator[Edit]:
    """Copy an array that is given a second name."""
    for node in ast.walk(function):
        match node:
            case ast.Assign(
                targets=[ast.Name() as target], value=ast.Name() | ast.Subscript() as old
            ):
                slot = Slot(node, "value", -1, old)
            case _:
                continue
        new = ast.Call(ast.Attribute(ast.Name("np", ast.Load()), "array", ast.Load()), [old], [])
        text = f"{quoted(target)} were a copy of {quoted(old)}"
        ask = f"Which name still refers to the array when {quoted(target)} changes?"
        yield replaced(function, slot, new, text, ask)


_PLUS: Final = {
    ast.Add: ("+", ast.Mult, "*"),
    ast.Mult: ("*", ast.Div, "/"),
    ast.MatMult: ("@", ast.Mult, "*"),
}


def operators_set(function: Function) -> Iterator[Edit]:
    """Multiply instead of adding, divide instead of multiplying."""
    for slot in slots(function):
        node = slot.node
        if isinstance(node, ast.BinOp) and type(node.op) in _PLUS:
            old, other, new = _PLUS[type(node.op)]
            text = f"{the(f'`{old}`', node.right, 'before')}{within(function, node)} were `{new}`"
            yield Edit(
                function.name, text, "Which operation belongs here?",
                partial(setattr, node, "op", other()), partial(setattr, node, "op", node.op),
                node,
            )  # fmt: skip


def negated(function: Function) -> Iterator[Edit]:
    """Change the sign of a value where it is assigned, returned or given to a function."""
    for slot in slots(function):
        node = slot.node
        if not isinstance(node, ast.Name | ast.BinOp | ast.Call | ast.Subscript):
            continue
        is_value = slot.name == "value" and isinstance(slot.owner, ast.Assign | ast.Return)
        is_given = slot.name == "args" and isinstance(slot.owner, ast.Call)
        if is_value or (is_given and len(slot.owner.args) == 1):
            where = within(function, node)
            text = f"{quoted(node)} had the opposite sign{where}"
            new = ast.UnaryOp(ast.USub(), node)
            yield replaced(function, slot, new, text, "Which sign does it have, and why?")


def rolled(function: Function) -> Iterator[Edit]:
    """Put the new element of a window at its other end."""
    last, first = ast.Slice(None, ast.Constant(-1)), ast.Slice(ast.Constant(1), None)
    for slot in slots(function):
        match slot.node:
            case ast.BinOp(
                left=ast.List() as new, op=ast.Add(), right=ast.Subscript(value=window, slice=part)
            ) if ast.unparse(part) == ast.unparse(last):
                kept = ast.Subscript(window, first, ast.Load())
                moved, word = ast.BinOp(kept, ast.Add(), new), "last"
            case ast.BinOp(
                left=ast.Subscript(value=window, slice=part), op=ast.Add(), right=ast.List() as new
            ) if ast.unparse(part) == ast.unparse(first):
                kept = ast.Subscript(window, last, ast.Load())
                moved, word = ast.BinOp(new, ast.Add(), kept), "first"
            case _:
                continue
        text = f"the new element came {word} in {quoted(window)}"
        ask = f"Which element of {quoted(window)} is the oldest one, and where is it?"
        yield replaced(function, slot, moved, text, ask)


def results_used(function: Function) -> Iterator[Edit]:
    """Use the result of a call that occurs in the function, instead of its argument."""
    calls = {
        ast.dump(node): node
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and len(node.args) == 1 and isinstance(node.args[0], ast.Name)
    }
    for slot in slots(function):
        node = slot.node
        if not isinstance(node, ast.Name) or not isinstance(slot.owner, ast.BinOp):
            continue
        for call in calls.values():
            if isinstance(call.args[0], ast.Name) and call.args[0].id == node.id:
                where = within(function, node)
                text = f"{quoted(call)} were used in place of {quoted(node)}{where}"
                ask = "Is this the value before the function was applied, or after it?"
                yield replaced(function, slot, copy.deepcopy(call), text, ask)


def emptied(function: Function) -> Iterator[Edit]:
    """Let a list that grows begin empty."""
    growing = {
        node.func.value.id
        for node in ast.walk(function)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("append", "extend")
        and isinstance(node.func.value, ast.Name)
    }
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in growing:
                slot = Slot(node, "value", -1, value)
                text = f"`{name}` began empty"
                ask = f"What is in `{name}` before the loop begins?"
                yield replaced(function, slot, ast.List([], ast.Load()), text, ask)


def longer(function: Function) -> Iterator[Edit]:
    """Let a loop run one turn more."""
    for slot in slots(function):
        match slot.node:
            case ast.Call(func=ast.Name(id="range") as name, args=[*first, last]) if len(first) < 2:
                more = ast.BinOp(last, ast.Add(), ast.Constant(1))
                new = ast.Call(name, [*first, more], [])
                text = "the loop ended one turn later"
                yield replaced(function, slot, new, text, "How many turns does the loop need?")


def assignments(function: Function) -> Iterator[Edit]:
    """Replace a value instead of adding to it."""
    for _, body in bodies(function):
        for index, line in enumerate(body):
            if isinstance(line, ast.AugAssign):
                target = copy.copy(line.target)
                located(target, line)
                text = f"{quoted(line.target)} were overwritten, not changed from its old value"
                new = ast.Assign([target], line.value)
                yield spliced(
                    function, body, index, 1, [new], text, "Does the old value count here?"
                )


Operator = Callable[[Function], Iterator[Edit]]

OPERATORS: Final[tuple[Operator, ...]] = (
    formulas.terms,
    formulas.factors,
    formulas.signs,
    formulas.operators_exchanged,
    formulas.axes,
    wrong_names.values_exchanged,
    functions.functions_exchanged,
    returns_moved,
    increments,
    statements.indented,
    functions.comparisons,
    opposites,
    own_names.attributes,
    wrong_names.names_swapped,
    brackets_set,
    forms.brackets,
    longer,
    axes_given,
    functions.calls_left_out,
    formulas.squares,
    formulas.transposes,
    own_names.entries_near,
    own_names.parameters,
    statements.bounds,
    formulas.operands_swapped,
    statements.changed,
    assignments,
    negated,
    emptied,
    rolled,
    own_names.lengths,
    wrong_names.arguments_swapped,
    formulas.numbers,
    operators_set,
    functions.values_before,
    results_used,
    functions.choices,
    copies,
    statements.without_keywords,
    wrong_names.names_far,
    own_names.entries_far,
)
"""Likely mistakes first."""
