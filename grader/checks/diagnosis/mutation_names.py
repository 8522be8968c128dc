"""The mutation operators for names: another variable, key or argument.

See `grader.checks.diagnosis.mutation_operators`, whose table lists them.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from grader.checks.diagnosis.edit_places import (
    Edit,
    Function,
    Slot,
    called,
    first_lines,
    kept,
    names,
    replaced,
    roles,
    slots,
)
from grader.checks.diagnosis.edit_wording import another, pair_of, placed, quoted, variable, within


def names_swapped(function: Function) -> Iterator[Edit]:
    """Use another name that is easily confused with the right one, or another key of the dict."""
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


def names_far(function: Function) -> Iterator[Edit]:
    """Use another name in scope that does not resemble the right one."""
    yield from _other_names(function, near=False)


def _other_names(function: Function, near: bool) -> Iterator[Edit]:
    """Yield one replacement for each use of a name, then a second one, and so on."""
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
    """Return whether a name only holds other values: `cache` in `cache["z"]`, `np` in `np.exp`."""
    if isinstance(slot.owner, ast.Attribute):
        return slot.owner.attr != "T"
    return isinstance(slot.owner, ast.Subscript) and slot.name == "value"


def _named(function: Function, slot: Slot, new: ast.expr, other: str) -> Edit:
    where = within(function, slot.node)
    used, right = variable(function, other, "value"), another(slot.node)
    text = placed(f"{used} were used in place of {right}", where)
    instead = f" instead of {used}" if used.startswith("`") else ""
    ask = f"Which value is needed{where or ' here'}{instead}?"
    return replaced(function, slot, new, text, ask)


def _are_alike(one: str, other: str) -> bool:
    """Return whether two names are easily confused: similar, or with equal beginnings or ends."""
    if one.strip("0123456789") == other.strip("0123456789"):
        return True
    same_end = one[-1] == other[-1] and one[-1].isdigit()
    return same_end or one[0] == other[0] or abs(len(one) - len(other)) <= 2


def kept_swapped(function: Function) -> Iterator[Edit]:
    """Use another value of the cache: `z1` instead of `a1`."""
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
    """Return the names that hold values of the cache, with their keys."""
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


def letters(function: Function) -> Iterator[Edit]:
    """Use another kind of parameter: `b1` instead of `W1`."""
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


def keys_fixed(function: Function) -> Iterator[Edit]:
    """Use one key of a loop over letters for all of them: one gate's bias for every gate."""
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


def values_exchanged(function: Function) -> Iterator[Edit]:
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
                    yield _exchange(function, node, values, i, j, known)


def _key(key: ast.expr | None) -> str:
    """Return a key of a dict in quotes; '' for an unpacked dict."""
    return quoted(key).replace("'", "") if key else ""


def arguments_swapped(function: Function) -> Iterator[Edit]:
    """Exchange two adjacent arguments of a call."""
    for node in ast.walk(function):
        if not isinstance(node, ast.Call) or called(node.func) == "range":
            continue
        known = [quoted(each) if isinstance(each, ast.Name) else "" for each in node.args]
        for i in range(len(known) - 1):
            if known[i] and known[i + 1]:
                yield _exchange(function, node, node.args, i, i + 1, known)


def _exchange(
    function: Function, at: ast.AST, values: list[ast.expr], i: int, j: int, known: list[str]
) -> Edit:
    def swap() -> None:
        values[i], values[j] = values[j], values[i]

    text = f"{pair_of(known[i], known[j], 'two values')} had changed places"
    return Edit(function.name, text, "Which of the two is which?", swap, swap, at)
