"""The mutation operators: each finds the places of a function where one small edit makes a mistake.

An operator is a function from a function's syntax tree to `Edit` values. An edit names what is
different ("`b2` were not added", to follow "as if") and asks a question that leads there. The table
`OPERATORS` puts likely slips first. To add an operator, write one such function and list it.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

Operator = Callable[[ast.FunctionDef], Iterator["Edit"]]


@dataclass(frozen=True, eq=False)
class Edit:
    """One edit of a syntax tree, made in place and taken back."""

    home: str
    """The function in which it is made."""
    clause: str
    question: str
    do: Callable[[], None]
    undo: Callable[[], None]


# --- walking and naming -------------------------------------------------------------------------


def _slots(function: ast.FunctionDef) -> Iterator[tuple[Any, str, int, ast.expr]]:
    """Yield every expression of a function with the place that holds it: owner, field, index or -1."""
    for owner in ast.walk(function):
        if owner is function.args:
            continue
        for name, value in ast.iter_fields(owner):
            if owner is function and name != "body":
                continue
            if isinstance(value, ast.expr):
                yield owner, name, -1, value
            elif isinstance(value, list):
                for index, item in enumerate(value):
                    if isinstance(item, ast.expr):
                        yield owner, name, index, item


def _replace(
    function: ast.FunctionDef,
    slot: tuple[Any, str, int, ast.expr],
    new: ast.expr,
    clause: str,
    question: str,
) -> Edit:
    owner, name, index, old = slot

    def put(node: ast.expr) -> None:
        if index < 0:
            setattr(owner, name, node)
        else:
            getattr(owner, name)[index] = node

    return Edit(function.name, clause, question, lambda: put(new), lambda: put(old))


def _assigned(function: ast.FunctionDef, node: ast.AST) -> str:
    """Return the name of the value in whose line a node stands, for a sentence, or ''."""
    for statement in ast.walk(function):
        if isinstance(statement, (ast.Assign, ast.AugAssign)) and any(
            each is node for each in ast.walk(statement)
        ):
            target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
            if not isinstance(target, ast.Tuple):
                return said(target)
    return ""


def _within(function: ast.FunctionDef, node: ast.AST) -> str:
    for table in ast.walk(function):
        if isinstance(table, ast.Dict):
            for key, value in zip(table.keys, table.values, strict=True):
                if isinstance(key, ast.Constant) and any(each is node for each in ast.walk(value)):
                    return f" (for {key.value!r})"
    name = _assigned(function, node)
    return f" in `{name}`" if name else ""


def said(node: ast.AST, depth: int = 0) -> str:
    """Name an expression in words that give no formula away.

    >>> said(ast.parse("params['b2']", mode="eval").body)
    'b2'
    """
    short = _short(node) or _made(node, depth)
    if short:
        return short
    names = [
        said(each)
        for each in ast.walk(node)
        if isinstance(each, ast.Name) and each.id not in ("np", "math", "params", "cache", "len")
    ]
    known = list(dict.fromkeys(names))[:3]
    return f"what is computed from {' and '.join(known)}" if known else "that"


def _short(node: ast.AST) -> str:
    """Name a variable, a number or an entry of a dict; '' for anything else."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Constant(value=value):
            return repr(value)
        case ast.Subscript(slice=ast.Constant(value=str() as key)):
            return key
        case ast.Subscript(slice=ast.JoinedStr(values=[ast.Constant(value=str() as key), *_])):
            return f"{key}k"
        case ast.Subscript(slice=ast.BinOp(left=ast.Constant(value=str() as key))):
            return f"{key}k"
        case ast.Subscript(value=value):
            return _short(value)
    return ""


def _made(node: ast.AST, depth: int) -> str:
    """Name a simple expression, such as a function of a variable; '' for anything else."""
    match node:
        case ast.Attribute(value=value, attr="T"):
            return f"{said(value, depth)}.T"
        case ast.Attribute(attr=name):
            return name
        case ast.Call(func=function, args=[first, *_]) if depth < 2:
            return f"{_function(function)}({said(first, depth + 1)})"
        case ast.Call(func=ast.Attribute(value=value, attr=method), args=[]) if depth < 2:
            return f"{method}({said(value, depth + 1)})"
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return f"-{said(operand, depth)}"
        case ast.BinOp(left=ast.Constant(value=1), op=ast.Sub(), right=right):
            return f"1 - {said(right, depth)}"
        case ast.BinOp(left=left, op=ast.Pow(), right=ast.Constant(value=int() as power)):
            return f"{said(left, depth)}^{power}"
    return ""


def _quoted(node: ast.AST) -> str:
    text = said(node)
    return text if text.startswith(("what", "that")) else f"`{text}`"


def _function(node: ast.AST) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return "f"


# --- operators ----------------------------------------------------------------------------------


def _terms(function: ast.FunctionDef) -> Iterator[Edit]:
    for slot in _slots(function):
        node = slot[3]
        if not isinstance(node, ast.BinOp) or not isinstance(node.op, (ast.Add, ast.Sub)):
            continue
        if _is_index(node):
            continue
        verb = "added" if isinstance(node.op, ast.Add) else "subtracted"
        where = _within(function, node)
        ask = f"Which terms belong to this sum{where}? Count them in your code."
        yield _replace(
            function, slot, node.left, f"{_quoted(node.right)} were not {verb}{where}", ask
        )
        if isinstance(node.left, ast.Constant) and isinstance(node.op, ast.Sub):
            text = f"`{said(node.left)}` and the minus sign after it were left out{where}"
            yield _replace(function, slot, node.right, text, ask)
        elif isinstance(node.op, ast.Add):
            yield _replace(
                function, slot, node.right, f"{_quoted(node.left)} were not added{where}", ask
            )


def _is_index(node: ast.BinOp) -> bool:
    """Return whether a sum computes an index: small numbers and lengths only."""
    return all(isinstance(each, ast.Constant) for each in (node.left, node.right))


def _factors(function: ast.FunctionDef) -> Iterator[Edit]:
    for slot in _slots(function):
        node = slot[3]
        if not isinstance(node, ast.BinOp):
            continue
        where = _within(function, node)
        if isinstance(node.op, (ast.Mult, ast.MatMult)):
            ask = f"Which factors belong to this product{where}? Is each of them in your code?"
            right = f"the factor {_quoted(node.right)} were left out{where}"
            left = f"the factor {_quoted(node.left)} were left out{where}"
            yield _replace(function, slot, node.left, right, ask)
            yield _replace(function, slot, node.right, left, ask)
        elif isinstance(node.op, ast.Div):
            text = f"there were no division by {_quoted(node.right)}{where}"
            yield _replace(
                function, slot, node.left, text, f"What is the result{where} divided by, and where?"
            )
        elif isinstance(node.op, ast.Pow):
            text = f"{_quoted(node.left)} were not raised to the power {_quoted(node.right)}{where}"
            yield _replace(function, slot, node.left, text, "Which power belongs here?")


def _calls_left_out(function: ast.FunctionDef) -> Iterator[Edit]:
    for slot in _slots(function):
        node = slot[3]
        if isinstance(node, ast.Call) and node.args and not isinstance(node.args[0], ast.Starred):
            name = _function(node.func)
            if name in (
                "len",
                "range",
                "zip",
                "int",
                "float",
                "list",
                "tuple",
                "reversed",
                "sorted",
            ):
                continue
            where = _within(function, node)
            text = f"`{name}` were not applied{where}"
            yield _replace(
                function, slot, node.args[0], text, f"Where does `{name}` belong{where}?"
            )
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and (node.func.attr in ("sum", "mean", "copy", "max", "reshape", "astype"))
        ):
            where = _within(function, node)
            text = f"`{node.func.attr}` were left out{where}"
            yield _replace(
                function,
                slot,
                node.func.value,
                text,
                f"Over what does `{node.func.attr}` run here?",
            )


_EXCHANGED: Final = {
    "sum": ("mean",), "mean": ("sum",), "max": ("min",), "min": ("max",), "argmax": ("argmin",),
    "maximum": ("minimum",), "minimum": ("maximum",), "tanh": ("sigmoid", "relu"),
    "sigmoid": ("tanh", "relu"), "relu": ("sigmoid", "tanh"), "log": ("log2", "log10"),
    "std": ("var",), "sqrt": ("square",),
}  # fmt: skip
_RELU: Final = "(lambda _z: np.maximum(_z, 0))"
_SIGMOID: Final = "(lambda _z: 1 / (1 + np.exp(-_z)))"


def _functions_exchanged(function: ast.FunctionDef) -> Iterator[Edit]:
    for slot in _slots(function):
        node = slot[3]
        name = _function(node) if isinstance(node, (ast.Name, ast.Attribute)) else ""
        if name not in _EXCHANGED or not isinstance(slot[0], ast.Call) or slot[1] != "func":
            continue
        where = _within(function, slot[0])
        for other in _EXCHANGED[name]:
            if other in ("relu", "sigmoid"):
                new = ast.parse(_RELU if other == "relu" else _SIGMOID, mode="eval").body
            elif isinstance(node, ast.Attribute):
                new = ast.Attribute(node.value, other, ast.Load())
            else:
                new = ast.Attribute(ast.Name("np", ast.Load()), other, ast.Load())
            text = f"`{name}`{where} were `{other}`"
            yield _replace(
                function,
                slot,
                new,
                text,
                f"Which function belongs here{where}, and what does it do?",
            )


_SIGNS: Final = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Div: ast.Mult, ast.MatMult: ast.Mult}
_MARKS: Final = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.MatMult: "@"}


def _operators_exchanged(function: ast.FunctionDef) -> Iterator[Edit]:
    for slot in _slots(function):
        node = slot[3]
        if not isinstance(node, ast.BinOp) or type(node.op) not in _SIGNS:
            continue
        other = _SIGNS[type(node.op)]
        old, new = _MARKS[type(node.op)], _MARKS[other]
        where = _within(function, node)
        made = ast.BinOp(node.left, other(), node.right)
        text = f"`{old}` before {_quoted(node.right)}{where} were `{new}`"
        yield _replace(function, slot, made, text, f"Which operation belongs here{where}?")


def _operands_swapped(function: ast.FunctionDef) -> Iterator[Edit]:
    for slot in _slots(function):
        node = slot[3]
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Sub, ast.Div)):
            if ast.dump(node.left) == ast.dump(node.right):
                continue
            where = _within(function, node)
            made = ast.BinOp(node.right, node.op, node.left)
            text = f"{_quoted(node.left)} and {_quoted(node.right)} had changed places{where}"
            ask = "Which of the two comes first here, and what changes when they change places?"
            yield _replace(function, slot, made, text, ask)


def _names_swapped(function: ast.FunctionDef) -> Iterator[Edit]:
    """Exchange a value for another name in scope or another key of the same dict."""
    names, keys = _names(function), _keys(function)
    for slot in _slots(function):
        node = slot[3]
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in names:
            for other in names:
                if other != node.id and _are_alike(node.id, other):
                    yield _named(function, slot, ast.Name(other, ast.Load()), node.id, other)
        match node:
            case ast.Subscript(
                value=ast.Name(id=owner), slice=ast.Constant(value=str() as key), ctx=ast.Load()
            ):
                for other in keys.get(owner, []):
                    if other != key and _are_alike(key, other):
                        new = ast.Subscript(node.value, ast.Constant(other), ast.Load())
                        yield _named(function, slot, new, key, other)


def _named(
    function: ast.FunctionDef, slot: tuple[Any, str, int, ast.expr], new: ast.expr,
    name: str, other: str,
) -> Edit:  # fmt: skip
    where = _within(function, slot[3])
    text = f"`{other}` stood where `{name}` belongs{where}"
    return _replace(function, slot, new, text, f"Which value is needed here{where}: `{other}`?")


def _are_alike(one: str, other: str) -> bool:
    """Return whether two names are easily confused: one letter or number differs."""
    if one.strip("0123456789") == other.strip("0123456789"):
        return True
    same_end = one[-1] == other[-1] and one[-1].isdigit()
    near = abs(len(one) - len(other)) <= 2
    return same_end or near


def _names(function: ast.FunctionDef) -> list[str]:
    """Return the parameters and the names that a function assigns."""
    found = [argument.arg for argument in function.args.args]
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.append(node.id)
    return [name for name in dict.fromkeys(found) if not name.startswith("_")]


def _keys(function: ast.FunctionDef) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for node in ast.walk(function):
        match node:
            case ast.Subscript(value=ast.Name(id=owner), slice=ast.Constant(value=str() as key)):
                found.setdefault(owner, []).append(key)
    return {owner: list(dict.fromkeys(keys)) for owner, keys in found.items()}


def _values_exchanged(function: ast.FunctionDef) -> Iterator[Edit]:
    """Exchange two entries of a dict or of a returned tuple."""
    for node in ast.walk(function):
        if isinstance(node, ast.Dict):
            values, names = node.values, [said(key) if key else "" for key in node.keys]
        elif isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Load):
            values, names = node.elts, [said(each) for each in node.elts]
        else:
            continue
        for i in range(len(values)):
            for j in range(i + 1, len(values)):
                if names[i] and names[j] and len(values) <= 5:
                    yield _exchange(function, values, i, j, names)


def _exchange(
    function: ast.FunctionDef, values: list[ast.expr], i: int, j: int, names: list[str]
) -> Edit:
    def swap() -> None:
        values[i], values[j] = values[j], values[i]

    text = f"`{names[i]}` and `{names[j]}` had changed places"
    return Edit(function.name, text, "Which of the two is which?", swap, swap)


def _transposes(function: ast.FunctionDef) -> Iterator[Edit]:
    for slot in _slots(function):
        node = slot[3]
        where = _within(function, node)
        ask = "Which pair does row i, column j of this matrix belong to?"
        if isinstance(node, ast.Attribute) and node.attr == "T":
            text = f"{_quoted(node.value)} were not transposed{where}"
            yield _replace(function, slot, node.value, text, ask)
        elif isinstance(slot[0], ast.BinOp) and isinstance(slot[0].op, ast.MatMult):
            text = f"{_quoted(node)} were transposed{where}"
            yield _replace(function, slot, ast.Attribute(node, "T", ast.Load()), text, ask)
        elif isinstance(slot[0], ast.Dict) and slot[1] == "values":
            text = f"{_quoted(node)} were returned transposed"
            yield _replace(function, slot, ast.Attribute(node, "T", ast.Load()), text, ask)


def _axes(function: ast.FunctionDef) -> Iterator[Edit]:
    for node in ast.walk(function):
        if not isinstance(node, ast.keyword) or node.arg != "axis":
            continue
        old = node.value
        if not isinstance(old, ast.Constant):
            continue
        where = _within(function, node)
        for other in (0, 1, None, -1):
            if other != old.value:
                over = f"axis {other}" if other is not None else "all axes"
                old_axis = repr(old.value)
                text = f"it ran over {over}, not over axis {old_axis}{where}"
                slot = (node, "value", -1, old)
                yield _replace(
                    function, slot, ast.Constant(other), text,
                    "Which axis counts the examples, and which one is to disappear?",
                )  # fmt: skip


_BOUNDS: Final = {
    ast.Gt: (ast.GtE, ast.Lt), ast.GtE: (ast.Gt, ast.Lt), ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt), ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,),
}  # fmt: skip
_COMPARED: Final = {ast.Gt: ">", ast.GtE: ">=", ast.Lt: "<", ast.LtE: "<=", ast.Eq: "==",
                    ast.NotEq: "!="}  # fmt: skip


def _comparisons(function: ast.FunctionDef) -> Iterator[Edit]:
    for slot in _slots(function):
        node = slot[3]
        if not isinstance(node, ast.Compare) or type(node.ops[0]) not in _BOUNDS:
            continue
        old = _COMPARED[type(node.ops[0])]
        ask = f"What must hold at the border, where {_quoted(node.left)} is just equal?"
        for other in _BOUNDS[type(node.ops[0])]:
            new = ast.Compare(node.left, [other(), *node.ops[1:]], node.comparators)
            text = f"`{old}` after {_quoted(node.left)} were `{_COMPARED[other]}`"
            yield _replace(function, slot, new, text, ask)
        for value in (True, False):
            text = (
                f"the comparison of {_quoted(node.left)} were always {'true' if value else 'false'}"
            )
            nothing = ast.BinOp(node, ast.Mult(), ast.Constant(0))
            shape = ast.BinOp(nothing, ast.Add(), ast.Constant(int(value)))
            yield _replace(function, slot, shape, text, ask)


def _numbers(function: ast.FunctionDef) -> Iterator[Edit]:
    for slot in _slots(function):
        node = slot[3]
        if (
            not isinstance(node, ast.Constant)
            or isinstance(node.value, bool)
            or not isinstance(node.value, (int, float))
        ):
            continue
        if isinstance(slot[0], ast.Expr):
            continue
        where = _within(function, node)
        number = node.value
        usual = {0: (1,), 1: (0, 2), 2: (1, 3)}
        others = usual.get(int(number), (number + 1, number - 1))
        for other in others:
            text = f"`{node.value!r}`{where} were `{other}`"
            yield _replace(
                function, slot, ast.Constant(type(number)(other)), text,
                "Is a count or a bound off by one here?",
            )  # fmt: skip


def _bounds(function: ast.FunctionDef) -> Iterator[Edit]:
    """Change slices and ranges: one shorter, one longer, all, or reversed."""
    for slot in _slots(function):
        node = slot[3]
        match node:
            case ast.Subscript(value=value, slice=ast.Slice()):
                text = f"the whole of {_quoted(value)} were taken"
                yield _replace(function, slot, value, text, "Which part of it is needed?")
            case ast.Call(func=ast.Name(id="reversed" | "sorted" as name), args=[first]):
                text = f"`{name}` were left out"
                yield _replace(function, slot, first, text, "In which order are they visited?")
            case ast.Call(func=ast.Name(id="range"), args=args) if len(args) < 3:
                shorter = ast.BinOp(args[-1], ast.Sub(), ast.Constant(1))
                new = ast.Call(node.func, [*args[:-1], shorter], [])
                text = "the loop ended one iteration too early"
                yield _replace(function, slot, new, text, "How many iterations does the loop need?")
                if len(args) == 1:
                    new = ast.Call(node.func, [ast.Constant(1), *args], [])
                    text = "the loop began one iteration too late"
                    yield _replace(function, slot, new, text, "Which iteration comes first?")
        if isinstance(slot[0], (ast.For, ast.comprehension)) and slot[1] == "iter":
            new = ast.Call(
                ast.Name("list", ast.Load()),
                [ast.Call(ast.Name("reversed", ast.Load()),
                          [ast.Call(ast.Name("list", ast.Load()), [node], [])], [])], [],
            )  # fmt: skip
            text = "the loop ran in the opposite order"
            yield _replace(function, slot, new, text, "In which order must they be visited?")


def _statements(function: ast.FunctionDef) -> Iterator[Edit]:
    """Remove a line, exchange two lines, or write `=` for `+=`."""
    for owner in ast.walk(function):
        body = getattr(owner, "body", None)
        if not isinstance(body, list):
            continue
        for index, statement in enumerate(body):
            yield from _of_statement(function, body, index, statement)


def _of_statement(
    function: ast.FunctionDef, body: list[ast.stmt], index: int, statement: ast.stmt
) -> Iterator[Edit]:
    def put(new: ast.stmt) -> Callable[[], None]:
        return lambda: body.__setitem__(index, new)

    gone = ast.Pass()
    if isinstance(statement, ast.AugAssign):
        name = said(statement.target)
        load = copy.copy(statement.target)
        assign = ast.Assign([load], statement.value)
        yield Edit(
            function.name, f"`{name}` were overwritten each time, where it should be added to",
            "What happens to the first contribution when the second one arrives?",
            put(assign), put(statement),
        )  # fmt: skip
        if isinstance(statement.op, (ast.Add, ast.Sub)):
            other = ast.Sub() if isinstance(statement.op, ast.Add) else ast.Add()
            flipped = ast.AugAssign(statement.target, other, statement.value)
            yield Edit(
                function.name, f"the sign of what `{name}` receives were the opposite",
                "Added or subtracted?", put(flipped), put(statement),
            )  # fmt: skip
    is_call = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)
    if is_call and "_turn_" in ast.dump(statement):
        return
    if isinstance(statement, ast.AugAssign) or is_call or _changes(function, statement):
        target = statement.targets[0] if isinstance(statement, ast.Assign) else statement
        name = said(target.target if isinstance(target, ast.AugAssign) else target)
        yield Edit(
            function.name, f"the line that changes {_plain(name)} were left out",
            "Does every quantity get its new value?", put(gone), put(statement),
        )  # fmt: skip
    if isinstance(statement, ast.If):
        for value, word in ((True, "always"), (False, "never")):
            test = ast.If(ast.Constant(value), statement.body, statement.orelse)
            yield Edit(
                function.name, f"the condition on {_quoted(statement.test)} {word} held",
                "In which cases does this condition hold?", put(test), put(statement),
            )  # fmt: skip
    yield from _swapped_lines(function, body, index)


def _swapped_lines(function: ast.FunctionDef, body: list[ast.stmt], index: int) -> Iterator[Edit]:
    """Exchange a line and the next where one changes a value that the other uses."""
    if index + 1 >= len(body):
        return
    for one, other in ((body[index], body[index + 1]), (body[index + 1], body[index])):
        used = {each.id for each in ast.walk(other) if isinstance(each, ast.Name)}
        is_line = isinstance(other, (ast.Assign, ast.AugAssign))
        if is_line and _changes(function, one) and used & _targets(one):
            yield _order(function, body, index)
            return


def _targets(statement: ast.stmt) -> set[str]:
    """Return the names that a statement assigns."""
    if not isinstance(statement, (ast.Assign, ast.AugAssign)):
        return set()
    found = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    return {each.id for target in found for each in ast.walk(target) if isinstance(each, ast.Name)}


def _changes(function: ast.FunctionDef, statement: ast.stmt) -> bool:
    """Return whether a statement changes a value that is already defined."""
    if isinstance(statement, ast.AugAssign):
        return True
    if not isinstance(statement, ast.Assign):
        return False
    if any(isinstance(target, ast.Subscript) for target in statement.targets):
        return True
    others = [each for each in ast.walk(function) if each is not statement]
    known = {each.arg for each in function.args.args}
    known |= {name for each in others if isinstance(each, ast.Assign) for name in _targets(each)}
    return bool(_targets(statement) & known)


def _plain(name: str) -> str:
    return name if name.startswith(("what", "that")) else f"`{name}`"


def _order(function: ast.FunctionDef, body: list[ast.stmt], index: int) -> Edit:
    def swap() -> None:
        body[index], body[index + 1] = body[index + 1], body[index]

    names = [
        _plain(said(each.targets[0] if isinstance(each, ast.Assign) else each.target))
        for each in body[index : index + 2]
        if isinstance(each, (ast.Assign, ast.AugAssign))
    ]
    return Edit(
        function.name, f"{names[1]} were computed before {names[0]}, and not after it",
        "Which of the two values must be read before the other changes?", swap, swap,
    )  # fmt: skip


def _slopes(function: ast.FunctionDef) -> Iterator[Edit]:
    """Apply another function to an argument first, or the function twice."""
    for slot in _slots(function):
        node = slot[3]
        if not isinstance(node, ast.Call) or len(node.args) != 1 or node.keywords:
            continue
        name = _function(node.func)
        if name in ("len", "range", "int", "float", "list", "tuple", "set", "dict", "reversed"):
            continue
        twice = ast.Call(node.func, [node], [])
        where = _within(function, node)
        yield _replace(
            function, slot, twice, f"`{name}` were applied twice{where}",
            f"How often is `{name}` applied on the way?",
        )  # fmt: skip
        if isinstance(node.args[0], (ast.Name, ast.Subscript)):
            for other in ("tanh", "sigmoid", "relu"):
                inner = {
                    "tanh": ast.Attribute(ast.Name("np", ast.Load()), "tanh", ast.Load()),
                    "sigmoid": ast.parse(_SIGMOID, mode="eval").body,
                    "relu": ast.parse(_RELU, mode="eval").body,
                }[other]
                value = ast.Call(inner, [node.args[0]], [])
                if name == other:
                    continue
                yield _replace(
                    function, slot, ast.Call(node.func, [value], []),
                    f"`{name}` were taken at the {other} of {_quoted(node.args[0])}{where}",
                    f"At which quantity is `{name}` taken: before or after the activation?",
                )  # fmt: skip


def _keywords(function: ast.FunctionDef) -> Iterator[Edit]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and node.keywords:
            yield from _without_keyword(function, node)


def _without_keyword(function: ast.FunctionDef, node: ast.Call) -> Iterator[Edit]:
    for keyword in node.keywords:
        if keyword.arg is None or keyword.arg in ("strict", "axis"):
            continue
        keywords, rest = node.keywords, [each for each in node.keywords if each is not keyword]
        yield Edit(
            function.name, f"`{keyword.arg}` were not given to `{_function(node.func)}`",
            f"What does `{keyword.arg}` do here?",
            partial(setattr, node, "keywords", rest), partial(setattr, node, "keywords", keywords),
        )  # fmt: skip


def _squares(function: ast.FunctionDef) -> Iterator[Edit]:
    """Write a square for a double, or a double for a square."""
    for slot in _slots(function):
        match slot[3]:
            case ast.BinOp(left=ast.Constant(value=2), op=ast.Mult(), right=other):
                new = ast.BinOp(other, ast.Mult(), other)
                text = f"{_quoted(other)} were squared, not doubled"
            case ast.BinOp(left=other, op=ast.Pow(), right=ast.Constant(value=2)):
                new = ast.BinOp(ast.Constant(2), ast.Mult(), other)
                text = f"{_quoted(other)} were doubled, not squared"
            case _:
                continue
        where = _within(function, slot[3])
        yield _replace(function, slot, new, text + where, "Twice a number, or its square?")


def _choices(function: ast.FunctionDef) -> Iterator[Edit]:
    """Take one side of a choice everywhere."""
    for slot in _slots(function):
        node = slot[3]
        if isinstance(node, ast.IfExp):
            where = _within(function, node)
            for taken, left in ((node.body, node.orelse), (node.orelse, node.body)):
                text = f"{_quoted(taken)} were taken everywhere, and {_quoted(left)} nowhere{where}"
                yield _replace(
                    function, slot, taken, text, "In which case does which of them hold?"
                )


def _zeroed(function: ast.FunctionDef) -> Iterator[Edit]:
    """Replace a value by zero."""
    names = set(_names(function))
    for slot in _slots(function):
        node = slot[3]
        inside = {each.arg for each in getattr(getattr(slot[0], "args", None), "args", [])}
        known = names | inside | _lambda_names(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in known:
            if isinstance(slot[0], (ast.Subscript, ast.Attribute)):
                continue
            new = ast.BinOp(node, ast.Mult(), ast.Constant(0.0))
            where = _within(function, node)
            text = f"`{node.id}` were 0{where}"
            yield _replace(function, slot, new, text, f"Where does `{node.id}` come in{where}?")


def _arguments(function: ast.FunctionDef) -> Iterator[Edit]:
    """Ignore a parameter: take it as 0 or as 1."""
    body = function.body
    for argument in function.args.args:
        name = ast.Name(argument.arg, ast.Load())
        zero = ast.BinOp(name, ast.Mult(), ast.Constant(0))
        for value, words in (
            (zero, "always 0, whatever is given"),
            (ast.BinOp(zero, ast.Add(), ast.Constant(1)), "always 1, whatever is given"),
            (ast.BinOp(name, ast.Sub(), ast.Constant(1)), "smaller by 1"),
            (ast.BinOp(name, ast.Add(), ast.Constant(1)), "larger by 1"),
        ):
            line = ast.Assign([ast.Name(argument.arg, ast.Store())], value)
            text = f"`{argument.arg}` were {words}"
            yield Edit(
                function.name, text, f"Where and how does `{argument.arg}` come in?",
                partial(body.insert, 0, line), partial(body.remove, line),
            )  # fmt: skip


def _cut(function: ast.FunctionDef) -> Iterator[Edit]:
    """Cut a value to whole numbers as soon as it is made."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name, old = node.targets[0].id, node.value
            new = ast.Call(
                ast.Attribute(ast.Name("np", ast.Load()), "trunc", ast.Load()), [old], []
            )
            yield Edit(
                function.name, f"`{name}` were cut to whole numbers",
                f"Of which type is `{name}`, and what does that type do to 0.7?",
                partial(setattr, node, "value", new), partial(setattr, node, "value", old),
            )  # fmt: skip


_LETTERS: Final = {"W": ("b", "U"), "b": ("W",), "U": ("W",)}


def _letters(function: ast.FunctionDef) -> Iterator[Edit]:
    """Use another kind of parameter: `b1` for `W1`."""
    for slot in _slots(function):
        match slot[3]:
            case ast.JoinedStr(values=[ast.Constant(value=str() as letter), *rest]):
                made: list[ast.expr] = [*rest]
            case _:
                continue
        for other in _LETTERS.get(letter, ()):
            new = ast.JoinedStr([ast.Constant(other), *made])
            text = f"`{other}` stood where `{letter}` belongs{_within(function, slot[3])}"
            yield _replace(
                function, slot, new, text, f"Is this about `{letter}` or about `{other}`?"
            )


def _lambda_names(function: ast.FunctionDef) -> set[str]:
    return {
        argument.arg
        for node in ast.walk(function)
        if isinstance(node, ast.Lambda)
        for argument in node.args.args
    }


OPERATORS: Final[tuple[Operator, ...]] = (
    _terms,
    _factors,
    _calls_left_out,
    _arguments,
    _squares,
    _choices,
    _operators_exchanged,
    _functions_exchanged,
    _letters,
    _axes,
    _statements,
    _comparisons,
    _slopes,
    _bounds,
    _operands_swapped,
    _transposes,
    _numbers,
    _cut,
    _zeroed,
    _names_swapped,
    _values_exchanged,
    _keywords,
)
