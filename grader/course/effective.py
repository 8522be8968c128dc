"""List the settings of assignments in force, with the source of each value."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from grader.course import extensions
from grader.course.assignment import Assignment, Course
from grader.course.schema import ASSIGNMENT, Key
from grader.course.secret import secret_file
from grader.course.yaml_nodes import FILE, YamlNode, compose, text_of


def lines(course: Course, assignments: Sequence[Assignment]) -> Iterator[str]:
    """Yield one line per setting: key, value, and the source of the value.

    Raises:
        CatalogError: The table of extensions cannot be read.
    """
    named = "GRADER_COURSE" if os.environ.get("GRADER_COURSE") else "the current folder"
    root = YamlNode(compose(text_of(course.folder / FILE)), "").entries()
    yield from _table(
        "course",
        [
            ("folder", str(course.folder), named),
            ("title", course.title, _place(root["title"])),
            ("timezone", str(course.timezone or "none"), _source(root, "timezone")),
            ("extensions", _extensions(course), _source(root, "extensions")),
            ("secret", str(secret_file(course.folder)), _secret_source()),
        ],
    )
    for place in root["assignments"].items():
        entries = place.entries()
        for each in assignments:
            if entries["name"].scalar == each.name:
                yield ""
                yield from _table(each.name, list(_settings(each, entries)))


def _extensions(course: Course) -> str:
    """Return the path of the extensions table and its number of rows, after checking them."""
    if course.extensions is None:
        return "none"
    count = len(extensions.read(course))
    return f"{course.extensions} ({count} {'row' if count == 1 else 'rows'})"


def _settings(each: Assignment, entries: dict[str, YamlNode]) -> Iterator[tuple[str, str, str]]:
    for key in ASSIGNMENT:
        value = getattr(each, key.name, None)
        if key.name == "name":
            continue
        shown = _shown(value) if key.name in entries or value else _default(key, each)
        yield key.name, shown, _source(entries, key.name)


def _shown(value: Any) -> str:
    """Return a value in approximately the syntax of assignments.yaml."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M %Z}"
    if isinstance(value, timedelta):
        return _duration(value)
    if isinstance(value, Struct):
        pairs = ((name, getattr(value, name)) for name in value.__struct_fields__)
        value = {key: each for key, each in pairs if each not in (None, "", ())}
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_shown(each)}" for key, each in value.items()) + "}"
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_shown, value)) + "]"
    if isinstance(value, float):
        return f"{value:g}"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _duration(value: timedelta) -> str:
    """Write a time in the largest unit that gives a whole number.

    >>> _duration(timedelta(minutes=15)), _duration(timedelta(days=7)), _duration(timedelta(0))
    ('15 min', '7 days', '0 s')
    """
    seconds = value.total_seconds()
    for unit, length in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds and seconds % length == 0:
            count = f"{seconds / length:g}"
            return "1 day" if (count, unit) == ("1", "days") else f"{count} {unit}"
    return f"{seconds:g} s"


def _default(key: Key, each: Assignment) -> str:
    """Return the value of this assignment if a key is missing."""
    if key.name == "files":
        return f"{each.name}.py or {each.name}.ipynb"
    if key.name == "closes" and each.due is not None and each.late and each.late.cut_off:
        return _shown(each.due + each.late.cut_off)
    return key.default


def _source(entries: dict[str, YamlNode], key: str) -> str:
    return _place(entries[key]) if key in entries else "default"


def _place(node: YamlNode) -> str:
    return f"{FILE}:{node.node.start_mark.line + 1}"


def _secret_source() -> str:
    return "GRADER_SECRET_FILE" if os.environ.get("GRADER_SECRET_FILE") else "default"


def _table(title: str, rows: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    yield title
    for key, value, source in rows:
        yield f"  {key:11} {value:40}  {source}"
