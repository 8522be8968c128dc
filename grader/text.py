r"""Make untrusted text safe to show, with one function for each kind of reader.

Students choose file names, e-mail addresses, exception texts and printed output. Such text may
contain terminal escapes, characters that reverse the reading direction, or spreadsheet formulas.

>>> one_line("ada\x1b[31m\nlove")
'ada\\x1b[31m\\x0alove'
>>> for_cell("=HYPERLINK(1)")
"'=HYPERLINK(1)"
"""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Iterable
from typing import Final

JOINERS: Final = "\u200c\u200d"
"""Zero-width joiners: invisible, but part of the spelling in Persian, Hindi and emoji."""
REPLACEMENT: Final = "\ufffd"
LONGEST: Final = 4000
"""Characters of one text on a page."""
MOST: Final = 10_000
"""Characters of one text for an LMS."""
STEERING: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories of characters that control a terminal or the reading direction."""


def one_line(text: str, width: int = 200) -> str:
    """Escape control characters and cut the text to one line of at most ``width`` characters."""
    line = "".join(map(_escaped, unicodedata.normalize("NFC", text))).strip()
    return line if len(line) <= width else line[: width - 1] + "…"


def for_terminal(text: str, *, keep: str = "") -> str:
    r"""Replace every character that a terminal would interpret.

    Args:
        text: The text, of any origin.
        keep: Control characters to keep, for example ``"\n"``; others of ``"\t\n"`` become
            spaces.
    """
    return "".join(
        c if c.isprintable() or c in keep else " " if c in "\t\n" else REPLACEMENT for c in text
    )


def columns(text: str) -> int:
    """Return the width of a text in terminal columns: wide letters count two, marks none."""
    return sum(map(_columns_of, text)) if not text.isascii() else len(text)


def cut(text: str, width: int) -> str:
    """Cut a line to ``width`` columns of a terminal, with an ellipsis."""
    if columns(text) <= width:
        return text
    ends = itertools.accumulate(map(_columns_of, text))
    fitting = itertools.takewhile(lambda end: end < max(width, 2), ends)
    return f"{text[: sum(1 for _ in fitting)]}…"


def _columns_of(character: str) -> int:
    if unicodedata.combining(character) or character in JOINERS:
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def for_cell(text: str) -> str:
    """Neutralise a spreadsheet formula and replace control characters."""
    shown = "".join(c if c.isprintable() or c == "\n" else REPLACEMENT for c in text)
    return f"'{shown}" if shown.lstrip()[:1] in ("=", "+", "-", "@") else shown


def for_lms(text: str, most: int = MOST) -> str:
    """Replace control characters, and cut after ``most`` characters with a note."""
    short = text if len(text) <= most else f"{text[:most]}\n[cut: {len(text):,} characters in all]"
    kept = f"\n\t{JOINERS}"
    return "".join(c if c.isprintable() or c in kept else REPLACEMENT for c in short)


def lms_line(text: str, most: int = 200) -> str:
    """Apply `for_lms` to a text, and put it on one line."""
    return " ".join(for_lms(text, most).split())


def from_worker(text: str, most: int = LONGEST) -> str:
    """Cut a worker's text, and replace characters that control a terminal or the direction."""
    return "".join(
        c if c in "\n\t" or unicodedata.category(c) not in STEERING else REPLACEMENT
        for c in text[:most]
    )


def visible(text: str, longest: int = LONGEST) -> str:
    r"""Make invisible characters, and those that control the reading direction, visible.

    >>> visible("a\x1b[31mb\u202ec")
    'a␛[31mb⟨U+202E⟩c'
    """
    cut = text[:longest]
    seen = cut if cut.isascii() and cut.isprintable() else "".join(map(_visible, cut))
    return f"{seen}…" if len(text) > longest else seen


def visible_line(text: str, longest: int = 200) -> str:
    """Apply `visible` to a text, and put it on one line."""
    return visible(" ".join(text.split()), longest)


def own_terminal(text: str) -> str:
    r"""Escape characters in a student's output that control a terminal; keep lines and tabs.

    >>> own_terminal("a\x1b[2Jb")
    'a\\u001b[2Jb'
    """
    return "".join(
        c if c in "\n\r\t" or unicodedata.category(c) not in STEERING else f"\\u{ord(c):04x}"
        for c in text
    )


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known word that is probably meant, or ''. A unique prefix wins.

    >>> nearest("two_layer", ["torch_layers", "two_layer_network"])
    'two_layer_network'
    """
    import difflib  # only errors need it

    words = list(known)
    begun = [each for each in words if word and each.casefold().startswith(word.casefold())]
    if len(begun) == 1:
        return begun[0]
    return next(iter(difflib.get_close_matches(word[:100], words, 1)), "")


def folded(identity: str) -> str:
    """Return an id in the form for comparison: composed accents, no case, plain digits.

    >>> folded("ZOE\u0308") == folded("zo\u00eb "), folded("\uff11\uff12")
    (True, '12')
    """
    text = unicodedata.normalize("NFKC", identity.strip())
    return unicodedata.normalize("NFKC", text.casefold())


def _escaped(character: str) -> str:
    if character.isprintable() or character in JOINERS:
        return character
    if unicodedata.category(character) == "Zs":
        return " "
    code = ord(character)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def _visible(character: str) -> str:
    if character in "\n\t" or character in JOINERS:
        return character
    code, category = ord(character), unicodedata.category(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if category == "Cs":
        return REPLACEMENT
    if category in STEERING:
        return f"⟨U+{code:04X}⟩"
    return character
