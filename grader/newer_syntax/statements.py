"""Rewrite statements of newer Python versions for Python 3.11.

The new statement begins at the same place as the old one, and has the same number of lines.

except KeyError, ValueError:    # except (KeyError, ValueError):
type Rows = list[Row]           # Rows = __import__("types").new_class('Rows', (list,))
class Stack[T]: ...             # class Stack   (*(typing.Generic[TypeVar('T')],)): ...
def first[T](rows): ...         # def first   (rows): ...
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from grader.newer_syntax.tokens import CLOSES, OPENS, Token, UnreadableError

TYPING = '__import__("typing").'
KINDS = {"": "TypeVar", "*": "TypeVarTuple", "**": "ParamSpec"}

Parameters = Mapping[str, str]
"""For each type parameter, an expression that creates it."""
Generic = dict[tuple[int, str], Parameters]
"""The type parameters of functions and classes, by line and name."""


def rewritten(tokens: Sequence[Token]) -> tuple[str, Generic]:
    """Return the text of the tokens, and the type parameters that were removed from it."""
    statements = _Statements(tokens)
    statements.rewrite()
    return "".join(statements.texts), statements.generic


class _Statements:
    """The tokens of a text whose statements are rewritten."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._kinds = [token.kind for token in tokens]
        self.texts = [token.text for token in tokens]
        self.generic: Generic = {}
        self._line = 1

    def rewrite(self) -> None:
        """Rewrite each statement that begins with one of the relevant words."""
        depth, begins = 0, True
        for at, (kind, text) in enumerate(zip(list(self._kinds), list(self.texts), strict=True)):
            if begins and kind == "word":
                self._statement(at)
            depth += (text in OPENS) - (text in CLOSES)
            ends = not depth and (kind == "newline" or text in (";", ":"))
            begins = ends or (begins and (kind == "gap" or text == "async"))
            self._line += text.count("\n")

    def _statement(self, at: int) -> None:
        match self.texts[at]:
            case "except":
                self._except(at)
            case "def" | "class":
                self._definition(at)
            case "type":
                self._type(at)

    def _except(self, at: int) -> None:
        """Put parentheses around several classes."""
        colon = self._end(at, ":", "\n")
        words = [index for index in range(at + 1, colon) if self._kinds[index] != "gap"]
        if self._is_at(words[0] if words else at, "*"):
            del words[0]
        top = self._texts_at_depth(words)
        if "," in top and "as" not in top:
            self.texts[words[0]] = "(" + self.texts[words[0]]
            self.texts[words[-1]] += ")"

    def _texts_at_depth(self, indices: Sequence[int]) -> list[str]:
        depth, found = 0, []
        for index in indices:
            text = self.texts[index]
            depth -= text in CLOSES
            found += [text] if not depth else []
            depth += text in OPENS
        return found

    def _definition(self, at: int) -> None:
        """Remove type parameters; a class gets them from `typing.Generic`."""
        name = self._after(at)
        opening = self._after(name)
        if not self._is_at(opening, "["):
            return
        closing = self._closing(opening)
        found = dict(self._parameters(opening, closing))
        self.generic[self._line, self.texts[name]] = found
        for index in range(opening, closing + 1):
            self.texts[index] = re.sub(r"[^\n]", " ", self.texts[index]).replace("\n", "\\\n")
        if self.texts[at] == "class":
            self._make_generic(self._after(closing), found)

    def _make_generic(self, at: int, found: Parameters) -> None:
        made = [f"{TYPING}Unpack[{made}]" if "Tuple" in made else made for made in found.values()]
        base = f"*({TYPING}Generic[{', '.join(made)}],)"
        if not self._is_at(at, "("):
            self.texts[at] = f"({base}){self.texts[at]}"
            return
        closing = self._closing(at)
        inside = [
            self.texts[i]
            for i in range(at + 1, closing)
            if self._kinds[i] not in ("gap", "newline")
        ]
        if found.keys().isdisjoint(inside):  # with one as in list[T], a base is generic already
            comma = ", " if inside and inside[-1] != "," else ""
            self.texts[closing] = f"{comma}{base})"

    def _parameters(self, opening: int, closing: int) -> Iterator[tuple[str, str]]:
        """Yield each type parameter with an expression that creates it."""
        depth, stars, begins = 0, "", True
        for index in range(opening + 1, closing):
            text = self.texts[index]
            if begins and not depth and self._kinds[index] == "word":
                yield text, f"{TYPING}{KINDS[stars]}({text!r})"
            if self._kinds[index] in ("gap", "newline"):
                continue
            depth += (text in OPENS) - (text in CLOSES)
            stars = stars + text if text == "*" and begins else ""
            begins = bool(stars) or (not depth and text == ",")

    def _type(self, at: int) -> None:
        """Rewrite an alias as a class with its name, which works in annotations and in ``|``."""
        name = self._after(at)
        sign = self._after(name)
        if self._is_at(sign, "["):
            sign = self._after(self._closing(sign))
        if not self._is_at(sign, "=") or self._is_at(sign + 1, "="):
            return
        end = self._end(at, ";", "\n")
        lines = "\n" * "".join(self.texts[at:end]).count("\n")
        alias = self.texts[name]
        self.texts[at:end] = [""] * (end - at)
        self.texts[at] = f'{alias} = __import__("types").new_class({alias!r}, (list,{lines}))'

    # --- positions of tokens ---

    def _is_at(self, at: int, text: str) -> bool:
        return at < len(self.texts) and self.texts[at] == text

    def _after(self, at: int) -> int:
        """Return the index of the next token that is not a gap."""
        following = range(at + 1, len(self.texts))
        found = next((index for index in following if self._kinds[index] != "gap"), None)
        if found is None:
            raise UnreadableError
        return found

    def _closing(self, at: int) -> int:
        """Return the index of the bracket that closes the one at ``at``."""
        depth = 0
        for index in range(at, len(self.texts)):
            depth += (self.texts[index] in OPENS) - (self.texts[index] in CLOSES)
            if not depth:
                return index
        raise UnreadableError

    def _end(self, at: int, *ends: str) -> int:
        """Return the index of the first of some tokens outside brackets, or the end of the text."""
        depth = 0
        for index in range(at, len(self.texts)):
            if not depth and self.texts[index] in ends:
                return index
            depth += (self.texts[index] in OPENS) - (self.texts[index] in CLOSES)
        return len(self.texts)
