"""The mutation operators: each finds the places of a function where one small edit makes a mistake.

An operator is a function from a function's syntax tree to `Edit` values. An edit names what is
different ("`b2` were not added", to follow "as if") and asks a question that leads there. The table
`OPERATORS` puts likely slips first. To add an operator, write one such function and list it.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Final

from grader.checks.diagnosis import mutation_statements as statements
from grader.checks.diagnosis.edit_places import (
    UNNAMED,
    Edit,
    Function,
    Slot,
    called,
    first_lines,
    indexed,
    is_private,
    kept,
    names,
    placed,
    quoted,
    replaced,
    roles,
    slots,
    the,
    variable,
    within,
)

Operator = Callable[[Function], Iterator[Edit]]


# --- terms and factors --------------------------------------------------------------------------


def _terms(function: Function) -> Iterator[Edit]:
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
        yield replaced(
            function, slot, node.left, f"{quoted(node.right, 'term')} were not {verb}{where}", ask
        )
        if isinstance(node.left, ast.Constant) and isinstance(node.op, ast.Sub):
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


def _moved(function: Function, slot: Slot, node: ast.BinOp, where: str) -> Iterator[Edit]:
    """Take an index, or the end of a slice, without what is added to it."""
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


def _factors(function: Function) -> Iterator[Edit]:
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


def _in_one_turn(function: Function) -> Iterator[Edit]:
    """Leave out a term or a factor in the first or in the last turn of a loop only."""
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


def _other(node: ast.AST) -> str:
    """Name the right value where a wrong one was named before it."""
    name = quoted(node)
    return "another value" if name == UNNAMED else name


def _both(one: str, other: str, instead: str) -> str:
    """Name two expressions together, or say what stands for them where one has no name."""
    return instead if UNNAMED in (one, other) else f"{one} and {other}"


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


def _calls_left_out(function: Function) -> Iterator[Edit]:
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
        match node.func:
            case ast.Attribute(
                value=value,
                attr="sum" | "mean" | "copy" | "max" | "reshape" | "astype" as method,
            ):
                ask = f"Over what does `{method}` run here?"
                yield replaced(function, slot, value, f"`{method}` were left out{where}", ask)


def _values_before(function: Function) -> Iterator[Edit]:
    """Use the value before a function was applied, where the value after it is needed."""
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
            text = placed(f"{quoted(before)} were used in place of {_other(node)}", where)
            ask = "Is this the value before the function was applied, or after it?"
            yield replaced(function, slot, before, text, ask)


# --- functions, signs and numbers ---------------------------------------------------------------

_EXCHANGED: Final = {
    "sum": ("mean",), "mean": ("sum",), "max": ("min",), "min": ("max",), "argmax": ("argmin",),
    "maximum": ("minimum",), "minimum": ("maximum",), "tanh": ("sigmoid", "relu"),
    "sigmoid": ("tanh", "relu"), "relu": ("sigmoid", "tanh"), "log": ("log2", "log10"),
    "std": ("var",), "sqrt": ("square",),
    "relu_derivative": ("sigmoid_derivative",), "sigmoid_derivative": ("relu_derivative",),
}  # fmt: skip
_MADE: Final = {
    "relu": "(lambda _z: np.maximum(_z, 0))",
    "sigmoid": "(lambda _z: 1 / (1 + np.exp(-_z)))",
    "tanh": "np.tanh",
}


def _functions_exchanged(function: Function) -> Iterator[Edit]:
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
    """Return the function of a name, of the module that the one beside it is of."""
    if name in _MADE:
        return ast.parse(_MADE[name], mode="eval").body
    if name.endswith("_derivative"):
        return ast.Name(name, ast.Load())
    module = beside.value if isinstance(beside, ast.Attribute) else ast.Name("np", ast.Load())
    return ast.Attribute(module, name, ast.Load())


def _counts(function: Function) -> Iterator[Edit]:
    """Divide a mean by one number too many or too few, or count what is to be added up."""
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


def _leaks(function: Function) -> Iterator[Edit]:
    """Multiply negative values by a small number where they are to be 0."""
    for slot in slots(function):
        match slot.node:
            case ast.Call(func=func, args=[value, ast.Constant(value=number)]) if (
                called(func) == "maximum" and number == 0
            ):
                pass
            case _:
                continue
        where = within(function, slot.node)
        for slope in (0.01, 0.1, 0.2):
            small = ast.BinOp(value, ast.Mult(), ast.Constant(slope))
            new = ast.Call(func, [value, small], [])
            text = f"negative values were multiplied by {slope}, not set to 0{where}"
            yield replaced(function, slot, new, text, "What is the result for a negative number?")


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


def _operators_exchanged(function: Function) -> Iterator[Edit]:
    yield from _exchanged(function, _SIGNS)


def _added_for_multiplied(function: Function) -> Iterator[Edit]:
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
        made = ast.BinOp(node.left, other(), node.right)
        text = f"{the(f'`{old}`', node.right, 'before')}{where} were `{new}`"
        yield replaced(function, slot, made, text, f"Which operation belongs here{where}?")


def _signs(function: Function) -> Iterator[Edit]:
    """Drop a minus sign."""
    for slot in slots(function):
        match slot.node:
            case ast.UnaryOp(op=ast.USub(), operand=operand) if not isinstance(
                operand, ast.Constant
            ):
                where = within(function, slot.node)
                text = f"{the('minus sign', operand, 'before')} were left out{where}"
                yield replaced(function, slot, operand, text, "Which sign does it have, and why?")


def _operands_swapped(function: Function) -> Iterator[Edit]:
    for slot in slots(function):
        node = slot.node
        if not isinstance(node, ast.BinOp) or not isinstance(node.op, (ast.Sub, ast.Div)):
            continue
        if indexed(function, node) or ast.dump(node.left) == ast.dump(node.right):
            continue
        where = within(function, node)
        made = ast.BinOp(node.right, node.op, node.left)
        sides = _both(quoted(node.left), quoted(node.right), "the two sides of one operation")
        text = f"{sides} had changed places{where}"
        ask = "Which of the two comes first here, and what changes when they change places?"
        yield replaced(function, slot, made, text, ask)


def _squares(function: Function) -> Iterator[Edit]:
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


def _numbers(function: Function) -> Iterator[Edit]:
    """Change a whole number by one, where it counts something."""
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
                text = f"an index of {quoted(place.value, 'array')} were off by one{where}"
            elif is_added:
                side = slot.owner.left if slot.owner.right is node else slot.owner.right
                text = f"`{other}` were beside {quoted(side)}, not `{node.value!r}`{where}"
            ask = "Is a count or a bound off by one here?"
            yield replaced(function, slot, ast.Constant(other), text, ask)


_BOUNDS: Final = {
    ast.Gt: (ast.GtE, ast.Lt), ast.GtE: (ast.Gt, ast.Lt), ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt), ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,),
}  # fmt: skip
_COMPARED: Final = {ast.Gt: ">", ast.GtE: ">=", ast.Lt: "<", ast.LtE: "<=", ast.Eq: "==",
                    ast.NotEq: "!="}  # fmt: skip


def _comparisons(function: Function) -> Iterator[Edit]:
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


def _choices(function: Function) -> Iterator[Edit]:
    """Take one side of a choice everywhere."""
    for slot in slots(function):
        node = slot.node
        if isinstance(node, ast.IfExp):
            where = within(function, node)
            for taken, left in ((node.body, node.orelse), (node.orelse, node.body)):
                text = f"{quoted(taken)} were always used, and {quoted(left, 'other')} never{where}"
                ask = "In which cases is each of the two right?"
                yield replaced(function, slot, taken, text, ask)


def _slopes(function: Function) -> Iterator[Edit]:
    """Apply another function to an argument first, or the function twice."""
    for slot in slots(function):
        node = slot.node
        if not isinstance(node, ast.Call) or len(node.args) != 1 or node.keywords:
            continue
        name = called(node.func)
        if name in _NOT_LEFT_OUT or name in ("set", "dict"):
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


# --- shapes -------------------------------------------------------------------------------------


def _transposes(function: Function) -> Iterator[Edit]:
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


def _axes(function: Function) -> Iterator[Edit]:
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


# --- names --------------------------------------------------------------------------------------


def _names_swapped(function: Function) -> Iterator[Edit]:
    """Use another name that is easily taken for the right one, or another key of the same dict."""
    yield from _other_names(function, near=True)
    keys = _keys(function)
    for slot in slots(function):
        match slot.node:
            case ast.Subscript(
                value=ast.Name(id=owner) as value,
                slice=ast.Constant(value=str() as key),
                ctx=ast.Load(),
            ):
                for other in keys.get(owner, []):
                    if other != key and _are_alike(key, other):
                        new = ast.Subscript(value, ast.Constant(other), ast.Load())
                        yield _named(function, slot, new, other)


def _names_far(function: Function) -> Iterator[Edit]:
    """Use another name in scope that does not look like the right one."""
    yield from _other_names(function, near=False)


def _other_names(function: Function, near: bool) -> Iterator[Edit]:
    """Yield one other name for each use of a name, then a second one, and so on."""
    turns = [_others_of(function, slot, near) for slot in slots(function)]
    yield from (edit for turn in itertools.zip_longest(*turns) for edit in turn if edit)


def _others_of(function: Function, slot: Slot, near: bool) -> Iterator[Edit]:
    known, kinds, lines = names(function), roles(function), first_lines(function)
    node = slot.node
    if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load):
        return
    if node.id not in known or _is_held(slot):
        return
    for other in known:
        is_same = kinds.get(other, "") == kinds.get(node.id, "")
        is_there = lines[other] < node.lineno or lines[other] == lines[node.id]
        if other != node.id and is_same and is_there and _are_alike(node.id, other) == near:
            yield _named(function, slot, ast.Name(other, ast.Load()), other)


def _is_held(slot: Slot) -> bool:
    """Whether a name only holds what is taken out of it: `cache` in `cache["z"]`, `np` in `np.exp`."""
    if isinstance(slot.owner, ast.Attribute):
        return slot.owner.attr != "T"
    return isinstance(slot.owner, ast.Subscript) and slot.name == "value"


def _named(function: Function, slot: Slot, new: ast.expr, other: str) -> Edit:
    where = within(function, slot.node)
    used, right = variable(function, other, "value"), _other(slot.node)
    text = placed(f"{used} were used in place of {right}", where)
    instead = f" instead of {used}" if used.startswith("`") else ""
    ask = f"Which value is needed{where or ' here'}{instead}?"
    return replaced(function, slot, new, text, ask)


def _key(key: ast.expr | None) -> str:
    """Name a key of a dict in quotes; '' where it is unpacked there."""
    return quoted(key).replace("'", "") if key else ""


def _are_alike(one: str, other: str) -> bool:
    """Return whether two names are easily confused: they begin, end or look alike."""
    if one.strip("0123456789") == other.strip("0123456789"):
        return True
    same_end = one[-1] == other[-1] and one[-1].isdigit()
    return same_end or one[0] == other[0] or abs(len(one) - len(other)) <= 2


def _kept_swapped(function: Function) -> Iterator[Edit]:
    """Use another value of the cache than the right one: `z1` for `a1`."""
    keys = kept(function)
    if keys is None:
        return
    cache, known = keys
    local = _unpacked(function, cache)
    for slot in slots(function):
        match slot.node:
            case ast.Name(id=name, ctx=ast.Load()) if name in local and not _is_held(slot):
                key = local[name]
            case _:
                continue
        for other in known:
            if other != key and other not in local and _are_alike(key, other):
                new = ast.Subscript(ast.Name(cache, ast.Load()), ast.Constant(other), ast.Load())
                yield _named(function, slot, new, other)


def _unpacked(function: Function, cache: str) -> dict[str, str]:
    """Return the names that hold a value of the cache, with its key."""
    found: dict[str, str] = {}
    for node in ast.walk(function):
        if not isinstance(node, ast.Assign) or len(node.targets) != 1:
            continue
        target = node.targets[0]
        is_many = isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple)
        names_ = target.elts if isinstance(target, ast.Tuple) and is_many else [target]
        values = node.value.elts if isinstance(node.value, ast.Tuple) and is_many else [node.value]
        for name, value in zip(names_, values, strict=False):
            match name, value:
                case (
                    ast.Name(id=local),
                    ast.Subscript(value=ast.Name(id=owner), slice=ast.Constant(value=str() as key)),
                ) if owner == cache:
                    found[local] = key
    return found


def _keys(function: Function) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for node in ast.walk(function):
        match node:
            case ast.Subscript(value=ast.Name(id=owner), slice=ast.Constant(value=str() as key)):
                found.setdefault(owner, []).append(key)
    return {owner: list(dict.fromkeys(keys)) for owner, keys in found.items()}


_LETTERS: Final = {"W": ("b", "U"), "b": ("W",), "U": ("W",)}


def _letters(function: Function) -> Iterator[Edit]:
    """Use another kind of parameter: `b1` for `W1`."""
    for slot in slots(function):
        match slot.node:
            case ast.JoinedStr(values=[ast.Constant(value=str() as letter), *rest]):
                made: Callable[[str], ast.expr] = partial(_joined, rest)
            case ast.BinOp(left=ast.Constant(value=str() as letter), op=op, right=right):
                made = partial(_added, op, right)
            case _:
                continue
        for other in _LETTERS.get(letter, ()):
            text = f"`{other}` were used in place of `{letter}`{within(function, slot.node)}"
            ask = f"Is this about `{letter}` or about `{other}`?"
            yield replaced(function, slot, made(other), text, ask)


def _joined(rest: list[ast.expr], letter: str) -> ast.expr:
    return ast.JoinedStr([ast.Constant(letter), *rest])


def _added(op: ast.operator, right: ast.expr, letter: str) -> ast.expr:
    return ast.BinOp(ast.Constant(letter), op, right)


def _keys_fixed(function: Function) -> Iterator[Edit]:
    """Use one key of a loop over letters for all of them: the bias of one gate for every gate."""
    for loop in ast.walk(function):
        match loop:
            case (
                ast.For(target=ast.Name(id=name), iter=ast.Constant(value=str() as keys))
                | ast.comprehension(
                    target=ast.Name(id=name), iter=ast.Constant(value=str() as keys)
                )
            ):
                pass
            case _:
                continue
        for slot in slots(function):
            match slot.node:
                case ast.BinOp(left=ast.Constant(value=str() as letter), right=ast.Name(id=used)):
                    where = within(function, slot.node)
                case _:
                    continue
            for key in keys if used == name else ():
                text = f"`{letter}{key}` were used in place of `{letter}{name}`{where}"
                ask = f"Which `{letter}` belongs to which gate or layer?"
                yield replaced(function, slot, ast.Constant(letter + key), text, ask)


def _values_exchanged(function: Function) -> Iterator[Edit]:
    """Exchange two entries of a dict or of a returned tuple."""
    for node in ast.walk(function):
        if isinstance(node, ast.Dict):
            values, known = node.values, [_key(key) for key in node.keys]
        elif isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Load):
            values, known = node.elts, [quoted(each) for each in node.elts]
        else:
            continue
        for i in range(len(values)):
            for j in range(i + 1, len(values)):
                if known[i] and known[j] and len(values) <= 5:
                    yield _exchange(function, values, i, j, known)


def _arguments_swapped(function: Function) -> Iterator[Edit]:
    """Exchange two arguments of a call that stand side by side."""
    for node in ast.walk(function):
        if not isinstance(node, ast.Call) or called(node.func) == "range":
            continue
        known = [quoted(each) if isinstance(each, ast.Name) else "" for each in node.args]
        for i in range(len(known) - 1):
            if known[i] and known[i + 1]:
                yield _exchange(function, node.args, i, i + 1, known)


def _exchange(function: Function, values: list[ast.expr], i: int, j: int, known: list[str]) -> Edit:
    def swap() -> None:
        values[i], values[j] = values[j], values[i]

    text = f"{_both(known[i], known[j], 'two values')} had changed places"
    return Edit(function.name, text, "Which of the two is which?", swap, swap)


OPERATORS: Final[tuple[Operator, ...]] = (
    _terms,
    _factors,
    _calls_left_out,
    _signs,
    _squares,
    _choices,
    _operators_exchanged,
    _functions_exchanged,
    _values_before,
    _letters,
    _axes,
    statements.changed,
    _comparisons,
    statements.bounds,
    statements.carried,
    _leaks,
    _operands_swapped,
    _transposes,
    _values_exchanged,
    _arguments_swapped,
    _kept_swapped,
    _names_swapped,
    _keys_fixed,
    _numbers,
    _counts,
    statements.arguments,
    _slopes,
    statements.cut,
    statements.without_keywords,
    _in_one_turn,
    _added_for_multiplied,
    _names_far,
)
