"""Read a YAML file as nodes that know their place, for error messages with line and field.

    root = YamlNode(compose(text_of(path)), "")
    root.entries(known=["title"])["title"].wrong("'' is not text", "1 to 200 characters")

PyYAML never converts the nodes to values, so its guesses do not apply (``no`` is false,
``12:30:00`` is 45000), and anchors, aliases and tags have no meaning.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import yaml
from msgspec import Struct

from grader.errors import UserError
from grader.text import nearest

FILE: Final = "assignments.yaml"
MAX_BYTES: Final = 1024 * 1024
MAX_DEPTH: Final = 16


class CatalogError(UserError):
    """The course cannot be used; the message is one line that says what to do."""


def text_of(path: Path) -> str:
    """Read a text file; raise `CatalogError` if it cannot be read as text."""
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        what = f"{path.parent} contains no {FILE}"
        raise CatalogError(f"{what}; write one with `title:` and `assignments:`") from None
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise CatalogError(f"{path} cannot be read ({reason}); write a plain file there") from None
    if len(data) > MAX_BYTES:
        raise CatalogError(f"{FILE}:1: over 1 MiB; write the assignments alone")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise CatalogError(f"{FILE}:{line}: not UTF-8; save the file as UTF-8") from None


SYNTAX: Final = (
    (r"'\t'", "a tab", "spaces"),
    ("mapping values are not", "a colon where none is allowed", 'text with a colon in "quotes"'),
    ("expected ':'", "a line that is not `key: value`", "key: value"),
    ("another document", "a second document (`---`)", "one document"),
    ("<block end>", "a line that is indented differently from those above", "it in their column"),
    ("unexpected end of stream", "a quote that is not closed", "the closing quote"),
    (
        "cannot start any token",
        "a character with a special meaning in YAML",
        'the text in "quotes"',
    ),
)
"""Patterns of PyYAML's messages, with our description and what to write instead."""


class _Loader(yaml.SafeLoader):
    """PyYAML's composer without anchors and aliases, and with limited depth."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: object) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        problem = ""
        if getattr(event, "anchor", None) is not None:
            problem = "an anchor or alias (`&` or `*`); write the text out, or in quotes"
        elif self.depth >= MAX_DEPTH:
            problem = "nested too deeply; write what the example shows"
        if problem:
            raise CatalogError(f"{FILE}:{event.start_mark.line + 1}: {problem}")
        self.depth += 1
        try:
            return super().compose_node(parent, index)  # type: ignore[arg-type]
        finally:
            self.depth -= 1


def compose(text: str) -> yaml.Node:
    """Return the root of a YAML document; raise `CatalogError` with the invalid line."""
    try:
        loader = _Loader(text)
    except yaml.reader.ReaderError as error:
        raise _unreadable(text, error) from None
    try:
        node = loader.get_single_node()
    except yaml.reader.ReaderError as error:
        raise _unreadable(text, error) from None
    except yaml.MarkedYAMLError as error:
        problem = error.problem or "not YAML"
        unclosed = "unexpected end of stream" in problem
        mark = (error.context_mark if unclosed else error.problem_mark) or loader.get_mark()
        raise _syntax(mark.line + 1, problem) from None
    except CatalogError:
        raise
    except (ValueError, OverflowError):  # from a \U escape or a %YAML directive
        line = loader.get_mark().line + 1
        raise CatalogError(f"{FILE}:{line}: an impossible escape or number; write text") from None
    finally:
        loader.dispose()
    if node is None:
        raise CatalogError(f"{FILE}:1: the file is empty; write `title:` and `assignments:`")
    return node


def _unreadable(text: str, error: yaml.reader.ReaderError) -> CatalogError:
    line = text.count("\n", 0, error.position) + 1
    return CatalogError(f"{FILE}:{line}: a control character; write text without it")


def _syntax(line: int, problem: str) -> CatalogError:
    fact, instead = f"not YAML ({problem})", "key: value, indented by spaces"
    for piece, plainly, rather in SYNTAX:
        if piece in problem:
            fact, instead = plainly, rather
            break
    return CatalogError(f"{FILE}:{line}: {fact}; write {instead}")


class YamlNode(Struct, frozen=True):
    """A node of the file, and the field whose value it is."""

    node: yaml.Node
    name: str
    key: yaml.Node | None = None

    def wrong(self, fact: str, instead: str) -> CatalogError:
        """Return the error to raise about this place."""
        node = self.node if self.key is None or self.scalar else self.key
        line = node.start_mark.line + 1
        where = f"{self.name}: " if self.name else ""
        return CatalogError(f"{FILE}:{line}: {where}{fact}; write {instead}")

    @property
    def scalar(self) -> str | None:
        """Return the text of a scalar; None if the node is missing or not a scalar."""
        null = self.node.tag == "tag:yaml.org,2002:null"
        return self.node.value if isinstance(self.node, yaml.ScalarNode) and not null else None

    @property
    def shown(self) -> str:
        """Return the value as it is quoted in errors."""
        if self.scalar is not None:
            return quoted(self.scalar)
        if isinstance(self.node, yaml.MappingNode):
            return "a mapping"
        return "a list" if isinstance(self.node, yaml.SequenceNode) else "an empty value"

    def items(self) -> Iterator[YamlNode]:
        """Yield the items of a list."""
        if not isinstance(self.node, yaml.SequenceNode):
            text = self.scalar or ""
            example = f"[{text}]" if re.fullmatch(r"[\w./-]{1,60}", text) else "[]"
            instead = f"{example} or a line `- ...` for each item"
            raise self.wrong(f"{self.shown} is not a list", instead)
        for number, node in enumerate(self.node.value):
            yield YamlNode(node, f"{self.name}[{number}]")

    def entries(
        self, known: Iterable[str] | None = None, required: Iterable[str] = ()
    ) -> dict[str, YamlNode]:
        """Return the entries of a mapping; refuse repeated and unknown keys."""
        if not isinstance(self.node, yaml.MappingNode):
            keys = ", ".join(f"{key}: ..." for key in required or known or ["name"])
            raise self.wrong(f"{self.shown} is not a mapping", keys)
        found: dict[str, YamlNode] = {}
        for key, node in self.node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            field_name = f"{self.name}.{plain(name)}".lstrip(".")
            if not name:
                raise YamlNode(key, self.name).wrong("a key that is not a word", "key: value")
            if name in found:
                raise YamlNode(key, field_name).wrong("written twice", "it once")
            if known is not None and name not in known:
                words = nearest(name, known) or f"one of: {', '.join(known)}"
                raise YamlNode(key, field_name).wrong("unknown key", words)
            found[name] = YamlNode(node, field_name, key)
        for name in required:
            if name not in found:
                raise self.wrong(f"{name} is missing", f"{name}: ...")
        return found


def plain(key: str) -> str:
    """Return a key for use in the name of a field: short, and on one line."""
    return key if key.isprintable() and len(key) <= 40 else quoted(key)


def quoted(text: str) -> str:
    """Return the text in quotes, shortened, and on one line."""
    return repr(text if len(text) <= 60 else f"{text[:57]}...")
