"""Syntax of a later Python: what is rewritten means the same, each line in its place."""

from __future__ import annotations

import contextlib
import io
import time

import pytest

from grader.newer_syntax import parses, python_of, rewritten

MEANT = [
    (
        'rows = [{"k": 1.5}]; w = 8\n'
        'print(f"{rows[0]["k"]:>{w}} {rows[0]["k"] = :.3f} {"\\n".join("ab")!r:*^9}"\n'
        '      "tail {} {{}}"  # a comment between them\n'
        "      f'{ {'a': 1}['a'] } {{}} {f'{f'{1 + 1}'}'} {\"#\"}')",
        "     1.5 rows[0][\"k\"] = 1.500 *'a\\nb'**tail {} {{}}1 {} 2 #\n",
    ),
    ('print(f"""{\n  1  # one\n  + 1:>{3\n}}|""", rf"\\d{"x"}\\n")', "  2| \\dx\\n\n"),
    ("try:\n  int('x')\nexcept TypeError, ValueError:\n  print('caught')", "caught\n"),
    ("try:\n  raise ExceptionGroup('', [KeyError()])\nexcept* OSError, KeyError: print(1)", "1\n"),
    (
        "from typing import cast\n"
        "class Stack[T]:\n  items: list[T]\n  def push(self, x: T) -> 'Stack[T]': return self\n"
        "class Deep[T: int, *Ts, **P](Stack[T], metaclass=type):\n  pass\n"
        "def first[T: (int, str) = int](x: T,\n   *y: T) -> dict[str,\n T]: return cast(T, x)\n"
        "async def later[\n  T\n](x: T): ...\n"
        "print(Stack[int]().push(1).__class__.__name__, first(3), Deep().push(2) is None)",
        "Stack 3 False\n",
    ),
    (
        "type Json = dict[str, Json] | list[\n  Json] | None; x = 1\ntype P[T] = tuple[T, T]\n"
        "def f(a: Json | None, b: P[int] | None = None): return a\ntype = 3\nprint(f(x), type)",
        "1 3\n",
    ),
]


@pytest.mark.parametrize(("text", "printed"), MEANT)
def test_what_is_rewritten_means_the_same(text: str, printed: str) -> None:
    """What Python 3.14 prints is printed here, by as many lines, and only once rewritten."""
    written = rewritten(text)
    assert written != text
    assert written.count("\n") == text.count("\n")
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(written, "", "exec", dont_inherit=True), {"__name__": "m"})  # noqa: S102  # ours
    assert said.getvalue() == printed
    assert python_of(text) == (text if parses(text) else written)


@pytest.mark.parametrize(
    "text",
    ["x = f'{a}'", "type(x)", "type = 1", "except_ = 2, 3", "s = 'def f[T](x): 1'", "def broken[(:",
     "f'{a[\"k\"]", 't"{x["k"]}"', 'f"\\x7b{a["k"]}"', "def f(:\n  type X = int"],
)  # fmt: skip
def test_the_rest_is_left_as_it_is(text: str) -> None:
    """What Python 3.11 reads, and what is not Python in any version."""
    assert python_of(text) == text


@pytest.mark.parametrize(
    "text",
    ['f"{' * 40_000, 'f"' + "{" * 120_000, "except a,\n" * 12_000, "type x [ " * 14_000,
     "def f[\n" * 18_000, 'f"{' * 15 + 'd["x"]' + '}"' * 15, "def f[T](x: T): return T\n" * 5_000],
)  # fmt: skip
def test_no_text_takes_long(text: str) -> None:
    """The trusted process rewrites, so a text must not be able to stop it."""
    started = time.process_time()
    python_of(text)
    assert time.process_time() - started < 20
