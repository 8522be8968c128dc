r"""Join the files of a solution into one program, in which mistakes and small edits are made.

>>> print(joined({"area.py": "from sizes import side\ndef area():\n    return side() ** 2",
...               "sizes.py": "def side():\n    return 3"}))
def side():
    return 3
<BLANKLINE>
<BLANKLINE>
def area():
    return side() ** 2

Imports between these files are left out, and an imported module becomes the program itself. Files
that define the same name, or import each other in a circle, cannot be joined.
"""

from __future__ import annotations

import ast
import graphlib
from collections.abc import Collection, Iterator, Mapping

from grader.notebook import without_demos


def joined(files: Mapping[str, str]) -> str:
    """Return the text of one program, or of the first file if the files cannot be joined."""
    texts = {name.removesuffix(".py"): without_demos(text) for name, text in files.items()}
    main = next(iter(texts))
    if len(texts) == 1:
        return texts[main]
    trees = {name: ast.parse(text) for name, text in texts.items()}
    needs = {name: _imported(tree, trees) for name, tree in trees.items()}
    needs[main] |= texts.keys() - {main}
    names = [name for tree in trees.values() for name in _defined(tree)]
    try:
        order = [*graphlib.TopologicalSorter(needs).static_order()]
    except graphlib.CycleError:
        return texts[main]
    if len(names) > len(set(names)):
        return texts[main]
    return "\n\n".join(_without_imports(texts[name], trees[name], texts) for name in order)


def _imported(tree: ast.Module, modules: Collection[str]) -> set[str]:
    """Return which of the given modules a file imports."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found & set(modules)


def _defined(tree: ast.Module) -> set[str]:
    """Return the names of the functions, classes and variables that a file defines."""
    found = {
        n.name for n in tree.body
        if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }  # fmt: skip
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            found |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and _is_set(n)}
    return found


def _is_set(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Store)


def _without_imports(text: str, tree: ast.Module, modules: Collection[str]) -> str:
    """Return a file in which imported names of the other files refer to the joined program."""
    lines = text.split("\n")
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom) and node.end_lineno:
            said = [*_instead(node, modules)]
            if said != [ast.unparse(node)]:
                first, last = node.lineno - 1, node.end_lineno - 1
                before, after = lines[first][: node.col_offset], lines[last][node.end_col_offset :]
                stands = "; ".join(said) or ("pass" if before or after.strip() else "")
                lines[first : last + 1] = [f"{before}{stands}{after}", *[""] * (last - first)]
    return "\n".join(lines)


def _instead(node: ast.Import | ast.ImportFrom, modules: Collection[str]) -> Iterator[str]:
    """Yield the statements that replace an import."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            if alias.name in modules:
                yield f"import sys as _sys; {alias.asname or alias.name} = _sys.modules[__name__]"
            else:
                yield ast.unparse(ast.Import([alias]))
    elif node.module in modules:
        for alias in node.names:
            if alias.asname and alias.asname != alias.name:
                yield f"{alias.asname} = {alias.name}"
    elif node.module != "__future__":
        yield ast.unparse(node)
