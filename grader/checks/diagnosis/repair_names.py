"""The changes of names in a student's own code: attributes, entries of dicts, parameters.

See `grader.checks.diagnosis.repair_operators`, whose table lists them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from grader.checks.diagnosis.edit_places import (
    Edit,
    Function,
    names,
    replaced,
    roles,
    slots,
)
from grader.checks.diagnosis.edit_wording import quoted, within

_ATTRIBUTES: Final = "_attributes"
_ENTRIES: Final = "_entries"
_MOST_ATTRIBUTES: Final = 12


def note_names(tree: ast.Module) -> None:
    """Record in each function the keys of the file's dicts, and the attributes of its objects."""
    modules = {
        (alias.asname or alias.name).partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    found: list[str] = []
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef(body=body):
                methods = [each.name for each in body if isinstance(each, ast.FunctionDef)]
                found += [name for name in methods if not name.startswith("__")]
            case ast.Attribute(value=ast.Name(id=owner), attr=name) if owner not in modules:
                found.append(name)
            case ast.AnnAssign(target=ast.Name(id=name)):
                found.append(name)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    keys = [key for function in functions for node in ast.walk(function) for key in _keys(node)]
    for function in functions:
        setattr(function, _ATTRIBUTES, (modules, list(dict.fromkeys(found))))
        setattr(function, _ENTRIES, list(dict.fromkeys(keys)))


def _keys(node: ast.AST) -> Iterator[str]:
    """Yield the keys that a dict is written with."""
    match node:
        case ast.Dict(keys=[*keys]):
            constants = [key.value for key in keys if isinstance(key, ast.Constant)]
            yield from (key for key in constants if isinstance(key, str))
        case ast.Call(func=ast.Name(id="dict"), keywords=given):
            yield from (keyword.arg for keyword in given if keyword.arg)


def attributes(function: Function) -> Iterator[Edit]:
    """Read another attribute of an object."""
    modules, known = getattr(function, _ATTRIBUTES, (set(), []))
    for slot in slots(function):
        match slot.node:
            case ast.Attribute(value=ast.Name(id=owner) as value, attr=name) if (
                owner not in modules
            ):
                pass
            case _:
                continue
        for other in [each for each in known if each != name and name in known][:_MOST_ATTRIBUTES]:
            text = f"`{owner}.{other}` were used in place of `{owner}.{name}`"
            ask = f"Which part of `{owner}` is needed{within(function, slot.node)}?"
            new = ast.Attribute(value, other, ast.Load())
            yield replaced(function, slot, new, text + within(function, slot.node), ask)


def entries_near(function: Function) -> Iterator[Edit]:
    """Use an entry of a dict that is easily confused with another one, or with a variable."""
    yield from _entries(function, near=True)


def entries_far(function: Function) -> Iterator[Edit]:
    """Use another entry of a dict, or an entry instead of a variable."""
    yield from _entries(function, near=False)


def _entries(function: Function, near: bool) -> Iterator[Edit]:
    reads = [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load)
    ]
    owners = {node.value.id: node.value for node in reads if isinstance(node.value, ast.Name)}
    used = [(name, key) for node in reads if (name := _owner(node)) and (key := _key(node))]
    caches = [name for name, _ in used if name in {each.arg for each in function.args.args}]
    used += [
        (name, key) for name in dict.fromkeys(caches) for key in getattr(function, _ENTRIES, [])
    ]
    for slot in slots(function):
        node, mine = slot.node, (_owner(slot.node), _key(slot.node))
        is_name = isinstance(node, ast.Name) and isinstance(slot.owner, ast.BinOp | ast.Call)
        if not (is_name and slot.name != "func") and not all(mine):
            continue
        if not isinstance(getattr(node, "ctx", None), ast.Load):
            continue
        for name, key in dict.fromkeys(used):
            if (name, key) == mine or (mine[0] and mine[0] != name):
                continue
            if (key[:1] == (mine[1] or getattr(node, "id", ""))[:1]) == near:
                new = ast.Subscript(owners[name], ast.Constant(key), ast.Load())
                where = within(function, node)
                text = f"{quoted(new)} were used in place of {quoted(node)}{where}"
                ask = f"Which value is needed{where or ' here'}?"
                yield replaced(function, slot, new, text, ask)


def _owner(node: ast.expr) -> str:
    """Return the variable of an entry, such as `cache["z"]`; '' for anything else."""
    match node:
        case ast.Subscript(value=ast.Name(id=name)):
            return name
    return ""


def _key(node: ast.expr) -> str:
    match node:
        case ast.Subscript(slice=ast.Constant(value=str() as key)):
            return key
    return ""


def parameters(function: Function) -> Iterator[Edit]:
    """Use a parameter instead of a number that is written out."""
    kinds = roles(function)
    known = [each.arg for each in function.args.args if not kinds.get(each.arg)]
    for slot in slots(function):
        node = slot.node
        if not isinstance(node, ast.Constant) or not isinstance(node.value, int | float):
            continue
        if isinstance(slot.owner, ast.BinOp | ast.Call | ast.Compare):
            where = within(function, node)
            for name in known:
                text = f"`{name}` were used in place of {quoted(node)}{where}"
                ask = f"Which number is needed{where or ' here'}, and is it always the same?"
                yield replaced(function, slot, ast.Name(name, ast.Load()), text, ask)


def lengths(function: Function) -> Iterator[Edit]:
    """Use the length of a value instead of another number."""
    counted = {
        node.value.id
        for node in ast.walk(function)
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name)
    }
    known = [
        name for name in names(function) if name in counted and roles(function).get(name) != "dict"
    ]
    for slot in slots(function):
        node = slot.node
        is_number = isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
        if is_number and isinstance(slot.owner, ast.BinOp) and slot.name == "right":
            where = within(function, node)
            for name in known:
                new = ast.Call(ast.Name("len", ast.Load()), [ast.Name(name, ast.Load())], [])
                text = f"the length of `{name}` were used in place of {quoted(node)}{where}"
                yield replaced(
                    function, slot, new, text, f"Which count is needed{where or ' here'}?"
                )
