"""Create a new exercise: a small valid one, to be edited from there.

    new(Path.cwd(), "my_exercise")     # files, and an entry in assignments.yaml

The files pass ``grader validate`` immediately: a layer with forward and backward, two mistakes, two
right solutions in other styles, hidden tests with a gradient check, public tests. In an empty
folder, a course is created as well.
"""

from __future__ import annotations

import importlib.util
import json
import keyword
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml
from msgspec import Struct

from grader.course import catalog
from grader.course.yaml_nodes import FILE, CatalogError
from grader.files import write

TEMPLATES: Final = Path(__file__).parent / "templates"
KINDS: Final = ("function", "layer", "class", "torch", "text", "notebook")
"""The templates of ``grader new``."""
PLACES: Final = {
    "reference": "reference/{}",
    "hidden": "tests/hidden/{}",
    "exercise": "exercises/{}",
}
NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
BOM: Final = "\ufeff"

Files = Mapping[Path, str]


class Scaffold(Struct, frozen=True):
    """The files written, and the lines to add to ``assignments.yaml`` by hand, if any."""

    folder: Path
    files: tuple[Path, ...]
    by_hand: str = ""


def new(start: Path, name: str, template: str = "layer") -> Scaffold:
    """Write an exercise into the course at or above ``start``; raise `CatalogError`.

    Args:
        start: A folder of the course, or an empty folder, in which a course is created.
        name: The name of the exercise.
        template: One of `KINDS`.
    """
    check_name(name)  # before the name becomes part of the YAML
    title = name.replace("_", " ").strip().capitalize()
    entry = f"- name: {_scalar(name)}\n  title: {_scalar(title)}\n"
    lines = _rendered(f"{template}/entry", name, title)
    entry += "".join(f"  {line}\n" for line in "".join(lines.values()).splitlines() if line)
    return _begin(start, name, entry, _exercise(template, name, title))


def begin(start: Path, name: str, entry: str, files: Mapping[str, str]) -> Path:
    """Write an exercise from another source, and return the course's folder.

    Args:
        start: A folder of the course, or an empty folder, in which a course is created.
        name: The name of the exercise.
        entry: Its entry in assignments.yaml, as a list item.
        files: The content of each file, by its path in the course.

    Raises:
        CatalogError: The name is taken, or the entry must be added by hand.
    """
    check_name(name)
    made = _begin(start, name, entry, files)
    if made.by_hand:
        raise CatalogError(f"{FILE} cannot be extended; write its list with a line for each entry")
    return made.folder


def _begin(start: Path, name: str, entry: str, exercise: Mapping[str, str]) -> Scaffold:
    folder, begun = _course(start)
    for place in _folders(folder, name):
        if place.exists():
            raise CatalogError(f"{place} already exists; choose another name")
    listing = folder / FILE
    text = begun.get(listing) or _read(listing)
    if name in _names(text):
        raise CatalogError(f"{FILE} has an assignment {name!r} already; choose another name")
    extended = appended(text, entry)
    files = {**begun, **{folder / path: content for path, content in exercise.items()}}
    files.pop(listing, None)
    if extended is not None:
        files[listing] = extended  # written last, because the files that it names must exist
    for path, content in files.items():
        _write(path, content)
    return Scaffold(folder, tuple(files), "" if extended is not None else entry)


def add_line(folder: Path, name: str, line: str) -> None:
    """Add a line to the entry that `begin` has written for an exercise."""
    listing = folder / FILE
    head = re.compile(rf"^( *)- name: {name}(\r?\n)", re.MULTILINE)
    _write(listing, head.sub(rf"\g<0>\1  {line}\2", _read(listing), count=1))


def check_name(name: str) -> None:
    """Raise `CatalogError` for a name that an exercise cannot have."""
    if not NAME.fullmatch(name) or keyword.iskeyword(name):
        raise CatalogError(
            f"{name!r} is not a valid name; use lower-case letters, digits and _ only"
        )
    if importlib.util.find_spec(name) is not None:
        raise CatalogError(f"{name!r} is the name of a Python module; choose another name")


def _folders(folder: Path, name: str) -> tuple[Path, Path, Path]:
    return (
        folder / "reference" / name,
        folder / "tests" / "hidden" / name,
        folder / "exercises" / name,
    )


def _course(start: Path) -> tuple[Path, Files]:
    """Return the course's folder, and the files of a new course if there is none."""
    try:
        folder = catalog.find_course(start)
    except CatalogError as error:
        if "GRADER_COURSE" in os.environ or any(path.name[0] != "." for path in start.iterdir()):
            raise CatalogError(
                f"{error}; to start a new course, run this in an empty folder"
            ) from None
        return start, {
            start / path: content
            for path, content in _rendered("course", "", "").items()
            if not (start / path).exists()
        }
    listed = _list(_read(folder / FILE))
    if listed is None or listed.value:
        catalog.load(folder)  # report errors in it before anything is written
    return folder, {}


def _exercise(template: str, name: str, title: str) -> dict[str, str]:
    return {
        f"{place.format(name)}/{path}": content
        for part, place in PLACES.items()
        for path, content in _rendered(f"{template}/{part}", name, title).items()
    }


def _rendered(part: str, name: str, title: str) -> dict[str, str]:
    """Return the templates of a folder by path, with names filled in."""
    found: dict[str, str] = {}
    for path in sorted((TEMPLATES / part).rglob("*.in")):
        target = path.relative_to(TEMPLATES / part).as_posix().removesuffix(".in")
        text = path.read_text(encoding="utf-8")
        target = ".gitignore" if target == "gitignore" else target.replace("@NAME@", name)
        found[target] = text.replace("@NAME@", name).replace("@TITLE@", title)
    return found


def _write(path: Path, content: str) -> None:
    """Write the file completely or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, content.encode("utf-8", "surrogateescape"), 0o644)


# --- assignments.yaml ---------------------------------------------------------------------------


def appended(text: str, entry: str) -> str | None:
    """Append ``entry`` to the list in a file and keep every other byte.

    Returns:
        The new text; None if that is not safe, because the list is in brackets or missing.
    """
    listed = _list(text)
    if listed is None or (listed.value and listed.flow_style):
        return None
    mark, plain = text[: text.startswith(BOM)], text.removeprefix(BOM)
    newline = "\r\n" if "\r\n" in plain else "\n"
    before, after = _around(plain, listed)
    if not before.endswith("\n"):
        before += newline
    indent = " " * listed.start_mark.column if listed.value else "  "
    lines = "".join(f"{indent}{line}{newline}" for line in entry.splitlines())
    gap = newline if _apart(plain, listed) else ""
    made = f"{mark}{before}{gap}{lines}{after}"
    return made if _only_adds(text, made, entry) else None


def _around(text: str, listed: yaml.CollectionNode) -> tuple[str, str]:
    """Return the text before and after a new entry; ``[]`` is removed."""
    start, end = listed.start_mark.index, listed.end_mark.index
    if not listed.value and end > start:
        return text[:start].rstrip(" "), text[end:].lstrip(" \r").removeprefix("\n")
    line = text.find("\n", max(0, _end(listed) - 1))  # a folded text ends with its own newline
    at = len(text) if line < 0 else line + 1
    return text[:at], text[at:]


def _list(text: str) -> yaml.CollectionNode | None:
    """Return the node of the list of assignments; a missing list counts as empty."""
    root = _composed(text)
    for key, value in root.value if isinstance(root, yaml.MappingNode) else ():
        if key.value == "assignments":
            if isinstance(value, yaml.SequenceNode):
                return value
            if isinstance(value, yaml.ScalarNode) and not value.value:
                return yaml.SequenceNode(value.tag, [], key.end_mark, key.end_mark)
    return None


def _composed(text: str) -> yaml.Node | None:
    try:
        return yaml.compose(text.removeprefix(BOM), yaml.SafeLoader)
    except (yaml.YAMLError, ValueError):
        return None


def _names(text: str) -> list[str]:
    listed = _list(text)
    entries = (
        [each for each in listed.value if isinstance(each, yaml.MappingNode)] if listed else []
    )
    return [value.value for each in entries for key, value in each.value if key.value == "name"]


def _end(node: yaml.Node) -> int:
    """Return the end of the last scalar below a node; YAML's own end mark is later."""
    if isinstance(node, yaml.CollectionNode) and node.value and not node.flow_style:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last)
    return int(node.end_mark.index)


def _apart(text: str, listed: yaml.CollectionNode) -> bool:
    """Return whether blank lines separate the entries."""
    between = text[listed.start_mark.index : _end(listed)] if listed.value else ""
    return "\n\n" in between.replace("\r", "")


def _only_adds(before: str, after: str, entry: str) -> bool:
    """Return whether ``after`` equals ``before`` plus one assignment."""
    was, now = _plain(_composed(before)), _plain(_composed(after))
    if not isinstance(was, dict) or not isinstance(now, dict):
        return False
    entries, added = was["assignments"] or [], _plain(_composed(entry))
    return now == {**was, "assignments": [*entries, *added]}


def _plain(node: yaml.Node | None) -> Any:
    """Return a node as plain lists, dicts and texts."""
    if isinstance(node, yaml.MappingNode):
        return {key.value: _plain(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(each) for each in node.value]
    return str(node.value) if node else ""


def _scalar(text: str) -> str:
    """Return the text as a YAML scalar, with quotes for words like ``true`` and ``null``."""
    node = yaml.compose(text, yaml.SafeLoader)
    return text if node and node.tag.endswith(":str") else json.dumps(text)


def _read(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "surrogateescape")
