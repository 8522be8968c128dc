"""The mutation operators for lines and loops: left out, exchanged, or carried over wrongly.

See `grader.checks.diagnosis.mutation_operators`, whose table lists them.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from grader.checks.diagnosis.edit_places import (
    Edit,
    Function,
    Slot,
    called,
    located,
    replaced,
    roles,
    slots,
    targets,
)
from grader.checks.diagnosis.edit_wording import UNNAMED, quoted, the, variable, within
from grader.checks.reference import COUNTER


def spliced(
    function: Function, body: list[ast.stmt], index: int, length: int, new: Sequence[ast.stmt],
    clause: str, question: str,
) -> Edit:  # fmt: skip
    """Return the edit that replaces some lines by others."""
    old = body[index : index + length]
    for statement in new:
        located(statement, old[0] if old else body[0])

    def do() -> None:
        body[index : index + length] = new

    def undo() -> None:
        body[index : index + len(new)] = old

    return Edit(function.name, clause, question, do, undo, old[0] if len(old) == 1 else None)


def bodies(tree: ast.AST) -> Iterator[tuple[ast.AST, list[ast.stmt]]]:
    """Yield each body in a syntax tree, with the statement to which it belongs."""
    for owner in ast.walk(tree):
        body = getattr(owner, "body", None)
        if isinstance(body, list):
            yield owner, body


# --- loops --------------------------------------------------------------------------------------


def bounds(function: Function) -> Iterator[Edit]:
    """Change slices, ranges and loops: one shorter, one longer, all elements, or reversed."""
    for slot in slots(function):
        node = slot.node
        match node:
            case ast.Subscript(value=value, slice=ast.Slice()):
                text = f"the whole of {quoted(value, 'array')} were taken"
                yield replaced(function, slot, value, text, "Which part of it is needed?")
            case ast.Call(func=ast.Name(id="reversed" | "sorted" as name), args=[first]):
                text = f"the order were not {name}" if name == "reversed" else "nothing were sorted"
                yield replaced(function, slot, first, text, "In which order are they visited?")
            case ast.Call(func=ast.Name(id="range"), args=args) if len(args) < 3:
                shorter = ast.BinOp(args[-1], ast.Sub(), ast.Constant(1))
                new = ast.Call(node.func, [*args[:-1], shorter], [])
                text = "the loop ended one turn too early"
                yield replaced(function, slot, new, text, "How many turns does the loop need?")
                if len(args) == 1:
                    new = ast.Call(node.func, [ast.Constant(1), *args], [])
                    text = "the loop began one turn too late"
                    yield replaced(function, slot, new, text, "Which turn comes first?")
        if isinstance(slot.owner, (ast.For, ast.comprehension)) and slot.name == "iter":
            where = within(function, node)
            backwards = ast.Call(ast.Name("reversed", ast.Load()), [_list(node)], [])
            text = f"the loop ran in the opposite order{where}"
            ask = "In which order must they be visited?"
            yield replaced(function, slot, _list(backwards), text, ask)
            yield from _shortened(function, slot, where)


def _shortened(function: Function, slot: Slot, where: str) -> Iterator[Edit]:
    """Leave out the first or the last element that a loop iterates over."""
    node = slot.node
    if isinstance(node, ast.Call) and called(node.func) == "range":
        return
    for word, part in (
        ("last", ast.Slice(None, ast.Constant(-1))),
        ("first", ast.Slice(ast.Constant(1))),
    ):
        new = ast.Subscript(_list(node), part, ast.Load())
        text = f"{the('loop', node, 'over')} left out the {word} one{where}"
        ask = "How often does the loop run, and what does it see at the first and the last turn?"
        yield replaced(function, slot, new, text, ask)


def _list(node: ast.expr) -> ast.Call:
    return ast.Call(ast.Name("list", ast.Load()), [node], [])


def carried(function: Function) -> Iterator[Edit]:
    """Carry a value wrongly from one turn of a loop to the next, or return too early."""
    for owner, body in bodies(function):
        for index, loop in enumerate(body):
            if not isinstance(loop, ast.For):
                continue
            before = {each.arg for each in function.args.args if owner is function}
            before |= {name for each in body[:index] for name in targets(each)}
            for name in _assigned_in(loop):
                if name in before:
                    yield from _carried_wrongly(function, body, index, loop, name)
            last = body[-1]
            if isinstance(last, ast.Return):
                yield spliced(
                    function, loop.body, len(loop.body), 0, [copy.deepcopy(last)],
                    "it returned at the end of the first turn of its loop",
                    "How deep is the line with `return` indented, and when is it reached?",
                )  # fmt: skip
            yield spliced(
                function, loop.body, len(loop.body), 0, [ast.Break()],
                f"the loop over {quoted(loop.iter)} ended after its first turn",
                "How often does the loop run?",
            )  # fmt: skip


def _assigned_in(loop: ast.For) -> list[str]:
    found = [
        each
        for node in ast.walk(loop)
        if isinstance(node, ast.stmt)
        for each in sorted(targets(node))
    ]
    used = {node.id for node in ast.walk(loop) if isinstance(node, ast.Name)}
    return [name for name in dict.fromkeys(found) if name in used]


def _carried_wrongly(
    function: Function, body: list[ast.stmt], index: int, loop: ast.For, name: str
) -> Iterator[Edit]:
    first = f"_first_{name}"
    keep = ast.Assign([ast.Name(first, ast.Store())], ast.Name(name, ast.Load()))
    again = ast.Assign([ast.Name(name, ast.Store())], ast.Name(first, ast.Load()))
    located(keep, loop)
    located(again, loop)

    def start() -> None:
        loop.body.insert(0, again)
        body.insert(index, keep)

    def undo() -> None:
        body.remove(keep)
        loop.body.remove(again)

    who = variable(function, name)
    yield Edit(
        function.name, f"{who} began from its first value again in each turn of the loop",
        f"Where does {_it(who)} get its first value: before the loop, or in it?", start, undo,
    )  # fmt: skip
    for slot in slots(function):
        node = slot.node
        is_use = isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id == name
        if is_use and loop.lineno < node.lineno <= (loop.end_lineno or 0):
            old, new = node, ast.Name(first, ast.Load())
            located(new, old)
            yield Edit(
                function.name,
                f"the first value of {who} were used in each turn{within(function, node)}",
                f"Which value of {_it(who)} belongs here: the given one, or the newest?",
                partial(_both, partial(body.insert, index, keep), partial(slot.put, new)),
                partial(_both, partial(slot.put, old), partial(body.remove, keep)),
            )  # fmt: skip
    yield from _replaced_wrongly(function, loop, name)


def _it(who: str) -> str:
    """Return a variable's name, or the word that refers to a variable without a known name."""
    return who if who.startswith("`") else "this variable"


def _both(one: Callable[[], None], other: Callable[[], None]) -> None:
    one()
    other()


def _replaced_wrongly(function: Function, loop: ast.For, name: str) -> Iterator[Edit]:
    """Add a new value to the previous one, or keep the previous one."""
    who = variable(function, name)
    for at, line in enumerate(loop.body):
        if not isinstance(line, ast.Assign) or name not in targets(line):
            continue
        kept = ast.Assign([ast.Name("_kept_", ast.Store())], ast.Name(name, ast.Load()))
        both = ast.BinOp(ast.Name("_kept_", ast.Load()), ast.Add(), ast.Name(name, ast.Load()))
        for value, clause in (
            (both, f"{who} were added up from turn to turn, where it is to be replaced"),
            (ast.Name("_kept_", ast.Load()), f"{who} did not get its new value in the loop"),
        ):
            after = ast.Assign([ast.Name(name, ast.Store())], value)
            yield spliced(
                function, loop.body, at, 1, [kept, line, after], clause,
                f"What is {_it(who)} at the end of a turn, and what at the start of the next one?",
            )  # fmt: skip


def indented(function: Function) -> Iterator[Edit]:
    """Move the last line of a loop after it, or the line after it into the loop."""
    for _, body in bodies(function):
        for index, loop in enumerate(body):
            if not isinstance(loop, (ast.For, ast.While)):
                continue
            last, after = loop.body[-1], body[index + 1 : index + 2]
            lines = [each for each in loop.body if COUNTER not in ast.dump(each)]
            if len(lines) > 1 and isinstance(last, (ast.Assign, ast.AugAssign)):
                yield Edit(
                    function.name, f"{_changed_by(last)} ran once, after the loop, not in each turn",
                    "How deep is this line indented, and how often is it run?",
                    partial(_move, last, loop.body, body, index + 1),
                    partial(_move, last, body, loop.body, len(loop.body) - 1),
                )  # fmt: skip
            for line in after:
                if isinstance(line, (ast.Assign, ast.AugAssign)):
                    yield Edit(
                        function.name, f"{_changed_by(line)} ran in each turn of the loop, not after it",
                        "How deep is this line indented, and how often is it run?",
                        partial(_move, line, body, loop.body, len(loop.body)),
                        partial(_move, line, loop.body, body, index + 1),
                    )  # fmt: skip


def _changed_by(line: ast.Assign | ast.AugAssign) -> str:
    return the("line", line.targets[0] if isinstance(line, ast.Assign) else line.target, "for")


def _move(line: ast.stmt, home: list[ast.stmt], other: list[ast.stmt], index: int) -> None:
    home.remove(line)
    other.insert(index, line)


# --- lines --------------------------------------------------------------------------------------


def changed(function: Function) -> Iterator[Edit]:
    """Remove a line, exchange two lines, or write `=` instead of `+=`."""
    for _, body in bodies(function):
        for index, statement in enumerate(body):
            yield from _of_statement(function, body, index, statement)


def _of_statement(
    function: Function, body: list[ast.stmt], index: int, statement: ast.stmt
) -> Iterator[Edit]:
    is_call = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)
    if is_call and COUNTER in ast.dump(statement):
        return
    put = partial(spliced, function, body, index, 1)
    if isinstance(statement, ast.AugAssign):
        yield from _added(statement, put)
    if isinstance(statement, ast.AugAssign) or is_call or _changes(function, statement):
        target = statement.targets[0] if isinstance(statement, ast.Assign) else statement
        changed_one = target.target if isinstance(target, ast.AugAssign) else target
        text = f"{the('line', changed_one, 'that changes')} were left out"
        yield put([ast.Pass()], text, "Does every quantity get its new value?")
    if isinstance(statement, ast.If):
        for value, word in ((True, "always"), (False, "never")):
            test = ast.If(ast.Constant(value), statement.body, statement.orelse)
            text = f"{the('condition', statement.test, 'on')} {word} held"
            yield put([test], text, "In which cases does this condition hold?")
    yield from _swapped_lines(function, body, index)


def _added(statement: ast.AugAssign, put: Callable[..., Edit]) -> Iterator[Edit]:
    """Overwrite a value instead of adding to it, or change the sign of the added term."""
    name = quoted(statement.target)
    yield put(
        [ast.Assign([copy.copy(statement.target)], statement.value)],
        f"{name} were overwritten each time, not added to",
        "What happens to the first contribution when the second one arrives?",
    )
    if isinstance(statement.op, (ast.Add, ast.Sub)):
        other = ast.Sub() if isinstance(statement.op, ast.Add) else ast.Add()
        flipped = ast.AugAssign(statement.target, other, statement.value)
        text = f"{name} received the opposite of what is added to it"
        yield put([flipped], text, "Added or subtracted?")


def _changes(function: Function, statement: ast.stmt) -> bool:
    """Return whether a statement changes a value that is already defined."""
    if isinstance(statement, ast.AugAssign):
        return True
    if not isinstance(statement, ast.Assign):
        return False
    if any(isinstance(target, ast.Subscript) for target in statement.targets):
        return True
    others = [each for each in ast.walk(function) if each is not statement]
    known = {each.arg for each in function.args.args}
    known |= {name for each in others if isinstance(each, ast.Assign) for name in targets(each)}
    return bool(targets(statement) & known)


def _swapped_lines(function: Function, body: list[ast.stmt], index: int) -> Iterator[Edit]:
    """Exchange a line and the next one if one changes a value that the other uses."""
    if index + 1 >= len(body):
        return
    for one, other in ((body[index], body[index + 1]), (body[index + 1], body[index])):
        used = {each.id for each in ast.walk(other) if isinstance(each, ast.Name)}
        is_line = isinstance(other, (ast.Assign, ast.AugAssign))
        if is_line and _changes(function, one) and used & targets(one):
            yield _order(function, body, index)
            return


def _order(function: Function, body: list[ast.stmt], index: int) -> Edit:
    def swap() -> None:
        body[index], body[index + 1] = body[index + 1], body[index]

    known = [
        quoted(each.targets[0] if isinstance(each, ast.Assign) else each.target)
        for each in body[index : index + 2]
        if isinstance(each, (ast.Assign, ast.AugAssign))
    ]
    order = f"{known[1]} were computed before {known[0]}, and not after it"
    order = "two lines stood in the opposite order" if UNNAMED in known else order
    return Edit(
        function.name, order,
        "Which of the two values must be read before the other changes?", swap, swap,
    )  # fmt: skip


# --- arguments and types ------------------------------------------------------------------------


def arguments(function: Function) -> Iterator[Edit]:
    """Ignore a parameter by using 0 or 1, or use a count that is off by one."""
    body, kinds = function.body, roles(function)
    for argument in function.args.args:
        if kinds.get(argument.arg) in ("dict", "function"):
            continue
        name = ast.Name(argument.arg, ast.Load())
        zero = ast.BinOp(name, ast.Mult(), ast.Constant(0))
        ways: list[tuple[ast.expr, str]] = [
            (zero, "always 0, whatever is given"),
            (ast.BinOp(zero, ast.Add(), ast.Constant(1)), "always 1, whatever is given"),
        ]
        if _is_count(function, argument.arg):
            ways += [
                (ast.BinOp(name, ast.Sub(), ast.Constant(1)), "smaller by 1"),
                (ast.BinOp(name, ast.Add(), ast.Constant(1)), "larger by 1"),
            ]
        for value, words in ways:
            line = ast.Assign([ast.Name(argument.arg, ast.Store())], value)
            located(line, body[0])
            yield Edit(
                function.name, f"`{argument.arg}` were {words}",
                f"Where and how does `{argument.arg}` come in?",
                partial(body.insert, 0, line), partial(body.remove, line),
            )  # fmt: skip


def _is_count(function: Function, name: str) -> bool:
    """Return whether a name is used with a whole number, in an index, or in a range."""
    for node in ast.walk(function):
        match node:
            case ast.Slice(lower=one, upper=other) | ast.BinOp(left=one, right=other):
                beside = [one, other]
            case ast.Call(func=ast.Name(id="range"), args=beside):
                pass
            case _:
                continue
        if any(isinstance(each, ast.Name) and each.id == name for each in beside):
            return True
    return False


def cut(function: Function) -> Iterator[Edit]:
    """Truncate a value to whole numbers directly after it is computed."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name, old = node.targets[0].id, node.value
            truncated = ast.Attribute(ast.Name("np", ast.Load()), "trunc", ast.Load())
            new = ast.Call(truncated, [old], [])
            who = variable(function, name, "value")
            located(new, old)
            yield Edit(
                function.name, f"{who} were cut to whole numbers",
                f"Of which type is {_it(who)}, and what does that type do to 0.7?",
                partial(setattr, node, "value", new), partial(setattr, node, "value", old),
            )  # fmt: skip


def without_keywords(function: Function) -> Iterator[Edit]:
    """Leave out a keyword argument of a call."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and node.keywords:
            yield from _without_keyword(function, node)


def _without_keyword(function: Function, node: ast.Call) -> Iterator[Edit]:
    for keyword in node.keywords:
        if keyword.arg is None or keyword.arg in ("strict", "axis"):
            continue
        keywords, rest = node.keywords, [each for each in node.keywords if each is not keyword]
        yield Edit(
            function.name, f"`{keyword.arg}` were not given to `{called(node.func)}`",
            f"What does `{keyword.arg}` do here?",
            partial(setattr, node, "keywords", rest), partial(setattr, node, "keywords", keywords),
            node,
        )  # fmt: skip
