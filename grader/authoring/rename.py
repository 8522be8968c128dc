"""Rename an exercise: its folders, the files named after it, its entry, and references.

    for line in rename(Path("course"), "perceptron", "neuron"): print(line)

Only references to the exercise change (imports of its folder, file names, ``EXERCISE = "..."``); a
function or variable of the same name stays. ``grader build`` then generates files again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import yaml

from grader.authoring.scaffold import PLACES, check_name
from grader.course.catalog import find_course
from grader.course.yaml_nodes import FILE, CatalogError
from grader.files import write
from grader.text import nearest

TEXTS: Final = frozenset({".py", ".md", ".ipynb", ".yaml", ".toml"})


def rename(start: Path, old: str, new: str) -> Iterator[str]:
    """Rename an exercise; yield a line for each change.

    Args:
        start: A folder of the course.
        old: The current name of the folders, and perhaps of the entry.
        new: The new name.

    Raises:
        CatalogError: A name is wrong, unknown or taken; nothing was changed.
    """
    check_name(new)
    course = find_course(start)
    listing = course / FILE
    text = listing.read_text(encoding="utf-8-sig")
    entries = _entries(text)
    folders = [course / place.format(old) for place in PLACES.values()]
    found = [folder for folder in folders if folder.is_dir()]
    _check(entries, found, course, old, new)
    kept = _files(entries[old if old in entries else new])
    for folder in found:
        yield from _moved(course, folder, old, new, kept)
    if old in entries:
        write(
            listing, _renamed(text, entries[old], old, new).encode(), listing.stat().st_mode & 0o777
        )
        yield f"{FILE}: name: {new}"
    for path in sorted(course.glob("*.csv")):
        if re.search(rf"\b{re.escape(old)}\b", path.read_text(encoding="utf-8", errors="replace")):
            yield f"{path.name} mentions {old}; change it there by hand"


def _check(
    entries: dict[str, yaml.MappingNode], found: Sequence[Path], course: Path, old: str, new: str
) -> None:
    if not found or (old not in entries and new not in entries):
        near = nearest(old, entries)
        raise CatalogError(
            f"unknown assignment {old!r}; " + (f"did you mean {near}?" if near else f"see {FILE}")
        )
    if old in entries and new in entries:
        raise CatalogError(f"{FILE} has an assignment {new!r} already; choose another name")
    for folder in found:
        if (target := folder.with_name(new)).exists():
            shown = target.relative_to(course).as_posix()
            raise CatalogError(f"{shown}/ exists already; delete it, or choose another name")


def _files(entry: yaml.MappingNode) -> set[str]:
    """Return the names in ``files:``, which the author chose and which stay."""
    listed = [value for key, value in entry.value if key.value == "files"]
    return {str(name.value) for value in listed for name in value.value}


def _moved(course: Path, folder: Path, old: str, new: str, kept: set[str]) -> Iterator[str]:
    """Move a folder, and change its contents; the files in ``kept`` keep their names."""
    target = folder.with_name(new)
    folder.rename(target)
    yield f"{folder.relative_to(course).as_posix()}/ -> {target.relative_to(course).as_posix()}/"
    for path in sorted(target.rglob("*")):
        if not path.is_file() or path.is_symlink() or "__pycache__" in path.parts:
            continue
        if path.suffix in TEXTS:
            before = path.read_bytes().decode("utf-8", "surrogateescape")
            after = _references(before, old, new)
            if after != before:
                write(path, after.encode("utf-8", "surrogateescape"), path.stat().st_mode & 0o777)
        name = re.sub(rf"^(test_)?{re.escape(old)}(?=\.)", rf"\g<1>{new}", path.name)
        if name != path.name and path.name not in kept:
            path.rename(path.with_name(name))
            shown = path.relative_to(course).as_posix()
            yield f"{shown} -> {name}"


def _references(text: str, old: str, new: str) -> str:
    """Return a text with its references to the exercise changed."""
    name = re.escape(old)
    for pattern in (
        rf"(?m)^(\s*(?:from|import)\s+){name}(?=[.\s])",
        rf"((?:\bEXERCISE =|\"exercise\":) \\?\"){name}(?=\\?\")",
        rf"(\bcheck\(\\?\"){name}(?=\\?\"\))",
        rf"(\b(?:reference|hidden|exercises|grader build|grader check)[/ ]){name}\b",
        rf"()\b(?:(?<=test_)|(?<!\w)){name}(?=\.(?:py|ipynb)\b)",
        rf"((?:Public tests of|# ) ?){name}(?=[.:])",
    ):
        text = re.sub(pattern, rf"\g<1>{new}", text)
    return text


def _entries(text: str) -> dict[str, yaml.MappingNode]:
    """Return the entries of assignments.yaml by name, with their places in the text."""
    try:
        root = yaml.compose(text, yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise CatalogError(f"{FILE} cannot be read: {' '.join(str(error).split())}") from None
    found: dict[str, yaml.MappingNode] = {}
    for key, value in root.value if isinstance(root, yaml.MappingNode) else ():
        if key.value == "assignments" and isinstance(value, yaml.SequenceNode):
            for entry in value.value:
                if isinstance(entry, yaml.MappingNode):
                    names = [v.value for k, v in entry.value if k.value == "name"]
                    found.update((str(name), entry) for name in names)
    return found


def _renamed(text: str, entry: yaml.MappingNode, old: str, new: str) -> str:
    """Return assignments.yaml with the new name of the entry and of its test files."""
    begin, end = entry.start_mark.index, entry.end_mark.index
    node = next(value for key, value in entry.value if key.value == "name")
    at, past = node.start_mark.index, node.end_mark.index
    rest = text[past:end].replace(f"test_{old}.py", f"test_{new}.py")
    return text[:at] + new + rest + text[end:] if begin <= at else text
