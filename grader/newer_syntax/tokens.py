"""Split a text into tokens by the rules of Python 3.12, with any version of Python.

    tokens_of('f"{d["k"]}" # why')
    # [Token("string", 'f"{d["k"]}"'), Token("gap", " # why")]

`tokenize` of Python 3.11 ends the f-string above after ``f"{d["``.
"""

from __future__ import annotations

import re
from typing import NamedTuple

MAX_NESTED = 20
"""Largest depth of strings nested in fields of f-strings."""

LEXEME = (
    r"(?P<gap>(?:[ \t\f]|\\\n|\#[^\n]*)+)|(?P<newline>\n)"
    r"|(?P<string>(?P<prefix>(?<!\w)[A-Za-z]{0,2})(?P<quote>\"\"\"|'''|[\"']))"
    r"|(?P<word>\w+)|(?P<sign>.)"
)
OPENS, CLOSES = frozenset("([{"), frozenset(")]}")


class UnreadableError(Exception):
    """A text is not valid Python in any version."""


class Token(NamedTuple):
    """A piece of a text. ``kind``: gap (blanks, comments), newline, word, sign, or string."""

    kind: str
    text: str


class Field(NamedTuple):
    """A field of an f-string. ``shown``: the text that ``{x = }`` adds; spec None: no colon."""

    expression: str
    shown: str
    conversion: str
    spec: tuple[str | Field, ...] | None


class Literal(NamedTuple):
    """A string literal, and its end in the text. ``parts``: only of an f-string."""

    prefix: str
    quote: str
    parts: tuple[str | Field, ...]
    end: int


def tokens_of(text: str) -> list[Token]:
    """Return the tokens of a text, which joined give the text again; raise `UnreadableError`."""
    found, at = [], 0
    while at < len(text):
        kind, end = _token(text, at, 0)
        found.append(Token(kind, text[at:end]))
        at = end
    return found


def _token(text: str, at: int, nested: int) -> tuple[str, int]:
    """Return the kind and the end of the token at a position."""
    match = re.compile(LEXEME).match(text, at)
    if match is None:
        raise UnreadableError
    kind = match.lastgroup or ""
    if match["quote"]:
        return "string", literal_at(text, at, nested).end
    return kind, match.end()


def literal_at(text: str, at: int, nested: int = 0) -> Literal:
    """Return the string literal at a position; raise `UnreadableError`."""
    match = re.compile(LEXEME).match(text, at)
    if match is None or not match["quote"] or nested > MAX_NESTED:
        raise UnreadableError
    prefix, quote = match["prefix"], match["quote"]
    reader = _Inside(text, quote, "r" in prefix.lower(), nested)
    if "f" in prefix.lower():
        parts, end = reader.parts(match.end(), quote)
        return Literal(prefix, quote, parts, end + len(quote))
    return Literal(prefix, quote, (), reader.plain_end(match.end()) + len(quote))


class _Inside:
    """Parses the part between the quotes of a literal."""

    def __init__(self, text: str, quote: str, raw: bool, nested: int) -> None:
        self._text, self._quote, self._raw, self._nested = text, quote, raw, nested

    def plain_end(self, at: int) -> int:
        """Return the position of the closing quote of a literal without fields."""
        while not self._text.startswith(self._quote, at):
            at += len(self._character(at))
        return at

    def parts(self, at: int, stop: str) -> tuple[tuple[str | Field, ...], int]:
        """Return the texts and fields up to ``stop``, and its position."""
        found: list[str | Field] = []
        begin = at
        while not self._text.startswith(stop, at):
            pair = self._text[at : at + 2]
            if pair in ("{{", "}}") and stop != "}":
                at += 2
            elif pair[:1] == "{":
                field, end = self._field(at + 1)
                found += [self._text[begin:at], field]
                at = begin = end
            elif pair in ("\\{", "\\}"):
                at += 1
            else:
                at += len(self._character(at))
        return (*found, self._text[begin:at]), at

    def _character(self, at: int) -> str:
        """Return a character, or an escape sequence as written."""
        text = self._text[at : at + 2]
        if not text or (text[0] == "\n" and len(self._quote) == 1):
            raise UnreadableError
        if text == "\\N" and not self._raw and self._text[at + 2 : at + 3] == "{":
            return self._text[at : self._text.index("}", at) + 1]
        return text if text[0] == "\\" else text[0]

    def _field(self, at: int) -> tuple[Field, int]:
        """Return the field whose expression begins at a position, and the position after it."""
        begin, end = at, self._expression_end(at)
        expression, shown, conversion, spec = self._text[begin:end], "", "", None
        if self._text[end] == "=":
            end = self._past_blanks(end + 1)
            shown = self._text[begin:end]
        if self._text[end] == "!":
            match = re.compile(r"!\s*(\w+)\s*").match(self._text, end)
            if match is None:
                raise UnreadableError
            conversion, end = f"!{match[1]}", match.end()
        if self._text[end : end + 1] == ":":
            spec, end = self.parts(end + 1, "}")
        if self._text[end : end + 1] != "}":
            raise UnreadableError
        return Field(expression, shown, conversion, spec), end + 1

    def _expression_end(self, at: int) -> int:
        """Return the end of an expression: at its ``=``, ``!``, ``:`` or closing brace."""
        depth = 0
        while at < len(self._text):
            kind, end = _token(self._text, at, self._nested + 1)
            sign = self._text[at:end] if kind == "sign" else ""
            if not depth and self._ends(sign, at):
                return at
            depth += (sign in OPENS) - (sign in CLOSES)
            at = end
        raise UnreadableError

    def _ends(self, sign: str, at: int) -> bool:
        if sign == "=":
            after = self._past_blanks(at + 1)
            return self._text[at - 1] not in "=!<>" and self._text[after : after + 1] in set("}!:")
        return sign in ("}", ":") or (sign == "!" and self._text[at + 1 : at + 2] != "=")

    def _past_blanks(self, at: int) -> int:
        while self._text[at : at + 1].isspace():
            at += 1
        return at
