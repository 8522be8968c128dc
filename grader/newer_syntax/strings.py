r"""Rewrite f-strings that need Python 3.12 as calls of `str.format` with the same meaning.

Adjacent literals become a sum.

f"{row["name"]!r:>{width}}"    # "{!r:>{}}".format((row["name"]), (width))
"a" f"{'\n'.join(rows)}"       # ("a" + "{}".format(('\n'.join(rows))))
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from grader.newer_syntax.tokens import (
    CLOSES,
    OPENS,
    Field,
    Literal,
    Token,
    UnreadableError,
    literal_at,
    tokens_of,
)

BRACE = r"\\(?:x7[bd]|u007[bd]|U0000007[bd]|173|175|N\{(?:LEFT|RIGHT) CURLY)"
"""Matches an escaped brace, which `str.format` would treat as a field."""


def rewritten(tokens: Sequence[Token]) -> list[Token]:
    """Return the tokens with each f-string rewritten for Python 3.11."""
    found: list[Token] = []
    at = depth = 0
    while at < len(tokens):
        end = _group_end(tokens, at, depth)
        if end > at:
            found += _group(tokens[at:end])
            at = end
            continue
        depth += (tokens[at].text in OPENS) - (tokens[at].text in CLOSES)
        found.append(tokens[at])
        at += 1
    return found


def _group_end(tokens: Sequence[Token], at: int, depth: int) -> int:
    """Return the end of a group of adjacent literals; ``at`` if none begins there."""
    end = at
    for index in range(at, len(tokens)):
        kind = tokens[index].kind
        if kind == "string":
            end = index + 1
        elif end == at or not (kind == "gap" or (kind == "newline" and depth)):
            break
    return end


def _group(tokens: Sequence[Token]) -> Iterator[Token]:
    """Yield adjacent literals, as a sum if one of them becomes a call."""
    literals = {
        i: literal_at(each.text, 0) for i, each in enumerate(tokens) if each.kind == "string"
    }
    if not any(map(_is_newer, literals.values())):
        yield from tokens
        return
    several = len(literals) > 1
    for index, token in enumerate(tokens):
        if index not in literals:
            yield token
            continue
        literal = literals[index]
        text = _call(literal) if _is_newer(literal) else token.text
        before = "(" if index == 0 else "+ "
        yield Token("string", f"{before if several else ''}{text}")
    if several:
        yield Token("sign", ")")


def _is_newer(literal: Literal) -> bool:
    return any(_is_newer_field(part, literal.quote) for part in literal.parts)


def _is_newer_field(part: str | Field, quote: str) -> bool:
    if isinstance(part, str):
        return False
    text = part.expression
    lines = len(quote) == 1 and "\n" in text
    newer = "\\" in text or "#" in text or quote in text or lines
    return newer or any(_is_newer_field(inner, quote) for inner in part.spec or ())


def _call(literal: Literal) -> str:
    arguments: list[str] = []
    template = _template(literal.parts, arguments)
    if "r" not in literal.prefix.lower() and re.search(BRACE, template, re.IGNORECASE):
        raise UnreadableError
    prefix = re.sub("[fF]", "", literal.prefix)
    return f"{prefix}{literal.quote}{template}{literal.quote}.format({', '.join(arguments)})"


def _template(parts: Sequence[str | Field], arguments: list[str]) -> str:
    """Return the text with empty fields; append their values in the order of `str.format`."""
    written = []
    for part in parts:
        if isinstance(part, str):
            written.append(part)
            continue
        conversion = part.conversion
        if part.shown:
            arguments.append(repr(part.shown))
            written.append("{}")
            conversion = conversion or ("!r" if part.spec is None else "")
        inner = "".join(token.text for token in rewritten(tokens_of(part.expression)))
        arguments.append(f"({inner})")
        spec = "" if part.spec is None else f":{_template(part.spec, arguments)}"
        written.append(f"{{{conversion}{spec}}}")
    return "".join(written)
